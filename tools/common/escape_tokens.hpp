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
  void look_at_doubled(char c);
  void begin_string();
  void decide(char behind_quote);
  void take_outside(char c);
  void take_nested(char c);
  void take_in_line(char c);
  void take_inside(char c);
  void take_itself(char c);

  Escape escape_{form().escaped};
  char quote_ = 0;                  ///< that ends the string; 0: it is outside
  char outer_quote_ = 0;            ///< that has to follow it; 0: none
  bool may_end_ = false;            ///< `quote_` has come, and `outer_quote_` may follow
  bool may_be_cut_ = false;         ///< the string, before this line, where no escape came yet
  bool is_undecided_ = false;       ///< `quote_` has come in that
  std::string outside_;             ///< what stands there behind a backslash
  char before_ = 0;                 ///< the character before
  bool waits_ = form().whole_lines; ///< there was no escape in the string so far
  std::string held_;                ///< what was
  std::size_t doubled_ = 0;         ///< characters of escapes that are escaped
  std::size_t words_ = 0;           ///< before, in the line
  bool in_word_ = false;
  std::size_t blanks_ = 0; ///< behind the words, but the one that ends the last
  std::size_t most_blanks_ = std::string::npos;
  bool in_text_ = false; ///< behind them
};

} // namespace dualcam::inline tools
