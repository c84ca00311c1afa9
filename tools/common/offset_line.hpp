// One line of a dump with an offset before its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

inline constexpr std::string_view text_contradicts =
    "the text beside the bytes is not theirs: words in another byte order? Print it with 'xxd', "
    "without -e";

/// A line with an offset before its bytes.
struct OffsetLine {
  std::uint64_t offset;
  std::size_t indent;
  ByteBuffer bytes;
  std::string_view problem; ///< not empty: the bytes cannot be trusted
  bool contradicted;        ///< by the text beside them
};

/// nullopt: the line has no offset. `first`: it must look like one without doubt.
std::optional<OffsetLine> parse_offset_line(std::string_view line, int base, bool first);

/// The bytes of a line as `od -t o1`, `-t u1` (8, 10) or `-t d1` (-10) prints them, in columns; the
/// line with the last offset has none. nullopt: it is no such line.
std::optional<ByteBuffer> od_cells(std::string_view line, int numbers);
std::optional<OffsetLine> parse_od_line(std::string_view line, int base, int numbers);

/// What stands behind `0x7fffffffe008 <buffer+8>:`, as gdb prints addresses; all of another line.
std::string_view behind_address(std::string_view line);

/// The ruler above a dump: `00 01 02 .. 0F`, also in decimal or octal, or as Emacs has it.
bool is_ruler(std::string_view line);
/// What PowerShell's Format-Hex says it prints, with a hash that is no byte of it.
bool is_label_line(std::string_view line);

} // namespace dualcam::inline tools
