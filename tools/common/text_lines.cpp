#include "common/text_lines.hpp"

namespace dualcam::inline tools {

Words tokens_of(std::string_view text, std::string_view separators) {
  Words tokens;
  for (;;) {
    const auto start = text.find_first_not_of(separators);
    if (start == std::string_view::npos) {
      return tokens;
    }
    text.remove_prefix(start);
    const auto end = std::min(text.find_first_of(separators), text.size());
    tokens.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

Words words_of(std::string_view text) { return tokens_of(text, " \t"); }

} // namespace dualcam::inline tools
