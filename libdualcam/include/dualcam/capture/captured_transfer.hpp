/// \file
/// What a capture proves about one file: every packet of it that came, over all the connections
/// that it came in, and what follows from them.
///
/// A value: it has no views, may be copied, and is good as long as its owner keeps it. The
/// functions cost as much as looking at every packet once (`best`, `missing`, `holes` and what is
/// made of them: sorting them); none keeps anything, and all may be called on one object from
/// several threads.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "dualcam/capture/dump.hpp"
#include "dualcam/files/file_ref.hpp"

namespace dualcam {

/// One device's side of one connection.
struct DumpStream {
  std::uint64_t number = 0; ///< in the capture; whoever reads it chooses, from 1
  std::string device;       ///< its address as text, where packets were captured; otherwise empty
  std::string server;       ///< as `device`
  std::string balancer{};   ///< as `device`, of who passes the connection on; empty: nobody
};

/// One packet as it came; of a number there may be several. There are millions: 48 bytes.
struct CapturedPacket {
  std::uint64_t offset;      ///< of the command in the stream
  std::uint64_t file_offset; ///< of the payload
  std::uint64_t kept_at = 0; ///< where the caller keeps the payload: TransferLog::event
  std::uint32_t number;      ///< in the file, from 1
  std::uint32_t content;     ///< a hash of the payload
  std::optional<std::uint16_t> received_crc; ///< at its end; nullopt: lost
  std::optional<std::uint16_t> computed_crc; ///< of what is there; nullopt: unchecked
  std::uint16_t size;                        ///< of the payload
  std::uint16_t crc;                         ///< of the payload alone, from 0
  DumpNumbering numbering;                   ///< how the number is known
  DumpVerdict verdict;                       ///< what its CRC proves
  DumpOrigin origin;                         ///< what its place is counted from
  bool repeat;                               ///< the same packet has come before
};
static_assert(sizeof(CapturedPacket) == 48);

/// Packets of which both ends belong to it.
struct PacketRange {
  std::uint32_t first; ///< a number, from 1
  std::uint32_t last;  ///< not lower
};

/// Bytes of a file of which both ends belong to it.
struct ByteRange {
  std::uint64_t first; ///< from 0
  std::uint64_t last;  ///< not lower
};

/// What of a file came in one connection, up to the next part.
struct CapturedPart {
  DumpStream stream;   ///< which the offsets of packets and skipped stretches count in
  std::size_t packet;  ///< the index of its first packet
  std::size_t skipped; ///< the index of its first skipped stretch
};

/// A file, as far as it was captured.
struct CapturedTransfer {
  DumpStream stream;                 ///< of the connection in which it began
  std::optional<std::uint64_t> imei; ///< nullopt: no INIT came
  /// nullopt: nothing tells which. A path is without the NUL that devices end it with.
  std::optional<FileRef> file;
  std::optional<std::uint32_t> announced;       ///< packets; nullopt: START is not there
  std::optional<std::uint32_t> announced_bytes; ///< by path, unless START counts packets
  std::optional<std::uint32_t> start;    ///< START's number as it came; nullopt: START is not there
  std::uint16_t start_rest = 0;          ///< START's last two bytes
  std::size_t packet_size = full_packet; ///< payload bytes of all packets but the last
  bool in_bytes = false;                 ///< places are bytes, not packets
  bool regular_end = false;              ///< the device went on as it does behind a whole file
  bool start_in_packets = false; ///< by path, but START counts packets: `announced_bytes` is absent
  ByteBuffer metadata;           ///< the METADATA payload; empty: none
  std::uint64_t offset = 0;      ///< where it begins in the stream
  std::deque<CapturedPacket> packets; ///< in the order in which they came
  std::deque<DumpSkipped> skipped;    ///< among them
  /// Entries for which there was no room: packets, skipped stretches, METADATA and PATH.
  std::uint64_t not_kept = 0;
  std::vector<std::string> corrections; ///< why numbers were changed afterwards
  std::optional<std::uint32_t> status;  ///< the device's last STATUS of it
  std::string asked;                    ///< the server's last command meanwhile; empty: none came
  unsigned connections = 1;             ///< it came in
  std::vector<CapturedPart> where;      ///< in order; empty: all that came did in `stream`

  /// What the packet of this index came in.
  const DumpStream& stream_of_packet(std::size_t index) const;
  /// What the skipped stretch of this index came in.
  const DumpStream& stream_of_skipped(std::size_t index) const;

  /// What tells packets apart, in the file's order: their numbers, or where files go by path their
  /// places, since those are not counted in packets.
  std::uint64_t place_of(const CapturedPacket& packet) const {
    return in_bytes ? packet.file_offset : packet.number;
  }
  /// The place of the file's first packet.
  std::uint64_t first_place() const { return in_bytes ? 0 : 1; }
  /// How many places a packet takes: one, or by path as many as it has bytes.
  std::uint64_t extent_of(const CapturedPacket& packet) const { return in_bytes ? packet.size : 1; }
  /// The place behind a packet: of the next one, if it follows.
  std::uint64_t behind(const CapturedPacket& packet) const {
    return place_of(packet) + extent_of(packet);
  }
  /// The place behind the file as START announced it; nullopt: it told nothing in these places.
  std::optional<std::uint64_t> announced_end() const;

  /// The best copy of each packet, in order: good before unchecked before bad; cut ones are none.
  /// Pointers into `packets`.
  std::vector<const CapturedPacket*> best() const;
  /// Packets: as announced, by path as many as the announced bytes fill, or more if more came; else
  /// the highest number that came.
  std::uint32_t expected() const;
  /// How many packets have that verdict.
  std::uint64_t count(DumpVerdict verdict) const;
  /// How many are bad or cut.
  std::uint64_t bad() const { return count(DumpVerdict::bad) + count(DumpVerdict::cut); }
  /// How many came before.
  std::uint64_t repeated() const;
  /// Of which nothing came; by path, where a packet is what `packet_size` makes of the bytes, of
  /// which not all came.
  std::vector<PacketRange> missing() const;
  /// The same, but cut ones have not come.
  std::vector<PacketRange> holes() const;
  /// Where files go by path: bytes of which nothing whole came.
  std::vector<ByteRange> missing_bytes() const;
  /// How many packets are in `missing`.
  std::uint64_t missing_count() const;
  /// The least certain of all its packets'.
  DumpNumbering numbering() const;

  /// Every packet from the first to the last, by path every byte, is there, and its CRC fits.
  bool is_complete() const;
  /// Nothing in it was damaged, either.
  bool is_flawless() const;
  /// Bytes of the file that are there.
  std::uint64_t bytes() const;
  /// CRC of the packets that are there: the file's, if it is complete. nullopt: by path they do not
  /// follow each other without overlaps to the end, and only their payloads would tell.
  std::optional<std::uint16_t> crc() const;
};

} // namespace dualcam
