#include "common/code_tokens.hpp"

#include <optional>
#include <utility>

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {
namespace {

char end_of_code(char open) { return open == '<' ? '>' : open == '{' ? '}' : ']'; }

/// `00`, or the name of a control character.
std::optional<unsigned> byte_of_code(std::string_view code) {
  return code.size() == 2 && is_all_hex(code)
             ? std::optional(hex_value(code[0]) << 4 | hex_value(code[1]))
             : control_character(code);
}

} // namespace

void CodeTokens::take(char c) {
  constexpr std::size_t longest_code = 4;
  if (c == form().bracket) {
    end_code();
    code_ = c;
  } else if (code_.empty()) {
    take_itself(c);
  } else if (c == end_of_code(form().bracket)) {
    const auto value = byte_of_code(std::string_view(code_).substr(1));
    begun_ = begun_ || value;
    if (value) {
      code_.clear();
      byte(*value);
    } else {
      end_code();
      take_itself(c);
    }
  } else {
    code_ += c;
    if (code_.size() > longest_code) {
      end_code();
    }
  }
}

/// It was none.
void CodeTokens::end_code() {
  for (const char c : std::exchange(code_, {})) {
    take_itself(c);
  }
}

void CodeTokens::take_itself(char c) {
  if (!begun_ || c == '\n' || c == '\r') {
    return;
  }
  if (c >= ' ' && c <= '~') {
    byte(static_cast<unsigned char>(c));
  } else {
    wrong("a character that is no byte: have the terminal show hex only");
  }
}

} // namespace dualcam::inline tools
