/// \file
/// HEVC as a byte stream (ITU-T H.265, Annex B), cut into access units: the bytes of one picture.
///
/// A splitter is used by one thread at a time and keeps no view of what it was fed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dualcam/media/picture_order.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Looks at one access unit that stands alone. Empty: it may be a whole picture, a `key` one if
/// that is wanted. Otherwise what shows that it is damaged, in a few words: "no start code", ...
///
/// Damage inside the coded data shows only where it makes bytes that no NAL unit can hold.
std::string_view flaw_in_access_unit(Bytes unit, bool key);

/// What precedes the first slice of an access unit, or of the beginning of one: its parameter sets.
Bytes head_of_access_unit(Bytes unit);

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
  bool lost_behind = false; ///< the same, but after its end: those of a damaged start code
  friend bool operator==(const AccessUnit&, const AccessUnit&) = default;
};

/// Finds the access units of a stream fed in any pieces. Holds no more than the first
/// `PictureOrderReader::enough` bytes of a NAL unit. What precedes the first start code and what
/// follows the last picture without being one belongs to no unit.
class AccessUnitSplitter {
public:
  /// Looks at the next bytes; appends the units that they show to be complete.
  void feed(Bytes bytes, std::vector<AccessUnit>& units);

  /// The last unit, once everything has been fed; nullopt: no picture is open.
  std::optional<AccessUnit> finish();

private:
  void take(std::uint8_t byte, std::vector<AccessUnit>& units);
  void begin_nal_unit(bool first_slice, std::vector<AccessUnit>& units);
  void end_nal_unit();
  void notice_impossible(std::uint8_t byte);
  AccessUnit unit_to(std::uint64_t end) const;

  std::uint64_t offset_ = 0;  ///< of the next byte
  unsigned zeros_ = 0;        ///< how many precede it
  unsigned header_bytes_ = 0; ///< still wanted of the NAL unit that has begun
  bool in_nal_unit_ = false;
  std::uint64_t nal_offset_ = 0;
  std::uint8_t nal_type_ = 0;
  ByteBuffer nal_unit_; ///< its first bytes
  PictureOrderReader order_reader_;

  std::optional<std::uint64_t> unit_offset_;
  bool has_picture_ = false;
  bool key_ = false;
  bool damaged_ = false;
  std::optional<PictureOrder> order_;
  std::optional<std::uint64_t> end_; ///< where the unit ends before impossible bytes
  unsigned doubtful_bytes_ = 0; ///< still to be looked at after what may be a damaged start code
};

} // namespace dualcam
