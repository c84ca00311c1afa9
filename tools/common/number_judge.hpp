// Whether a text is a list of numbers that are bytes.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "common/hex_style.hpp"

namespace dualcam::inline tools {

/// nullopt: decimal ones it has not; an error names what cannot be read without guessing.
std::expected<std::optional<HexForm>, HexProblem> judge_numbers(std::string_view sample);

/// Whether a byte below 10 has a 0 before it.
bool has_padded(std::string_view text);

} // namespace dualcam::inline tools
