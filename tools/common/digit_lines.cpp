#include "common/digit_lines.hpp"

#include <algorithm>
#include <utility>

#include "common/digit_line.hpp"
#include "common/hex_digits.hpp"
#include "common/mended_digits.hpp"

namespace dualcam::inline tools {

void DigitLines::take(std::string_view text) {
  if (is_star(text)) {
    refuse(std::string(star_without_offsets));
    return;
  }
  const auto line = parse_digit_line(text, before_, form().padded);
  before_ = line.bytes.empty() ? before_ : line.before; // others may stand between them
  if (!line.run.empty() ||
      ((digit_ || !held_.empty()) && line.has_hex() && text.size() <= run_length_)) {
    run(line.run.empty() ? text : line.run);
    return;
  }
  end();
  if (line.bytes.empty() && !line.blank && take_mended(line_number(), text)) {
  } else if (!line.problem.empty()) {
    problem(line.problem);
  } else if (!line.bytes.empty()) {
    emit(line.bytes);
  } else if (!line.blank) {
    pass_over();
  }
}

/// What is whole of a line of which little is damaged: where two stand-ins for that give other
/// bytes, they are missing.
bool DigitLines::take_mended(std::uint64_t number, std::string_view text) {
  const auto damaged = damaged_digits(text);
  if (damaged.empty()) {
    return false;
  }
  const auto line = parse_digit_line(with_digits(text, damaged, '0'), before_, form().padded);
  const auto other = parse_digit_line(with_digits(text, damaged, '1'), before_, form().padded);
  if (line.bytes.empty() || !line.problem.empty() || !other.problem.empty() ||
      line.bytes.size() != other.bytes.size()) {
    return false;
  }
  emit_alike(number, line.bytes, other.bytes);
  before_ = line.before;
  problem_at(number, damage_of(text, damaged));
  return true;
}

/// Digits broken into lines of an odd length: the last one goes on in the next line. A shorter one,
/// the last of them, that would leave a digit over is a line of its own.
void DigitLines::run(std::string_view digits) {
  const bool is_hex = std::ranges::all_of(digits, is_hex_digit);
  const bool is_even = digits.size() % 2 == 0;
  const bool last = run_length_ != 0 && digits.size() < run_length_;
  const bool is_odd_before = digit_ || !held_.empty();
  const bool goes_on =
      is_hex && digits.size() <= run_length_ && !(last && is_odd_before && is_even);
  if (run_length_ != 0 && !goes_on) {
    end();
    take(digits);
    return;
  }
  if (std::exchange(run_length_, digits.size()) == 0) {
    held_ = digits;
    held_line_ = line_number();
    return;
  }
  take_digits(std::exchange(held_line_, line_number()), std::exchange(held_, {}));
  take_digits(line_number(), digits);
  if (last) {
    end();
  }
}

void DigitLines::end() {
  run_length_ = 0;
  if (const auto held = std::exchange(held_, {}); !held.empty() && !take_mended(held_line_, held)) {
    take_digits(held_line_, held);
  }
  if (std::exchange(digit_, std::nullopt)) {
    problem_at(digit_line_, "an odd number of hex digits: one is missing, or one too many");
  }
}

/// Of a line of nothing but digits and separators.
void DigitLines::take_digits(std::uint64_t line, std::string_view part) {
  constexpr std::string_view separators = " \t\r,;:-\"'";
  ByteBuffer bytes;
  for (const char c : part) {
    if (is_hex_digit(c)) {
      const auto value = hex_value(c);
      if (digit_) {
        bytes.push_back(static_cast<std::byte>(*std::exchange(digit_, std::nullopt) << 4 | value));
      } else {
        digit_ = value;
        digit_line_ = line;
      }
    } else if (digit_) {
      refuse("an odd number of hex digits");
      return;
    } else if (separators.find(c) == std::string_view::npos) {
      refuse("a line of more than 1 MiB has more in it than hex digits: break it into lines");
      return;
    }
  }
  emit_of(line, bytes);
}

} // namespace dualcam::inline tools
