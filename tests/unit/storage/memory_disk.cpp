#include "storage/memory_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>

namespace dualcam {
namespace {

constexpr std::size_t sector = 512;

std::string last_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string before_last(const std::string& path) { return path.substr(0, path.rfind('/')); }

int refuse(int error) {
  errno = error;
  return -1;
}

} // namespace

// --- what is there ---

std::shared_ptr<MemoryDisk::Node> MemoryDisk::find(const std::string& path) const {
  auto node = root_;
  for (const auto& name : std::filesystem::path(path).relative_path()) {
    if (name.empty() || name == ".") {
      continue;
    }
    const auto next = node->names.find(name);
    if (next == node->names.end()) {
      return nullptr;
    }
    node = next->second;
  }
  return node;
}

std::shared_ptr<MemoryDisk::Node> MemoryDisk::folder_of(const std::string& path) const {
  return find(before_last(path));
}

std::string MemoryDisk::content(const std::string& path) const {
  const auto node = find(path);
  return node ? node->bytes : "";
}

std::vector<std::string> MemoryDisk::files(const std::string& folder) const {
  std::vector<std::string> result;
  const auto all = find(folder);
  for (const auto& [name, node] : all ? all->names : Names()) {
    const auto path = folder + '/' + name;
    if (!node->is_folder) {
      result.push_back(path);
      continue;
    }
    for (const auto& below : files(path)) {
      result.push_back(below);
    }
  }
  return result;
}

// --- power cuts ---

void MemoryDisk::apply(std::string& bytes, const Change& change) {
  if (change.truncates) {
    bytes.resize(change.offset);
    return;
  }
  bytes.resize(std::max(bytes.size(), change.offset + change.bytes.size()));
  bytes.replace(change.offset, change.bytes.size(), change.bytes);
}

void MemoryDisk::apply(Names& names, const Names& change) {
  for (const auto& [name, node] : change) {
    if (node) {
      names[name] = node;
    } else {
      names.erase(name);
    }
  }
}

/// Some of the sectors; the size may have been recorded without its bytes.
std::string MemoryDisk::torn(const std::string& before, const Change& change,
                             const std::function<bool()>& keeps) {
  auto bytes = before;
  if (keeps()) {
    bytes.resize(std::max(bytes.size(), change.offset + change.bytes.size()));
  }
  for (std::size_t begin = 0; begin < change.bytes.size();) {
    const auto end = std::min((change.offset + begin) / sector * sector + sector - change.offset,
                              change.bytes.size());
    if (keeps()) {
      apply(bytes, {change.offset + begin, change.bytes.substr(begin, end - begin), false});
    }
    begin = end;
  }
  return bytes;
}

std::unique_ptr<MemoryDisk> MemoryDisk::after_cut(const std::function<bool()>& keeps,
                                                  bool torn_too) const {
  std::map<const Node*, std::shared_ptr<Node>> copies; // one file may have two names
  std::function<std::shared_ptr<Node>(const Node&)> copy = [&](const Node& node) {
    auto& made = copies[&node];
    if (made) {
      return made;
    }
    made = std::make_shared<Node>();
    auto result = made;
    result->is_folder = node.is_folder;
    result->bytes = node.durable_bytes;
    for (const auto& change : node.changes) {
      if (keeps()) {
        apply(result->bytes, change);
      } else if (torn_too && !change.truncates && keeps()) {
        result->bytes = torn(result->bytes, change, keeps);
      }
    }
    result->durable_bytes = result->bytes;
    auto names = node.durable_names;
    for (const auto& change : node.renames) {
      if (keeps()) {
        apply(names, change);
      }
    }
    for (const auto& [name, below] : names) {
      result->names[name] = copy(*below);
    }
    result->durable_names = result->names;
    return result;
  };
  auto disk = std::make_unique<MemoryDisk>();
  disk->root_ = copy(*root_);
  disk->no_rename_flags = no_rename_flags;
  return disk;
}

// --- calls ---

bool MemoryDisk::fails(bool may_be_short) {
  ++calls;
  const bool hit = failing != 0 && (calls == failing || (for_good && calls > failing));
  short_ = hit && error == 0 && may_be_short;
  if (!hit || error == 0) {
    return false;
  }
  errno = error;
  return true;
}

int MemoryDisk::done() {
  if (after_change) {
    after_change();
  }
  return 0;
}

void MemoryDisk::change_names(const std::string& folder_path, const Names& change) {
  const auto folder = find(folder_path);
  apply(folder->names, change);
  folder->renames.push_back(change);
}

int MemoryDisk::open(const char* path, int flags, mode_t) {
  if (fails()) {
    return -1;
  }
  auto node = find(path);
  if (node && (flags & O_EXCL) != 0) {
    return refuse(EEXIST);
  }
  if (!node && ((flags & O_CREAT) == 0 || !folder_of(path))) {
    return refuse(ENOENT);
  }
  if (node && node->is_folder != ((flags & O_DIRECTORY) != 0)) {
    return refuse(node->is_folder ? EISDIR : ENOTDIR);
  }
  const bool changes = !node || (flags & O_TRUNC) != 0;
  if (!node) {
    node = std::make_shared<Node>();
    change_names(before_last(path), {{last_of(path), node}});
  } else if ((flags & O_TRUNC) != 0) {
    node->bytes.clear();
    node->changes.push_back({0, "", true});
  }
  const auto descriptor = next_++;
  open_[descriptor] = {node};
  if (changes) {
    done();
  }
  return descriptor;
}

int MemoryDisk::close(int descriptor) {
  auto& node = *open_.at(descriptor).node;
  if (node.locked_by == descriptor) {
    node.locked_by = -1;
  }
  open_.erase(descriptor);
  return 0;
}

ssize_t MemoryDisk::pread(int descriptor, void* into, std::size_t count, off_t offset) {
  if (fails(true)) {
    return -1;
  }
  const auto& bytes = open_.at(descriptor).node->bytes;
  const auto begin = std::min(static_cast<std::size_t>(offset), bytes.size());
  auto size = std::min(count, bytes.size() - begin);
  size = short_ && size > 1 ? size / 2 : size;
  std::copy_n(bytes.data() + begin, size, static_cast<char*>(into));
  return static_cast<ssize_t>(size);
}

ssize_t MemoryDisk::write(Node& node, const iovec* pieces, int count, std::size_t offset) {
  Change change{offset, "", false};
  for (int i = 0; i < count; ++i) {
    change.bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  if (short_ && change.bytes.size() > 1) {
    change.bytes.resize(change.bytes.size() / 2);
  }
  apply(node.bytes, change);
  node.changes.push_back(change);
  done();
  return static_cast<ssize_t>(change.bytes.size());
}

ssize_t MemoryDisk::pwritev(int descriptor, const iovec* pieces, int count, off_t offset) {
  return fails(true)
             ? -1
             : write(*open_.at(descriptor).node, pieces, count, static_cast<std::size_t>(offset));
}

ssize_t MemoryDisk::append(int descriptor, const iovec* pieces, int count) {
  if (fails(true)) {
    return -1;
  }
  auto& node = *open_.at(descriptor).node;
  return write(node, pieces, count, node.bytes.size());
}

int MemoryDisk::ftruncate(int descriptor, off_t size) {
  if (fails()) {
    return -1;
  }
  auto& node = *open_.at(descriptor).node;
  node.bytes.resize(static_cast<std::size_t>(size));
  node.changes.push_back({static_cast<std::size_t>(size), "", true});
  return done();
}

int MemoryDisk::fdatasync(int descriptor) {
  if (fails()) {
    return -1;
  }
  auto& node = *open_.at(descriptor).node;
  if (std::exchange(node.is_lost, false)) {
    return refuse(EIO);
  }
  settle(node);
  return done();
}

void MemoryDisk::settle(Node& node) {
  for (const auto& change : node.changes) { // not the bytes: what was lost stays lost
    apply(node.durable_bytes, change);
  }
  node.changes.clear();
  node.durable_names = node.names;
  node.renames.clear();
}

/// False: something was lost.
bool MemoryDisk::settle_all(Node& node) {
  const bool is_lost = !node.is_folder && !node.changes.empty() && loses && loses();
  if (is_lost) {
    node.changes.clear();
    node.is_lost = true;
  }
  settle(node);
  bool done = !is_lost;
  for (const auto& [name, below] : node.names) {
    done = settle_all(*below) && done;
  }
  return done;
}

int MemoryDisk::syncfs(int) {
  if (fails()) {
    return -1;
  }
  const bool all = settle_all(*root_);
  done();
  return all ? 0 : refuse(EIO);
}

int MemoryDisk::fstatfs(int, struct statfs* status) {
  if (fails()) {
    return -1;
  }
  *status = {};
  status->f_type = EXT4_SUPER_MAGIC;
  return 0;
}

int MemoryDisk::sync_file_range(int descriptor, off_t, off_t, unsigned) {
  if (fails()) {
    return -1;
  }
  return std::exchange(open_.at(descriptor).node->is_lost, false) ? refuse(EIO) : 0;
}

int MemoryDisk::flock(int descriptor, int operation) {
  if (fails()) {
    return -1;
  }
  auto& holder = open_.at(descriptor).node->locked_by;
  if ((operation & LOCK_UN) != 0) {
    holder = holder == descriptor ? -1 : holder;
    return 0;
  }
  if (holder >= 0 && holder != descriptor) {
    return refuse(EWOULDBLOCK);
  }
  holder = descriptor;
  return 0;
}

int MemoryDisk::fill(const Node* node, struct stat* status) {
  *status = {};
  status->st_ino = reinterpret_cast<ino_t>(node);
  status->st_size = static_cast<off_t>(node->bytes.size());
  status->st_mode = node->is_folder ? S_IFDIR : S_IFREG;
  return 0;
}

int MemoryDisk::fstat(int descriptor, struct stat* status) {
  return fails() ? -1 : fill(open_.at(descriptor).node.get(), status);
}

int MemoryDisk::lstat(const char* path, struct stat* status) {
  if (fails()) {
    return -1;
  }
  const auto node = find(path);
  return node ? fill(node.get(), status) : refuse(ENOENT);
}

int MemoryDisk::mkdir(const char* path, mode_t) {
  if (fails()) {
    return -1;
  }
  if (find(path)) {
    return refuse(EEXIST);
  }
  if (!folder_of(path)) {
    return refuse(ENOENT);
  }
  const auto node = std::make_shared<Node>();
  node->is_folder = true;
  change_names(before_last(path), {{last_of(path), node}});
  return done();
}

int MemoryDisk::rename(const char* from, const char* to, unsigned flags) {
  if (fails()) {
    return -1;
  }
  if (no_rename_flags && flags != 0) {
    return refuse(EINVAL);
  }
  const auto node = find(from);
  if (!node || !folder_of(to)) {
    return refuse(ENOENT);
  }
  if ((flags & RENAME_NOREPLACE) != 0 && find(to)) {
    return refuse(EEXIST);
  }
  if (before_last(from) == before_last(to)) { // whole or not at all
    change_names(before_last(from), {{last_of(from), nullptr}, {last_of(to), node}});
  } else {
    change_names(before_last(from), {{last_of(from), nullptr}});
    change_names(before_last(to), {{last_of(to), node}});
  }
  return done();
}

int MemoryDisk::link(const char* from, const char* to) {
  if (fails()) {
    return -1;
  }
  if (find(to)) {
    return refuse(EEXIST);
  }
  change_names(before_last(to), {{last_of(to), find(from)}});
  return done();
}

int MemoryDisk::unlink(const char* path) {
  if (fails()) {
    return -1;
  }
  const auto node = find(path);
  if (!node || !node->names.empty()) {
    return refuse(node ? ENOTEMPTY : ENOENT);
  }
  change_names(before_last(path), {{last_of(path), nullptr}});
  return done();
}

int MemoryDisk::list(const std::filesystem::path& folder, std::vector<std::string>& names) {
  if (fails()) {
    return errno;
  }
  const auto node = find(folder);
  for (const auto& [name, below] : node ? node->names : Names()) {
    names.push_back(name);
  }
  return node ? 0 : ENOENT;
}

} // namespace dualcam
