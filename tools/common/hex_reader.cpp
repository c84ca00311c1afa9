#include "common/hex_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace dualcam::inline tools {
namespace {

constexpr std::size_t longest_line = 4096; ///< longer ones are digits and nothing else
constexpr std::size_t piece = 65536;
constexpr std::string_view separators = " \t,;:.-_{}()[]<>\"'\\|";

std::optional<unsigned> digit_value(char character) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(&character, &character + 1, value, 16);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

bool is_digit(char character) { return digit_value(character).has_value(); }

std::size_t leading_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

std::size_t leading_spaces(std::string_view text) {
  return std::min(text.find_first_not_of(" \t"), text.size());
}

void append_digits(ByteBuffer& bytes, std::string_view digits) {
  for (; digits.size() >= 2; digits.remove_prefix(2)) {
    bytes.push_back(static_cast<std::byte>(*digit_value(digits[0]) << 4 | *digit_value(digits[1])));
  }
}

/// The groups of digits up to the text column: behind `|`, or behind two spaces, which between
/// single bytes (`paired`) also stand in the middle of 16.
ByteBuffer parse_groups(std::string_view text, bool has_middle) {
  ByteBuffer bytes;
  for (;;) {
    const auto count = leading_digits(text);
    const bool whole = count == text.size() || text[count] == ' ' || text[count] == '\t';
    if (count == 0 || count % 2 != 0 || !whole) {
      return bytes;
    }
    append_digits(bytes, text.substr(0, count));
    text.remove_prefix(count);
    const auto spaces = leading_spaces(text);
    const bool middle = has_middle && spaces == 2 && bytes.size() == 8;
    if (spaces == 0 || (spaces > 1 && !middle) || text[0] == '\t') {
      return bytes;
    }
    text.remove_prefix(spaces);
    if (has_middle && bytes.size() == 16) {
      return bytes;
    }
  }
}

/// C comments count their packets in digits.
std::string without_comments(std::string_view line) {
  std::string result(line);
  for (auto start = result.find("/*"); start != std::string::npos; start = result.find("/*")) {
    const auto end = result.find("*/", start + 2);
    result.erase(start, end == std::string::npos ? end : end + 2 - start);
  }
  return result;
}

/// Nothing but digits, separators, `0x` and `\x`.
bool is_plain(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool prefix =
        (line[i] == 'x' || line[i] == 'X') && i > 0 && (line[i - 1] == '0' || line[i - 1] == '\\');
    if (!prefix && !is_digit(line[i]) && separators.find(line[i]) == std::string_view::npos) {
      return false;
    }
  }
  return std::ranges::any_of(line, is_digit);
}

} // namespace

bool is_hex_text(Bytes first_bytes) {
  const auto text = as_text(first_bytes);
  return std::ranges::any_of(text, is_digit) && std::ranges::all_of(text, [](char character) {
           const auto value = static_cast<unsigned char>(character);
           return value >= 0x20 ? value != 0x7F : value >= '\t' && value <= '\r';
         });
}

void HexReader::feed(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto part = text.substr(0, std::min(end, longest_line));
    pending_ += part;
    text.remove_prefix(part.size());
    if (!text.empty() && text.front() == '\n') {
      text.remove_prefix(1);
      const auto whole = std::exchange(pending_, {});
      std::exchange(long_line_, false) ? plain(whole) : line(whole);
    } else if (pending_.size() > longest_line) {
      shape_ = Shape::plain;
      long_line_ = true;
      plain(std::exchange(pending_, {}));
    }
  }
}

void HexReader::finish() {
  const auto whole = std::exchange(pending_, {});
  long_line_ ? plain(whole) : line(whole);
  end_of_token();
}

/// A line with an offset; the first one of all must look like one without doubt.
std::optional<HexReader::Line> HexReader::parse_line(std::string_view text, bool first) {
  Line line{};
  line.indent = leading_spaces(text);
  text.remove_prefix(line.indent);
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  const auto count = leading_digits(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, line.offset, 16);
  if (error != std::errc{} || count < 3 || count > 16) {
    return std::nullopt;
  }
  text.remove_prefix(count);
  const bool colon = text.starts_with(':');
  text.remove_prefix(colon ? 1 : 0);
  const auto spaces = leading_spaces(text);
  const auto groups = text.substr(spaces);
  const bool in_pairs = leading_digits(groups) == 2;
  const bool clear = colon ? spaces != 0 || groups.empty()
                           : (spaces >= 2 && in_pairs) || (count >= 6 && spaces == 1 && in_pairs &&
                                                           (!first || line.offset == 0));
  if (!clear && !(groups.empty() && !first && count >= 6)) {
    return std::nullopt;
  }
  line.bytes = parse_groups(groups, !colon && in_pairs);
  return line;
}

void HexReader::line(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  if (shape_ != Shape::plain) {
    const auto parsed = parse_line(text, shape_ == Shape::unknown);
    if (parsed) {
      indent_ = shape_ == Shape::unknown ? parsed->indent : indent_;
      shape_ = Shape::with_offsets;
      offset_line(*parsed);
      return;
    }
  }
  if (shape_ == Shape::with_offsets) {
    repeated_ = repeated_ || text == "*";
    passed_over_ += !text.empty() && text != "*";
    return;
  }
  const auto content = without_comments(text);
  if (is_plain(content)) {
    shape_ = Shape::plain;
    plain(content);
    if (digits_ == 1 || !digit_) {
      end_of_token();
    }
  } else {
    passed_over_ += content.find_first_not_of(separators) != std::string::npos;
  }
}

void HexReader::offset_line(const Line& line) {
  const bool other_side = line.indent != indent_;
  auto& side = sides_[other_side ? 1 : 0];
  auto bytes = Bytes(line.bytes);
  const auto expected = side.expected.value_or(line.offset);
  if (line.offset == 0 && side.expected && expected != 0) {
    listener_.next_block();
    repeated_ = false;
  } else if (line.offset > expected) {
    if (std::exchange(repeated_, false) && !side.last.empty()) {
      repeat_last(side, line.offset, other_side);
    } else {
      listener_.missing(line.offset - expected, other_side);
    }
  } else { // pasted twice
    bytes = bytes.subspan(std::min<std::uint64_t>(expected - line.offset, bytes.size()));
    if (bytes.empty()) {
      return;
    }
  }
  if (!bytes.empty()) {
    listener_.bytes(bytes, other_side);
    side.last = line.bytes;
  }
  side.expected = line.offset + line.bytes.size();
}

/// hexdump and xxd -a write `*` for lines that are the same as the one before.
void HexReader::repeat_last(Side& side, std::uint64_t until, bool other_side) {
  constexpr std::uint64_t most = std::uint64_t{1} << 30; // no dump people paste is that long
  auto count = until - *side.expected;
  if (count > most) {
    listener_.missing(count, other_side);
    return;
  }
  for (; count != 0; count -= std::min<std::uint64_t>(count, side.last.size())) {
    listener_.bytes(Bytes(side.last).first(std::min<std::uint64_t>(count, side.last.size())),
                    other_side);
  }
}

/// Digits in groups. A group of several that is odd goes on in the next line.
void HexReader::plain(std::string_view text) {
  ByteBuffer bytes;
  const auto emit = [&](unsigned value) {
    bytes.push_back(static_cast<std::byte>(value));
    if (bytes.size() == piece) {
      listener_.bytes(bytes, false);
      bytes.clear();
    }
  };
  for (const auto character : text) {
    const bool was_escaped = std::exchange(escaped_, character == '\\');
    if (character == 'x' || character == 'X') { // what stood before is a prefix
      digit_ = was_escaped ? digit_ : std::nullopt;
      digits_ = 0;
    } else if (const auto value = digit_value(character)) {
      ++digits_;
      if (digit_) {
        emit(*std::exchange(digit_, std::nullopt) << 4 | *value);
      } else {
        digit_ = value;
      }
    } else {
      if (digit_ && digits_ == 1) {
        emit(*std::exchange(digit_, std::nullopt));
      }
      digits_ = 0;
    }
  }
  if (!bytes.empty()) {
    listener_.bytes(bytes, false);
  }
}

void HexReader::end_of_token() {
  if (digit_) {
    const auto value = static_cast<std::byte>(*std::exchange(digit_, std::nullopt));
    listener_.bytes(std::span(&value, 1), false);
  }
  digits_ = 0;
}

} // namespace dualcam::inline tools
