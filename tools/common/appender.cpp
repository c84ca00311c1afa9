#include "common/appender.hpp"

#include <cerrno>
#include <utility>

#include <unistd.h>

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
    const int error = write_all(pieces);
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

int Appender::write_all(const std::vector<ByteBuffer>& pieces) const {
  for (const auto& piece : pieces) {
    for (Bytes rest = piece; !rest.empty();) {
      const auto written = ::write(descriptor_, rest.data(), rest.size());
      if (written < 0 && errno != EINTR) {
        return errno;
      }
      rest = rest.subspan(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
  }
  return 0;
}

} // namespace dualcam::inline tools
