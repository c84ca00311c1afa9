// Lines of hex digits, maybe behind a time, an address or another prefix.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/hex_lines.hpp"

namespace dualcam::inline tools {

class DigitLines : public HexLines {
public:
  using HexLines::HexLines;

private:
  void take(std::string_view text) override;
  void take_part(std::string_view part) override { take_digits(line_number(), part); }
  void end() override;
  void take_digits(std::uint64_t line, std::string_view part);
  void run(std::string_view digits);
  bool take_mended(std::uint64_t line, std::string_view text);

  std::string before_;            ///< the word before the bytes of the last line
  std::size_t run_length_ = 0;    ///< of odd lines of digits that go on in the next one
  std::string held_;              ///< the first one of these; it may lack a digit instead
  std::uint64_t held_line_ = 0;   ///< where it stands
  std::optional<unsigned> digit_; ///< the first of two
  std::uint64_t digit_line_ = 0;  ///< where it stands
};

} // namespace dualcam::inline tools
