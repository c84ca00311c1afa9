#include "dcam-serve/acceptor.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>

#include <asio/ip/v6_only.hpp>
#include <fmt/format.h>

#include "common/host.hpp"
#include "dualcam/wire/error.hpp"

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
  for (const auto& entry :
       tcp::resolver(io).resolve(without_brackets(options.bind), std::to_string(options.port),
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

constexpr std::uint16_t first_free_port = 1024;

std::string addresses_of(const std::string& interface) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) {
    return "ip address shows them";
  }
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> kept(all, ::freeifaddrs);
  std::string text;
  for (const auto* each = all; each != nullptr; each = each->ifa_next) {
    std::array<char, NI_MAXHOST> address{};
    if (interface != each->ifa_name || each->ifa_addr == nullptr) {
      continue;
    }
    const auto family = each->ifa_addr->sa_family;
    const auto size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if ((family == AF_INET || family == AF_INET6) &&
        ::getnameinfo(each->ifa_addr, static_cast<socklen_t>(size), address.data(), address.size(),
                      nullptr, 0, NI_NUMERICHOST) == 0) {
      text += (text.empty() ? "" : ", ") + std::string(address.data());
    }
  }
  return text.empty() ? "it has none" : text;
}

bool is_of_a_link(const std::string& address) {
  asio::error_code error;
  const auto parsed = asio::ip::make_address_v6(without_brackets(address), error);
  return !error && parsed.is_link_local();
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

std::string listen_remedy(const ServeOptions& options, const asio::error_code& error) {
  if (error == asio::error::address_in_use) {
    return "; take another one with -p, or -p 0 for any that is free";
  }
  if (error == asio::error::access_denied && options.port < first_free_port) {
    return fmt::format("; ports below {} are the administrator's: take another one with -p, or let "
                       "the service manager open it (systemd's ListenStream=)",
                       first_free_port);
  }
  if (!options.bind.empty() && ::if_nametoindex(options.bind.c_str()) != 0) {
    return "; that is a network interface, -b takes one of its addresses: " +
           addresses_of(options.bind);
  }
  if (error == asio::error::host_not_found && std::ranges::count(options.bind, ':') == 1) {
    return "; -b takes an address alone, its port is given by -p";
  }
  if (error == asio::error::invalid_argument && is_of_a_link(options.bind)) {
    return "; such an address needs its interface, as in fe80::1%eth0";
  }
  return std::string(descriptors_remedy(error.value()));
}

} // namespace dualcam::serve
