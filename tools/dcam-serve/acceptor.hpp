// Where cameras come in.
#pragma once

#include <optional>
#include <string>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include "dcam-serve/options.hpp"

namespace dualcam::serve {

/// Listens on the port of `options`; nullopt and an error if that does not work.
std::optional<asio::ip::tcp::acceptor> open_acceptor(const ServeOptions& options,
                                                     asio::io_context& io, asio::error_code& error);

/// The socket `descriptor`, which listens already and is ours from now on.
std::optional<asio::ip::tcp::acceptor> adopt_acceptor(int descriptor, asio::io_context& io,
                                                      asio::error_code& error);

/// What to do about it, behind a semicolon; empty where nothing is known.
std::string listen_remedy(const ServeOptions& options, const asio::error_code& error);

} // namespace dualcam::serve
