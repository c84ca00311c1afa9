// Tidying up: parts that nobody came back for.
#include <algorithm>

#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/file_system.hpp"
#include "dualcam/storage/resumable_file.hpp"
#include "storage/part_names.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// What can be read of them.
void collect_checkpoints(const FolderTree& tree, std::vector<fs::path>& found) {
  std::vector<std::string> names;
  FileSystem::current().list(tree.root, names);
  for (const auto& name : names) {
    const auto path = tree.root / name;
    std::error_code ignored;
    if (tree.levels > 0 && name != state_folder_name && fs::is_directory(path, ignored)) {
      collect_checkpoints({path, tree.levels - 1}, found);
    } else if (name.ends_with(checkpoint_of(part_suffix).native())) {
      found.push_back(path);
    }
  }
}

/// With the sidecar of a file that could not get its name.
void discard(PartFile& part) {
  const auto sidecar = part_of(sidecar_of(without_suffix(part.path(), part_suffix)));
  if (auto begun = PartFile::open(sidecar, sidecar); begun && *begun) {
    (*begun)->discard();
  }
  part.discard();
}

} // namespace

std::vector<fs::path> remove_abandoned(const FolderTree& tree, std::chrono::seconds age) {
  std::vector<fs::path> checkpoints;
  collect_checkpoints(tree, checkpoints);
  std::vector<fs::path> removed;
  for (const auto& path : checkpoints) {
    const auto part_path = without_suffix(path, checkpoint_suffix);
    std::error_code error;
    auto changed = fs::last_write_time(path, error);
    std::error_code no_part; // its claims may be in a table
    changed = std::max(changed, fs::last_write_time(part_path, no_part));
    const auto unchanged = fs::file_time_type::clock::now() - changed;
    if (error || std::chrono::floor<std::chrono::seconds>(unchanged) < age) {
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
