// A byte stream to a peer, TCP or TLS: its socket, its name, its timer, and its tap for a capture,
// which sees what TLS hides. dcam-serve and dcam-sim share it.
#pragma once

#include <optional>
#include <span>
#include <string>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include "common/clock.hpp"
#include "common/coroutine.hpp"
#include "common/pcap_writer.hpp"
#include "common/tcp_segment.hpp"
#include "common/tls_stream.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

class Link {
public:
  /// `capture` may be null, then nothing is recorded yet; it and `clock` outlive the link.
  Link(asio::ip::tcp::socket socket, PcapWriter* capture, Clock& clock = Clock::system());
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// For people: address and port.
  const std::string& peer() const { return peer_; }
  /// The socket's peer is a balancer, which speaks for `peer`: that had connected to `server`.
  void speaks_for(const Endpoint& peer, const Endpoint& server);
  /// Records it from here on, as a connection that has just been made.
  void record(PcapWriter& capture);

  /// The first bytes of the peer, which `read` still gives: `least`, or fewer if it says no more
  /// until then.
  asio::awaitable<ByteBuffer> first_bytes(std::size_t least, std::size_t most, TimePoint until);

  /// Takes so many of these away.
  void skip(std::size_t count);

  /// From here on it is TLS. False: the peer does not do its part, as `error` says, or not in time.
  asio::awaitable<bool> secure(const TlsContext& context, TlsRole role, TimePoint until);
  /// Of the peer's certificate, as TlsStream has it; empty if there is none.
  const std::string& fingerprint() const { return fingerprint_; }

  /// Reads what has come; nullopt if nothing has yet, 0 when the stream has ended or broken, as
  /// `error` says.
  std::optional<std::size_t> read(std::span<std::byte> buffer);
  asio::awaitable<void> wait_to_read(TimePoint until);

  /// Waits for the peer to take it. False: the stream has broken, as `error` says, be it because
  /// that takes too long; that shows at the next `read`, too.
  asio::awaitable<bool> write(Bytes bytes, TimePoint until);

  const asio::error_code& error() const { return error_; }

  /// Until then, or until `wake` or `cancel`.
  asio::awaitable<void> sleep(TimePoint until);
  void wake() { timer_.cancel(); }

  /// Whether the peer has hung up, be it behind bytes that are not read yet.
  bool has_gone();

  /// The peer is to hang up first, or what was sent last might be lost on the way; in that time.
  asio::awaitable<void> leave(std::chrono::milliseconds at_most);

  /// Ends what is being waited for; from here on nothing is waited for.
  void cancel();
  bool cancelled() const { return cancelled_; }

private:
  using Direction = asio::ip::tcp::socket::wait_type;
  TlsStream::Moved read_plain(std::span<std::byte> buffer);
  TlsStream::Moved write_plain(Bytes bytes);
  asio::awaitable<bool> wait(Direction direction, TimePoint until);
  Direction direction_or(Direction usual) const;

  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  Endpoint peer_end_;
  Endpoint own_end_;
  std::string peer_;
  std::optional<TlsStream> tls_;
  std::string fingerprint_;
  std::optional<CapturedConnection> capture_;
  Clock& clock_;
  asio::error_code error_;
  bool open_ = true;
  bool cancelled_ = false;
};

} // namespace dualcam::inline tools
