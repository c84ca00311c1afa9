// One line of hex digits, maybe behind a time, an address or another prefix.
#pragma once

#include <string>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

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

/// Whether these digits may be the name of something, as containers, traces and commits have them:
/// no message begins so, and none of a later line is so short.
bool may_be_name(std::string_view digits);

/// A time or a date (see clock_word.hpp), in brackets or not.
bool is_clock(std::string_view word);

} // namespace dualcam::inline tools
