// Tidying up: parts that nobody came back for.
#include <time.h>

#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/file_system.hpp"
#include "dualcam/storage/resumable_file.hpp"
#include "storage/part_names.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  struct stat status{};
  return FileSystem::current().stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// Since this time, in seconds as time(2) counts them; what cannot be told has not.
bool has_changed(const fs::path& path, time_t since) {
  struct stat status{};
  return FileSystem::current().stat(path.c_str(), &status) == 0 && status.st_mtime > since;
}

/// What can be read of them.
void collect_checkpoints(const FolderTree& tree, std::vector<fs::path>& found) {
  std::vector<std::string> names;
  FileSystem::current().list(tree.root, names);
  for (const auto& name : names) {
    const auto path = tree.root / name;
    if (tree.levels > 0 && name != state_folder_name && is_folder(path)) {
      collect_checkpoints({path, tree.levels - 1}, found);
    } else if (name.ends_with(checkpoint_of(part_suffix).native())) {
      found.push_back(path);
    }
  }
}

/// With the sidecar of a file that could not get its name, and what would have become its
/// checkpoint.
void discard(PartFile& part) {
  const auto sidecar = part_of(sidecar_of(without_suffix(part.path(), part_suffix)));
  if (auto begun = PartFile::open(sidecar, sidecar); begun && *begun) {
    (*begun)->discard();
  }
  FileSystem::current().unlink(new_checkpoint_of(part.path()).c_str());
  part.discard();
}

} // namespace

std::vector<fs::path> remove_abandoned(const FolderTree& tree, std::chrono::seconds age) {
  std::vector<fs::path> checkpoints;
  collect_checkpoints(tree, checkpoints);
  std::vector<fs::path> removed;
  const auto oldest = ::time(nullptr) - age.count();
  for (const auto& path : checkpoints) {
    const auto part_path = without_suffix(path, checkpoint_suffix);
    if (has_changed(path, oldest) || has_changed(part_path, oldest)) { // it may claim in a table
      continue;
    }
    const auto checkpoint = CheckpointFile::read(path);
    if (!checkpoint || !*checkpoint) {
      continue;
    }
    auto part = PartFile::open(part_path, part_path);
    if (part && *part) {
      discard(**part);
      removed.push_back(part_path);
    }
    if (!is_taken(part_path)) {
      FileSystem::current().unlink(path.c_str());
    }
  }
  return removed;
}

} // namespace dualcam
