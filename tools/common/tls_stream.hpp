// TLS as OpenSSL does it, on a non-blocking socket that somebody else waits for.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <asio/error.hpp>

#include "common/tls_context.hpp"
#include "dualcam/wire/bytes.hpp"

struct ssl_st;

namespace dualcam::inline tools {

enum class TlsRole { server, client };

/// Calls never wait: `would_block` means that the socket is to be waited for, as `wants_to_write`
/// says. The end of the stream is `eof`, whether the peer says goodbye before it hangs up or not.
class TlsStream {
public:
  struct Moved {
    std::size_t count;
    asio::error_code error;
  };

  /// `socket` stays the caller's.
  TlsStream(const TlsContext& context, int socket, TlsRole role);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// To be called until it says something else than `would_block`.
  asio::error_code handshake();
  /// As much as has come and has room.
  Moved read(std::span<std::byte> buffer);
  /// What the socket takes of it; the next call is to have the rest.
  Moved write(Bytes bytes);
  /// Nothing more will be written.
  void say_goodbye();

  bool wants_to_write() const { return wants_to_write_; }
  /// There are bytes that the socket does not tell of.
  bool has_pending() const;
  /// SHA-256 of the peer's certificate in lower case hex; empty if it showed none.
  std::string fingerprint() const;

private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  void begin_call();
  asio::error_code error_of(int result);

  std::unique_ptr<ssl_st, Free> ssl_;
  asio::error_code broken_; ///< what follows the last bytes that could be read
  bool wants_to_write_ = false;
};

} // namespace dualcam::inline tools
