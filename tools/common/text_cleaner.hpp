// Hex text as mail, web pages and terminals hand it on -> as it was printed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/plain_characters.hpp"

namespace dualcam::inline tools {

/// Takes away what quoting puts before each line (`> `, `>> `, also behind blanks), if most lines
/// have it, and a terminal's colours, makes ASCII of PlainCharacters, and ends lines where only CR
/// does. Of HTML the tags go, and `&quot;` becomes a quote; a mail in quoted-printable is decoded
/// if its heading says so. Memory: a few bytes.
class TextCleaner {
public:
  TextCleaner() = default;
  /// `sample`: how the text begins.
  explicit TextCleaner(std::string_view sample);

  std::string clean(std::string_view text);

private:
  std::string decoded(std::string_view text);
  bool is_colour(char c);
  void plain(char c, std::string& cleaned);

  bool is_html_ = false;
  bool has_lines_ = false;
  bool is_quoted_printable_ = false;
  std::size_t joined_ = 0; ///< lines with the one that has not ended yet
  std::string mark_;       ///< what came of a tag, of `&quot;`, of `=20`
  bool quoted_ = false;
  bool cr_ends_ = false; ///< lines, as old Macs and some serial consoles have it
  PlainCharacters characters_;
  bool coloured_ = false;
  bool at_start_ = true; ///< of a line, or in the quoting before it
  bool behind_quote_ = false;
  std::size_t blanks_ = 0; ///< at the start: before a quote they are none
  int escape_ = 0;         ///< 1: behind ESC, 2: in what follows it
};

} // namespace dualcam::inline tools
