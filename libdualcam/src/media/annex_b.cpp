#include "dualcam/media/annex_b.hpp"

#include <algorithm>
#include <utility>

namespace dualcam {
namespace {

// nal_unit_type, table 7-1
constexpr std::uint8_t last_trailing_type = 9;
constexpr std::uint8_t first_key_type = 16;
constexpr std::uint8_t last_key_type = 23;
constexpr std::uint8_t first_other_type = 32; // those below are slices
constexpr std::uint8_t first_set_type = 32;   // of video, sequence and picture parameters
constexpr std::uint8_t last_set_type = 34;
constexpr unsigned all_sets = 7;

/// Types that can only stand in front of a picture's first slice (7.4.2.4.4).
bool opens_unit(std::uint8_t type) {
  return (type >= 32 && type <= 35) || type == 39 || (type >= 41 && type <= 44) ||
         (type >= 48 && type <= 55);
}

bool is_key_type(std::uint8_t type) { return type >= first_key_type && type <= last_key_type; }

/// Finds the start codes of a unit one by one.
class NalFinder {
public:
  explicit NalFinder(Bytes unit) : text_(as_text(unit)) {}

  /// Where the next NAL unit begins behind its start code; npos: there is none.
  std::size_t next() {
    for (auto at = text_.find(two_zeros, at_); at != text_.npos; at = text_.find(two_zeros, at)) {
      const auto end = text_.find_first_not_of('\0', at);
      if (end == text_.npos) {
        break;
      }
      if (text_[end] == 1) {
        begins_unit_ = at == 0;
        return at_ = end + 1;
      }
      impossible_ = impossible_ || end - at > 2 || text_[end] == 2;
      at = end;
    }
    at_ = text_.size();
    return text_.npos;
  }

  /// Whether bytes were seen, since the latest call, that emulation prevention keeps out of NAL
  /// units.
  bool saw_impossible_bytes() { return std::exchange(impossible_, false); }
  /// Whether nothing precedes the latest start code.
  bool at_start() const { return begins_unit_; }

private:
  static constexpr std::string_view two_zeros{"\0\0", 2};

  std::string_view text_;
  std::size_t at_ = 0;
  bool begins_unit_ = false;
  bool impossible_ = false;
};

constexpr std::string_view impossible_bytes = "it holds bytes that no coded picture has";

/// Of the unit whose header is at `header`: where its start code begins.
std::size_t start_of_nal_unit(Bytes bytes, std::size_t header) {
  return header - (header > 3 && bytes[header - 4] == std::byte{0} ? 4 : 3);
}

} // namespace

AccessUnitCheck check_access_unit(Bytes unit, bool key) {
  AccessUnitCheck check{.head_size = unit.size(), .head_flaw = {}, .flaw = {}};
  NalFinder finder(unit);
  auto at = finder.next();
  if (at == std::string_view::npos || !finder.at_start()) {
    check.head_flaw = "it does not begin with a start code";
  }
  bool has_slice = false;
  unsigned sets = 0; // a bit each
  for (; at != std::string_view::npos; at = finder.next()) {
    const auto byte = [&](std::size_t i) {
      return at + i < unit.size() ? std::to_integer<unsigned>(unit[at + i]) : 0;
    };
    if ((byte(0) & 0x81) != 0 || (byte(1) & 0xF8) != 0 || (byte(1) & 0x07) == 0) {
      (has_slice ? check.flaw : check.head_flaw) = "a NAL unit's header is damaged";
      continue;
    }
    const auto type = static_cast<std::uint8_t>(byte(0) >> 1);
    if (type >= first_other_type) {
      sets |= type <= last_set_type ? 1U << (type - first_set_type) : 0;
      continue;
    }
    const bool own = key ? is_key_type(type) : type <= last_trailing_type;
    const bool begins_picture = (byte(2) & 0x80) != 0;
    if (!own || begins_picture == has_slice) {
      (has_slice ? check.flaw : check.head_flaw) = "it has a slice that is not its own";
    } else if (!std::exchange(has_slice, true)) {
      check.head_size = start_of_nal_unit(unit, at);
      check.head_flaw = finder.saw_impossible_bytes() ? impossible_bytes : check.head_flaw;
    }
  }
  if (!has_slice) {
    check.flaw = check.head_flaw.empty() ? "it has no slice" : check.head_flaw;
    check.head_flaw = {};
    return check;
  }
  if (finder.saw_impossible_bytes()) {
    check.flaw = impossible_bytes;
  }
  if (key && sets != 0 && sets != all_sets) { // a lost start code makes one a part of another
    check.head_flaw = "its parameter sets are not all there";
  }
  if (find_hole(unit.first(check.head_size)) != 0) {
    check.head_flaw = "it has a hole of zero bytes";
  }
  return check;
}

Bytes head_of_access_unit(Bytes unit) {
  NalFinder finder(unit);
  for (auto at = finder.next(); at < unit.size(); at = finder.next()) {
    if (std::to_integer<unsigned>(unit[at]) >> 1 < first_other_type) {
      return unit.first(start_of_nal_unit(unit, at));
    }
  }
  return unit;
}

ParameterSets parameter_sets_of(Bytes head) {
  ParameterSets sets;
  NalFinder finder(head);
  for (auto at = finder.next(); at < head.size();) {
    const auto type = std::to_integer<unsigned>(head[at]) >> 1;
    const auto next = finder.next();
    const auto end = next > head.size() ? head.size() : start_of_nal_unit(head, next);
    if (type >= first_set_type && type <= last_set_type) {
      auto text = as_text(head.subspan(at, end - at));
      text.remove_suffix(text.size() - 1 - text.find_last_not_of('\0'));
      sets.units[type - first_set_type] += text;
      sets.begin = sets.end != 0 ? sets.begin : start_of_nal_unit(head, at);
      sets.end = end;
    }
    at = next;
  }
  return sets;
}

/// Every hole covers a byte whose position is a multiple of `hole_size`.
std::size_t find_hole(Bytes bytes) {
  const auto not_zero = [](std::byte byte) { return byte != std::byte{0}; };
  for (std::size_t at = 0; at < bytes.size(); at += hole_size) {
    if (not_zero(bytes[at])) {
      continue;
    }
    const auto before = bytes.first(at);
    const auto behind = bytes.subspan(at);
    const auto zeros_before =
        std::find_if(before.rbegin(), before.rend(), not_zero) - before.rbegin();
    const auto zeros_behind = std::ranges::find_if(behind, not_zero) - behind.begin();
    const auto zeros = static_cast<std::size_t>(zeros_before + zeros_behind);
    if (zeros >= hole_size) {
      return zeros;
    }
  }
  return 0;
}

AccessUnitSplitter::AccessUnitSplitter(const ParameterSets& sets) {
  for (const auto& unit : sets.units) {
    order_reader_.take(as_bytes(unit));
  }
}

void AccessUnitSplitter::feed(Bytes bytes, std::vector<AccessUnit>& units) {
  for (const auto byte : bytes) {
    take(std::to_integer<std::uint8_t>(byte), units);
  }
}

void AccessUnitSplitter::take(std::uint8_t byte, std::vector<AccessUnit>& units) {
  if (byte == 1 && zeros_ >= 2) {
    damaged_ = damaged_ || (has_picture_ && !end_ && zeros_ >= hole_size);
    end_nal_unit();
    nal_offset_ = offset_ - std::min(zeros_, 3U);
    in_nal_unit_ = true;
    header_bytes_ = 3;
  } else {
    notice_impossible(byte);
    if (in_nal_unit_ && nal_unit_.size() < PictureOrderReader::enough) {
      nal_unit_.push_back(std::byte{byte});
    }
    if (header_bytes_ == 3) {
      nal_type_ = byte >> 1 & 0x3F;
    }
    if (header_bytes_ == 1) { // first_slice_segment_in_pic_flag
      begin_nal_unit((byte & 0x80) != 0, units);
    }
    header_bytes_ -= header_bytes_ != 0 ? 1 : 0;
  }
  zeros_ = byte == 0 ? zeros_ + 1 : 0;
  ++offset_;
}

/// Three zeros are a start code's. If the header of a NAL unit follows, it is the start code that
/// is damaged; otherwise these are bytes of the picture.
void AccessUnitSplitter::notice_impossible(std::uint8_t byte) {
  if (doubtful_bytes_ == 2) {
    damaged_ = damaged_ || (byte & 0x81) != 0;
    lost_picture_ = byte >> 1 < first_other_type;
  } else if (doubtful_bytes_ == 1) {
    damaged_ = damaged_ || (byte & 0xF8) != 0 || (byte & 7) == 0;
  }
  doubtful_bytes_ -= doubtful_bytes_ != 0 ? 1 : 0;
  const bool impossible = byte > 1 && (zeros_ >= 3 || (zeros_ == 2 && byte == 2));
  if (has_picture_ && !end_ && impossible) {
    end_ = offset_ - zeros_;
    doubtful_bytes_ = zeros_ == 3 ? 2 : 0;
    damaged_ = damaged_ || zeros_ != 3;
  }
}

void AccessUnitSplitter::end_nal_unit() {
  if (!nal_unit_.empty()) {
    const auto order = order_reader_.take(nal_unit_);
    order_ = order ? order : order_;
    nal_unit_.clear();
  }
}

AccessUnit AccessUnitSplitter::unit_to(std::uint64_t end) const {
  return {.offset = *unit_offset_,
          .size = end_.value_or(end) - *unit_offset_,
          .key = key_,
          .order = order_,
          .damaged = damaged_,
          .lost_behind = end_ && !damaged_ && lost_picture_,
          .garbage_behind = end_ && !damaged_ && !lost_picture_};
}

void AccessUnitSplitter::begin_nal_unit(bool first_slice, std::vector<AccessUnit>& units) {
  const bool is_slice = nal_type_ < first_other_type;
  if (has_picture_ && (is_slice ? first_slice : opens_unit(nal_type_))) {
    units.push_back(unit_to(nal_offset_));
    unit_offset_ = nal_offset_;
    has_picture_ = key_ = damaged_ = false;
    order_.reset();
    end_.reset();
  }
  unit_offset_ = unit_offset_.value_or(nal_offset_);
  has_picture_ = has_picture_ || is_slice;
  key_ = key_ || is_key_type(nal_type_);
}

std::optional<AccessUnit> AccessUnitSplitter::finish() {
  end_nal_unit();
  return has_picture_ ? std::optional(unit_to(offset_)) : std::nullopt;
}

} // namespace dualcam
