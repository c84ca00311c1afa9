#include "common/text_cleaner.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <utility>

#include "common/hex_digits.hpp"
#include "common/text_lines.hpp"

namespace dualcam::inline tools {
namespace {

constexpr char escape = '\x1B';

std::size_t count_of(std::string_view text, std::initializer_list<std::string_view> words) {
  std::size_t count = 0;
  for (const auto word : words) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      ++count;
    }
  }
  return count;
}

/// Bytes may be written as `&#x00;` as well, among them quotes.
bool is_html(std::string_view sample) {
  const auto numbers = count_of(sample, {"&#"});
  const auto quotes = count_of(sample, {"&#34;", "&#39;", "&#x27;"});
  return count_of(sample, {"<br", "<pre>", "<div", "<span", "<td>", "<p>", "&nbsp;", "&quot;"}) !=
             0 ||
         (numbers != 0 && numbers == quotes);
}

bool is_quoted_printable_mail(std::string_view sample) {
  const auto heading = sample.substr(0, 4096);
  return count_of(heading, {"ransfer-Encoding: quoted-printable",
                            "ransfer-encoding: quoted-printable"}) != 0;
}

/// Of another tag nothing is known: in its attributes may stand the bytes.
bool is_tag_of_html(std::string_view tag) {
  constexpr std::array<std::string_view, 43> names{
      "a",     "b",     "blockquote", "body",  "br",   "code", "div",   "em",    "font",
      "h1",    "h2",    "h3",         "h4",    "head", "hr",   "html",  "i",     "img",
      "li",    "link",  "meta",       "ol",    "p",    "pre",  "s",     "samp",  "script",
      "small", "span",  "strong",     "style", "sub",  "sup",  "table", "tbody", "td",
      "th",    "thead", "title",      "tr",    "tt",   "u",    "ul"};
  constexpr std::size_t short_value = 12;
  tag.remove_prefix(std::min(tag.find_first_not_of("</"), tag.size()));
  const auto name = tag.substr(0, tag.find_first_of(" \t\r/>"));
  const auto is_short = [](auto value) { return value.size() < short_value; };
  return std::ranges::binary_search(names, name) ||
         std::ranges::all_of(tokens_of(tag, "\"'="), is_short);
}

/// What a mark is that has come whole; nullopt: more has to come. What is none stays. `line_break`:
/// what `<br>` is.
std::optional<std::string> meaning(std::string_view mark, const char* line_break) {
  constexpr std::size_t longest_tag = 200;
  constexpr std::size_t longest_entity = 8;
  const char last = mark.back();
  const bool goes_on = mark.size() < (mark[0] == '&' ? longest_entity : longest_tag);
  if (mark[0] == '=') {
    if (last == '\n' && (mark.size() == 2 || mark[1] == '\r')) {
      return "";
    }
    if (mark.size() == 1 || last == '\r' || (mark.size() == 2 && is_hex_digit(last))) {
      return std::nullopt;
    }
    const bool is_byte = is_hex_digit(mark[1]) && is_hex_digit(last);
    return std::string(
        is_byte ? std::string(1, static_cast<char>(hex_value(mark[1]) << 4 | hex_value(last)))
                : mark);
  }
  if (mark[0] == '<') {
    const bool is_tag = mark.size() == 1 || (mark[1] >= 'a' && mark[1] <= 'z') || mark[1] == '/';
    if (!is_tag || !goes_on || last == '\n') {
      return std::string(mark);
    }
    if (last != '>') {
      return std::nullopt;
    }
    if (mark == "</td>" || mark == "</th>") {
      return " ";
    }
    return mark.starts_with("<br") ? line_break : is_tag_of_html(mark) ? "" : std::string(mark);
  }
  for (const auto& [name, meant] : {std::pair{"&nbsp;", " "},
                                    {"&quot;", "\""},
                                    {"&#34;", "\""},
                                    {"&#39;", "'"},
                                    {"&#x27;", "'"},
                                    {"&lt;", "<"},
                                    {"&gt;", ">"},
                                    {"&amp;", "&"}}) {
    if (mark == name) {
      return meant;
    }
  }
  const bool is_name = mark.size() == 1 || last == '#' || is_letter(last) || is_decimal_digit(last);
  return is_name && goes_on ? std::nullopt : std::optional<std::string>(mark);
}

} // namespace

TextCleaner::TextCleaner(std::string_view sample)
    : is_html_(is_html(sample)), has_lines_(sample.contains('\n')),
      is_quoted_printable_(is_quoted_printable_mail(sample)),
      cr_ends_(sample.contains('\r') && !has_lines_) {
  auto text = TextCleaner(*this).decoded(sample);
  characters_ = PlainCharacters(text);
  text = PlainCharacters(characters_).plain(text);
  std::size_t quoted = 0;
  std::size_t lines = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find(cr_ends_ ? '\r' : '\n'), rest.size());
    auto line = rest.substr(0, end);
    line.remove_prefix(std::min(line.find_first_not_of(" \r"), line.size()));
    lines += line.empty() ? 0 : 1;
    quoted += line.starts_with('>') ? 1 : 0;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  quoted_ = 2 * quoted > lines;
}

/// Part of what switches colours: ESC, `[`, digits, a letter.
bool TextCleaner::is_colour(char c) {
  if (escape_ == 0) {
    escape_ = c == escape ? 1 : 0;
    return escape_ != 0;
  }
  if (escape_ == 1) {
    escape_ = c == '[' ? 2 : 0;
    return true;
  }
  escape_ = c >= '@' && c <= '~' ? 0 : 2;
  return true;
}

/// A mark that the end of the text cuts is none, and is left out. Lines keep their numbers.
std::string TextCleaner::decoded(std::string_view text) {
  if (!is_html_ && !is_quoted_printable_) {
    return std::string(text);
  }
  const std::string_view begins = is_html_ ? "&<" : "=";
  std::string decoded;
  decoded.reserve(text.size());
  for (const char c : text) {
    if (!mark_.empty() || begins.contains(c)) {
      mark_ += c;
      if (const auto meant = meaning(mark_, has_lines_ ? "" : "\n")) {
        joined_ += mark_[0] == '=' && meant->empty() ? 1 : 0;
        decoded += *meant;
        mark_.clear();
      }
      continue;
    }
    decoded += c;
    if (c == '\n') {
      decoded.append(std::exchange(joined_, 0), '\n');
    }
  }
  return decoded;
}

std::string TextCleaner::clean(std::string_view given) {
  auto text = characters_.plain(decoded(given));
  coloured_ = coloured_ || text.contains(escape);
  if (!quoted_ && !cr_ends_ && !coloured_) {
    return text;
  }
  std::string cleaned;
  cleaned.reserve(text.size());
  for (const char each : text) {
    const char c = cr_ends_ && each == '\r' ? '\n' : each;
    if (coloured_ && is_colour(c)) {
      continue;
    }
    plain(c, cleaned);
  }
  return cleaned;
}

void TextCleaner::plain(char c, std::string& cleaned) {
  if (quoted_ && at_start_) {
    if (c == '>') {
      behind_quote_ = true;
      blanks_ = 0;
      return;
    }
    if (c == ' ') { // one blank belongs to the quote
      blanks_ += std::exchange(behind_quote_, false) ? 0 : 1;
      return;
    }
    cleaned.append(std::exchange(blanks_, 0), ' ');
  }
  at_start_ = c == '\n';
  behind_quote_ = false;
  cleaned += c;
}

} // namespace dualcam::inline tools
