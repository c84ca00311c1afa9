#include "dcam-convert/live_input.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "dualcam/storage/file_names.hpp"

namespace dualcam::convert {
namespace {

constexpr int milliseconds_between_looks = 20;

} // namespace

Result<LiveInput> LiveInput::open(const std::string& path, std::uint64_t most) {
  Descriptor file(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                              : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    return errno_error(errno, "cannot open");
  }
  LiveInput input(std::move(file));
  input.most_ = most;
  return input;
}

Result<LiveInput> LiveInput::follow(const std::string& part) {
  Descriptor file(::open(part.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  bool complete = false;
  if (file.get() < 0 && errno == ENOENT && part.ends_with(part_suffix)) {
    const auto name = part.substr(0, part.size() - part_suffix.size());
    file = Descriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    complete = true;
  }
  if (file.get() < 0) {
    return errno_error(errno, "cannot open");
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, 0, "is no file that grows: give it as INPUT"});
  }
  LiveInput input(std::move(file));
  input.part_ = part;
  input.complete_ = complete;
  return input;
}

std::string LiveInput::name() const {
  std::array<char, 4096> path{};
  const auto link = fmt::format("/proc/self/fd/{}", file_.get());
  const auto size = ::readlink(link.c_str(), path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : part_;
}

/// Whether the part has got its name. Error: it is not going to.
Result<bool> LiveInput::is_complete() {
  struct stat ours{};
  struct stat named{};
  if (::fstat(file_.get(), &ours) != 0) {
    return errno_error(errno, "cannot read");
  }
  if (ours.st_nlink == 0) {
    given_up_ = true;
    return errno_error(ENOENT, "was removed before it was complete");
  }
  const bool there = ::stat(part_.c_str(), &named) == 0;
  if (there && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev) {
    return false;
  }
  if (name().ends_with(part_suffix)) {
    given_up_ = true;
    return errno_error(ENOENT, "was set aside before it was complete");
  }
  return true;
}

Result<std::size_t> LiveInput::read(std::span<std::byte> bytes, const StopSignal& stop) {
  if (part_.empty()) {
    return read_pipe(bytes, stop);
  }
  for (;;) {
    if (stop.requested()) {
      return errno_error(EINTR, "cannot read");
    }
    const bool complete = complete_; // before this look at its bytes
    const auto count =
        ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_));
    if (count < 0 && errno != EINTR) {
      return errno_error(errno, "cannot read");
    }
    if (count > 0) {
      offset_ += static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
    if (complete) {
      return std::size_t{0};
    }
    const auto now_complete = is_complete();
    if (!now_complete) {
      return std::unexpected(now_complete.error());
    }
    complete_ = *now_complete;
    if (!complete_) {
      wait(-1, stop, milliseconds_between_looks);
    }
    if (unread_) {
      return std::size_t{0};
    }
  }
}

/// Until there may be something to read, or another reason to look.
void LiveInput::wait(int readable, const StopSignal& stop, int milliseconds) {
  std::array polled{pollfd{readable, POLLIN, 0}, pollfd{stop.descriptor(), POLLIN, 0},
                    pollfd{written_, 0, 0}};
  const auto happened = ::poll(polled.data(), polled.size(), milliseconds);
  unread_ = unread_ || (happened > 0 && (polled[2].revents & (POLLERR | POLLHUP)) != 0);
}

Result<std::size_t> LiveInput::read_pipe(std::span<std::byte> bytes, const StopSignal& stop) {
  for (;;) {
    wait(file_.get(), stop, -1);
    if (unread_) {
      return std::size_t{0};
    }
    if (stop.requested()) {
      return errno_error(EINTR, "cannot read");
    }
    const auto count = ::read(file_.get(), bytes.data(), bytes.size());
    if (count >= 0) {
      offset_ += static_cast<std::uint64_t>(count);
      return offset_ > most_ ? Result<std::size_t>(std::unexpected(endless(offset_, most_)))
                             : static_cast<std::size_t>(count);
    }
    if (errno != EINTR && errno != EAGAIN) {
      return errno_error(errno, "cannot read");
    }
  }
}

} // namespace dualcam::convert
