// How a device reaches its server.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include "common/clock.hpp"
#include "common/link.hpp"
#include "dcam-sim/options.hpp"

namespace dualcam::sim {

class Caller {
public:
  /// Gets why there is no connection: what is wrong, what that keeps from being, and what may help.
  using Unreachable =
      std::function<void(const std::string& error, std::string_view what, std::string_view advice)>;

  /// `tls`, without which it is plain TCP, and the other references must outlive it.
  Caller(const SimOptions& options, const asio::any_io_executor& executor, Clock& clock,
         const TlsContext* tls, Unreachable unreachable)
      : options_(options), executor_(executor), timer_(executor), clock_(clock), tls_(tls),
        unreachable_(std::move(unreachable)) {}

  /// Connects; false: that is told.
  asio::awaitable<bool> reach(asio::ip::tcp::socket& socket);
  /// TLS, if it is to be. False: that is told.
  asio::awaitable<bool> secure(Link& link);
  /// Whether the server's first bytes are TLS where none is meant to be, which is told.
  bool is_misunderstood(Bytes heard) const;

private:
  using Addresses = std::vector<asio::ip::tcp::endpoint>;
  asio::awaitable<asio::error_code> find(Addresses& addresses);
  asio::awaitable<asio::error_code> connect(asio::ip::tcp::socket& socket);

  const SimOptions& options_;
  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  Clock& clock_;
  const TlsContext* tls_;
  Unreachable unreachable_;
};

/// How long a device waits for a server that says nothing, or takes nothing: longer than dcam-serve
/// is ever silent while it is well.
inline constexpr std::chrono::seconds server_patience{30};

} // namespace dualcam::sim
