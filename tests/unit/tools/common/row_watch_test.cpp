#include "common/row_watch.hpp"

#include <vector>

#include "testing.hpp"

namespace dualcam::row_watch_test {
namespace {

struct Rows {
  std::uint64_t bytes;
  std::uint64_t length = 0;
  std::uint64_t count = 1;
  unsigned first = 7;
};

/// The lines that are named.
std::vector<std::uint64_t> named(std::initializer_list<Rows> all) {
  std::vector<std::uint64_t> lines;
  RowWatch watch([&](std::uint64_t line, std::string) { lines.push_back(line); });
  std::uint64_t line = 0;
  for (const auto& rows : all) {
    for (std::uint64_t i = 0; i < rows.count; ++i) {
      ++line;
      for (std::uint64_t byte = 0; byte < rows.bytes; ++byte) {
        watch.byte(line, byte == 0 ? rows.first : 0);
      }
      watch.end_of_line(line, rows.length);
    }
  }
  watch.finish();
  return lines;
}

using Named = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("row watch: a row that lacks a byte among others, or has one too many") {
  CHECK(named({{16, 0, 8}, {15}, {16}}) == Named{9});
  CHECK(named({{16, 0, 8}, {17}, {16}}) == Named{9});
  CHECK(named({{1, 0, 20}, {2}, {1, 0, 20}}) == Named{21});
  CHECK(named({{16, 0, 8}, {15}, {16, 0, 3}, {17}, {16}}) == Named{9, 13});
}

TEST_CASE("row watch: a row that is no fault") {
  CHECK(named({{16, 0, 8}, {15}}).empty());                            // the last one
  CHECK(named({{16, 0, 8}, {15}, {0}, {16, 0, 8}}).empty());           // of a list
  CHECK(named({{16, 0, 8}, {15}, {16, 0, 1, 0}, {16, 0, 8}}).empty()); // of a message
  CHECK(named({{16, 0, 8}, {6}, {16, 0, 9}}).empty());
  CHECK(named({{16, 0, 7}, {15}, {16, 0, 9}}).empty());       // too few to tell
  CHECK(named({{17}, {16, 0, 9}, {15}, {16, 0, 9}}).empty()); // of a text that is broken somewhere
  CHECK(named({{16, 0, 9}, {15}, {17}, {16, 0, 9}, {15}, {16}}).empty());
}

TEST_CASE("row watch: a length that differs where all others are equal") {
  CHECK(named({{16, 64, 8}, {16, 63}, {16, 64}}) == Named{9});
  CHECK(named({{16, 64, 8}, {16, 65}, {16, 64}}) == Named{9});
  CHECK(named({{16, 64, 8}, {16, 63}, {16, 63}}).empty());
  CHECK(named({{16, 64, 4}, {16, 63}, {16, 64, 4}, {16, 63}, {16, 64}}).empty());
  CHECK(named({{16, 63}, {16, 64, 20}, {16, 63}, {16, 64}}).empty());
  CHECK(named({{16, 0, 8}, {16, 63}, {16, 0}}).empty());
  CHECK(named({{1, 6, 8}, {1, 5}, {1, 6}}).empty());
}

TEST_CASE("row watch: a row that is named already is no other fault") {
  std::vector<std::uint64_t> lines;
  RowWatch watch([&](std::uint64_t line, std::string) { lines.push_back(line); });
  for (std::uint64_t line = 1; line <= 20; ++line) {
    watch.byte(line, 7);
    if (line == 10) {
      watch.is_named(line);
    } else {
      watch.byte(line, 7);
    }
    watch.end_of_line(line, 0);
  }
  watch.finish();
  CHECK(lines.empty());
}

} // namespace dualcam::row_watch_test
