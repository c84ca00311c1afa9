#include "common/escape_tokens.hpp"

#include <algorithm>
#include <utility>

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {
namespace {

constexpr const char* characters_between =
    "characters stand between the escapes: print it as hex, such as data.hex()";

bool is_quotation_mark(char c) { return c == '"' || c == '\''; }

/// `x00`, `u0004`, `004`, `NUL`: behind a backslash, and before another one, it is no path.
bool is_escape_body(std::string_view text) {
  const bool has_letter = text.starts_with('x') || text.starts_with('u');
  const auto digits = text.substr(has_letter ? 1 : 0);
  return text == "NUL" || (digits.size() == (text.starts_with('x') ? 2U
                                             : has_letter          ? 4U
                                                                   : 3U) &&
                           std::ranges::all_of(digits, is_hex_digit));
}

} // namespace

void EscapeTokens::take(char c) {
  look_at_doubled(c);
  if (std::exchange(is_undecided_, false)) {
    decide(c);
  }
  if (goes_on(escape_, c)) {
  } else if (form().whole_lines) {
    take_in_line(c);
  } else if (form().nested) {
    take_nested(c);
  } else if (form().quoted && quote_ == 0) {
    take_outside(c);
  } else if (form().quoted && c == quote_) {
    is_undecided_ = std::exchange(may_be_cut_, false);
    quote_ = is_undecided_ ? quote_ : '\0';
  } else {
    take_inside(c);
    may_be_cut_ = form().quoted && (c == '\n' || (may_be_cut_ && c != '\\'));
    waits_ = waits_ || may_be_cut_;
  }
  before_ = c;
}

/// In a line that the string before did not end in, a quote before any escape ends it, or begins
/// the next one: each message begins with an escape.
void EscapeTokens::decide(char behind_quote) {
  if (behind_quote == '\\') {
    begin_string();
    return;
  }
  quote_ = 0;
  for (const char each : std::exchange(held_, {})) {
    take_itself(each);
  }
}

void EscapeTokens::take_outside(char c) {
  constexpr std::size_t longest_body = 5;
  if (is_quotation_mark(c)) {
    // An apostrophe within a word begins no string.
    const bool is_bytes = before_ == 'b' || before_ == 'B';
    quote_ = is_bytes || (!form().marked && !is_word_character(before_)) ? c : '\0';
    begin_string();
  } else if (c == '\\' && before_ == '`' && !form().marked) { // of JavaScript; else code in prose
    quote_ = before_;
    begin_string();
    take_inside(c);
  } else if (c == '\\') {
    if (is_escape_body(outside_)) {
      wrong_once("escapes outside of the quotes around the others: print it as hex");
    }
    outside_.clear();
  } else if (outside_.size() <= longest_body) {
    outside_ += c;
  }
}

/// The outer quote may be the same as the inner one.
void EscapeTokens::take_nested(char c) {
  if (quote_ == 0) {
    if (is_quotation_mark(c) && is_quotation_mark(before_)) {
      outer_quote_ = before_;
      quote_ = c;
      begin_string();
    }
    return;
  }
  if (std::exchange(may_end_, false)) {
    if (c == outer_quote_) {
      quote_ = 0;
      return;
    }
    take_inside(quote_);
  }
  may_end_ = c == quote_;
  if (c == '\n') {
    wrong_once(characters_between);
    quote_ = 0;
  } else if (!may_end_) {
    take_inside(c);
  }
}

/// `\\\\x00\\\\x04`: to what is read the escapes are text.
void EscapeTokens::look_at_doubled(char c) {
  constexpr std::string_view pattern = "\\\\xhh\\\\xhh"; // h: a hex digit
  const auto fits = [&](char expected) {
    return expected == 'h' ? is_hex_digit(c) : c == expected;
  };
  doubled_ = fits(pattern[doubled_]) ? doubled_ + 1 : c == '\\' ? 1 : 0;
  if (doubled_ == pattern.size()) {
    wrong_once("escapes that were escaped once more: print it as hex, such as data.hex()");
    doubled_ = 0;
  }
}

void EscapeTokens::begin_string() {
  outside_.clear();
  next_string();
  waits_ = form().whole_groups || form().whole_lines;
  held_.clear();
}

/// Behind the words that are skipped, and as many blanks as stood before the first escape that such
/// a text begins with: the next one is a byte.
void EscapeTokens::take_in_line(char c) {
  const bool is_behind = words_ == form().skipped && !in_word_;
  if (c == '\n') {
    begin_string();
    words_ = blanks_ = 0;
    in_text_ = in_word_ = false;
  } else if (in_text_ || (is_behind && (c != ' ' || blanks_ == most_blanks_))) {
    most_blanks_ = !in_text_ && c == '\\' ? std::min(most_blanks_, blanks_) : most_blanks_;
    in_text_ = true;
    take_inside(c);
  } else if (is_behind) {
    ++blanks_;
  } else {
    words_ += in_word_ && c == ' ' ? 1 : 0;
    in_word_ = c != ' ';
  }
}

void EscapeTokens::take_inside(char c) {
  const bool has_characters = form().quoted || form().whole_lines;
  if (c == '\\') {
    waits_ = false;
    for (const char each : std::exchange(held_, {})) {
      take_itself(each);
    }
    escape_.begin();
  } else if (waits_) {
    held_ += held_.size() < longest_token ? std::string(1, c) : std::string();
  } else if (has_characters) {
    take_itself(c);
  } else if (is_word_character(c)) {
    wrong_once(characters_between);
  }
}

/// A character that stands for itself.
void EscapeTokens::take_itself(char c) {
  const bool is_ascii = c >= ' ' && c <= '~' && !(form().whole_lines && c == '"');
  if (is_ascii) {
    byte(static_cast<unsigned char>(c));
  } else if (!take_latin1(c) && c != '\r') {
    wrong_once(characters_between);
  }
}

} // namespace dualcam::inline tools
