#include "dualcam/part_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr unsigned most_numbers = 100'000;
constexpr std::size_t most_pieces = 1024; // IOV_MAX

std::unexpected<Error> failed(const char* what, const fs::path& path, int error = errno) {
  return std::unexpected(Error{ErrorCategory::io, 0,
                               std::string("cannot ") + what + ' ' + path.string() + ": " +
                                   std::generic_category().message(error)});
}

/// Whether `descriptor` is still the file of this name: its last holder may have finished it
/// between our opening and our locking it.
bool still_named(int descriptor, const fs::path& path) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(descriptor, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// A name that only one of all processes can take; the old name goes away. 0 or errno.
int rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  if (::link(from.c_str(), to.c_str()) != 0) { // this file system knows no RENAME_NOREPLACE
    return errno;
  }
  return ::unlink(from.c_str()) == 0 ? 0 : errno;
}

Result<void> sync_folder(const fs::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return failed("open", folder);
  }
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // EINVAL: a file system whose folders cannot be synced
  return error == 0 || error == EINVAL ? Result<void>() : failed("sync", folder, error);
}

} // namespace

fs::path numbered(const fs::path& path, unsigned number) {
  if (number == 0) {
    return path;
  }
  auto name = path.stem();
  name += '_' + std::to_string(number);
  name += path.extension();
  return path.parent_path() / name;
}

Result<PartFile> PartFile::create(const fs::path& final_name) {
  for (unsigned number = 0; number < most_numbers; ++number) {
    auto path = numbered(final_name, number);
    path += ".part";
    const int descriptor =
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (descriptor < 0) {
      return failed("create", path);
    }
    PartFile part(descriptor, path, final_name);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) {
        return failed("lock", path);
      }
      continue;
    }
    if (!still_named(descriptor, path)) {
      continue;
    }
    if (::ftruncate(descriptor, 0) != 0) {
      return failed("truncate", path);
    }
    return part;
  }
  return failed("find a free name for", final_name, EEXIST);
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

Result<void> PartFile::append(std::span<const Bytes> pieces) {
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
    const auto written = ::writev(descriptor_, vectors.data(), static_cast<int>(vectors.size()));
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return failed("write", path_);
    }
    skip += static_cast<std::size_t>(written);
    while (!pieces.empty() && skip >= pieces.front().size()) {
      skip -= pieces.front().size();
      pieces = pieces.subspan(1);
    }
  }
  return {};
}

Result<void> PartFile::sync() {
  return ::fsync(descriptor_) == 0 ? Result<void>() : failed("sync", path_);
}

Result<std::optional<fs::path>> PartFile::finish(IfExists if_exists) {
  if (const auto synced = sync(); !synced) {
    return std::unexpected(synced.error());
  }
  for (unsigned number = 0; number < most_numbers; ++number) {
    auto name = numbered(final_name_, number);
    const auto published = publish(name, if_exists);
    if (!published) {
      return std::unexpected(published.error());
    }
    if (*published) {
      close();
      const auto synced = sync_folder(name);
      return synced ? Result<std::optional<fs::path>>(std::move(name))
                    : std::unexpected(synced.error());
    }
    if (if_exists == IfExists::skip) {
      discard();
      return std::nullopt;
    }
  }
  return failed("find a free name for", final_name_, EEXIST);
}

/// Whether the part got the name; false if it is taken and that is no error.
Result<bool> PartFile::publish(const fs::path& name, IfExists if_exists) {
  if (if_exists == IfExists::replace) {
    return ::rename(path_.c_str(), name.c_str()) == 0 ? Result<bool>(true) : failed("create", name);
  }
  const int error = rename_to_free_name(path_, name);
  if (error != 0 && (error != EEXIST || if_exists == IfExists::fail)) {
    return failed("create", name, error);
  }
  return error == 0;
}

void PartFile::discard() {
  ::unlink(path_.c_str());
  close();
}

} // namespace dualcam
