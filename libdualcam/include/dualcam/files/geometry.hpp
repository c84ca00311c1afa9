/// \file
/// How a device counts a file: in packets from 1, or in bytes from 0 where files go by path.
/// Facts: dualcam-protocol(7), SESSION and FILES BY PATH.
///
/// A value, used by one thread at a time; its size does not depend on the file's.
///
/// Packets need not be of one size, so where one lies in the file is known of those that came, and
/// of where the device was asked to begin, and of no other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dualcam/files/file_ref.hpp"
#include "dualcam/wire/command.hpp"

namespace dualcam {

/// One file's numbers and places. A *place* is how much lies before it, as the device counts:
/// packets, or bytes; a *number* is what RESUME and SYNC carry for it.
class Geometry {
public:
  /// Between two packets.
  struct Mark {
    std::uint64_t place = 0;  ///< as the device counts
    std::uint64_t offset = 0; ///< bytes of the file before it
    std::uint16_t crc = 0;    ///< CRC-16/KERMIT of these
  };

  /// A START of a file by path that says as much or more counts bytes, whatever comes.
  static constexpr std::uint32_t only_in_bytes = 65'536;

  /// Of no file: another one is to be assigned.
  Geometry() = default;
  /// A DualCam's kinds are counted in packets, files by path in bytes, unless the device is known
  /// to count these in packets, too. `announced` is what START says.
  Geometry(const FileRef& file, std::uint32_t announced, bool in_packets = false);

  /// Whether the file may have this number, 0 always for its first.
  bool has(std::uint32_t number) const;
  /// Where RESUME or SYNC of `number` lies. SYNC 0 means packet 1, too.
  std::uint64_t place_of(std::uint32_t number) const;
  /// Behind so many packets, of so many bytes in all.
  std::uint64_t behind_all(std::uint64_t packets, std::uint64_t bytes) const {
    return in_packets_ ? packets : bytes;
  }
  /// The number of the packet at `place`; nullopt: only bytes are counted.
  std::optional<std::uint32_t> packet_of(std::uint64_t place) const {
    return in_packets_ ? std::optional(static_cast<std::uint32_t>(place + 1)) : std::nullopt;
  }
  /// What RESUME and SYNC carry for `place`.
  std::uint32_t number_of(std::uint64_t place) const {
    return static_cast<std::uint32_t>(in_packets_ ? place + 1 : place);
  }
  /// For people: "packet 3", or "byte 2048".
  std::string text_of(std::uint32_t number) const;
  /// The highest number of a SYNC that answers a RESUME of `place`.
  std::uint32_t highest_sync(std::uint64_t place) const;
  /// A SYNC of this number answers RESUME. A file by path that begins with 1 is counted in packets
  /// after all. Returns its place.
  std::uint64_t synchronise(std::uint32_t number);

  /// Behind a packet of `size` bytes at `place`.
  std::uint64_t behind(std::uint64_t place, std::size_t size) const {
    return place + (in_packets_ ? 1 : size);
  }
  /// How many of these bytes lie before `boundary`. Packets are whole: all or none.
  std::size_t before(std::uint64_t boundary, std::uint64_t place, std::size_t size) const {
    const auto rest = boundary - std::min(place, boundary);
    return in_packets_ && rest > 0 ? size
                                   : static_cast<std::size_t>(std::min<std::uint64_t>(rest, size));
  }

  /// Takes in a packet of `size` bytes at `place` that is right in all else; false if START does
  /// not allow it. It allows more if this packet shows that it counts packets, though the rest
  /// counts bytes: that is remembered.
  bool admit(std::uint64_t place, std::size_t size);
  /// Whether the file ends at `place`.
  bool ends_at(std::uint64_t place) const {
    return start_in_packets_
               ? packet_size_ != 0 && place > std::uint64_t{announced_ - 1} * packet_size_
               : place == announced_;
  }
  /// Whether the file, though it is whole, may go on: it ended on a full packet, so that START may
  /// have counted packets.
  bool may_go_on() const;
  /// Whether packets are counted, not bytes.
  bool in_packets() const { return in_packets_; }
  /// Whether what START announces is packets, not bytes.
  bool announces_packets() const { return in_packets_ || start_in_packets_; }
  /// START was found to count packets although the file is by path.
  bool is_unexpected() const { return !by_kind_ && announces_packets(); }

  /// Where the device is asked to begin: nothing is known of what lies before.
  void begin_at(const Mark& mark);
  /// The packet behind `last` has come; `crc` is that of the file up to its end.
  void came(std::size_t size, std::uint16_t crc);
  /// Behind all that has come.
  const Mark& last() const { return last_; }
  /// One of the last marks; nullopt: there is none at `place`, or too much has come since.
  std::optional<Mark> at(std::uint64_t place) const;
  /// The mark before the last one; nullopt: nothing has come.
  std::optional<Mark> before_last() const;

  /// What START said: packets, or bytes.
  std::uint32_t announced() const { return announced_; }
  /// Bytes of the largest packet there can be: a DualCam's kinds come in 1024 at most.
  std::size_t most_ever() const { return by_kind_ ? full_packet : largest_packet; }
  /// The same, once one has come: devices keep to a size.
  std::size_t most_expected() const {
    return by_kind_ || packet_size_ == 0 ? most_ever() : packet_size_;
  }
  /// Bytes that the file has at least, if START tells the truth, and not 0: a DualCam's packets but
  /// the last have 1024.
  std::uint64_t least_size() const {
    return by_kind_ ? (announced_ - 1) * std::uint64_t{full_packet} + 1 : announced_;
  }
  /// Bytes of the file as START lets expect them. For people: packets may have any size.
  std::uint64_t expected_size() const;

private:
  static constexpr std::size_t most_marks = 64;

  bool by_kind_ = true;
  bool in_packets_ = true;        ///< RESUME, SYNC and START are
  bool start_in_packets_ = false; ///< START alone is
  std::uint32_t announced_ = 0;
  std::size_t packet_size_ = 0; ///< of the largest that has come
  std::size_t last_size_ = 0;
  Mark last_;
  std::vector<Mark> marks_; ///< before the last packets; most connections have none
  std::uint64_t count_ = 0; ///< of packets that have come
};

} // namespace dualcam
