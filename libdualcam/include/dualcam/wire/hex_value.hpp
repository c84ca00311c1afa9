/// \file
/// A value that is given as hex digits. May be called from any thread.
#pragma once

#include <optional>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Bytes from pairs of digits of either case with nothing between them; nullopt: anything else.
std::optional<ByteBuffer> bytes_of_hex(std::string_view digits);

/// The same as people write it: white space, commas, colons and semicolons may stand between the
/// pairs, and `0x` before each.
std::optional<ByteBuffer> parse_hex(std::string_view text);

} // namespace dualcam
