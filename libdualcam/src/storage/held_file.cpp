#include "dualcam/storage/held_file.hpp"

#include <utility>

namespace dualcam {

ResumePoint HeldFile::resume_point() const {
  return part ? part->resume_point() : resume_point_for(known);
}

Result<HeldFile> find_held(const StateFolder& state, const FileIdentity& identity,
                           const std::filesystem::path& final_name) {
  const auto all = state.recent();
  auto part =
      all ? ResumableFile::find(state, *all, identity, final_name) : std::unexpected(all.error());
  if (!part) {
    return std::unexpected(part.error());
  }
  if (*part) {
    return HeldFile{std::move(*part), {}};
  }
  auto known = state.known(*all, identity);
  return known ? Result<HeldFile>(HeldFile{{}, std::move(*known)}) : std::unexpected(known.error());
}

} // namespace dualcam
