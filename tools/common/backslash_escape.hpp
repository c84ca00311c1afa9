// One escape of a string, as C, Python and Java have them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace dualcam::inline tools {

/// What stands behind a backslash.
class Escape {
public:
  struct Step {
    bool goes_on;                   ///< the character is part of it
    std::optional<unsigned> byte{}; ///< which has ended
    const char* problem = nullptr;
  };

  /// `\0` and so on are decimal digits, and Haskell's names are bytes, too; in octal otherwise.
  explicit Escape(bool decimal) : decimal_(decimal) {}

  void begin() { length_ = 1; }
  bool is_open() const { return length_ != 0; }
  /// The next character, while it is open.
  Step take(char c);

private:
  Step begin_with(char c);
  Step go_on_with_name(char c);
  Step end(bool goes_on);
  bool is_digit(char c) const { return c >= '0' && c < (decimal_ ? ':' : '8'); }

  bool decimal_;
  std::size_t length_ = 0; ///< characters so far
  char letter_ = 0;        ///< 0: digits without one
  std::string name_;       ///< instead
  unsigned value_ = 0;
};

} // namespace dualcam::inline tools
