// One line of hex text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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

/// A line of digits, maybe behind a time, an address or another prefix.
struct DigitLine {
  ByteBuffer bytes;
  std::string run;     ///< instead: digits without anything between, an odd number of them
  std::string problem; ///< not empty: what is wrong; the bytes are not to be used
  bool blank = false;  ///< there is nothing at all in it
  std::string before;  ///< the word before the bytes

  bool has_hex() const { return !bytes.empty() || !run.empty() || !problem.empty(); }
};
/// `before`: the word before the bytes of the line before; behind the same one a single byte
/// counts. `padded`: no byte is a single digit.
DigitLine parse_digit_line(std::string_view line, std::string_view before = {},
                           bool padded = false);

/// A long row of hex digits that has something else in it, or an odd number of them.
bool is_spoilt_hex(std::string_view word);

/// The ruler above a dump: `00 01 02 .. 0F`, also in decimal or octal, or as Emacs has it.
bool is_ruler(std::string_view line);
/// What PowerShell's Format-Hex says it prints, with a hash that is no byte of it.
bool is_label_line(std::string_view line);

/// `12:34:56`, `12:34:56.789`, `2024-10-29`, `29.10.2024`, `2024-10-29T12:34:56+02:00`, in brackets
/// or not.
bool is_clock(std::string_view word);

bool is_letter(char c);
bool is_decimal_digit(char c);
bool is_hex_digit(char character);
unsigned hex_value(char digit);

} // namespace dualcam::inline tools
