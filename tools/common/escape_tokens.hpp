// Strings with escapes, as C, Python and Java have them.
#pragma once

#include "common/backslash_escape.hpp"
#include "common/hex_tokens.hpp"

namespace dualcam::inline tools {

class EscapeTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void take_itself(char c);

  Escape escape_{form().numbers == 10};
  char quote_ = 0;  ///< that ends the string; 0: it is outside
  char before_ = 0; ///< the character before
};

} // namespace dualcam::inline tools
