#include "dualcam/media/picture_size.hpp"

#include <algorithm>

#include "dualcam/media/h264.hpp"
#include "media/parameter_set.hpp"

namespace dualcam {
namespace {

constexpr std::size_t longest_parameter_set = 1024; // its part up to the size, by far

/// Of H.265, behind the NAL unit's header.
std::optional<PictureSize> size_in(Bytes parameter_set) {
  constexpr unsigned most_sub_layers = 6; // besides the first
  constexpr std::uint32_t largest_id = 15;
  constexpr std::uint32_t largest_chroma = 3;
  constexpr std::uint32_t smallest_block = 8; // of which coded pictures are made
  BitReader reader(parameter_set.first(std::min(parameter_set.size(), longest_parameter_set)));
  reader.skip(4); // video parameter set
  const auto sub_layers = reader.bits(3);
  reader.skip(1);
  skip_profile(reader, sub_layers);
  const auto id = reader.number();
  const auto chroma = reader.number();
  reader.skip(chroma == 3 ? 1 : 0);
  const auto width = reader.number();
  const auto height = reader.number();
  const auto size = take_shown_size(reader, chroma, 1, width, height);
  const bool possible = !reader.is_past_end() && sub_layers <= most_sub_layers &&
                        id <= largest_id && chroma <= largest_chroma &&
                        width % smallest_block == 0 && height % smallest_block == 0 &&
                        size.width != 0 && size.height != 0;
  return possible ? std::optional(size) : std::nullopt;
}

/// What follows the next start code; nullopt: there is none.
std::optional<Bytes> behind_start_code(Bytes stream) {
  const auto at = as_text(stream).find(annex_b_start_code);
  return at == std::string_view::npos
             ? std::nullopt
             : std::optional(stream.subspan(at + annex_b_start_code.size()));
}

} // namespace

std::optional<PictureSize> picture_size(Bytes stream, VideoCodec codec) {
  constexpr unsigned sequence_parameter_set = 33;
  constexpr std::size_t header_size = 2;
  for (auto unit = behind_start_code(stream); unit; unit = behind_start_code(*unit)) {
    if (codec == VideoCodec::h264) {
      if (const auto sequence = read_h264_sequence(*unit)) {
        return PictureSize{sequence->width, sequence->height};
      }
      continue;
    }
    const auto type = unit->empty() ? 0U : std::to_integer<unsigned>((*unit)[0]) >> 1 & 63;
    if (type == sequence_parameter_set && unit->size() > header_size) {
      const auto set = unit->subspan(header_size);
      return size_in(set.first(std::min(set.size(), as_text(set).find(annex_b_start_code))));
    }
  }
  return std::nullopt;
}

} // namespace dualcam
