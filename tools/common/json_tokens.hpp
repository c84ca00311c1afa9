// JSON -> the bytes that stand behind the names of bytes: as hex, base64, characters or numbers.
#pragma once

#include "common/backslash_escape.hpp"
#include "common/hex_tokens.hpp"
#include "common/number_tokens.hpp"

namespace dualcam::inline tools {

class JsonTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void end() override;
  void take_outside(char c);
  void take_string(char c);
  bool take_list(char c);
  void take_character(char c);
  void take_digit(char c);
  void take_bytes(std::string_view text);
  bool take_known();
  void end_key();
  void end_number();
  void end_string();
  void end_cut_string();

  ByteNumbers numbers_{form().base};
  Escape escape_{Escape::Digits::octal}; ///< in a string of characters
  bool is_filled_ = false;               ///< strings of base64 end with `=` where they have to
  bool backslash_ = false;               ///< in another one
  bool inside_ = false;                  ///< a string
  bool begins_line_ = false;             ///< the next character
  std::string token_;                    ///< a key, a number
  std::string text_;                     ///< of a string that is bytes
  bool behind_key_ = false;              ///< the next string is bytes
  bool of_strings_ = false;              ///< the next strings are, too
  bool in_list_ = false;                 ///< of numbers
  unsigned value_ = 0;                   ///< of a pair of digits
  std::size_t digits_ = 0;
};

} // namespace dualcam::inline tools
