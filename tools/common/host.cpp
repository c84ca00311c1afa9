#include "common/host.hpp"

#include <asio/error.hpp>
#include <fmt/format.h>

namespace dualcam::inline tools {

std::string_view without_brackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

std::string host_and_port(std::string_view host, std::string_view port) {
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string connection_reason(const asio::error_code& error) {
  if (error == asio::error::host_not_found) {
    return "there is no host of that name";
  }
  if (error == asio::error::host_not_found_try_again) {
    return "no name server answers";
  }
  if (error == asio::error::no_data) {
    return "that name has no address";
  }
  return error.message();
}

} // namespace dualcam::inline tools
