// A disk in memory that loses what no sync has covered, and whose calls fail when they are told to.
#pragma once

#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "dualcam/storage/file_system.hpp"

namespace dualcam {

/// Paths are absolute; there are no links. A call that is not carried out leaves no trace.
class MemoryDisk : public FileSystem {
public:
  MemoryDisk() : root_(std::make_shared<Node>()) { root_->is_folder = true; }

  /// How many calls there have been.
  unsigned calls = 0;
  /// Which of them fails, from 1 on; 0: none does. `for_good`: so do all behind it.
  unsigned failing = 0;
  bool for_good = false;
  /// What it fails with; 0: a read or write is half of what was asked for.
  int error = EIO;
  /// Whether a syncfs does not get a file to the disk: it fails then, and so does, once, who syncs
  /// the file or looks at it.
  std::function<bool()> loses;
  /// rename has no flags, as on some file systems.
  bool no_rename_flags = false;
  /// Is called behind each call that changes something.
  std::function<void()> after_change;

  /// What may be there after a power cut: of the changes since the last sync of their file or
  /// folder those that `keeps()` says, each whole or, with `torn`, some sectors of it.
  std::unique_ptr<MemoryDisk> after_cut(const std::function<bool()>& keeps, bool torn) const;

  /// What a file holds; nothing: it is not there.
  std::string content(const std::string& path) const;
  bool has(const std::string& path) const { return find(path) != nullptr; }
  /// All files below a folder.
  std::vector<std::string> files(const std::string& folder = "") const;

  int open(const char* path, int flags, mode_t mode) override;
  int close(int descriptor) override;
  ssize_t pread(int descriptor, void* into, std::size_t count, off_t offset) override;
  ssize_t pwritev(int descriptor, const iovec* pieces, int count, off_t offset) override;
  ssize_t append(int descriptor, const iovec* pieces, int count) override;
  int ftruncate(int descriptor, off_t size) override;
  /// There is room.
  int fallocate(int, int, off_t, off_t) override { return fails() ? -1 : 0; }
  int fdatasync(int descriptor) override;
  int fsync(int descriptor) override { return fdatasync(descriptor); }
  int syncfs(int descriptor) override;
  int fstatfs(int descriptor, struct statfs* status) override;
  int sync_file_range(int descriptor, off_t offset, off_t count, unsigned flags) override;
  int flock(int descriptor, int operation) override;
  /// Nobody else is there.
  int lock_range(int, int, struct ::flock* range) override {
    range->l_type = F_UNLCK;
    return 0;
  }
  int fstat(int descriptor, struct stat* status) override;
  int lstat(const char* path, struct stat* status) override;
  int stat(const char* path, struct stat* status) override { return lstat(path, status); }
  int mkdir(const char* path, mode_t mode) override;
  int rename(const char* from, const char* to, unsigned flags) override;
  int link(const char* from, const char* to) override;
  int unlink(const char* path) override;
  int rmdir(const char* path) override { return unlink(path); }
  int list(const std::filesystem::path& folder, std::vector<std::string>& names) override;

private:
  struct Node;
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  /// Bytes at an offset, or a new size.
  struct Change {
    std::size_t offset;
    std::string bytes;
    bool truncates;
  };
  struct Node {
    bool is_folder = false;
    std::string bytes;
    std::string durable_bytes;
    std::vector<Change> changes; ///< since
    Names names;
    Names durable_names;
    std::vector<Names> renames; ///< since: what a name stands for then, nothing if it has gone
    int locked_by = -1;
    bool is_lost = false; ///< what was to be written last
  };
  struct Open {
    std::shared_ptr<Node> node;
  };

  static void apply(std::string& bytes, const Change& change);
  static void apply(Names& names, const Names& change);
  static std::string torn(const std::string& before, const Change& change,
                          const std::function<bool()>& keeps);
  std::shared_ptr<Node> find(const std::string& path) const;
  std::shared_ptr<Node> folder_of(const std::string& path) const;
  bool fails(bool may_be_short = false);
  int done();
  static void settle(Node& node);
  bool settle_all(Node& node);
  int fill(const Node* node, struct stat* status);
  ssize_t write(Node& node, const iovec* pieces, int count, std::size_t offset);
  void change_names(const std::string& folder_path, const Names& change);

  std::shared_ptr<Node> root_;
  std::map<int, Open> open_;
  int next_ = 3;
  bool short_ = false;
};

} // namespace dualcam
