// Encodings of bytes as text that other programs undo.
#pragma once

#include <optional>
#include <string_view>

#include "common/hex_style.hpp"

namespace dualcam::inline tools {

/// What `text` is, by its first lines, and what makes a binary file of it: uuencode, Intel HEX,
/// S-records, base32 and the like; nullopt: none of them.
std::optional<HexProblem> other_encoding(std::string_view text);

/// What cannot be mistaken for bytes, and how to print these: packets or a stream without all of
/// their bytes, quoted-printable.
std::optional<HexProblem> known_print(std::string_view text);

} // namespace dualcam::inline tools
