// The strings that are values in JSON, each under its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dualcam::inline tools {

/// Understands several texts of JSON, and lines of it with something before. An end of line ends a
/// string, and an object at the start of a line begins another text: what is damaged costs a line.
/// Memory: a name, and where it stands.
class JsonStrings {
public:
  struct Step {
    std::string text{};     ///< of a value, without escapes
    bool ends_line = false; ///< the string is over, or an escape in it ends a line
  };

  Step take(char c);
  bool is_outside() const { return inside_ == Inside::nothing; }
  /// Of the value whose text comes; empty: it stands in a list without one, or alone.
  std::string_view name() const {
    return levels_.empty() ? std::string_view() : levels_.back().name;
  }

private:
  struct Level {
    bool is_object;
    std::string name{}; ///< of the list, or of the value that comes
    bool behind_colon = false;
  };

  void take_outside(char c);
  void open(bool is_object);
  void take_in_name(char c);
  Step take_in_value(char c);
  Step escaped(char c);
  Step take_unit(char c);

  enum class Inside { nothing, name, value };
  Inside inside_ = Inside::nothing;
  std::vector<Level> levels_;
  bool starts_line_ = true;
  bool escaped_ = false; ///< behind a backslash
  std::string unit_;     ///< `u` and digits behind it
};

} // namespace dualcam::inline tools
