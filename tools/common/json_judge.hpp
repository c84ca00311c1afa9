// Whether a text is JSON with bytes in it, and under which names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/hex_style.hpp"

namespace dualcam::inline tools {

bool is_json(std::string_view text);

/// The name of the first string in JSON that has bytes as characters, `\u0004`.
std::optional<std::string> key_of_characters(std::string_view text);

/// JSON whose first string or list under a name of bytes is such.
std::optional<HexForm> judge_json(std::string_view text);

} // namespace dualcam::inline tools
