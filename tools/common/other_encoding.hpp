// Encodings of bytes as text that other programs undo.
#pragma once

#include <optional>
#include <string_view>

#include "common/hex_style.hpp"

namespace dualcam::inline tools {

/// What `text` is, by its first lines, and what makes a binary file of it: uuencode, Intel HEX,
/// S-records, base32, quoted-printable and the like; nullopt: none of them.
std::optional<HexProblem> other_encoding(std::string_view text);

/// Packets or a stream as programs print them without all of their bytes, and how to print these.
std::optional<HexProblem> print_without_bytes(std::string_view text);

} // namespace dualcam::inline tools
