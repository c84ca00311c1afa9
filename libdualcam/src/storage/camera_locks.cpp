#include "dualcam/storage/camera_locks.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/state_folder.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// Behind all IMEIs.
constexpr std::uint64_t wishes = std::uint64_t{1} << 60;

fs::path existing(const fs::path& path) { return path.empty() ? fs::path(".") : path; }

} // namespace

CameraLocks::CameraLocks(const fs::path& base, const fs::path& root)
    : base_(existing(base)), path_(root / state_folder_name / camera_locks_name) {}

bool CameraLocks::is_new() const { return !is_taken(folder_of(path_)); }

Result<void> CameraLocks::open() {
  Barrier none; // nothing is in it that could be lost
  auto opened = open_in_new_folder(base_, path_, none, [this]() -> Result<std::optional<File>> {
    auto file = File::open(path_, O_RDWR | O_CREAT);
    if (!file && file.error() != ENOENT) {
      return io_error("create", path_, file.error());
    }
    return file ? std::optional(std::move(*file)) : std::nullopt;
  });
  if (!opened) {
    return std::unexpected(opened.error());
  }
  file_ = std::move(*opened);
  return {};
}

/// In the file that has the name: if that was removed others lock another one.
Result<bool> CameraLocks::take_named(std::uint64_t imei) {
  while (true) {
    if (file_) {
      const auto taken = file_->try_lock_byte(imei);
      const auto named = taken ? file_->is_named() : taken;
      if (!named) {
        file_->unlock_byte(imei);
        return named;
      }
      if (*named) {
        return taken;
      }
    }
    if (const auto opened = open(); !opened) {
      return std::unexpected(opened.error());
    }
  }
}

Result<bool> CameraLocks::take(std::uint64_t imei) {
  auto taken = take_named(imei);
  if (!taken || *taken) {
    release_wish(imei);
    return taken;
  }
  const auto wished = file_->try_share_byte(wishes + imei);
  return wished ? Result<bool>(false) : wished;
}

void CameraLocks::release(std::uint64_t imei) {
  if (file_) {
    file_->unlock_byte(imei);
  }
  release_wish(imei);
}

void CameraLocks::release_wish(std::uint64_t imei) {
  if (file_) {
    file_->unlock_byte(wishes + imei);
  }
}

/// Who opens it meanwhile finds that it has no name any more.
void CameraLocks::remove_unused(const fs::path& root) {
  auto file = File::open(root / state_folder_name / camera_locks_name, O_RDWR);
  if (!file) {
    return;
  }
  const auto locked = file->try_lock_all_bytes();
  if (locked && *locked && file->is_named() == true) {
    FileSystem::current().unlink(file->path().c_str());
  }
}

Result<bool> CameraLocks::is_wanted(std::uint64_t imei) const {
  return file_ ? file_->is_byte_locked(wishes + imei) : Result<bool>(false);
}

} // namespace dualcam
