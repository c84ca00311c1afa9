// What the hex in a text looks like: told once, from the text's beginning, so that no line of it is
// read by another rule.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace dualcam::inline tools {

enum class HexStyle {
  offsets, ///< lines with offsets: xxd, hexdump -C, od, tcpdump -x, Wireshark, Format-Hex
  lines,   ///< lines of digits, maybe behind a time, an address or another prefix
  c_array, ///< `0x00, 0x04`
  escapes, ///< `\x00\x04`
  decimal, ///< `[0, 4, 255]` or `[0, 4, -1]`
  node,    ///< `<Buffer 00 04>`
  json,    ///< `"data": "00,04"`, or, with `numbers` 64, the same in base64
  base64,  ///< and nothing else, but perhaps `data:..;base64,`
};

struct HexForm {
  HexStyle style;
  int base = 16;      ///< of offsets
  char bracket = 0;   ///< numbers stand within these only; 0: everywhere
  bool quoted = true; ///< escapes stand within quotes
  int numbers = 16;   ///< base of the bytes of a line with an offset; -10: signed ones
};

/// What a line is and how to get it read.
struct HexProblem {
  std::uint64_t line; ///< from 1
  std::string what;
};

inline constexpr std::string_view star_without_offsets =
    "'*' stands for lines that were left out, and no offsets tell how many: print it with 'od -v', "
    "or with offsets";

/// Names that bytes have in JSON.
inline constexpr std::array<std::string_view, 9> json_names_of_bytes{
    "data", "hex", "payload", "raw", "bytes", "tcp.payload", "tcp_tcp_payload", "buffer", "body"};

/// From a text's first lines; an error names what it is that cannot be read without guessing.
std::expected<HexForm, HexProblem> judge_hex(std::string_view sample);

} // namespace dualcam::inline tools
