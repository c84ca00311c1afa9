// What TLS connections are made with: certificate, key, and whom to believe. OpenSSL does the rest.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "dualcam/wire/error.hpp"

struct ssl_ctx_st;

namespace dualcam::inline tools {

/// PEM files; an empty name: none.
struct TlsFiles {
  std::filesystem::path certificate; ///< and those that lead from it to its authority
  std::filesystem::path key;         ///< of the certificate, not encrypted
  std::filesystem::path authorities; ///< one of them has to have signed the peer's certificate
};

/// TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers alone; no renegotiation, no
/// session is taken up again, no buffers while nothing is under way. A connection keeps the context
/// that it began with.
class TlsContext {
public:
  /// A peer need not have a certificate unless there are `authorities`. An error names the file and
  /// what is wrong with it, and never what is in it.
  static Result<TlsContext> server(const TlsFiles& files);
  /// Where there are `authorities` the server's certificate has to be for `host`, too, unless that
  /// is empty; if it is an address, only certificates that name addresses are asked for it.
  static Result<TlsContext> client(const TlsFiles& files, std::string_view host = {});

  ssl_ctx_st* get() const { return context_.get(); }
  bool asks_for_certificates() const { return asks_for_certificates_; }
  /// What a server is called when it is asked for; empty: nothing.
  const std::string& server_name() const { return server_name_; }

private:
  explicit TlsContext(ssl_ctx_st* context);
  Result<void> use(const TlsFiles& files);
  void expect_host(std::string_view host);

  std::shared_ptr<ssl_ctx_st> context_;
  std::string server_name_;
  bool asks_for_certificates_ = false;
};

} // namespace dualcam::inline tools
