/// \file
/// What files are called: the rule for names that are taken, NAME.EXT, NAME_1.EXT, NAME_2.EXT and
/// so on, and what stands beside NAME.
///
/// The functions may be called from any thread; what they find may have changed when they return.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "dualcam/wire/error.hpp"

namespace dualcam {

/// `folder/name.ext` -> `folder/name_2.ext`, cut where too long; number 0 changes nothing.
std::filesystem::path numbered(const std::filesystem::path& path, unsigned number);

/// How far the numbers go.
inline constexpr unsigned most_numbers = 100'000;

/// A number that is not taken: the lowest, where the lower ones are taken without a gap; then it
/// asks some 40 times at most, however many are taken, else once for each number if need be. An
/// error that says that there is none for `name`.
Result<unsigned> free_number(const std::filesystem::path& name,
                             const std::function<bool(unsigned)>& is_taken, unsigned first = 0);

/// Whether there is anything of this name, as far as can be known.
bool is_taken(const std::filesystem::path& path);

/// Whether two names, which no link is followed from, are those of one file.
bool are_one_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// Gives `from` the name `to` if that is free, which only one of all processes can succeed in. 0 or
/// an errno; EEXIST: taken. Where the file system cannot do that in one step it has both names for
/// a moment, or for good if the process is killed then, or after an error.
int rename_to_free_name(const std::filesystem::path& from, const std::filesystem::path& to);

/// Gives `from` the name `to`, in one step, also in place of another file. 0 or an errno.
int rename_over(const std::filesystem::path& from, const std::filesystem::path& to);

/// `path` and what is added to its name.
std::filesystem::path with_suffix(std::filesystem::path path, std::string_view suffix);

/// Of NAME.part, which becomes NAME (PartFile).
inline constexpr std::string_view part_suffix = ".part";
/// Of NAME.part.checkpoint, which tells what of the part is held (CheckpointFile).
inline constexpr std::string_view checkpoint_suffix = ".checkpoint";
/// Of NAME.json, a file's metadata.
inline constexpr std::string_view sidecar_suffix = ".json";

/// NAME.part.
inline std::filesystem::path part_of(const std::filesystem::path& name) {
  return with_suffix(name, part_suffix);
}
/// NAME.part.checkpoint, for NAME.part.
inline std::filesystem::path checkpoint_of(const std::filesystem::path& part) {
  return with_suffix(part, checkpoint_suffix);
}
/// NAME.json.
inline std::filesystem::path sidecar_of(const std::filesystem::path& name) {
  return with_suffix(name, sidecar_suffix);
}

} // namespace dualcam
