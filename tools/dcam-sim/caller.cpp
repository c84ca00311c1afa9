#include "dcam-sim/caller.hpp"

#include <cerrno>

#include <unistd.h>

#include "common/coroutine.hpp"
#include "common/descriptor.hpp"
#include "common/host.hpp"
#include "common/units.hpp"

namespace dualcam::sim {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::chrono::seconds time_for_handshake{10};

/// In the clear, to somebody who does not speak it. No message of a server begins like that.
bool is_tls_alert(Bytes bytes) {
  return bytes.size() >= 2 && load_be<std::uint16_t>(bytes) == 0x1503;
}

} // namespace

asio::awaitable<bool> Caller::reach(asio::ip::tcp::socket& socket) {
  if (const auto error = co_await connect(socket)) {
    const auto advice = error == asio::error::connection_refused
                            ? "; is dcam-serve listening there?"
                            : descriptors_remedy(error.default_error_condition().value());
    unreachable_(connection_reason(error), "cannot connect to", advice);
    co_return false;
  }
  co_return true;
}

/// The addresses of the server's name.
asio::awaitable<asio::error_code> Caller::find(Addresses& addresses) {
  asio::error_code error;
  const auto address = asio::ip::make_address(options_.host, error);
  if (!error) { // needs no thread
    addresses.emplace_back(address, static_cast<std::uint16_t>(std::stoul(options_.port)));
    co_return error;
  }
  asio::ip::tcp::resolver resolver(executor_);
  const auto [unknown, endpoints] =
      co_await resolver.async_resolve(options_.host, options_.port, as_values);
  for (const auto& entry : endpoints) {
    addresses.push_back(entry.endpoint());
  }
  co_return unknown;
}

asio::awaitable<asio::error_code> Caller::connect(asio::ip::tcp::socket& socket) {
  Addresses addresses;
  auto error = co_await find(addresses);
  if (const Descriptor spare(::dup(STDERR_FILENO)); error && spare.get() < 0) {
    error = asio::error_code(errno, asio::system_category()); // why no name can be looked up
  }
  for (const auto& address : addresses) {
    socket.close(error);
    const auto done = co_await (socket.async_connect(address, as_values) ||
                                clock_.wait(timer_, clock_.now() + server_patience));
    error = done.index() == 0 ? std::get<0>(std::get<0>(done))
                              : asio::error_code(asio::error::timed_out);
    if (!error) {
      break;
    }
  }
  co_return error;
}

asio::awaitable<bool> Caller::secure(Link& link) {
  if (tls_ == nullptr) {
    co_return true;
  }
  const auto until = clock_.now() + time_for_handshake;
  const bool secured = co_await link.secure(*tls_, TlsRole::client, until);
  if (!secured) {
    const auto& error = link.error();
    const bool gone = error == asio::error::eof || error == asio::error::connection_reset;
    const auto* advice = gone ? "; does it speak TLS?"
                         : error.message() == "wrong version number"
                             ? "; it does not speak TLS: leave out --tls"
                             : "";
    unreachable_(gone ? "it hung up" : error.message(), "no TLS with", advice);
  }
  co_return secured;
}

bool Caller::is_misunderstood(Bytes heard) const {
  const bool misunderstood = tls_ == nullptr && is_tls_alert(heard);
  if (misunderstood) {
    unreachable_("it speaks TLS", "no conversation with", "; give --tls");
  }
  return misunderstood;
}

} // namespace dualcam::sim
