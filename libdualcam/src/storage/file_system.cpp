#include "dualcam/storage/file_system.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace dualcam {
namespace {

constexpr std::size_t most_durable_folders = 100'000; // then it begins anew

thread_local FileSystem* used = nullptr;

} // namespace

FileSystem& FileSystem::real() {
  static auto* const only = new FileSystem; // outlives whatever is still open at exit
  return *only;
}

FileSystem& FileSystem::current() { return used != nullptr ? *used : real(); }

FileSystem::Use::Use(FileSystem& files) : before_(used) { used = &files; }

FileSystem::Use::~Use() { used = before_; }

int FileSystem::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }

int FileSystem::close(int descriptor) { return ::close(descriptor); }

ssize_t FileSystem::pread(int descriptor, void* into, std::size_t count, off_t offset) {
  return ::pread(descriptor, into, count, offset);
}

ssize_t FileSystem::pwritev(int descriptor, const iovec* pieces, int count, off_t offset) {
  return ::pwritev(descriptor, pieces, count, offset);
}

ssize_t FileSystem::append(int descriptor, const iovec* pieces, int count) {
  return ::writev(descriptor, pieces, count);
}

int FileSystem::ftruncate(int descriptor, off_t size) { return ::ftruncate(descriptor, size); }

int FileSystem::fdatasync(int descriptor) { return ::fdatasync(descriptor); }

int FileSystem::fsync(int descriptor) { return ::fsync(descriptor); }

int FileSystem::syncfs(int descriptor) { return ::syncfs(descriptor); }

int FileSystem::fstatfs(int descriptor, struct statfs* status) {
  return ::fstatfs(descriptor, status);
}

int FileSystem::fallocate(int descriptor, int mode, off_t offset, off_t count) {
  return ::fallocate(descriptor, mode, offset, count);
}
int FileSystem::sync_file_range(int descriptor, off_t offset, off_t count, unsigned flags) {
  return ::sync_file_range(descriptor, offset, count, flags);
}

int FileSystem::flock(int descriptor, int operation) { return ::flock(descriptor, operation); }

int FileSystem::lock_range(int descriptor, int command, struct ::flock* range) {
  return ::fcntl(descriptor, command, range);
}

int FileSystem::fstat(int descriptor, struct stat* status) { return ::fstat(descriptor, status); }

int FileSystem::lstat(const char* path, struct stat* status) { return ::lstat(path, status); }

int FileSystem::stat(const char* path, struct stat* status) { return ::stat(path, status); }

int FileSystem::mkdir(const char* path, mode_t mode) { return ::mkdir(path, mode); }

int FileSystem::rename(const char* from, const char* to, unsigned flags) {
  return flags == 0 ? std::rename(from, to) : ::renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
}

int FileSystem::link(const char* from, const char* to) { return ::link(from, to); }

int FileSystem::unlink(const char* path) { return ::unlink(path); }

int FileSystem::rmdir(const char* path) { return ::rmdir(path); }

// Not std::filesystem's iterator: when memory is out, libstdc++'s ends the process.
int FileSystem::list(const std::filesystem::path& folder, std::vector<std::string>& names) {
  DIR* opened = nullptr;
  do {
    opened = ::opendir(folder.empty() ? "." : folder.c_str());
  } while (opened == nullptr && errno == EINTR);
  const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> entries(opened);
  if (!entries) {
    return errno;
  }
  errno = 0;
  while (const auto* const entry = ::readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      names.emplace_back(name);
    }
    errno = 0;
  }
  return errno;
}

std::optional<FileSystem::FolderId> FileSystem::id_of(const std::filesystem::path& folder) {
  struct stat status{};
  return stat(folder.c_str(), &status) == 0 ? std::optional(FolderId{status.st_dev, status.st_ino})
                                            : std::nullopt;
}

bool FileSystem::is_durable(const std::filesystem::path& folder) {
  const auto id = id_of(folder);
  const std::lock_guard lock(mutex_);
  const auto known = durable_.find(folder.native());
  return id && known != durable_.end() && known->second == *id;
}

void FileSystem::set_durable(const std::filesystem::path& folder) {
  const auto id = id_of(folder);
  const std::lock_guard lock(mutex_);
  if (durable_.size() >= most_durable_folders) {
    durable_.clear();
  }
  if (id) {
    durable_.insert_or_assign(folder.native(), *id);
  }
}

} // namespace dualcam
