// Tidying up: parts that nobody came back for.
#include "dualcam/storage/resumable_file.hpp"
#include "storage/part_names.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// What can be read of them.
void collect_checkpoints(const FolderTree& tree, std::vector<fs::path>& found) {
  std::error_code error;
  fs::directory_iterator entry(tree.root.empty() ? fs::path(".") : tree.root, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    const auto path = tree.root / entry->path().filename();
    std::error_code ignored;
    if (tree.levels > 0 && path.filename() != state_folder_name &&
        entry->status(ignored).type() == fs::file_type::directory) {
      collect_checkpoints({path, tree.levels - 1}, found);
    } else if (path.native().ends_with(checkpoint_suffix)) {
      found.push_back(path);
    }
  }
}

} // namespace

std::vector<fs::path> remove_abandoned(const FolderTree& tree, std::chrono::seconds age) {
  std::vector<fs::path> checkpoints;
  collect_checkpoints(tree, checkpoints);
  std::vector<fs::path> removed;
  for (const auto& path : checkpoints) {
    std::error_code error;
    const auto changed = fs::last_write_time(path, error);
    if (error || fs::file_time_type::clock::now() - changed < age) {
      continue;
    }
    const auto checkpoint = CheckpointFile::read(path);
    if (!checkpoint || !*checkpoint) {
      continue;
    }
    const auto part_path = with_suffix(without_suffix(path, checkpoint_suffix), part_suffix);
    auto part = PartFile::open(part_path, part_path);
    if (part && *part) {
      (*part)->discard();
      removed.push_back(part_path);
    }
    if (!is_taken(part_path)) {
      FileSystem::current().unlink(path.c_str());
    }
  }
  return removed;
}

} // namespace dualcam
