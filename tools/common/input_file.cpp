#include "common/input_file.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dualcam::inline tools {
namespace {

std::optional<std::uint64_t> size_of(const struct stat& status) {
  return S_ISREG(status.st_mode) ? std::optional(static_cast<std::uint64_t>(status.st_size))
                                 : std::nullopt;
}

} // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  Descriptor file(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                              : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    return errno_error(errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return errno_error(EISDIR);
  }
  return InputFile(std::move(file), size_of(status));
}

InputFile InputFile::of(Descriptor file) {
  struct stat status{};
  const bool known = ::fstat(file.get(), &status) == 0;
  return InputFile(std::move(file), known ? size_of(status) : std::nullopt);
}

Result<std::size_t> InputFile::read(std::span<std::byte> buffer) {
  if (!peeked_.empty()) {
    const auto count = std::min(peeked_.size(), buffer.size());
    std::copy_n(peeked_.begin(), count, buffer.begin());
    peeked_.erase(peeked_.begin(), peeked_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }
  for (;;) {
    const auto count = ::read(file_.get(), buffer.data(), buffer.size());
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) {
      return errno_error(errno);
    }
  }
}

bool InputFile::rewind() {
  if (!size_ || ::lseek(file_.get(), 0, SEEK_SET) != 0) {
    return false;
  }
  peeked_.clear();
  return true;
}

Result<Bytes> InputFile::peek(std::size_t count) {
  while (peeked_.size() < count) {
    auto before = std::exchange(peeked_, {});
    ByteBuffer more(count - before.size());
    const auto got = read(more);
    append(before, Bytes(more).first(got.value_or(0)));
    peeked_ = std::move(before);
    if (!got) {
      return std::unexpected(got.error());
    }
    if (*got == 0) {
      break;
    }
  }
  return Bytes(peeked_).first(std::min(count, peeked_.size()));
}

Result<std::string> read_text(InputFile file, std::size_t largest) {
  std::string text;
  ByteBuffer buffer(std::size_t{1} << 16);
  for (;;) {
    const auto count = file.read(buffer);
    if (!count) {
      return std::unexpected(count.error());
    }
    if (*count == 0) {
      return text;
    }
    text += as_text(Bytes(buffer).first(*count));
    if (text.size() > largest) {
      return std::unexpected(Error{ErrorCategory::unsupported, largest,
                                   "longer than " + std::to_string(largest >> 20) + " MiB"});
    }
  }
}

Result<std::string> read_text(const std::string& path, std::size_t largest) {
  auto file = InputFile::open(path);
  return file ? read_text(std::move(*file), largest) : std::unexpected(file.error());
}

} // namespace dualcam::inline tools
