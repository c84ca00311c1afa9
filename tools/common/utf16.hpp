// Text as Windows writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Turns UTF-16 into UTF-8, `?` in place of control characters and of those beyond U+FFFF.
/// Understands pieces of any size.
class Utf16 {
public:
  /// nullopt: these first bytes are not UTF-16 of either byte order.
  static std::optional<Utf16> of(Bytes first_bytes);

  std::string text(Bytes bytes);

private:
  explicit Utf16(bool little_endian) : little_endian_(little_endian) {}

  bool little_endian_;
  std::optional<std::byte> half_; ///< of a code unit
};

} // namespace dualcam::inline tools
