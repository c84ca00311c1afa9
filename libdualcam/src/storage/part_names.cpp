#include "storage/part_names.hpp"

#include <cerrno>

#include "dualcam/storage/file_names.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// To a name that the caller has reserved.
Result<void> move_part(const fs::path& part, const fs::path& target) {
  const auto checkpoint = checkpoint_of(part);
  const auto target_checkpoint = checkpoint_of(target);
  // First the checkpoint: while the part has its old name, too, nobody else begins one there.
  if (const int error = rename_over(checkpoint, target_checkpoint); error != 0 && error != ENOENT) {
    return io_error("rename", checkpoint, error);
  }
  if (const int error = rename_over(part, target); error != 0) {
    (void)rename_over(target_checkpoint, checkpoint);
    return io_error("rename", part, error);
  }
  return sync_folder_of(target);
}

} // namespace

Result<unsigned> number_for(const fs::path& name, IfExists if_exists,
                            const std::set<unsigned>& reserved) {
  return if_exists == IfExists::number
             ? free_number(name,
                           [&](unsigned each) {
                             return reserved.contains(each) || is_taken(numbered(name, each));
                           })
             : Result<unsigned>(0);
}

/// Others may look for a number at the same time, and begin parts: a name belongs to whoever
/// has locked the part of it.
Result<fs::path> move_aside(const fs::path& part, const fs::path& final_name) {
  const auto name = [&](unsigned number) { return part_of(numbered(final_name, number)); };
  std::set<unsigned> lost; // to somebody who was quicker
  while (true) {
    const auto number = free_number(
        part,
        [&](unsigned each) {
          return lost.contains(each) || is_taken(name(each)) || is_taken(checkpoint_of(name(each)));
        },
        1);
    if (!number) {
      return std::unexpected(number.error());
    }
    auto target = name(*number);
    auto reserved = PartFile::reserve(target);
    if (!reserved) {
      return std::unexpected(reserved.error());
    }
    if (!*reserved) {
      lost.insert(*number);
      continue;
    }
    if (const auto moved = move_part(part, target); !moved) {
      (*reserved)->discard();
      return std::unexpected(moved.error());
    }
    return target;
  }
}

} // namespace dualcam
