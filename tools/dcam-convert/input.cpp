#include "dcam-convert/input.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/temporary_file.hpp"
#include "common/unforeseen.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t spooled_piece = 65536;

/// Reads some, once there is something or the end; -1 and errno, EINTR after a stop signal.
ssize_t read_some(int from, std::span<std::byte> bytes, const StopSignal& stop) {
  for (;;) {
    std::array polled{pollfd{from, POLLIN, 0}, pollfd{stop.descriptor(), POLLIN, 0}};
    (void)::poll(polled.data(), polled.size(), -1);
    if (stop.requested()) {
      errno = EINTR;
      return -1;
    }
    const auto count = ::read(from, bytes.data(), bytes.size());
    if (count >= 0 || (errno != EINTR && errno != EAGAIN)) {
      return count;
    }
  }
}

/// What is out of descriptors or memory is no fault of this input.
void throw_if_exhausted(int error, const char* what) {
  if (is_exhaustion(error)) {
    throw std::system_error(error, std::generic_category(), what);
  }
}

} // namespace

Result<Input> Input::open(const std::string& path, const StopSignal& stop,
                          std::uint64_t most_copied, Bytes begin) {
  Input file(path);
  Descriptor opened(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened.get() < 0) {
    const int error = errno;
    throw_if_exhausted(error, "cannot open");
    return errno_error(error, "cannot open");
  }
  if (const auto taken = file.take(std::move(opened), stop, most_copied, begin); !taken) {
    return std::unexpected(taken.error());
  }
  if (const auto measured = file.measure(); !measured) {
    return std::unexpected(measured.error());
  }
  return file;
}

Result<void> Input::take(Descriptor opened, const StopSignal& stop, std::uint64_t most_copied,
                         Bytes begin) {
  struct stat status{};
  if (::fstat(opened.get(), &status) == 0 && S_ISREG(status.st_mode)) {
    file_ = std::move(opened);
    has_path_ = path_ != "-";
    return {};
  }
  return S_ISDIR(status.st_mode) ? errno_error(EISDIR, "cannot read")
                                 : spool(opened.get(), stop, most_copied, begin);
}

Result<void> Input::spool(int from, const StopSignal& stop, std::uint64_t most_copied,
                          Bytes begin) {
  auto spooled = temporary_file(folder_of_temporaries());
  if (spooled.get() < 0) {
    const int error = errno;
    throw_if_exhausted(error, "cannot make a temporary file");
    return temporary_error("make", error);
  }
  file_ = std::move(spooled);
  ByteBuffer piece(spooled_piece);
  bool known = false;
  if (!write_all(file_.get(), begin)) {
    return temporary_error("write", errno);
  }
  std::uint64_t copied = begin.size();
  for (;;) {
    const auto count = read_some(from, piece, stop);
    if (count < 0) {
      return errno_error(errno, "cannot read");
    }
    if (count == 0) {
      return {};
    }
    if (!write_all(file_.get(), Bytes(piece).first(static_cast<std::size_t>(count)))) {
      return temporary_error("write", errno);
    }
    copied += static_cast<std::uint64_t>(count);
    if (!known && copied >= thorough_detection_size) {
      if (const auto measured = measure(); !measured) {
        return measured;
      }
      known = format_ != VideoFormat::unknown;
      if (!known) { // it may be endless
        return {};
      }
    }
    if (copied > most_copied) {
      return std::unexpected(endless(copied, most_copied));
    }
  }
}

Result<Input> Input::rearranged(Bytes head, std::span<const Part> parts,
                                const StopSignal& stop) const {
  Input file(path_);
  auto made = temporary_file(folder_of_temporaries());
  if (made.get() < 0) {
    return temporary_error("make", errno);
  }
  file.file_ = std::move(made);
  if (!write_all(file.file_.get(), head)) {
    return temporary_error("write", errno);
  }
  ByteBuffer piece;
  for (auto [offset, left] : parts) {
    for (; left != 0; left -= piece.size(), offset += piece.size()) {
      piece.resize(std::min<std::uint64_t>(left, spooled_piece));
      if (const auto done = read(offset, piece); !done) {
        return std::unexpected(done.error());
      }
      if (stop.requested()) {
        return errno_error(EINTR, "cannot read");
      }
      if (!write_all(file.file_.get(), piece)) {
        return temporary_error("write", errno);
      }
    }
  }
  if (const auto measured = file.measure(); !measured) {
    return std::unexpected(measured.error());
  }
  return file;
}

Result<void> Input::measure() {
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) {
    return errno_error(errno, "cannot read");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  ByteBuffer first;
  for (const auto wanted : {detection_size, thorough_detection_size}) {
    first.resize(std::min<std::uint64_t>(size_, wanted));
    if (const auto read_first = read(0, first); !read_first) {
      return read_first;
    }
    format_ = detect(first);
    if (format_ != VideoFormat::unknown && !is_elementary(format_)) {
      break;
    }
  }
  return {};
}

Result<void> Input::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const auto count = ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count == 0) {
      return std::unexpected(
          Error{ErrorCategory::io, offset, "has become shorter while it was read"});
    }
    if (count < 0 && errno != EINTR) {
      return errno_error(errno, "cannot read");
    }
    const auto taken = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    bytes = bytes.subspan(taken);
    offset += taken;
  }
  return {};
}

} // namespace dualcam::convert
