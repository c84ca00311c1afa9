// Text as Windows writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Turns UTF-16 and UTF-32 into UTF-8, `?` in place of control characters and of those beyond
/// U+FFFF. Understands pieces of any size.
class WideText {
public:
  /// nullopt: these first bytes are neither of these, of either byte order.
  static std::optional<WideText> of(Bytes first_bytes);

  std::string text(Bytes bytes);

private:
  WideText(unsigned unit, bool little_endian) : unit_(unit), little_endian_(little_endian) {}

  unsigned unit_; ///< bytes of a code unit
  bool little_endian_;
  unsigned code_ = 0;  ///< the one that has not come whole
  unsigned count_ = 0; ///< its bytes so far
};

} // namespace dualcam::inline tools
