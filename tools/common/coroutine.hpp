// Asio's coroutines as dcam-serve and dcam-sim use them: errors come as values.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/use_awaitable.hpp>
#if __has_include(<asio/as_tuple.hpp>) // since Asio 1.23
#include <asio/as_tuple.hpp>
#else
#include <asio/experimental/as_tuple.hpp>
#endif

namespace dualcam::inline tools {

/// Completion token: `const auto [error, result] = co_await operation(as_values);`
#if __has_include(<asio/as_tuple.hpp>)
inline constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
#else
inline constexpr auto as_values = asio::experimental::as_tuple(asio::use_awaitable);
#endif

/// Completion handler of what nobody waits for: a failure ends `io_context::run`, not that alone.
inline void rethrow(const std::exception_ptr& failure) {
  if (failure) {
    std::rethrow_exception(failure);
  }
}

/// Runs work that may block on another executor, such as a thread pool; what it returns.
template <class Executor, class Work>
asio::awaitable<std::invoke_result_t<Work>> run_on(Executor& executor, Work work) {
  std::optional<std::invoke_result_t<Work>> result;
  co_await asio::co_spawn(
      executor,
      [&]() -> asio::awaitable<void> {
        result.emplace(work());
        co_return;
      },
      asio::use_awaitable);
  co_return std::move(*result);
}

} // namespace dualcam::inline tools
