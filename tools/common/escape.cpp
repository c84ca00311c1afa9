#include "common/escape.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/utf8.hpp"

namespace dualcam::inline tools {
namespace {

/// The length of the printable non-ASCII character at the front; 0 if there is none.
std::size_t printable_utf8(std::string_view text) {
  const auto [code, length] = first_utf8(text);
  const bool control = code < 0xA0 || (code >= 0x2028 && code <= 0x202E) ||
                       (code >= 0x2066 && code <= 0x2069) || code == 0x061C || code == 0x200E ||
                       code == 0x200F; // C1, line separators, direction
  return control ? 0 : length;
}

} // namespace

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const bool plain = byte >= 0x20 && byte < 0x7F && byte != '\\';
    const std::size_t length = plain ? 1 : byte >= 0x80 ? printable_utf8(text) : 0;
    if (length == 0) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max(length, std::size_t{1}));
  }
  return result;
}

} // namespace dualcam::inline tools
