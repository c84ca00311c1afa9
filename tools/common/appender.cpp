#include "common/appender.hpp"

#include <cerrno>
#include <utility>

#include "common/descriptor.hpp"

namespace dualcam::inline tools {

Appender::Appender(int descriptor) : descriptor_(descriptor), thread_([this] { run(); }) {}

Appender::~Appender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Appender::write(ByteBuffer bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (error_ != 0) {
      return;
    }
    waiting_ += bytes.size();
    queue_.push_back(std::move(bytes));
  }
  changed_.notify_all();
}

void Appender::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_ == 0; });
}

std::size_t Appender::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

int Appender::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Appender::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    const auto pieces = std::exchange(queue_, {});
    const auto taken = waiting_;
    lock.unlock();
    int error = 0;
    for (std::size_t i = 0; i < pieces.size() && error == 0; ++i) {
      error = write_all(descriptor_, pieces[i]) ? 0 : errno;
    }
    lock.lock();
    waiting_ -= taken;
    if (error != 0) {
      error_ = error;
      queue_.clear();
      waiting_ = 0;
    }
    changed_.notify_all();
  }
}

} // namespace dualcam::inline tools
