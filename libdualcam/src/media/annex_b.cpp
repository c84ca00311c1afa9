#include "dualcam/media/annex_b.hpp"

namespace dualcam {
namespace {

// nal_unit_type, table 7-1
constexpr std::uint8_t first_key_type = 16;
constexpr std::uint8_t last_key_type = 23;
constexpr std::uint8_t first_other_type = 32; // those below are slices

/// Types that can only stand in front of a picture's first slice (7.4.2.4.4).
bool opens_unit(std::uint8_t type) {
  return (type >= 32 && type <= 35) || type == 39 || (type >= 41 && type <= 44) ||
         (type >= 48 && type <= 55);
}

} // namespace

void AccessUnitSplitter::feed(Bytes bytes, std::vector<AccessUnit>& units) {
  for (const auto byte : bytes) {
    take(std::to_integer<std::uint8_t>(byte), units);
  }
}

void AccessUnitSplitter::take(std::uint8_t byte, std::vector<AccessUnit>& units) {
  if (header_bytes_ == 3) {
    nal_type_ = byte >> 1 & 0x3F;
  }
  if (header_bytes_ == 1) { // first_slice_segment_in_pic_flag
    begin_nal_unit((byte & 0x80) != 0, units);
  }
  header_bytes_ -= header_bytes_ != 0 ? 1 : 0;
  if (byte == 1 && zeros_ >= 2) {
    nal_offset_ = offset_ - std::min(zeros_, 3U);
    header_bytes_ = 3;
  }
  zeros_ = byte == 0 ? zeros_ + 1 : 0;
  ++offset_;
}

void AccessUnitSplitter::begin_nal_unit(bool first_slice, std::vector<AccessUnit>& units) {
  const bool is_slice = nal_type_ < first_other_type;
  if (has_picture_ && (is_slice ? first_slice : opens_unit(nal_type_))) {
    units.push_back({*unit_offset_, nal_offset_ - *unit_offset_, key_});
    unit_offset_ = nal_offset_;
    has_picture_ = key_ = false;
  }
  unit_offset_ = unit_offset_.value_or(nal_offset_);
  has_picture_ = has_picture_ || is_slice;
  key_ = key_ || (nal_type_ >= first_key_type && nal_type_ <= last_key_type);
}

std::optional<AccessUnit> AccessUnitSplitter::finish() const {
  return has_picture_ ? std::optional(AccessUnit{*unit_offset_, offset_ - *unit_offset_, key_})
                      : std::nullopt;
}

} // namespace dualcam
