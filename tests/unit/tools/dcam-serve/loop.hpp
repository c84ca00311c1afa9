// A loop and a disk as dcam-serve has them, for one question at a time.
#pragma once

#include <optional>

#include "common/coroutine.hpp"
#include "dcam-serve/disks.hpp"

namespace dualcam::serve {

struct Loop {
  /// What the coroutine returns.
  template <class T> T result_of(asio::awaitable<T> coroutine) {
    std::optional<T> result;
    asio::co_spawn(context, std::move(coroutine), [&](const std::exception_ptr& failure, T value) {
      rethrow(failure);
      result = std::move(value);
    });
    context.restart();
    context.run();
    return std::move(*result);
  }

  asio::io_context context{1};
  std::filesystem::path root = ".";
  Disks disks{context, Clock::system(), root};
};

} // namespace dualcam::serve
