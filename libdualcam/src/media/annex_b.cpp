#include "dualcam/media/annex_b.hpp"

#include <algorithm>
#include <utility>

#include "dualcam/media/picture_size.hpp"

namespace dualcam {
namespace {

/// What the header of a NAL unit, and the byte behind it, say (H.265, 7.4.2.2; H.264, 7.4.1).
struct NalHeader {
  bool is_plausible = false;
  bool is_slice = false;
  bool is_key = false;           ///< of a picture that can be decoded alone
  bool is_other_picture = false; ///< a slice of one that cannot
  bool begins_picture = false;   ///< the first slice of one
  bool opens_unit = false;       ///< can only stand in front of a picture's first slice
  std::optional<std::size_t> set = std::nullopt; ///< parameters of video, sequence or picture
};

NalHeader h265_header(unsigned first, unsigned second, unsigned third) {
  constexpr unsigned last_trailing = 9; // nal_unit_type, table 7-1
  constexpr unsigned first_key = 16;
  constexpr unsigned last_key = 23;
  constexpr unsigned first_other = 32;
  constexpr unsigned last_set = 34;
  const auto type = first >> 1 & 0x3F;
  return {.is_plausible = (first & 0x81) == 0 && (second & 0xF8) == 0 && (second & 0x07) != 0,
          .is_slice = type < first_other,
          .is_key = type >= first_key && type <= last_key,
          .is_other_picture = type <= last_trailing,
          .begins_picture = type < first_other && (third & 0x80) != 0,
          .opens_unit = (type >= first_other && type <= 35) || type == 39 ||
                        (type >= 41 && type <= 44) || (type >= 48 && type <= 55),
          .set = type >= first_other && type <= last_set
                     ? std::optional<std::size_t>(type - first_other)
                     : std::nullopt};
}

NalHeader h264_header(unsigned first, unsigned second) {
  constexpr unsigned last_other_slice = 4; // nal_unit_type, table 7-1
  constexpr unsigned key_slice = 5;
  constexpr unsigned sequence_set = 7;
  constexpr unsigned picture_set = 8;
  const auto type = first & 0x1F;
  const bool is_reference = (first & 0x60) != 0;
  const bool is_set = type == sequence_set || type == picture_set;
  const bool fits = is_set || type == key_slice              ? is_reference
                    : type == 6 || (type >= 9 && type <= 12) ? !is_reference
                                                             : type != 0;
  return {.is_plausible = (first & 0x80) == 0 && fits,
          .is_slice = type >= 1 && type <= key_slice,
          .is_key = type == key_slice,
          .is_other_picture = type >= 1 && type <= last_other_slice,
          .begins_picture = (type <= 2 || type == key_slice) && (second & 0x80) != 0,
          .opens_unit = (type >= 6 && type <= 9) || (type >= 14 && type <= 18),
          .set = is_set ? std::optional<std::size_t>(type - sequence_set + 1) : std::nullopt};
}

/// Of the unit that begins at `at`; what is behind the end counts as 0.
NalHeader header_at(Bytes bytes, std::size_t at, VideoCodec codec) {
  const auto byte = [&](std::size_t i) {
    return at + i < bytes.size() ? std::to_integer<unsigned>(bytes[at + i]) : 0U;
  };
  return codec == VideoCodec::h265 ? h265_header(byte(0), byte(1), byte(2))
                                   : h264_header(byte(0), byte(1));
}

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

std::optional<VideoCodec> codec_of(Bytes unit) {
  constexpr unsigned h264_sei = 6;
  NalFinder finder(unit);
  for (auto at = finder.next(); at < unit.size(); at = finder.next()) {
    const auto first = std::to_integer<unsigned>(unit[at]);
    const bool odd = (first & 1) != 0; // no HEVC of one layer has that
    if (odd && header_at(unit, at, VideoCodec::h264).is_plausible) {
      return VideoCodec::h264;
    }
    if (!odd && first != h264_sei && header_at(unit, at, VideoCodec::h265).is_plausible) {
      return VideoCodec::h265;
    }
  }
  return std::nullopt;
}

AccessUnitCheck check_access_unit(Bytes unit, bool key, VideoCodec codec, bool fields) {
  AccessUnitCheck check{.head_size = unit.size(), .head_flaw = {}, .flaw = {}};
  NalFinder finder(unit);
  auto at = finder.next();
  if (at == std::string_view::npos || !finder.at_start()) {
    check.head_flaw = "it does not begin with a start code";
  }
  bool has_slice = false;
  bool in_second_field = false;
  unsigned sets = 0; // a bit each
  for (; at != std::string_view::npos; at = finder.next()) {
    const auto header = header_at(unit, at, codec);
    if (!header.is_plausible) {
      (has_slice ? check.flaw : check.head_flaw) = "a NAL unit's header is damaged";
      continue;
    }
    if (!header.is_slice) {
      sets |= header.set ? 1U << *header.set : 0;
      continue;
    }
    const bool begins_second = fields && has_slice && !in_second_field && header.begins_picture;
    in_second_field = in_second_field || begins_second;
    const bool own = key ? header.is_key || (in_second_field && header.is_other_picture)
                         : header.is_other_picture;
    if (!own || (header.begins_picture == has_slice && !begins_second)) {
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
  const auto all_sets = codec == VideoCodec::h265 ? 7U : 6U;
  if (key && sets != 0 && sets != all_sets) { // a lost start code makes one a part of another
    check.head_flaw = "its parameter sets are not all there";
  } else if (key && sets != 0 && codec == VideoCodec::h265 &&
             !picture_size(unit.first(check.head_size), codec)) {
    check.head_flaw = "its sequence parameter set makes no sense";
  }
  if (find_hole(unit.first(check.head_size)) != 0) {
    check.head_flaw = "it has a hole of zero bytes";
  }
  return check;
}

Bytes head_of_access_unit(Bytes unit, VideoCodec codec) {
  NalFinder finder(unit);
  for (auto at = finder.next(); at < unit.size(); at = finder.next()) {
    if (header_at(unit, at, codec).is_slice) {
      return unit.first(start_of_nal_unit(unit, at));
    }
  }
  return unit;
}

ParameterSets parameter_sets_of(Bytes head, VideoCodec codec) {
  ParameterSets sets{.codec = codec, .units = {}};
  NalFinder finder(head);
  for (auto at = finder.next(); at < head.size();) {
    const auto set = header_at(head, at, codec).set;
    const auto next = finder.next();
    const auto end = next > head.size() ? head.size() : start_of_nal_unit(head, next);
    if (set) {
      auto text = as_text(head.subspan(at, end - at));
      text.remove_suffix(text.size() - 1 - text.find_last_not_of('\0'));
      sets.units[*set] += text;
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

AccessUnitSplitter::AccessUnitSplitter(const ParameterSets& sets) : codec_(sets.codec) {
  for (const auto& unit : sets.units) {
    take_order(as_bytes(unit));
  }
}

std::optional<PictureOrder> AccessUnitSplitter::take_order(Bytes nal_unit) {
  return codec_ == VideoCodec::h265 ? order_reader_.take(nal_unit)
                                    : h264_order_reader_.take(nal_unit);
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
    header_bytes_ = static_cast<unsigned>(nal_header_.size());
  } else {
    notice_impossible(byte);
    if (in_nal_unit_ && nal_unit_.size() < PictureOrderReader::enough) {
      nal_unit_.push_back(std::byte{byte});
    }
    if (header_bytes_ != 0) {
      nal_header_[nal_header_.size() - header_bytes_] = std::byte{byte};
    }
    if (header_bytes_ == 1) {
      begin_nal_unit(units);
    }
    header_bytes_ -= header_bytes_ != 0 ? 1 : 0;
  }
  zeros_ = byte == 0 ? zeros_ + 1 : 0;
  ++offset_;
}

/// Three zeros are a start code's. If the header of a NAL unit follows, it is the start code that
/// is damaged; otherwise these are bytes of the picture.
void AccessUnitSplitter::notice_impossible(std::uint8_t byte) {
  const bool is_h265 = codec_ == VideoCodec::h265;
  if (doubtful_bytes_ == 2) {
    const auto header = is_h265 ? h265_header(byte, 1, 0) : h264_header(byte, 0);
    damaged_ = damaged_ || !header.is_plausible;
    lost_picture_ = header.is_slice;
  } else if (doubtful_bytes_ == 1 && is_h265) {
    damaged_ = damaged_ || !h265_header(0, byte, 0).is_plausible;
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
    const auto order = take_order(nal_unit_);
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

void AccessUnitSplitter::begin_nal_unit(std::vector<AccessUnit>& units) {
  const auto header = header_at(nal_header_, 0, codec_);
  if (has_picture_ && (header.is_slice ? header.begins_picture : header.opens_unit)) {
    units.push_back(unit_to(nal_offset_));
    unit_offset_ = nal_offset_;
    has_picture_ = key_ = damaged_ = false;
    order_.reset();
    end_.reset();
  }
  unit_offset_ = unit_offset_.value_or(nal_offset_);
  has_picture_ = has_picture_ || header.is_slice;
  key_ = key_ || header.is_key;
}

std::optional<AccessUnit> AccessUnitSplitter::finish() {
  end_nal_unit();
  return has_picture_ ? std::optional(unit_to(offset_)) : std::nullopt;
}

} // namespace dualcam
