#include "dualcam/media/h264.hpp"

#include <algorithm>
#include <utility>

#include "media/parameter_set.hpp"
#include "media/picture_count.hpp"

namespace dualcam {
namespace {

// nal_unit_type, table 7-1
constexpr unsigned h264_other_slice = 1;
constexpr unsigned h264_key_slice = 5;
constexpr unsigned h264_sequence_set = 7;
constexpr unsigned h264_picture_set = 8;

constexpr unsigned side_of_block = 16;

/// Profiles whose sequence parameter sets tell of colours and scaling.
bool is_high(unsigned profile) {
  constexpr std::array<unsigned, 13> high{100, 110, 122, 244, 44,  83, 86,
                                          118, 128, 138, 139, 134, 135};
  return std::ranges::find(high, profile) != high.end();
}

void skip_scaling_list(BitReader& reader, unsigned size) {
  std::int32_t last = 8;
  std::int32_t next = 8;
  for (unsigned i = 0; i < size; ++i) {
    next = next != 0 ? (last + reader.signed_number() % 256 + 512) % 256 : 0;
    last = next != 0 ? next : last;
  }
}

/// The format of colours.
unsigned take_colours(BitReader& reader, H264Sequence& sequence) {
  const auto chroma = reader.number();
  sequence.separate_planes = chroma == 3 && reader.flag();
  reader.number(); // bits of a sample, less 8
  reader.number();
  reader.skip(1);
  if (reader.flag()) {
    for (unsigned list = 0; list < (chroma == 3 ? 12U : 8U); ++list) {
      if (reader.flag()) {
        skip_scaling_list(reader, list < 6 ? 16 : 64);
      }
    }
  }
  return chroma;
}

void take_order(BitReader& reader, H264Sequence& sequence) {
  sequence.order_type = reader.number();
  if (sequence.order_type == 0) {
    sequence.order_bits = reader.number() + 4;
  } else if (sequence.order_type == 1) {
    sequence.is_corrected = !reader.flag();
    sequence.non_reference_offset = reader.signed_number();
    sequence.bottom_offset = reader.signed_number();
    for (auto count = reader.number(); count != 0 && !reader.is_past_end(); --count) {
      sequence.reference_offsets.push_back(reader.signed_number());
    }
  }
}

void take_size(BitReader& reader, unsigned chroma, H264Sequence& sequence) {
  const auto width = (std::uint64_t{reader.number()} + 1) * side_of_block;
  const auto height_of_field = (std::uint64_t{reader.number()} + 1) * side_of_block;
  sequence.frames_only = reader.flag();
  const unsigned fields = sequence.frames_only ? 1 : 2;
  reader.skip(sequence.frames_only ? 1 : 2);
  const auto size = take_shown_size(reader, chroma, fields, width, height_of_field * fields);
  sequence.width = size.width;
  sequence.height = size.height;
}

} // namespace

std::optional<H264Sequence> read_h264_sequence(Bytes nal_unit) {
  if (nal_unit.empty() || (std::to_integer<unsigned>(nal_unit[0]) & 0x1F) != h264_sequence_set) {
    return std::nullopt;
  }
  H264Sequence sequence{};
  BitReader reader(
      nal_unit.subspan(1).first(std::min(nal_unit.size() - 1, PictureOrderReader::enough)));
  const auto profile = reader.bits(8);
  reader.skip(16); // constraints and level
  sequence.id = reader.number();
  const auto chroma = is_high(profile) ? take_colours(reader, sequence) : 1;
  sequence.frame_number_bits = reader.number() + 4;
  take_order(reader, sequence);
  reader.number(); // pictures that are kept
  reader.skip(1);
  take_size(reader, chroma, sequence);
  const bool possible = sequence.id < 32 && sequence.frame_number_bits >= 4 &&
                        sequence.frame_number_bits <= 16 && sequence.order_type <= 2 &&
                        sequence.order_bits <= 16 && sequence.width != 0 && sequence.height != 0;
  return possible && !reader.is_past_end() ? std::optional(sequence) : std::nullopt;
}

std::optional<PictureOrder> H264OrderReader::take(Bytes nal_unit) {
  if (nal_unit.size() < 2) {
    return std::nullopt;
  }
  const auto header = std::to_integer<std::uint8_t>(nal_unit[0]);
  const auto type = header & 0x1FU;
  const auto payload =
      nal_unit.subspan(1).first(std::min(nal_unit.size() - 1, PictureOrderReader::enough));
  if (type == h264_sequence_set) {
    if (const auto sequence = read_h264_sequence(nal_unit)) {
      sequences_[sequence->id] = sequence;
    }
  } else if (type == h264_picture_set) {
    BitReader reader(payload);
    const auto id = reader.number();
    const auto sequence = reader.number();
    if (id < pictures_.size() && sequence < sequences_.size()) {
      pictures_[id] = sequence;
    }
  } else if (type == h264_other_slice || type == h264_key_slice) {
    return order_of(header, payload);
  }
  return std::nullopt;
}

std::optional<PictureOrder> H264OrderReader::order_of(std::uint8_t header, Bytes payload) {
  BitReader reader(payload);
  if (reader.number() != 0) { // a further slice
    return std::nullopt;
  }
  reader.number(); // type of the slice
  const auto id = reader.number();
  if (id >= pictures_.size() || !pictures_[id] || !sequences_[*pictures_[id]]) {
    return std::nullopt;
  }
  const auto& sequence = *sequences_[*pictures_[id]];
  reader.skip(sequence.separate_planes ? 2 : 0);
  const auto frame_number = reader.bits(sequence.frame_number_bits);
  const bool is_reference = (header & 0x60) != 0;
  std::optional<Field> field;
  if (!sequence.frames_only && reader.flag()) {
    field = Field{frame_number, reader.flag(), is_reference};
  }
  const bool key = (header & 0x1FU) == h264_key_slice;
  if (key) {
    reader.number();
    reference_ = decoded_ = 0;
    frames_before_ = 0;
  } else if (frame_number < frame_number_) {
    frames_before_ += 1U << sequence.frame_number_bits;
  }
  frame_number_ = frame_number;
  PictureOrder order{key, false, 0, is_second(field, key)};
  if (sequence.order_type == 0) {
    const auto low = static_cast<std::int32_t>(reader.bits(sequence.order_bits));
    order.count = told_count(low, sequence.order_bits, is_reference);
  } else if (sequence.order_type == 1) {
    const bool lone_bottom = field && field->bottom;
    order.count = sum_modulo(count_in_cycle(sequence, frame_number, is_reference),
                             lone_bottom ? sequence.bottom_offset : 0);
    order.count = sum_modulo(order.count, sequence.is_corrected ? reader.signed_number() : 0);
  } else {
    order.count = decoded_++;
  }
  return reader.is_past_end() ? std::nullopt : std::optional(order);
}

/// Of the slice's own count, of which only the lower bits stand there.
std::int32_t H264OrderReader::told_count(std::int32_t low, unsigned bits, bool is_reference) {
  const auto count = count_next_to(reference_, low, bits);
  reference_ = is_reference ? count : reference_;
  return count;
}

/// As the number of the frame has it (8.2.1.2).
std::int32_t H264OrderReader::count_in_cycle(const H264Sequence& sequence,
                                             std::uint32_t frame_number, bool is_reference) const {
  const auto& offsets = sequence.reference_offsets;
  std::uint32_t count = 0; // all modulo 2^32
  auto frames = offsets.empty() ? 0 : frames_before_ + frame_number;
  frames -= !is_reference && frames != 0 ? 1 : 0;
  if (frames != 0) {
    const auto size = static_cast<std::uint32_t>(offsets.size());
    const auto cycles = (frames - 1) / size;
    const auto within = (frames - 1) % size;
    for (std::uint32_t i = 0; i < size; ++i) {
      count += static_cast<std::uint32_t>(offsets[i]) * (cycles + (i <= within ? 1 : 0));
    }
  }
  count += is_reference ? 0 : static_cast<std::uint32_t>(sequence.non_reference_offset);
  return static_cast<std::int32_t>(count);
}

/// Whether it is the other field of the frame that came last.
bool H264OrderReader::is_second(const std::optional<Field>& field, bool key) {
  const auto first = std::exchange(field_, std::nullopt);
  const bool second = field && !key && first && first->bottom != field->bottom &&
                      first->frame_number == field->frame_number &&
                      first->is_reference == field->is_reference;
  field_ = second ? std::nullopt : field;
  return second;
}

} // namespace dualcam
