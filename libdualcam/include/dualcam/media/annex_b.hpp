/// \file
/// HEVC or H.264 as a byte stream (Annex B of ITU-T H.265 and H.264), cut into access units: the
/// bytes of one picture.
///
/// A splitter is used by one thread at a time and keeps no view of what it was fed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dualcam/media/h264.hpp"
#include "dualcam/media/picture_order.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// What precedes each NAL unit; one more zero may stand before it.
inline constexpr std::string_view annex_b_start_code{"\0\0\1", 3};

/// How pictures are coded.
enum class VideoCodec : std::uint8_t {
  h265, ///< HEVC
  h264, ///< AVC
};

/// How an access unit is coded; nullopt: it does not tell.
std::optional<VideoCodec> codec_of(Bytes unit);

/// What shows that an access unit is damaged, each in a few words: "it has no slice", ... Empty: it
/// may be whole.
struct AccessUnitCheck {
  std::size_t head_size;      ///< in bytes: what precedes its first slice; all, if it has none
  std::string_view head_flaw; ///< of that: parameter sets and SEI
  std::string_view flaw;      ///< of the picture itself
};

/// Looks at one access unit that stands alone; a `key` picture if that is wanted. `fields`: of
/// H.264 it may be coded as two fields, the second of which need not be a key picture.
///
/// Damage inside the coded data shows only where it makes bytes that no NAL unit can hold.
AccessUnitCheck check_access_unit(Bytes unit, bool key, VideoCodec codec = VideoCodec::h265,
                                  bool fields = false);

/// What precedes the first slice of an access unit, or of the beginning of one: its parameter sets.
Bytes head_of_access_unit(Bytes unit, VideoCodec codec = VideoCodec::h265);

/// The parameter sets in a head.
struct ParameterSets {
  /// How they are coded.
  VideoCodec codec = VideoCodec::h265;
  /// Of video, sequence and picture: the NAL units without start codes; several of a kind in a row.
  /// H.264 has none of video.
  std::array<std::string, 3> units;
  std::size_t begin = 0; ///< of the stretch of the head that holds them all
  std::size_t end = 0;   ///< 0: there is none

  /// Whether pictures can be decoded with them.
  bool has_all() const {
    return (codec == VideoCodec::h264 || !units[0].empty()) && !units[1].empty() &&
           !units[2].empty();
  }
};
/// Those of a head that `head_of_access_unit` gave.
ParameterSets parameter_sets_of(Bytes head, VideoCodec codec = VideoCodec::h265);

/// The length of the first run of zeros that no coded picture has, since emulation prevention
/// breaks up three: a hole that lost bytes left. 0: there is none.
std::size_t find_hole(Bytes bytes);
inline constexpr std::size_t hole_size = 64; ///< zeros at least

/// Where one picture lies in the stream, from its first start code to the next picture's.
struct AccessUnit {
  std::uint64_t offset; ///< in the stream, bytes from 0
  std::uint64_t size;   ///< in bytes
  bool key;             ///< an intra random access point; its parameter sets precede it in the unit
  std::optional<PictureOrder> order = std::nullopt; ///< nullopt: its parameter sets are missing
  bool damaged = false;                             ///< it has bytes that no NAL unit can hold
  bool lost_behind = false;    ///< the same, but after its end: those of a picture's start code
  bool garbage_behind = false; ///< the same, but those of another NAL unit's start code
  friend bool operator==(const AccessUnit&, const AccessUnit&) = default;
};

/// Finds the access units of a stream fed in any pieces. Holds no more than the first
/// `PictureOrderReader::enough` bytes of a NAL unit. What precedes the first start code and what
/// follows the last picture without being one belongs to no unit.
class AccessUnitSplitter {
public:
  /// Of a stream that is coded so.
  explicit AccessUnitSplitter(VideoCodec codec = VideoCodec::h265) : codec_(codec) {}
  /// `sets` are those of pictures for which the stream has none.
  explicit AccessUnitSplitter(const ParameterSets& sets);

  /// Looks at the next bytes; appends the units that they show to be complete.
  void feed(Bytes bytes, std::vector<AccessUnit>& units);

  /// The last unit, once everything has been fed; nullopt: no picture is open.
  std::optional<AccessUnit> finish();

private:
  void take(std::uint8_t byte, std::vector<AccessUnit>& units);
  void begin_nal_unit(std::vector<AccessUnit>& units);
  std::optional<PictureOrder> take_order(Bytes nal_unit);
  void end_nal_unit();
  void notice_impossible(std::uint8_t byte);
  AccessUnit unit_to(std::uint64_t end) const;

  VideoCodec codec_;
  std::uint64_t offset_ = 0;  ///< of the next byte
  unsigned zeros_ = 0;        ///< how many precede it
  unsigned header_bytes_ = 0; ///< still wanted of the NAL unit that has begun
  bool in_nal_unit_ = false;
  std::uint64_t nal_offset_ = 0;
  std::array<std::byte, 3> nal_header_{};
  ByteBuffer nal_unit_; ///< its first bytes
  PictureOrderReader order_reader_;
  H264OrderReader h264_order_reader_;

  std::optional<std::uint64_t> unit_offset_;
  bool has_picture_ = false;
  bool key_ = false;
  bool damaged_ = false;
  std::optional<PictureOrder> order_;
  std::optional<std::uint64_t> end_; ///< where the unit ends before impossible bytes
  unsigned doubtful_bytes_ = 0; ///< still to be looked at after what may be a damaged start code
  bool lost_picture_ = false;   ///< it is that of a slice
};

} // namespace dualcam
