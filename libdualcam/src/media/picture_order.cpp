#include "dualcam/media/picture_order.hpp"

#include "media/parameter_set.hpp"
#include "media/picture_count.hpp"

namespace dualcam {
namespace {

// nal_unit_type, table 7-1
constexpr std::uint8_t first_leading = 6;
constexpr std::uint8_t last_leading = 9; // 6, 7: decodable; 8, 9: skipped
constexpr std::uint8_t first_skipped = 8;
constexpr std::uint8_t last_non_reference = 14; // the even ones up to here
constexpr std::uint8_t first_key = 16;
constexpr std::uint8_t last_key = 23;
constexpr std::uint8_t last_broken_link = 18; // 16 to 18
constexpr std::uint8_t first_instantaneous = 19;
constexpr std::uint8_t last_instantaneous = 20;
constexpr std::uint8_t first_other = 32;
constexpr std::uint8_t sequence_parameters = 33;
constexpr std::uint8_t picture_parameters = 34;
constexpr std::uint8_t end_of_sequence = 36;
constexpr std::uint8_t end_of_stream = 37;

} // namespace

std::optional<PictureOrder> PictureOrderReader::take(Bytes nal_unit) {
  if (nal_unit.size() < 2) {
    return std::nullopt;
  }
  const auto payload = nal_unit.subspan(2).first(std::min(nal_unit.size() - 2, enough));
  const auto type = static_cast<std::uint8_t>(std::to_integer<unsigned>(nal_unit[0]) >> 1 & 0x3F);
  if (type < first_other) {
    return order_of(type, (std::to_integer<unsigned>(nal_unit[1]) & 7) == 1, payload);
  }
  if (type == sequence_parameters) {
    take_sequence(payload);
  } else if (type == picture_parameters) {
    take_picture(payload);
  }
  begins_ = begins_ || type == end_of_sequence || type == end_of_stream;
  return std::nullopt;
}

void PictureOrderReader::take_sequence(Bytes payload) {
  BitReader reader(payload);
  reader.skip(4);
  const auto sub_layers = reader.bits(3);
  reader.skip(1);
  skip_profile(reader, sub_layers);
  const auto id = reader.number();
  const auto chroma = reader.number();
  const bool separate_planes = chroma == 3 && reader.flag();
  reader.number(); // width
  reader.number(); // height
  if (reader.flag()) {
    for (int side = 0; side < 4; ++side) {
      reader.number(); // what is cut off
    }
  }
  reader.number(); // bits of a sample, less 8
  reader.number();
  const auto count_bits = reader.number() + 4;
  if (id < sequences_.size() && count_bits >= 4 && count_bits <= 16 && !reader.is_past_end()) {
    sequences_[id] = Sequence{separate_planes, count_bits};
  }
}

void PictureOrderReader::take_picture(Bytes payload) {
  BitReader reader(payload);
  const auto id = reader.number();
  const auto sequence = reader.number();
  reader.skip(1); // dependent slices
  const bool has_output_flag = reader.flag();
  const auto extra_bits = reader.bits(3);
  if (id < pictures_.size() && sequence < sequences_.size() && !reader.is_past_end()) {
    pictures_[id] = Picture{sequence, has_output_flag, extra_bits};
  }
}

std::optional<PictureOrder> PictureOrderReader::order_of(std::uint8_t type, bool lowest_layer,
                                                         Bytes payload) {
  BitReader reader(payload);
  if (!reader.flag()) { // a further slice
    return std::nullopt;
  }
  const bool key = type >= first_key && type <= last_key;
  reader.skip(key ? 1 : 0);
  const auto id = reader.number();
  if (id >= pictures_.size() || !pictures_[id] || !sequences_[pictures_[id]->sequence]) {
    return std::nullopt;
  }
  const auto& picture = *pictures_[id];
  const auto& sequence = *sequences_[picture.sequence];
  reader.skip(picture.extra_bits);
  reader.number(); // type of the slice
  reader.skip((picture.has_output_flag ? 1U : 0U) + (sequence.separate_planes ? 2U : 0U));
  const bool instantaneous = type >= first_instantaneous && type <= last_instantaneous;
  const auto low = static_cast<std::int32_t>(instantaneous ? 0 : reader.bits(sequence.count_bits));
  if (reader.is_past_end()) {
    return std::nullopt;
  }
  const bool restarts = key && (begins_ || instantaneous || type <= last_broken_link);
  if (restarts) {
    skips_leading_ = !instantaneous;
    reference_ = 0;
  } else if (key) {
    skips_leading_ = false;
  }
  const auto count = restarts ? low : count_next_to(reference_, low, sequence.count_bits);
  const bool leading = type >= first_leading && type <= last_leading;
  const bool non_reference = type <= last_non_reference && type % 2 == 0;
  if (lowest_layer && !leading && !non_reference) {
    reference_ = count;
  }
  begins_ = false;
  return PictureOrder{restarts, skips_leading_ && type >= first_skipped && leading, count};
}

} // namespace dualcam
