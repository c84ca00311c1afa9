#include "dualcam/storage/file.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "dualcam/storage/durable.hpp"

namespace dualcam {
namespace {

constexpr std::size_t block_size = 262'144;
constexpr std::size_t most_pieces = 1024; // IOV_MAX

/// `write(vectors)` until all pieces are written; false leaves errno.
template <class Write> bool write_all(std::span<const Bytes> pieces, Write write) {
  std::vector<iovec> vectors;
  vectors.reserve(std::min(pieces.size(), most_pieces));
  std::size_t skip = 0; // bytes of the first piece already written
  while (!pieces.empty()) {
    vectors.clear();
    for (const auto piece : pieces.first(std::min(pieces.size(), most_pieces))) {
      vectors.push_back({const_cast<std::byte*>(piece.data()), piece.size()});
    }
    vectors[0].iov_base = static_cast<std::byte*>(vectors[0].iov_base) + skip;
    vectors[0].iov_len -= skip;
    const auto written = uninterrupted([&] { return write(vectors); });
    if (written < 0) {
      return false;
    }
    skip += static_cast<std::size_t>(written);
    while (!pieces.empty() && skip >= pieces.front().size()) {
      skip -= pieces.front().size();
      pieces = pieces.subspan(1);
    }
  }
  return true;
}

/// One byte.
struct ::flock range_of(std::uint64_t at, short type) {
  struct ::flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(at);
  range.l_len = 1;
  return range;
}

} // namespace

std::expected<File, int> File::open(const std::filesystem::path& path, int flags) {
  auto& files = FileSystem::current();
  const auto open_with = [&](int more) {
    return uninterrupted([&] {
      return files.open(path.c_str(), O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags | more, 0666);
    });
  };
  // That a part was read, for its claim, would be written with it.
  int descriptor = open_with(O_NOATIME);
  if (descriptor < 0 && errno == EPERM) { // another user's
    descriptor = open_with(0);
  }
  return descriptor >= 0 ? std::expected<File, int>(File(files, descriptor, path))
                         : std::unexpected(errno);
}

File::File(File&& other) noexcept
    : files_(other.files_), descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(files_, other.files_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

void File::close() {
  if (is_open()) {
    files_->close(std::exchange(descriptor_, -1));
  }
}

Result<bool> File::is_named() const {
  if (!is_open()) {
    return io_error("look at", path_, EBADF);
  }
  struct stat opened{};
  struct stat named{};
  if (files_->fstat(descriptor_, &opened) == 0 && files_->lstat(path_.c_str(), &named) == 0) {
    return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
  }
  return errno == ENOENT ? Result<bool>(false) : io_error("look at", path_, errno);
}

Result<std::uint64_t> File::size() const {
  struct stat status{};
  return files_->fstat(descriptor_, &status) == 0
             ? Result<std::uint64_t>(static_cast<std::uint64_t>(status.st_size))
             : io_error("look at", path_, errno);
}

Result<Bytes> File::read(std::uint64_t offset, std::span<std::byte> into) const {
  std::size_t count = 0;
  while (count < into.size()) {
    const auto got = uninterrupted([&] {
      return files_->pread(descriptor_, into.data() + count, into.size() - count,
                           static_cast<off_t>(offset + count));
    });
    if (got < 0) {
      return io_error("read", path_, errno);
    }
    if (got == 0) {
      break;
    }
    count += static_cast<std::size_t>(got);
  }
  return Bytes(into.first(count));
}

Result<void> File::read_each(std::uint64_t begin, std::uint64_t end,
                             const std::function<void(Bytes)>& take) const {
  ByteBuffer buffer(static_cast<std::size_t>(std::min<std::uint64_t>(block_size, end - begin)));
  while (begin < end) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - begin));
    const auto block = read(begin, std::span(buffer).first(wanted));
    if (!block) {
      return std::unexpected(block.error());
    }
    if (block->size() != wanted) {
      return io_error("read", path_, EIO);
    }
    take(*block);
    begin += wanted;
  }
  return {};
}

Result<void> File::write(std::uint64_t offset, std::span<const Bytes> pieces) {
  const bool done = write_all(pieces, [&](const std::vector<iovec>& vectors) {
    const auto written = files_->pwritev(
        descriptor_, vectors.data(), static_cast<int>(vectors.size()), static_cast<off_t>(offset));
    offset += static_cast<std::uint64_t>(std::max<ssize_t>(written, 0));
    return written;
  });
  return done ? Result<void>() : io_error("write", path_, errno);
}

Result<void> File::append(Bytes bytes) {
  const bool done = write_all({&bytes, 1}, [&](const std::vector<iovec>& vectors) {
    return files_->append(descriptor_, vectors.data(), static_cast<int>(vectors.size()));
  });
  return done ? Result<void>() : io_error("write", path_, errno);
}

Result<void> File::truncate(std::uint64_t size) {
  const int done =
      uninterrupted([&] { return files_->ftruncate(descriptor_, static_cast<off_t>(size)); });
  return done == 0 ? Result<void>() : io_error("truncate", path_, errno);
}

void File::make_room(std::uint64_t begin, std::uint64_t end) {
  (void)files_->fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
                          static_cast<off_t>(end - begin));
}

Result<void> File::sync() const {
  return uninterrupted([&] { return files_->fdatasync(descriptor_); }) == 0
             ? Result<void>()
             : io_error("sync", path_, errno);
}

Result<void> File::was_written() const {
  const auto looked = uninterrupted(
      [&] { return files_->sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE); });
  return looked == 0 ? Result<void>() : io_error("sync", path_, errno);
}

std::optional<dev_t> File::device() const {
  struct stat status{};
  return files_->fstat(descriptor_, &status) == 0 ? std::optional(status.st_dev) : std::nullopt;
}

Result<bool> File::try_lock() {
  if (uninterrupted([&] { return files_->flock(descriptor_, LOCK_EX | LOCK_NB); }) == 0) {
    return true;
  }
  return errno == EWOULDBLOCK ? Result<bool>(false) : io_error("lock", path_, errno);
}

Result<void> File::lock() {
  return uninterrupted([&] { return files_->flock(descriptor_, LOCK_EX); }) == 0
             ? Result<void>()
             : io_error("lock", path_, errno);
}

void File::unlock() { files_->flock(descriptor_, LOCK_UN); }

Result<bool> File::try_lock_range(struct ::flock range) {
  if (uninterrupted([&] { return files_->lock_range(descriptor_, F_OFD_SETLK, &range); }) == 0) {
    return true;
  }
  return errno == EAGAIN || errno == EACCES ? Result<bool>(false) : io_error("lock", path_, errno);
}

Result<bool> File::try_lock_byte(std::uint64_t at) { return try_lock_range(range_of(at, F_WRLCK)); }

Result<bool> File::try_share_byte(std::uint64_t at) {
  return try_lock_range(range_of(at, F_RDLCK));
}

Result<bool> File::try_lock_all_bytes() {
  auto all = range_of(0, F_WRLCK);
  all.l_len = 0;
  return try_lock_range(all);
}

void File::unlock_byte(std::uint64_t at) {
  auto range = range_of(at, F_UNLCK);
  files_->lock_range(descriptor_, F_OFD_SETLK, &range);
}

Result<bool> File::is_byte_locked(std::uint64_t at) const {
  auto range = range_of(at, F_WRLCK);
  return files_->lock_range(descriptor_, F_OFD_GETLK, &range) == 0
             ? Result<bool>(range.l_type != F_UNLCK)
             : io_error("look at the locks of", path_, errno);
}

} // namespace dualcam
