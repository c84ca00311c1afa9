// Lines in which other words stand beside the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/hex_lines.hpp"
#include "common/hex_words.hpp"

namespace dualcam::inline tools {

class WordLines : public HexLines {
public:
  using HexLines::HexLines;

private:
  void take(std::string_view text) override;
  void end() override;
  bool is_next_offset(const FoundLine& found) const;
  bool take_mended(std::string_view text);
  void look_at_other_hex(const FoundLine& found);

  std::optional<std::string> before_; ///< in front of the bytes, if the line before had such
  std::size_t size_ = 0;              ///< how many bytes that one had
  /// Long words of hex in lines that came before any with bytes: what stands beside these, too, is
  /// the name of something.
  std::vector<std::pair<std::uint64_t, std::string>> other_hex_;
  std::string beside_;           ///< the bytes of the last line
  std::uint64_t short_line_ = 0; ///< one with fewer bytes than others
};

} // namespace dualcam::inline tools
