// Bytes as source code and programs print them, character by character: lists, strings, buffers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/backslash_escape.hpp"
#include "common/base64.hpp"
#include "common/hex_style.hpp"
#include "common/row_watch.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Memory: one token. Problems cost the byte they are in.
class HexTokens {
public:
  struct Output {
    std::function<void(Bytes bytes)> bytes;
    std::function<void(std::uint64_t count)> missing;
    std::function<void(std::uint64_t line, std::string what)> problem;
  };

  /// Of any style but those of lines, which have none: nullptr.
  static std::unique_ptr<HexTokens> make(const HexForm& form, Output output);
  HexTokens(const HexForm& form, Output output) : form_(form), output_(std::move(output)) {}
  virtual ~HexTokens() = default;
  HexTokens(const HexTokens&) = delete;
  HexTokens& operator=(const HexTokens&) = delete;

  void feed(std::string_view text);
  void finish();

protected:
  static constexpr std::size_t longest_token = 8192;

  virtual void take(char c) = 0;
  /// Of the line: characters so far.
  std::uint64_t column() const { return length_; }
  /// The text is over; the end of a line has been taken.
  virtual void end() {}

  /// Of letters, digits and what stands in numbers.
  static bool is_word_character(char c);

  const HexForm& form() const { return form_; }
  std::uint64_t line() const { return line_; }
  void byte(unsigned value) { byte(value, line_); }
  void byte(unsigned value, std::uint64_t line);
  void missing(std::uint64_t count);
  void wrong(std::string what) { wrong(line_, std::move(what)); }
  void wrong(std::uint64_t line, std::string what) {
    rows_.is_named(line);
    output_.problem(line, std::move(what));
  }
  /// Of a string, until the next one begins: one is enough.
  void wrong_once(std::string what);
  void next_string() { is_bad_string_ = false; }
  bool is_bad_string() const { return is_bad_string_; }
  /// Whether `c` is part of an escape that is open.
  bool goes_on(Escape& escape, char c);
  /// Whether `c` is part of a character above U+007F: up to U+00FF it stands for a byte.
  bool take_latin1(char c);
  void take_base64(char c);
  /// The digits before were too few, or too many: what follows is four of them again.
  void realign_base64();
  std::size_t lacking_base64() const { return base64_.lacking(); }
  /// Another text of it may follow.
  void end_base64();

private:
  void flush();
  void end_line();

  HexForm form_;
  Output output_;
  ByteBuffer bytes_;
  std::uint64_t line_ = 1;
  RowWatch rows_{[this](std::uint64_t line, std::string what) { wrong(line, std::move(what)); }};
  std::uint64_t length_ = 0;   ///< of the line
  bool is_plain_ = true;       ///< nothing but numbers or base64 stands in it
  bool is_bad_string_ = false; ///< it has been complained of
  char lead_ = 0;              ///< the first byte of a character in UTF-8
  Base64Decoder base64_;
  std::uint64_t base64_line_ = 0; ///< of its last digit
};

} // namespace dualcam::inline tools
