#include "dualcam/storage/barrier.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <fcntl.h>

#include "dualcam/storage/durable.hpp"

namespace dualcam {

namespace fs = std::filesystem;

void Barrier::add_folder(const fs::path& folder, const fs::path& made) {
  if (std::ranges::find(folders_, folder) == folders_.end()) {
    folders_.push_back(folder);
  }
  if (!made.empty()) {
    made_.push_back(made);
  }
}

void Barrier::take(Barrier& other) {
  late_.insert(late_.end(), std::make_move_iterator(other.late_.begin()),
               std::make_move_iterator(other.late_.end()));
  shared_.insert(shared_.end(), std::make_move_iterator(other.shared_.begin()),
                 std::make_move_iterator(other.shared_.end()));
  files_.insert(files_.end(), other.files_.begin(), other.files_.end());
  take_folders(other);
}

void Barrier::take_folders(Barrier& other) {
  for (const auto& folder : other.folders_) {
    add_folder(folder);
  }
  made_.insert(made_.end(), other.made_.begin(), other.made_.end());
  other = Barrier();
}

Result<void> Barrier::Late::sync() const {
  if (write) {
    const auto file = write();
    return file ? file->sync() : std::unexpected(file.error());
  }
  const auto file = File::open(path, O_RDONLY);
  return file ? file->sync() : io_error("open", path, file.error());
}

Result<void> Barrier::Late::was_written() const {
  const auto file = File::open(path, O_RDONLY);
  return file ? file->was_written() : io_error("open", path, file.error());
}

Result<void> Barrier::sync() {
  for (const auto* file : files_) {
    if (const auto synced = file->sync(); !synced) {
      return synced;
    }
  }
  for (const auto& file : late_) {
    if (const auto synced = file.sync(); !synced) {
      return synced;
    }
  }
  for (const auto& claim : shared_) {
    auto synced = claim.table->write({&claim.entry});
    synced = synced ? claim.table->file().sync() : synced;
    if (!synced) {
      claim.table->set_broken();
      return synced;
    }
    claim.table->confirm();
  }
  for (const auto& folder : folders_) {
    if (const auto synced = sync_folder(folder); !synced) {
      return synced;
    }
  }
  passed();
  return {};
}

void Barrier::passed() {
  for (const auto& folder : made_) {
    FileSystem::current().set_durable(folder);
  }
  *this = Barrier();
}

Result<void> sync_folder(const fs::path& folder) {
  auto& files = FileSystem::current();
  const int descriptor = uninterrupted(
      [&] { return files.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); });
  if (descriptor < 0) {
    return io_error("open", folder, errno);
  }
  const int error = uninterrupted([&] { return files.fsync(descriptor); }) == 0 ? 0 : errno;
  files.close(descriptor);
  // EINVAL: a file system whose folders cannot be synced
  return error == 0 || error == EINVAL ? Result<void>() : io_error("sync", folder, error);
}

} // namespace dualcam
