#include "dualcam/storage/durable.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

#include "dualcam/storage/file.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t smallest_read = 4096;

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
  case EXDEV:
    return "; a file has to get its name without moving to another file system";
  case EIO:
    return "; the disk may be failing";
  default:
    return "";
  }
}

} // namespace

std::unexpected<Error> io_error(const char* what, const fs::path& path, int error) {
  return std::unexpected(Error{ErrorCategory::io, 0,
                               std::string("cannot ") + what + ' ' + path.string() + ": " +
                                   reason_of(error) + remedy_for(error)});
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Result<void> create_folders(const fs::path& root, const fs::path& folder, Barrier& barrier) {
  auto& files = FileSystem::current();
  struct stat status{};
  if (files.lstat(folder.c_str(), &status) != 0 &&
      errno == ENAMETOOLONG) { // before half of it is there
    return io_error("create", folder, ENAMETOOLONG);
  }
  auto path = root;
  for (const auto& name : folder.lexically_relative(root)) {
    if (name.empty() || name == ".") {
      continue;
    }
    path /= name;
    const bool made = uninterrupted([&] { return files.mkdir(path.c_str(), 0777); }) == 0;
    // If something else is in the way, that is said when a file is put there.
    if (!made && errno != EEXIST) {
      return io_error("create", path, errno);
    }
    // One that exists may have been created just now by somebody who has not synced it yet.
    if (made || !files.is_durable(path)) {
      barrier.add_folder(folder_of(path), path);
    }
  }
  return {};
}

Result<File> open_in_new_folder(const fs::path& root, const fs::path& path, Barrier& barrier,
                                const std::function<Result<std::optional<File>>()>& open) {
  constexpr unsigned most_attempts = 100; // what is new nobody removes
  for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
    if (const auto created = create_folders(root, folder_of(path), barrier); !created) {
      return std::unexpected(created.error());
    }
    auto file = open();
    if (!file || *file) {
      return file ? Result<File>(std::move(**file)) : std::unexpected(file.error());
    }
  }
  return io_error("open", path, ENOENT);
}

Result<void> sync_folder_of(const fs::path& file) { return sync_folder(folder_of(file)); }

Result<ByteBuffer> read_small_file(const fs::path& path, std::size_t limit) {
  const auto file = File::open(path, O_RDONLY);
  if (!file) {
    return file.error() == ENOENT || file.error() == ELOOP ? Result<ByteBuffer>()
                                                           : io_error("open", path, file.error());
  }
  const auto size = file->size();
  if (!size) {
    return std::unexpected(size.error());
  }
  ByteBuffer bytes(std::clamp<std::size_t>(*size, smallest_read, std::max(limit, smallest_read)));
  bytes.resize(std::min(bytes.size(), limit));
  const auto read = file->read(0, bytes);
  if (!read) {
    return std::unexpected(read.error());
  }
  bytes.resize(read->size());
  return bytes;
}

} // namespace dualcam
