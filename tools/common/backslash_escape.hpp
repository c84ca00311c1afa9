// One escape of a string, as C, Python and Java have them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dualcam::inline tools {

/// `NUL`, `ESC`, `DEL` and so on.
std::optional<unsigned> control_character(std::string_view name);

/// What stands behind a backslash.
class Escape {
public:
  struct Step {
    bool goes_on;                   ///< the character is part of it
    std::optional<unsigned> byte{}; ///< which has ended
    const char* problem = nullptr;
  };

  /// Up to three digits; `decimal`: as Lua has them, and Haskell, whose names are bytes, too;
  /// `zero`: none but `\0`, whatever stands behind it, as in Rust.
  enum class Digits { octal, decimal, zero };

  explicit Escape(Digits digits) : digits_(digits) {}

  void begin() { length_ = 1; }
  bool is_open() const { return length_ != 0; }
  /// The next character, while it is open.
  Step take(char c);

private:
  Step begin_with(char c);
  Step go_on_with_name(char c);
  Step end(bool goes_on);
  bool is_digit(char c) const;

  Digits digits_;
  std::size_t length_ = 0; ///< characters so far
  char letter_ = 0;        ///< 0: digits without one; `{`: `\u{4}`
  std::string name_;       ///< instead
  unsigned value_ = 0;
};

} // namespace dualcam::inline tools
