// Lists of numbers: `0x00, 0x04`, `[0, 4, 255]`, `[0, 4, -1]`.
#pragma once

#include <expected>
#include <optional>

#include "common/hex_tokens.hpp"

namespace dualcam::inline tools {

/// Bytes as numbers from -128 to 255; one text has signed ones or unsigned ones.
class ByteNumbers {
public:
  explicit ByteNumbers(int base) : base_(base) {}

  /// nullopt: it is no number.
  std::optional<int> parse(std::string_view token) const;
  /// Its byte; an error says what is wrong.
  std::expected<unsigned, std::string> byte_of(std::string_view token);
  /// Whether what is no byte is a word that may stand beside a list.
  static bool is_name(std::string_view token);

private:
  int base_;
  bool below_zero_ = false; ///< there were negative numbers
  bool above_127_ = false;  ///< there were numbers that are no signed bytes
};

class NumberTokens : public HexTokens {
public:
  using HexTokens::HexTokens;

private:
  void take(char c) override;
  void end() override { release_number(); }
  bool is_in_comment(char c);
  void take_size(char c, bool is_named);
  void take_path(char c, bool is_named);
  void take_bracket(char c);
  void end_cut_list();
  void end_number(char behind);
  void end_line();
  void hold_number();
  void release_number();
  void take_decimal(std::string_view token, std::uint64_t line);
  void take_hexadecimal(char behind);

  ByteNumbers numbers_{form().base};
  std::string token_;       ///< a number, a word
  char before_ = 0;         ///< the character before it
  bool whole_token_ = true; ///< it is all in `token_`
  std::string held_;        ///< a number, which `=>` or `:` behind it would make a name
  std::uint64_t held_line_ = 0;
  char in_size_ = 0;           ///< the bracket behind a name, with a number alone in it so far
  bool behind_size_ = false;   ///< it has been closed
  bool behind_name_ = false;   ///< or behind the quote that ends it
  bool in_value_ = false;      ///< of a name within the brackets: `byteLength: 63`
  bool cut_ = false;           ///< the list has ended in `...`
  std::size_t depth_ = 0;      ///< of brackets
  std::uint64_t opened_ = 0;   ///< the line of the last one
  std::string problem_;        ///< of a word on the line, unless another list begins behind it
  int comment_ = 0;            ///< 1: `/`, 2: to the line's end, 3: to `*/`, 4: `*` in it
  std::uint64_t on_line_ = 0;  ///< numbers
  std::uint64_t padding_ = 0;  ///< the line of the first `0x` without digits since the last number
  std::uint64_t padded_ = 0;   ///< numbers below 10 with a 0 before them
  std::string unprefixed_;     ///< the first number on the line without 0x
  bool named_ = false;         ///< there are words on the line
  std::uint64_t in_group_ = 0; ///< numbers in the bracket
  bool other_group_ = false;   ///< it is no list of bytes
  unsigned first_ = 0;         ///< its first number
};

} // namespace dualcam::inline tools
