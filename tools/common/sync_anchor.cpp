#include "common/sync_anchor.hpp"

#include <cstdint>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "dualcam/storage/file_system.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::uint32_t magic_of_xfs = 0x5846'5342; // in no header of the C library

/// Elsewhere (overlayfs, FUSE) syncfs may return 0 though nothing was written.
bool syncs_as_one(const struct statfs& status) {
  const auto type = static_cast<std::uint32_t>(status.f_type);
  return type == EXT4_SUPER_MAGIC || type == magic_of_xfs || type == BTRFS_SUPER_MAGIC;
}

} // namespace

int open_sync_anchor(const std::filesystem::path& folder) {
  auto& files = FileSystem::current();
  const auto* name = folder.empty() ? "." : folder.c_str();
  const int anchor = files.open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  struct statfs status{};
  if (anchor >= 0 && (files.fstatfs(anchor, &status) != 0 || !syncs_as_one(status))) {
    files.close(anchor);
    return -1;
  }
  return anchor;
}

} // namespace dualcam::inline tools
