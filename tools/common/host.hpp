// Hosts as people give them, and what is wrong with one.
#pragma once

#include <string>
#include <string_view>

#include <asio/error_code.hpp>

namespace dualcam::inline tools {

/// An address without the brackets that IPv6 has before a port: `[::1]` is `::1`.
std::string_view without_brackets(std::string_view host);

/// HOST:PORT, with them where there has to be no doubt.
std::string host_and_port(std::string_view host, std::string_view port);

/// Why there is no connection, nor a port, in plain words.
std::string connection_reason(const asio::error_code& error);

} // namespace dualcam::inline tools
