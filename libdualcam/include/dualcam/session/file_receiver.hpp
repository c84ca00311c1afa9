/// \file
/// The packets of one file, as they come after START and each SYNC: which are right, which are new.
///
/// ServerSession has one; it is used by one thread at a time, keeps no view of what it took, and
/// its memory does not grow with the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "dualcam/files/geometry.hpp"
#include "dualcam/files/resume_point.hpp"
#include "dualcam/session/oddity.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// How the device counts is the Geometry's business alone.
class FileReceiver {
public:
  /// A DATA or ENHANCED DATA.
  struct Packet {
    Bytes payload;                       ///< without the CRC
    std::uint16_t crc;                   ///< as it says
    std::optional<std::uint32_t> offset; ///< ENHANCED DATA: in the file
  };

  /// Where a packet begins.
  struct Position {
    std::uint32_t packet = 1; ///< its number; where bytes are counted, that of the ResumePoint
    std::uint64_t offset = 0; ///< in the file
  };

  /// What a packet is.
  enum class Verdict {
    fresh,       ///< the next bytes of the file
    repeated,    ///< some that were there already: here, or when the file was held or stored before
    bad_crc,     ///< its CRC does not fit the chain
    out_of_step, ///< right in itself, but not what came from this place before, or due there
    different,   ///< not what is held, or none of the known files: the camera has another one now
  };

  /// A packet that was taken.
  struct Taken {
    Verdict verdict;          ///< what it is; the rest but `odd` is for `fresh`
    std::uint32_t number = 0; ///< of the fresh bytes, as RESUME would ask for them
    std::uint64_t offset = 0; ///< of them in the file
    Bytes payload{};          ///< the fresh bytes; where bytes are counted, maybe a packet's end
    std::optional<Odd> odd{}; ///< what is odd about the packet, or the file
  };

  /// Of no file: another one is to be assigned.
  FileReceiver() = default;
  /// Precondition: the file may be asked for from there (`begins_in`).
  FileReceiver(const Geometry& geometry, const ResumePoint& from);

  /// Whether the device can be asked for it from there.
  static bool begins_in(const Geometry& geometry, const ResumePoint& from);

  /// Whether a SYNC of this number may answer RESUME: it is `wanted`, or lies before it.
  bool may_synchronise(std::uint32_t number) const { return number <= highest_sync(); }
  /// The highest number of such a SYNC.
  std::uint32_t highest_sync() const { return geometry_.highest_sync(geometry_.last().place); }
  /// SYNC: the next packet carries this number, which may be asked for. The chain of CRCs goes on
  /// there or restarts at 0: both are known.
  void synchronise(std::uint32_t number);

  /// The next packet.
  Taken take(const Packet& packet);

  /// RESUME is about to be sent, or a SYNC has gone back. Returns how often that has been so since
  /// the packet that is wanted has been.
  unsigned count_attempt() { return ++attempts_; }
  /// What came can be no command: it may be a packet larger than those before.
  void expect_larger() { varies_ = true; }
  /// Bytes of the largest packet that is expected.
  std::size_t most_expected() const {
    return varies_ ? geometry_.most_ever() : geometry_.most_expected();
  }

  /// How the device counts.
  const Geometry& geometry() const { return geometry_; }
  /// The number to ask for: all before it was handed over or is held.
  std::uint32_t wanted() const { return geometry_.number_of(geometry_.last().place); }
  /// Of the file, up to the last packet taken.
  std::uint64_t bytes() const { return geometry_.last().offset; }
  /// CRC-16/KERMIT of these.
  std::uint16_t crc() const { return geometry_.last().crc; }
  /// Whether the last packet was taken.
  bool is_whole() const { return whole_; }
  /// Something that is held, or a known file, has not been compared yet.
  bool is_comparing() const {
    return !whole_ && (geometry_.last().place < held_ || looks_for_known());
  }
  /// Nothing is handed over: the file is to be one of ResumePoint::known.
  bool looks_for_known() const { return !known_.empty(); }
  /// What is held and lies before this is proved to be the same. It is the packet to ask for, or
  /// the last one that is held if no other has come since.
  Position compared() const;
  /// Which of ResumePoint::known it is, once it is whole.
  std::optional<std::size_t> known() const;

private:
  Taken judge(const Packet& packet);
  std::optional<Odd> oddity_of(const Packet& packet, Verdict verdict) const;
  std::optional<std::uint16_t> chain_of(const Packet& packet) const;
  bool is_in_place(const Packet& packet) const;
  bool is_as_before(Bytes repeated) const;
  bool may_be_wanted(Bytes payload) const;
  bool matches_overlap(Bytes payload);
  void add_to_tails(Bytes payload);
  Taken take_wanted(Bytes payload, std::uint16_t crc);

  Geometry geometry_;
  std::uint32_t first_packet_ = 1; ///< of the ResumePoint
  std::uint64_t position_ = 0;     ///< the place of the next packet
  std::uint16_t chain_ = 0;        ///< the last accepted packet's CRC
  bool after_sync_ = false;        ///< the chain may restart at 0
  bool on_trust_ = false; ///< the chain began where nothing is known: what is wanted will tell
  bool whole_ = false;
  bool varies_ = false; ///< its packets were larger than those before
  unsigned attempts_ = 0;
  std::uint64_t held_ = 0; ///< the place behind what is held
  ByteBuffer overlap_;
  std::size_t compared_ = 0;
  std::vector<FileTail> known_;
  std::vector<FileTail> as_known_; ///< what has come of each of them
};

} // namespace dualcam
