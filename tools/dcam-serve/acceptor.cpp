#include "dcam-serve/acceptor.hpp"

#include <vector>

#include <asio/ip/v6_only.hpp>

namespace dualcam::serve {
namespace {

using asio::ip::tcp;

/// Where to listen, the first that works.
std::vector<tcp::endpoint> endpoints_for(const ServeOptions& options, asio::io_context& io,
                                         asio::error_code& error) {
  if (options.bind.empty()) { // IPv6 takes IPv4 too; the other is for machines without IPv6
    return {{tcp::v6(), options.port}, {tcp::v4(), options.port}};
  }
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : tcp::resolver(io).resolve(options.bind, std::to_string(options.port),
                                                     tcp::resolver::passive, error)) {
    endpoints.push_back(entry.endpoint());
  }
  return endpoints;
}

std::optional<tcp::acceptor> listen_on(const tcp::endpoint& endpoint, asio::io_context& io,
                                       asio::error_code& error) {
  tcp::acceptor acceptor(io);
  asio::error_code ignored;
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), ignored);
    if (endpoint.address() == asio::ip::address_v6::any()) {
      acceptor.set_option(asio::ip::v6_only(false), ignored);
    }
    acceptor.bind(endpoint, error);
  }
  if (!error) {
    acceptor.listen(tcp::acceptor::max_listen_connections, error);
  }
  if (error) {
    return std::nullopt;
  }
  acceptor.non_blocking(true, ignored);
  return acceptor;
}

} // namespace

std::optional<tcp::acceptor> open_acceptor(const ServeOptions& options, asio::io_context& io,
                                           asio::error_code& error) {
  for (const auto& endpoint : endpoints_for(options, io, error)) {
    if (auto acceptor = listen_on(endpoint, io, error)) {
      return acceptor;
    }
    if (error == asio::error::address_in_use) {
      break;
    }
  }
  return std::nullopt;
}

std::optional<tcp::acceptor> adopt_acceptor(int descriptor, asio::io_context& io,
                                            asio::error_code& error) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size);
  tcp::acceptor acceptor(io);
  acceptor.assign(name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), descriptor, error);
  if (error) {
    return std::nullopt;
  }
  asio::error_code ignored;
  acceptor.non_blocking(true, ignored);
  return acceptor;
}

} // namespace dualcam::serve
