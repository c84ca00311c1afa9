#include "dualcam/storage/durable.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_pieces = 1024; // IOV_MAX

const char* remedy_for(int error) {
  switch (error) {
  case ENOSPC:
  case EDQUOT:
    return "; make room, then run the same command again";
  case EROFS:
    return "; make it writable or choose another folder, then run the same command again";
  case EACCES:
  case EPERM:
    return "; check its permissions, then run the same command again";
  case EIO:
    return "; the disk may be failing";
  default:
    return "";
  }
}

bool are_one_file(const fs::path& a, const fs::path& b) {
  struct stat status_a{};
  struct stat status_b{};
  return ::lstat(a.c_str(), &status_a) == 0 && ::lstat(b.c_str(), &status_b) == 0 &&
         status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino;
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

} // namespace

std::unexpected<Error> io_error(const char* what, const fs::path& path, int error) {
  return std::unexpected(Error{ErrorCategory::io, 0,
                               std::string("cannot ") + what + ' ' + path.string() + ": " +
                                   reason_of(error) + remedy_for(error)});
}

Result<void> create_folders(const fs::path& root, const fs::path& folder) {
  struct stat status{};
  if (::lstat(folder.c_str(), &status) != 0 &&
      errno == ENAMETOOLONG) { // before half of it is there
    return io_error("create", folder, ENAMETOOLONG);
  }
  auto path = root;
  for (const auto& name : folder.lexically_relative(root)) {
    if (name.empty() || name == ".") {
      continue;
    }
    path /= name;
    // One that exists may have been created just now by somebody who has not synced it yet. If
    // something else is in the way, that is said when a file is put there.
    if (uninterrupted([&] { return ::mkdir(path.c_str(), 0777); }) != 0 && errno != EEXIST) {
      return io_error("create", path, errno);
    }
    if (const auto synced = sync_folder_of(path); !synced) {
      return synced;
    }
  }
  return {};
}

Result<void> sync_folder_of(const fs::path& file) {
  const auto folder = folder_of(file);
  const int descriptor =
      uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) {
    return io_error("open", folder, errno);
  }
  const int error = uninterrupted([&] { return ::fsync(descriptor); }) == 0 ? 0 : errno;
  ::close(descriptor);
  // EINVAL: a file system whose folders cannot be synced
  return error == 0 || error == EINVAL ? Result<void>() : io_error("sync", folder, error);
}

bool is_taken(const fs::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 || errno != ENOENT;
}

int rename_to_free_name(const fs::path& from, const fs::path& to) {
  const int renamed = uninterrupted(
      [&] { return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE); });
  if (renamed == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  // this file system knows no RENAME_NOREPLACE; an earlier attempt may have got as far as the link
  if (::link(from.c_str(), to.c_str()) != 0 && (errno != EEXIST || !are_one_file(from, to))) {
    return errno;
  }
  return ::unlink(from.c_str()) == 0 ? 0 : errno;
}

Result<void> write_all(int descriptor, std::span<const Bytes> pieces, const fs::path& path) {
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
    const auto written = uninterrupted(
        [&] { return ::writev(descriptor, vectors.data(), static_cast<int>(vectors.size())); });
    if (written < 0) {
      return io_error("write", path, errno);
    }
    skip += static_cast<std::size_t>(written);
    while (!pieces.empty() && skip >= pieces.front().size()) {
      skip -= pieces.front().size();
      pieces = pieces.subspan(1);
    }
  }
  return {};
}

Result<ByteBuffer> read_small_file(const fs::path& path, std::size_t limit) {
  const int descriptor = uninterrupted(
      [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); });
  if (descriptor < 0) {
    return errno == ENOENT || errno == ELOOP ? Result<ByteBuffer>() : io_error("open", path, errno);
  }
  ByteBuffer bytes(limit);
  std::size_t size = 0;
  ssize_t count = 0;
  do {
    count =
        uninterrupted([&] { return ::read(descriptor, bytes.data() + size, bytes.size() - size); });
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
  } while (count > 0 && size < bytes.size());
  const int error = count < 0 ? errno : 0;
  ::close(descriptor);
  if (error != 0) {
    return io_error("read", path, error);
  }
  bytes.resize(size);
  return bytes;
}

fs::path numbered(const fs::path& path, unsigned number) {
  if (number == 0) {
    return path;
  }
  auto name = path.stem();
  name += '_' + std::to_string(number);
  name += path.extension();
  return path.parent_path() / name;
}

} // namespace dualcam
