/// \file
/// How long the name of a file may be. The function may be called from any thread.
#pragma once

#include <cstddef>
#include <string>

namespace dualcam {

/// In bytes, of every file system here.
inline constexpr std::size_t longest_name = 255;

/// The beginning of a name: at most so many bytes, and no half of a UTF-8 character.
std::string cut_name(std::string name, std::size_t longest);

} // namespace dualcam
