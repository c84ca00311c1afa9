// JSON as devices' printf makes it.
#pragma once

#include <string>
#include <string_view>

namespace dualcam::inline tools {

/// The same text with what no JSON has put right, so that one bad value does not hide the others:
/// a value that is none (`nan`, `-inf`, `007`, `1e400`) becomes text, a missing one null; a comma
/// before a closing bracket goes, control characters, stray backslashes and half surrogates in text
/// are escaped. What is left wrong no parser takes.
std::string mended_json(std::string_view json);

/// Behind the string that begins with the quote at `i`, or at the end.
std::size_t behind_json_string(std::string_view json, std::size_t i);

} // namespace dualcam::inline tools
