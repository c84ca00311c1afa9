#include "dualcam/storage/part_file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_size = 262'144;

/// Whether `descriptor` is still the file of this name: its last holder may have finished it
/// between our opening and our locking it.
bool still_named(int descriptor, const fs::path& path) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(descriptor, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

int open_locally(const fs::path& path, int flags) {
  return uninterrupted(
      [&] { return ::open(path.c_str(), O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0666); });
}

int try_lock(int descriptor) {
  return uninterrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); });
}

} // namespace

Result<PartFile> PartFile::create(const fs::path& final_name, Leftover leftover,
                                  const std::function<Result<bool>(const fs::path&)>& is_free) {
  for (unsigned number = 0; number < most_numbers; ++number) {
    auto path = numbered(final_name, number);
    path += ".part";
    const auto free = is_free ? is_free(path) : Result<bool>(true);
    if (!free) {
      return std::unexpected(free.error());
    }
    if (!*free) {
      continue;
    }
    const int descriptor = open_locally(path, O_RDWR | O_CREAT);
    if (descriptor < 0) {
      return io_error("create", path, errno);
    }
    PartFile part(descriptor, path, final_name);
    if (try_lock(descriptor) != 0) {
      if (errno != EWOULDBLOCK) {
        return io_error("lock", path, errno);
      }
      continue;
    }
    if (!still_named(descriptor, path)) {
      continue;
    }
    const auto size = part.size();
    if (!size) {
      return std::unexpected(size.error());
    }
    if (*size > 0 && leftover == Leftover::keep) {
      continue;
    }
    if (const auto emptied = part.truncate(0); !emptied) {
      return std::unexpected(emptied.error());
    }
    return part;
  }
  return io_error("find a free name for", final_name, EEXIST);
}

Result<std::optional<PartFile>> PartFile::reserve(const fs::path& path) {
  const int descriptor = open_locally(path, O_RDWR | O_CREAT | O_EXCL);
  if (descriptor < 0) {
    return errno == EEXIST ? Result<std::optional<PartFile>>() : io_error("create", path, errno);
  }
  PartFile part(descriptor, path, path);
  if (try_lock(descriptor) != 0) {
    return errno == EWOULDBLOCK ? Result<std::optional<PartFile>>() : io_error("lock", path, errno);
  }
  return still_named(descriptor, path) ? std::optional(std::move(part)) : std::nullopt;
}

Result<std::optional<PartFile>> PartFile::open(const fs::path& path, const fs::path& final_name,
                                               Access access) {
  const int descriptor = open_locally(path, access == Access::read ? O_RDONLY : O_RDWR);
  if (descriptor < 0) {
    return errno == ENOENT ? Result<std::optional<PartFile>>() : io_error("open", path, errno);
  }
  PartFile part(descriptor, path, final_name);
  if (try_lock(descriptor) != 0) {
    return errno == EWOULDBLOCK ? Result<std::optional<PartFile>>() : io_error("lock", path, errno);
  }
  return still_named(descriptor, path) ? std::optional(std::move(part)) : std::nullopt;
}

PartFile::PartFile(int descriptor, fs::path path, fs::path final_name)
    : descriptor_(descriptor), path_(std::move(path)), final_name_(std::move(final_name)) {}

PartFile::PartFile(PartFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)),
      final_name_(std::move(other.final_name_)) {}

PartFile& PartFile::operator=(PartFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(final_name_, other.final_name_);
  return *this;
}

PartFile::~PartFile() { close(); }

void PartFile::close() {
  if (descriptor_ >= 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

Result<std::uint64_t> PartFile::size() const {
  struct stat status{};
  return ::fstat(descriptor_, &status) == 0
             ? Result<std::uint64_t>(static_cast<std::uint64_t>(status.st_size))
             : io_error("look at", path_, errno);
}

Result<Bytes> PartFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  std::size_t count = 0;
  while (count < into.size()) {
    const auto got = uninterrupted([&] {
      return ::pread(descriptor_, into.data() + count, into.size() - count,
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

Result<void> PartFile::read_each(std::uint64_t begin, std::uint64_t end,
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

Result<void> PartFile::truncate(std::uint64_t size) {
  const auto end = static_cast<off_t>(size);
  const bool done = uninterrupted([&] { return ::ftruncate(descriptor_, end); }) == 0 &&
                    ::lseek(descriptor_, end, SEEK_SET) == end;
  return done ? Result<void>() : io_error("truncate", path_, errno);
}

Result<void> PartFile::append(std::span<const Bytes> pieces) {
  return write_all(descriptor_, pieces, path_);
}

Result<void> PartFile::sync() {
  return uninterrupted([&] { return ::fsync(descriptor_); }) == 0 ? Result<void>()
                                                                  : io_error("sync", path_, errno);
}

Result<std::optional<fs::path>> PartFile::finish(IfExists if_exists) {
  auto name = take_name(if_exists);
  const auto synced = name && *name ? sync_folder_of(**name) : Result<void>();
  return synced ? name : std::unexpected(synced.error());
}

Result<std::optional<fs::path>> PartFile::take_name(IfExists if_exists,
                                                    const BeforeNaming& before_naming) {
  if (const auto synced = sync(); !synced) {
    return std::unexpected(synced.error());
  }
  for (unsigned number = 0; number < most_numbers; ++number) {
    auto name = numbered(final_name_, number);
    if (if_exists == IfExists::number && is_taken(name)) {
      continue;
    }
    if (const auto told = before_naming ? before_naming(name) : Result<void>(); !told) {
      return std::unexpected(told.error());
    }
    const auto published = publish(name, if_exists);
    if (!published) {
      return std::unexpected(published.error());
    }
    if (*published) {
      path_ = name;
      close();
      return name;
    }
    if (if_exists == IfExists::skip) {
      discard();
      return std::nullopt;
    }
  }
  return io_error("find a free name for", final_name_, EEXIST);
}

/// Whether the part got the name; false if it is taken and that is no error.
Result<bool> PartFile::publish(const fs::path& name, IfExists if_exists) {
  if (if_exists == IfExists::replace) {
    return uninterrupted([&] { return ::rename(path_.c_str(), name.c_str()); }) == 0
               ? Result<bool>(true)
               : io_error("create", name, errno);
  }
  const int error = rename_to_free_name(path_, name);
  if (error != 0 && (error != EEXIST || if_exists == IfExists::fail)) {
    return io_error("create", name, error);
  }
  return error == 0;
}

void PartFile::discard() {
  ::unlink(path_.c_str());
  close();
}

} // namespace dualcam
