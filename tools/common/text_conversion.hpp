// Bytes that somebody took for text, and converted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// U+FFFD in UTF-8.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";
inline constexpr const char* lost_to_text = "the character U+FFFD stands for bytes that a "
                                            "conversion to text has lost: take the dump again, "
                                            "as hex or base64";

/// Counts what conversions leave behind. Memory: a constant.
class TextConversion {
public:
  void bytes(Bytes bytes);

  /// What has been done to the bytes, and what to do; empty: nothing.
  std::string verdict() const;

private:
  unsigned before_ = 0;         ///< the last two bytes
  std::uint64_t all_ = 0;       ///< bytes
  std::uint64_t high_ = 0;      ///< of these above 7F
  std::uint64_t questions_ = 0; ///< 3F
  std::uint64_t replaced_ = 0;  ///< EF BF BD
  std::uint64_t in_pairs_ = 0;  ///< C2 or C3 and another one: a byte above 7F in UTF-8
};

} // namespace dualcam::inline tools
