// An exception as an error, where one job's is not to be the end of others.
#pragma once

#include <exception>
#include <expected>

#include "common/unforeseen.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::serve {

/// What the call returns, a Result; or what it threw, as an error.
template <class Call> auto guarded(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (...) {
    return std::unexpected(
        Error{ErrorCategory::io, 0, unforeseen(std::current_exception()).message});
  }
}

} // namespace dualcam::serve
