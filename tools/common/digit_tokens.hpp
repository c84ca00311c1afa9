// Pairs of hex digits from some place on, whatever parts them.
#pragma once

#include "common/hex_tokens.hpp"

namespace dualcam::inline tools {

class DigitTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void end() override;
  void end_word(char behind);
  void marked_digits(std::string_view digits_of_word, bool is_whole);
  void digits(std::string_view digits);
  void other_digits(std::string_view digits);

  std::uint64_t at_ = 0; ///< characters so far
  std::string word_;
  bool streams_ = false;         ///< a word of digits is too long to be kept
  bool is_marked_ = false;       ///< the last word, or what has come of it
  char before_ = 0;              ///< the character before
  bool started_ = false;         ///< the first digits have come
  bool stopped_ = false;         ///< the digits have ended
  std::size_t other_ = 0;        ///< digits in a row that are not read
  std::size_t row_ = 0;          ///< of these in groups that are as long as the last
  std::size_t group_ = 0;        ///< how long that is
  std::uint64_t digit_line_ = 0; ///< of the last digit
  unsigned value_ = 0;
  bool is_padded_ = false; ///< a byte below 10 has a 0 before it
  bool is_odd_ = false;    ///< the first digit of a pair has come
};

} // namespace dualcam::inline tools
