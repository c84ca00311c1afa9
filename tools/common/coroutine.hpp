// Asio's coroutines as dcam-serve and dcam-sim use them: errors come as values.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/use_awaitable.hpp>

namespace dualcam {

/// Completion token: `const auto [error, result] = co_await operation(as_values);`
inline constexpr auto as_values = asio::experimental::as_tuple(asio::use_awaitable);

} // namespace dualcam
