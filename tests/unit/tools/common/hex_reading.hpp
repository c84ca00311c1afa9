// What HexReader makes of a text, as one line.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "common/hex_reader.hpp"
#include "testing.hpp"

namespace dualcam::hex_reading {

// What is said of lines, whatever form they are of.
inline const std::string odd = "an odd number of hex digits: one is missing, or one too many";
inline const std::string read_from_ends = "; they are read from either end";
inline const std::string differently_behind =
    "bytes are separated in different ways: is there a time or an address before them?";
inline const std::string mixed =
    "hex with something else after or between it: leave nothing but the bytes";
inline const std::string three_digits =
    "three digits a byte may be octal or decimal: print it with 'xxd'";

/// `|` between blocks, `(n)` for missing bytes, `>` before bytes of the other side.
class HexLog : public HexReader::Listener {
public:
  void bytes(Bytes bytes, bool other_side) override {
    text += (other_side ? ">" : "") + to_hex(bytes);
  }
  void missing(std::uint64_t count, bool) override { text += '(' + std::to_string(count) + ')'; }
  void next_block() override { text += '|'; }

  std::string text;
};

/// With what was wrong.
inline std::string end_of(HexReader& reader, HexLog& log) {
  reader.finish();
  if (reader.lines_passed_over() != 0) {
    log.text += " passed " + std::to_string(reader.lines_passed_over());
  }
  for (const auto& problem : reader.problems()) {
    log.text += " line " + std::to_string(problem.line) + ": " + problem.what;
  }
  return log.text + (reader.has_refused() ? " REFUSED" : "");
}

inline std::string read_form(const HexForm& form, std::string_view text) {
  HexLog log;
  HexReader reader(log, form, 0);
  reader.feed(text);
  return end_of(reader, log);
}

inline std::string read_in(std::string_view text, std::size_t piece) {
  HexLog log;
  HexReader reader(log);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    reader.feed(text.substr(0, piece));
  }
  return end_of(reader, log);
}

inline std::string read(std::string_view text) {
  const auto whole = read_in(text, text.size());
  for (const std::size_t piece : {1U, 3U, 50U}) {
    CAPTURE(piece, text);
    CHECK(read_in(text, piece) == whole);
  }
  return whole;
}

inline void check_reads(std::initializer_list<std::pair<std::string, std::string>> cases) {
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(read(text) == expected);
  }
}

} // namespace dualcam::hex_reading
