// Lines with an offset before their bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/hex_lines.hpp"
#include "common/offset_line.hpp"

namespace dualcam::inline tools {

class OffsetLines : public HexLines {
public:
  OffsetLines(const HexForm& form, Output output, std::uint64_t repeated)
      : HexLines(form, std::move(output)), most_repeated_(repeated) {}

private:
  struct Side {
    std::optional<std::uint64_t> expected; ///< offset of the next line
    std::uint64_t first = 0;               ///< offset of the first one
    ByteBuffer last;                       ///< what `*` repeats
    std::uint64_t line = 0;                ///< its number
    std::size_t width = 0;                 ///< bytes of the longest one
  };

  void take(std::string_view text) override;
  std::optional<OffsetLine> parsed(std::string_view text) const;
  std::optional<OffsetLine> behind_prefix(std::string_view text) const;
  bool is_end(std::string_view text) const;
  bool is_damaged(std::string_view text) const;
  void place(const OffsetLine& line);
  static bool is_last(const Side& side, const OffsetLine& line);
  void report_gap(const Side& side, std::uint64_t count);
  void go_back(const Side& side, const OffsetLine& line);
  void repeat_last(Side& side, std::uint64_t until, bool other_side);

  std::optional<std::size_t> indent_;
  Side sides_[2];
  bool repeated_ = false; ///< the line before was `*`
  bool named_ = false;    ///< it was a problem
  std::uint64_t most_repeated_;
  std::uint64_t repeated_bytes_ = 0;
};

} // namespace dualcam::inline tools
