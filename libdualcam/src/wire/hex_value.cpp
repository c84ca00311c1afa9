#include "dualcam/wire/hex_value.hpp"

#include "dualcam/wire/hex.hpp"

namespace dualcam {

std::optional<ByteBuffer> bytes_of_hex(std::string_view digits) {
  ByteBuffer bytes;
  bytes.reserve(digits.size() / 2);
  for (; !digits.empty(); digits.remove_prefix(2)) {
    const auto byte = byte_of_hex(digits.substr(0, 2));
    if (!byte) {
      return std::nullopt;
    }
    bytes.push_back(*byte);
  }
  return bytes;
}

std::optional<ByteBuffer> parse_hex(std::string_view text) {
  constexpr std::string_view between_bytes = " \t\r\n,:;";
  ByteBuffer bytes;
  while (!text.empty()) {
    if (between_bytes.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
      continue;
    }
    if (text.starts_with("0x") || text.starts_with("0X")) {
      text.remove_prefix(2);
    }
    const auto byte = byte_of_hex(text.substr(0, 2));
    if (!byte) {
      return std::nullopt;
    }
    bytes.push_back(*byte);
    text.remove_prefix(2);
  }
  return bytes;
}

} // namespace dualcam
