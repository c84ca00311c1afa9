// Whether a text is lines with offsets before their bytes, and of which base they are.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "common/hex_style.hpp"

namespace dualcam::inline tools {

/// What `od -t o1`, `-t u1` and `-t d1` print: the first lines tell the base of the offsets.
std::optional<HexForm> judge_od(std::string_view sample);

/// nullopt: it has none; an error names what cannot be read without guessing.
std::expected<std::optional<HexForm>, HexProblem> judge_offsets(std::string_view sample);

} // namespace dualcam::inline tools
