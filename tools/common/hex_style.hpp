// What the hex in a text looks like: told once, from the text's beginning, so that no line of it is
// read by another rule.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "common/backslash_escape.hpp"
#include "common/wrapping.hpp"

namespace dualcam::inline tools {

enum class HexStyle {
  offsets, ///< lines with offsets: xxd, hexdump -C, od, tcpdump -x, Wireshark, Format-Hex
  lines,   ///< lines of digits, maybe behind a time, an address or another prefix
  c_array, ///< `0x00, 0x04`
  escapes, ///< `\x00\x04`
  decimal, ///< `[0, 4, 255]` or `[0, 4, -1]`
  node,    ///< `<Buffer 00 04>`
  json,    ///< `"data": "00,04"`, or values of another kind
  yaml,    ///< `data: ..`; also JSON's names
  base64,  ///< and nothing else, but perhaps `data:..;base64,`
  // Only where a camera speaks in what is read so: see hex_trial.hpp.
  digits,       ///< pairs of them from some place on, whatever parts them
  words,        ///< lines in which other words stand before or behind the bytes
  base64_words, ///< lines of which the last word is base64
  percent,      ///< `%00A%04`
  codes,        ///< `<00><04>A<NUL>`, in `bracket`: characters, and codes for those that are none
};

/// What bytes are in JSON.
enum class JsonValue { hex, base64, numbers, characters };

struct HexForm {
  HexStyle style;
  int base = 16;       ///< of offsets
  char bracket = 0;    ///< numbers stand within these only; 0: everywhere
  bool quoted = true;  ///< escapes stand within quotes
  bool nested = false; ///< within two, as a log quotes what is printed in quotes: `"'\x00'"`
  int numbers = 16;    ///< base of the bytes of a line with an offset; -10: signed ones
  Escape::Digits escaped = Escape::Digits::octal;
  JsonValue value = JsonValue::hex;
  std::size_t column = 0; ///< where lines begin to count; of digits: the whole text
  std::size_t end_column = std::string_view::npos; ///< of words: behind the last one
  std::size_t skipped = 0;                         ///< words before the bytes
  std::size_t behind = 0;                          ///< and behind them
  bool from_end = false;   ///< words before are counted from the first of the last row of bytes
  std::size_t most = 0;    ///< bytes of a line; 0: any number
  bool text_beside = true; ///< what stands beside the bytes of a line with an offset is theirs
  bool longest = false;  ///< the longest row of equal words of each line, or that behind `skipped`
  std::size_t group = 0; ///< their digits, where one word is a row, too; 0: any number
  bool padded = false;   ///< of lines: a byte below 10 has a 0 before it
  bool unpadded = false; ///< of words: it has none
  bool single = false;   ///< of words: the last one of each line, a byte
  bool marked = false; ///< strings are bytes only behind `b`, digits only with `0x`, `h` and so on
  bool whole_groups = false; ///< only brackets in which nothing but two or more numbers stand;
                             ///< only strings with an escape
  bool whole_lines = false;  ///< escapes: what stands in a line behind the words skipped, if one is
                             ///< an escape; base64: each word is a text of its own
  std::string key{};         ///< of JSON; empty: any of `json_names_of_bytes`
  Wrapping wrapping{};       ///< around all of that
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
inline constexpr std::array<std::string_view, 10> json_names_of_bytes{"data",
                                                                      "hex",
                                                                      "payload",
                                                                      "raw",
                                                                      "bytes",
                                                                      "buffer",
                                                                      "body",
                                                                      "tcp.payload",
                                                                      "tcp_tcp_payload",
                                                                      "tcp.payload_raw"};

/// It stands for lines that a dump has left out.
bool is_star(std::string_view line);
std::optional<std::uint64_t> line_with_star(std::string_view text);

/// From a text's first lines; an error names what it is that cannot be read without guessing.
std::expected<HexForm, HexProblem> judge_hex(std::string_view sample);

} // namespace dualcam::inline tools
