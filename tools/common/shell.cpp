#include "common/shell.hpp"

#include <optional>
#include <utility>

namespace dualcam::inline tools {
namespace {

/// Takes a command apart, one character after the other.
class Splitter {
public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  std::expected<std::vector<std::string>, std::string> run() {
    while (!rest_.empty()) {
      const auto character = take();
      if (character == ' ' || character == '\t' || character == '\n') {
        end_word();
      } else if (character == '\'') {
        single_quoted();
      } else if (character == '"') {
        double_quoted();
      } else if (character == '\\') {
        escaped_character();
      } else {
        add(character);
      }
      if (!error_.empty()) {
        return std::unexpected(error_);
      }
    }
    end_word();
    return words_;
  }

private:
  char take() {
    const auto character = rest_.front();
    rest_.remove_prefix(1);
    return character;
  }

  void add(char character) { word_ = word_.value_or("") + character; }

  void end_word() {
    if (word_) {
      words_.push_back(*std::exchange(word_, std::nullopt));
    }
  }

  void single_quoted() {
    const auto end = rest_.find('\'');
    if (end == rest_.npos) {
      error_ = "a ' is not closed";
      return;
    }
    word_ = word_.value_or("").append(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
  }

  void double_quoted() {
    constexpr std::string_view special = "$`\"\\\n"; // a backslash before any other stays
    word_ = word_.value_or("");
    while (!rest_.empty()) {
      const auto character = take();
      if (character == '"') {
        return;
      }
      if (character == '\\' && !rest_.empty() && special.contains(rest_.front())) {
        escaped_character();
      } else {
        add(character);
      }
    }
    error_ = "a \" is not closed";
  }

  void escaped_character() {
    if (rest_.empty()) {
      error_ = "nothing follows the last backslash";
    } else if (const auto character = take(); character != '\n') { // which continues the line
      add(character);
    }
  }

  std::string_view rest_;
  std::optional<std::string> word_; ///< "" is one too
  std::vector<std::string> words_;
  std::string error_;
};

} // namespace

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-+./:,@%=";
  if (!text.empty() && text.find_first_not_of(plain) == text.npos) {
    return std::string(text);
  }
  std::string quoted = "'";
  for (const auto character : text) {
    quoted += character == '\'' ? "'\\''" : std::string(1, character);
  }
  return quoted + "'";
}

std::string shell_command(const std::vector<std::string>& words) {
  std::string command;
  for (const auto& word : words) {
    command += (command.empty() ? "" : " ") + shell_word(word);
  }
  return command;
}

std::expected<std::vector<std::string>, std::string> split_command(std::string_view text) {
  return Splitter(text).run();
}

} // namespace dualcam::inline tools
