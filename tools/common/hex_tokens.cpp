#include "common/hex_tokens.hpp"

#include <utility>

#include "common/base64_tokens.hpp"
#include "common/buffer_tokens.hpp"
#include "common/code_tokens.hpp"
#include "common/digit_tokens.hpp"
#include "common/escape_tokens.hpp"
#include "common/json_tokens.hpp"
#include "common/number_tokens.hpp"
#include "common/percent_tokens.hpp"

namespace dualcam::inline tools {

std::unique_ptr<HexTokens> HexTokens::make(const HexForm& form, Output output) {
  switch (form.style) {
  case HexStyle::c_array:
  case HexStyle::decimal:
    return std::make_unique<NumberTokens>(form, std::move(output));
  case HexStyle::escapes:
    return std::make_unique<EscapeTokens>(form, std::move(output));
  case HexStyle::node:
    return std::make_unique<BufferTokens>(form, std::move(output));
  case HexStyle::json:
    return std::make_unique<JsonTokens>(form, std::move(output));
  case HexStyle::base64:
    return std::make_unique<Base64Tokens>(form, std::move(output));
  case HexStyle::base64_words:
    return std::make_unique<Base64WordTokens>(form, std::move(output));
  case HexStyle::percent:
    return std::make_unique<PercentTokens>(form, std::move(output));
  case HexStyle::codes:
    return std::make_unique<CodeTokens>(form, std::move(output));
  case HexStyle::digits:
    return std::make_unique<DigitTokens>(form, std::move(output));
  case HexStyle::offsets:
  case HexStyle::lines:
  case HexStyle::words:
  case HexStyle::yaml:
    break;
  }
  return nullptr;
}

void HexTokens::feed(std::string_view text) {
  for (const char c : text) {
    take(c);
    if (c == '\n') {
      end_line();
    } else if (c != '\r') {
      ++length_;
      is_plain_ = is_plain_ && may_be_in_row(c);
    }
  }
  flush();
}

void HexTokens::end_line() {
  rows_.end_of_line(line_, is_plain_ ? length_ : 0);
  ++line_;
  length_ = 0;
  is_plain_ = true;
}

void HexTokens::finish() {
  take('\n');
  end();
  end_base64();
  rows_.finish();
  flush();
}

bool HexTokens::is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.' || c == '+' || c == '?';
}

bool HexTokens::goes_on(Escape& escape, char c) {
  if (!escape.is_open()) {
    return false;
  }
  const auto step = escape.take(c);
  if (step.byte) {
    byte(*step.byte);
  }
  if (step.problem != nullptr) {
    wrong(step.problem);
  }
  return step.goes_on;
}

bool HexTokens::take_latin1(char c) {
  const auto lead = std::exchange(lead_, '\0');
  if (lead != 0 && (c & 0xC0) == 0x80) {
    byte((static_cast<unsigned>(lead) & 3U) << 6 | (static_cast<unsigned>(c) & 0x3FU));
  } else if (lead == 0 && (c == '\xC2' || c == '\xC3')) {
    lead_ = c;
  } else if (lead != 0 || (c & 0x80) != 0) {
    wrong_once("characters that are no bytes: print it as hex or base64");
  } else {
    return false;
  }
  return true;
}

void HexTokens::take_base64(char c) {
  const char digit = c == '-' ? '+' : c == '_' ? '/' : c; // of base64url
  const auto take = [this](std::optional<std::byte> value) {
    value ? byte(std::to_integer<unsigned>(*value)) : missing(1);
  };
  if (base64_.digit(digit, take)) {
    base64_line_ = line_;
  } else if (c == '=') {
    end_base64();
  } else if (c != '\n' && c != '\r' && c != ' ' && (c & 0xC0) != 0x80) {
    base64_.lost_digit(take);
    wrong_once("a character that base64 does not have");
  }
}

void HexTokens::realign_base64() {
  for (auto lacking = base64_.lacking(); lacking != 0; --lacking) {
    base64_.lost_digit([this](auto) { missing(1); });
  }
}

void HexTokens::end_base64() {
  if (base64_.is_cut()) {
    wrong(base64_line_, cut_base64);
  }
  base64_.restart();
}

// --- output ---

void HexTokens::wrong_once(std::string what) {
  if (!std::exchange(is_bad_string_, true)) {
    wrong(std::move(what));
  }
}

void HexTokens::missing(std::uint64_t count) {
  flush();
  output_.missing(count);
}

void HexTokens::byte(unsigned value, std::uint64_t line) {
  rows_.byte(line, value);
  constexpr std::size_t bytes_at_once = 65536;
  bytes_.push_back(static_cast<std::byte>(value));
  if (bytes_.size() == bytes_at_once) {
    flush();
  }
}

void HexTokens::flush() {
  if (!bytes_.empty()) {
    output_.bytes(bytes_);
    bytes_.clear();
  }
}

} // namespace dualcam::inline tools
