#include "common/shell.hpp"

namespace dualcam {

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

} // namespace dualcam
