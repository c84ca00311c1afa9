#include "dcam-serve/buffer_pool.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace dualcam::serve {
namespace {

constexpr std::size_t spare_buffers = 4;
constexpr std::size_t step = 4;

} // namespace

BufferPool::Buffer BufferPool::take(std::size_t wanted) {
  if (wanted > least_buffer && lent_ + wanted <= limit_) {
    Buffer buffer;
    if (wanted == most_buffer && !spare_.empty()) {
      buffer = std::move(spare_.back());
      spare_.pop_back();
    } else {
      buffer = {std::unique_ptr<std::byte[]>(new (std::nothrow) std::byte[wanted]), wanted};
    }
    if (buffer) {
      lent_ += wanted;
      return buffer;
    }
  }
  return {std::make_unique_for_overwrite<std::byte[]>(least_buffer), least_buffer};
}

void BufferPool::give_back(Buffer& buffer) {
  auto done = std::exchange(buffer, {});
  if (done.size_ > least_buffer) {
    lent_ -= done.size_;
  }
  if (done.size_ == most_buffer && spare_.size() < spare_buffers) {
    spare_.push_back(std::move(done));
  }
}

void ReadSize::read(std::size_t count) {
  if (count == value_) {
    value_ = std::min(value_ * step, most_buffer);
  } else if (count < value_ / step) {
    value_ = std::max(value_ / step, least_buffer);
  }
}

} // namespace dualcam::serve
