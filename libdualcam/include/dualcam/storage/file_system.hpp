/// \file
/// The system calls by which the library reaches files: the one place where a test, or a host with
/// wishes of its own, can have a hand in them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>

namespace dualcam {

/// The calls of the operating system. Each does what the call of its name does: a result below 0
/// is a failure and leaves errno. Thread-safe; whoever derives from it sees to that, too.
class FileSystem {
public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  /// What this thread's calls go to: `real`, unless a Use is alive. A File keeps to the one that it
  /// was opened with; names and folders are the calling thread's matter, also in the calls of
  /// objects that were made under another one: whoever changes it keeps a Use alive around each.
  static FileSystem& current();
  /// The operating system's.
  static FileSystem& real();

  /// Makes `files` the current ones of this thread, until it is destroyed.
  class Use {
  public:
    explicit Use(FileSystem& files); ///< `files` must outlive it
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

  private:
    FileSystem* before_;
  };

  virtual int open(const char* path, int flags, mode_t mode);                         ///< open(2)
  virtual int close(int descriptor);                                                  ///< close(2)
  virtual ssize_t pread(int descriptor, void* into, std::size_t count, off_t offset); ///< pread(2)
  virtual ssize_t pwritev(int descriptor, const iovec* pieces, int count, off_t offset); ///< (2)
  /// As writev on a descriptor that was opened with O_APPEND.
  virtual ssize_t append(int descriptor, const iovec* pieces, int count);
  virtual int ftruncate(int descriptor, off_t size); ///< ftruncate(2)
  /// fallocate(2)
  virtual int fallocate(int descriptor, int mode, off_t offset, off_t count);
  virtual int fdatasync(int descriptor);                      ///< fdatasync(2)
  virtual int fsync(int descriptor);                          ///< fsync(2)
  virtual int syncfs(int descriptor);                         ///< syncfs(2)
  virtual int fstatfs(int descriptor, struct statfs* status); ///< fstatfs(2)
  /// sync_file_range(2)
  virtual int sync_file_range(int descriptor, off_t offset, off_t count, unsigned flags);
  virtual int flock(int descriptor, int operation); ///< flock(2)
  /// fcntl(2) with a command for locks.
  virtual int lock_range(int descriptor, int command, struct ::flock* range);
  virtual int fstat(int descriptor, struct stat* status);               ///< fstat(2)
  virtual int lstat(const char* path, struct stat* status);             ///< lstat(2)
  virtual int stat(const char* path, struct stat* status);              ///< stat(2)
  virtual int mkdir(const char* path, mode_t mode);                     ///< mkdir(2)
  virtual int rename(const char* from, const char* to, unsigned flags); ///< renameat2(2)
  virtual int link(const char* from, const char* to);                   ///< link(2)
  virtual int unlink(const char* path);                                 ///< unlink(2)
  virtual int rmdir(const char* path);                                  ///< rmdir(2)
  /// Appends the names in a folder, in no order. 0 or an errno, also after some.
  virtual int list(const std::filesystem::path& folder, std::vector<std::string>& names);

  /// Whether the name of this folder is durable, as a sync of what holds it has shown since the
  /// process began. A folder that was made anew is another one.
  bool is_durable(const std::filesystem::path& folder);
  void set_durable(const std::filesystem::path& folder); ///< It has been shown just now.

private:
  struct FolderId {
    dev_t device;
    ino_t inode;
    bool operator==(const FolderId&) const = default;
  };
  std::optional<FolderId> id_of(const std::filesystem::path& folder);

  std::mutex mutex_;
  std::unordered_map<std::string, FolderId> durable_;
};

} // namespace dualcam
