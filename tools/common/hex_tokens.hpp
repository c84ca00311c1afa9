// Bytes as source code and programs print them, character by character: lists, strings, buffers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/base64.hpp"
#include "common/hex_style.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Memory: one token. Problems cost the byte they are in.
class HexTokens {
public:
  struct Output {
    std::function<void(Bytes)> bytes;
    std::function<void(std::uint64_t)> missing;
    std::function<void(std::uint64_t line, std::string what)> problem;
  };

  HexTokens(const HexForm& form, Output output) : form_(form), output_(std::move(output)) {}

  void feed(std::string_view text);
  void finish();

private:
  void take(char c);
  void take_number(char c);
  void end_number();
  void end_line_of_numbers();
  void take_decimal();
  void hold_number();
  void release_number();
  void take_hexadecimal();
  void take_escape(char c);
  bool goes_on_escape(char c);
  void end_escape();
  void take_quoted(char c);
  void take_base64(char c);
  void take_base64_word(char c);
  void end_base64();
  void take_digit(char c);
  void end_word();
  void word_digits(std::string_view digits);
  bool take_list(char c);
  void take_character(char c);
  void take_buffer(char c);
  void end_buffer_word();
  void take_json(char c);
  void end_key();
  void value_digit(char c);
  void wrong(std::string what);
  void byte(unsigned value);
  void flush();

  HexForm form_;
  Output output_;
  ByteBuffer bytes_;
  std::uint64_t line_ = 1;
  std::string token_;       ///< a number, a word, a key
  bool whole_token_ = true; ///< it is all in `token_`
  std::string held_;        ///< a number, which `=>` or `:` behind it would make a name
  std::uint64_t held_line_ = 0;
  bool cut_ = false;       ///< the list has ended in `...`
  std::size_t depth_ = 0;  ///< of brackets
  bool inside_ = false;    ///< a string, a buffer
  char quote_ = 0;         ///< that ends the string
  int comment_ = 0;        ///< 1: `/`, 2: to the line's end, 3: to `*/`, 4: `*` in it
  std::size_t escape_ = 0; ///< characters of an escape so far
  char kind_ = 0;          ///< of it: its letter, or 0 for octal digits
  char before_ = 0;        ///< the character before
  unsigned value_ = 0;     ///< of it, or of a pair
  std::size_t digits_ = 0; ///< of a pair
  Base64Decoder base64_;
  bool behind_key_ = false;    ///< of JSON: the next string is bytes
  bool bad_string_ = false;    ///< it has been complained of
  bool below_zero_ = false;    ///< there were negative numbers
  bool above_127_ = false;     ///< there were numbers that are no signed bytes
  std::uint64_t on_line_ = 0;  ///< numbers
  std::string unprefixed_;     ///< the first number on the line without 0x
  bool named_ = false;         ///< there are words on the line
  std::uint64_t at_ = 0;       ///< characters so far
  std::uint64_t in_group_ = 0; ///< numbers in the bracket
  bool other_group_ = false;   ///< it is no list of bytes
  unsigned first_ = 0;         ///< its first number
  bool in_list_ = false;       ///< of JSON, of numbers
  bool of_strings_ = false;    ///< of JSON: the next strings are bytes, too
  bool streams_ = false;       ///< a word of digits is too long to be kept
  bool stopped_ = false;       ///< the digits have ended
};

} // namespace dualcam::inline tools
