// base64: a text of nothing else, or the last words of lines.
#pragma once

#include <string>
#include <string_view>

#include "common/hex_tokens.hpp"

namespace dualcam::inline tools {

class Base64Tokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void end_line();
  void realign();

  std::uint64_t width_ = 0; ///< characters of the first line
  std::uint64_t ended_ = 0; ///< of the last one that has ended
  std::uint64_t in_line_ = 0;
  char before_ = form().bracket; ///< what comes before the data ends with it; 0: nothing does
};

class Base64WordTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void take_word(std::string_view word);

  std::string text_;       ///< of the line
  bool is_filled_ = false; ///< words end with `=` where their bytes do not fill them
  bool goes_on_ = false;   ///< the word before was as long as words are that are broken
};

} // namespace dualcam::inline tools
