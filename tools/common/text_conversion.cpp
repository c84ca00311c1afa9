#include "common/text_conversion.hpp"

#include "common/counted.hpp"

namespace dualcam::inline tools {

void TextConversion::bytes(Bytes bytes) {
  constexpr unsigned replacement = 0xEFBFBD; // U+FFFD
  all_ += bytes.size();
  for (const auto byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    const auto lead = before_ & 0xFF;
    high_ += value >= 0x80 ? 1 : 0;
    questions_ += value == '?' ? 1 : 0;
    in_pairs_ += (lead == 0xC2 || lead == 0xC3) && (value & 0xC0) == 0x80 ? 1 : 0;
    replaced_ += (before_ << 8 | value) == replacement ? 1 : 0;
    before_ = (before_ << 8 | value) & 0xFFFF;
  }
}

std::string TextConversion::verdict() const {
  constexpr std::uint64_t few = 3; // by chance there is one in 16 million bytes
  constexpr std::uint64_t enough = 64;
  constexpr std::uint64_t least = 4; // pairs, which names in JSON may have, too
  constexpr auto lost = ": these are lost, and cannot be told. Take the dump again as a binary "
                        "file, or as hex";
  if (replaced_ >= few && replaced_ > all_ / 1000) {
    return counted(replaced_, "time") +
           " EF BF BD, which a conversion to text has put in place of bytes" + lost;
  }
  if (high_ == 0 && all_ >= enough && questions_ > all_ / 8) {
    return "no byte above 7F, and '?' " + counted(questions_, "time") +
           ", which a conversion to text has put in place of such bytes" + lost;
  }
  if (in_pairs_ >= least && high_ == 2 * in_pairs_) {
    return "every byte above 7F stands in it as two: it was written as text in UTF-8. 'iconv -f "
           "utf-8 -t latin1' undoes that";
  }
  return {};
}

} // namespace dualcam::inline tools
