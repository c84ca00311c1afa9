/// \file
/// The packets of one file, as they come after START and each SYNC: which are right, which are new.
///
/// ServerSession has one; it is used by one thread at a time, keeps no view of what it took, and
/// its memory does not grow with the file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "dualcam/files/resume_point.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// Packets may have any size: where one lies in the file follows from those before it, never from
/// its number.
class FileReceiver {
public:
  /// What a packet is.
  enum class Verdict {
    fresh,       ///< the next packet of the file
    repeated,    ///< one that was there already: here, or when the file was held or stored before
    bad_crc,     ///< its CRC does not fit the chain
    out_of_step, ///< right in itself, but not the packet that came under this number before
    different,   ///< not what is held, or none of the known files: the camera has another one now
  };

  /// Of no file: another one is to be assigned.
  FileReceiver() = default;
  /// Precondition: `from.packet` is 1 to `packets`.
  FileReceiver(std::uint32_t packets, const ResumePoint& from);

  /// SYNC: the next DATA carries this packet, `wanted` or one before it. The chain of CRCs goes on
  /// there or restarts at 0: both are known.
  void synchronise(std::uint32_t packet);

  /// The next DATA.
  Verdict take(const Data& data);

  /// How many the file has.
  std::uint32_t packets() const { return packets_; }
  /// The packet to ask for: all before it were handed over or are held. If `is_whole`, the last.
  std::uint32_t wanted() const { return wanted_; }
  /// Of the file, up to the last packet taken.
  std::uint64_t bytes() const { return bytes_; }
  /// CRC-16/KERMIT of these.
  std::uint16_t crc() const { return crc_; }
  /// Whether the last packet was taken.
  bool is_whole() const { return whole_; }
  /// Something that is held, or a known file, has not been compared yet.
  bool is_comparing() const { return !whole_ && (wanted_ <= held_ || looks_for_known()); }
  /// Nothing is handed over: the file is to be one of ResumePoint::known.
  bool looks_for_known() const { return !known_.empty(); }
  /// Which of these it is, once it is whole.
  std::optional<std::size_t> known() const;

private:
  /// A packet that came, to know it again.
  struct Seen {
    std::uint32_t number = 0;
    std::uint16_t size = 0;
    std::uint16_t crc_before = 0; ///< of the file
    std::uint16_t crc_behind = 0;
  };
  static constexpr std::size_t most_seen = 64;

  bool chains(const Data& data) const;
  std::optional<std::uint16_t> crc_before_position() const;
  bool is_as_before(Bytes payload) const;
  bool may_be_wanted(Bytes payload) const;
  bool matches_overlap(Bytes payload);
  void add_to_tails(Bytes payload);
  Verdict take_wanted(Bytes payload);

  std::uint32_t packets_ = 0;
  std::uint32_t wanted_ = 1;
  std::uint32_t position_ = 1; ///< the packet that the next DATA carries
  std::uint64_t bytes_ = 0;
  std::uint16_t crc_ = 0;
  std::uint16_t chain_ = 0; ///< the last accepted packet's CRC
  bool after_sync_ = false; ///< the chain may restart at 0
  bool whole_ = false;
  std::uint32_t held_ = 0;
  ByteBuffer overlap_;
  std::size_t compared_ = 0;
  std::vector<FileTail> known_;
  std::vector<FileTail> as_known_;     ///< what has come of each of them
  std::array<Seen, most_seen> seen_{}; ///< by number
};

} // namespace dualcam
