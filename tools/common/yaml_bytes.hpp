// YAML -> the bytes that it has under the names of bytes: as hex, base64 or numbers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base64.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// What stands behind `data:` and the like, trimmed; nullopt: the line has no name of bytes.
std::optional<std::string_view> yaml_bytes_value(std::string_view line);

/// `data: 0004`, `data: [0, 4]`, items `- 4`, blocks of hex behind `|`, of base64 behind
/// `!!binary |`. Memory: one line.
class YamlBytes {
public:
  struct Line {
    ByteBuffer bytes;
    ByteBuffer other{};    ///< read otherwise: where they differ, a byte is lost
    std::string problem{}; ///< not empty: something of it is no byte
    std::string before{};  ///< not empty: what is wrong with the value that ended before it
  };
  Line line(std::string_view line);
  /// What is wrong where the text ends; empty: nothing.
  std::string finish();

private:
  enum class Inside { nothing, items, list, hex, base64 };

  bool goes_on(std::size_t indent, std::string_view text) const;
  void begin(std::string_view value, Line& line);
  void take(std::string_view text, Line& line);
  void take_scalar(std::string_view text, Line& line);
  void take_numbers(std::string_view text, Line& line);
  void take_hex(std::string_view text, Line& line);
  void take_base64(std::string_view text, Line& line);

  Inside inside_ = Inside::nothing;
  std::size_t indent_ = 0; ///< of the name
  Base64Decoder base64_;
};

} // namespace dualcam::inline tools
