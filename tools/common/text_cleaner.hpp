// Hex text as mail and web pages hand it on -> as it was printed.
#pragma once

#include <string>
#include <string_view>

namespace dualcam::inline tools {

/// Takes away what quoting puts before each line (`> `, `>> `), if most lines have it, and makes
/// blanks of no-break spaces. Memory: a few bytes.
class TextCleaner {
public:
  TextCleaner() = default;
  /// `sample`: how the text begins.
  explicit TextCleaner(std::string_view sample);

  std::string clean(std::string_view text);

private:
  bool quoted_ = false;
  bool has_no_break_ = false;
  bool at_start_ = true; ///< of a line, or in the quoting before it
  bool behind_quote_ = false;
  bool behind_c2_ = false;
};

} // namespace dualcam::inline tools
