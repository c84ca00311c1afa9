/// \file
/// A captured byte stream of the device's side -> what was in it, through damage, without I/O.
/// Facts: dualcam-protocol(7), SESSION and CRC.
///
/// Offsets named `offset` count bytes from the start of the device's stream, those that the capture
/// does not have included. Views are valid until the next call of the reader, which is used by one
/// thread at a time. Nothing is an error: what is damaged is an event.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "dualcam/files/file_kind.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// INIT: a connection, or a round, begins.
struct DumpInit {
  std::uint64_t offset; ///< of the command
  Init init;            ///< what it says
};

/// METADATA.
struct DumpMetadata {
  std::uint64_t offset; ///< of the command
  Bytes payload;        ///< see metadata.hpp
  bool of_current;      ///< of the transfer under way (after its packets), else of the next one
};

/// PATH.
struct DumpPath {
  std::uint64_t offset;  ///< of the command
  std::string_view path; ///< without its NUL, any bytes: escape it before it is shown
};

/// START, or the first packet or SYNC of a transfer whose START is not in the dump.
struct DumpTransferBegan {
  std::uint64_t offset;         ///< of the command, or of what was lost before it
  std::optional<FileKind> kind; ///< from FILE REQUEST, METADATA, or an INIT that offers one kind
  std::optional<std::uint32_t> packets; ///< as START says; nullopt: no START
  std::optional<std::uint32_t> bytes;   ///< START's number where files go by path
  std::uint16_t start_rest = 0;         ///< START's last two bytes
  bool by_path = false;                 ///< it is the file that the last PATH names
};

/// SYNC.
struct DumpSync {
  std::uint64_t offset; ///< of the command
  std::uint32_t packet; ///< as it says: packets, or bytes where files go by path
};

/// What a packet's CRC proves.
enum class DumpVerdict : std::uint8_t {
  good,      ///< its CRC fits the chain
  bad,       ///< whole, but its CRC does not fit
  cut,       ///< not all of its bytes are there; `payload` is what is, and may have a gap inside
  unchecked, ///< whole, but what its CRC goes on from is lost
};

/// "good", "bad", "cut", "unchecked"; static.
std::string_view name_of(DumpVerdict verdict);

/// Where a packet's number comes from.
enum class DumpNumbering : std::uint8_t {
  stated,   ///< SYNC and counting on
  inferred, ///< from the length of a lost stretch, what follows it, or the packets START announced
  unknown,  ///< counted from the first packet seen, for want of anything better
};

/// "stated", "inferred", "unknown"; static.
std::string_view name_of(DumpNumbering numbering);

/// What a packet's place is counted from.
enum class DumpOrigin : std::uint8_t {
  packet_before, ///< the packet that came before it
  sync,          ///< a SYNC right before it
  header,        ///< its own header: ENHANCED DATA
  nothing,       ///< it is the first one, and there was no SYNC
  resume,        ///< the server's RESUME, which a lost SYNC answered
};

/// What a packet's CRC goes on from, or was taken to where it does not fit.
enum class DumpStart : std::uint8_t {
  unknown,       ///< it is lost, or the caller's own
  zero,          ///< nothing: as behind START and SYNC
  packet_before, ///< the received, or else the computed CRC of the packet before
  bytes_before,  ///< the two bytes before the command, all that is left of the packet before
  earlier,       ///< the CRC of a packet before the last SYNC
};

/// DATA or ENHANCED DATA.
struct DumpPacket {
  std::uint64_t ordinal;                     ///< of the transfer's packets in the dump, from 0
  std::uint32_t number;                      ///< in the file, from 1
  DumpNumbering numbering;                   ///< how it is known
  std::uint64_t offset;                      ///< of the command
  std::size_t header;                        ///< bytes of the command before the payload
  std::uint64_t file_offset;                 ///< of the payload in the file, bytes from 0
  Bytes payload;                             ///< what there is of it
  std::optional<std::uint16_t> received_crc; ///< at its end; nullopt: lost
  std::optional<std::uint16_t> computed_crc; ///< of what is there; nullopt: unchecked
  DumpVerdict verdict;                       ///< what its CRC proves
  DumpOrigin origin;                         ///< what its place is counted from
  DumpStart start;                           ///< what its CRC goes on from
  bool repeat; ///< a packet of this number, or a higher one, has come before
};

/// Bytes that are no command, and bytes that the capture does not have.
struct DumpSkipped {
  std::uint64_t offset;  ///< where they begin
  std::uint64_t bytes;   ///< in all
  std::uint64_t missing; ///< of these not in the capture
};

/// STATUS.
struct DumpStatus {
  std::uint64_t offset; ///< of the command
  std::uint32_t code;   ///< see `status_meaning`
};

/// A command of the server, where its side was captured.
struct DumpServerCommand {
  std::string text; ///< "RESUME 337": one line for logs
};

/// INIT, STATUS, another START or the end of the dump. STATUS ends nothing where packets follow and
/// the server, every word of which is heard, has asked for this file and for no other one since.
struct DumpTransferEnded {
  std::uint64_t offset;                 ///< of what ended it
  std::optional<FileKind> kind;         ///< if it is known by now
  std::optional<std::uint32_t> packets; ///< announced
  std::uint32_t highest;                ///< the highest number that came; 0 = none
  std::uint64_t good;                   ///< how many packets
  std::uint64_t bad;                    ///< and cut
  std::uint64_t unchecked;              ///< whole
  std::uint64_t repeats;                ///< of all these
  std::size_t packet_size;              ///< payload bytes of all packets but the last
  bool in_bytes;                        ///< places are bytes, not packets
  bool regular;                         ///< the device went on as it does behind a whole file
};

/// What `poll` hands out.
using DumpEvent =
    std::variant<DumpInit, DumpMetadata, DumpPath, DumpTransferBegan, DumpSync, DumpPacket,
                 DumpSkipped, DumpStatus, DumpServerCommand, DumpTransferEnded>;

/// What is not the same for all streams.
struct DumpReaderOptions {
  /// The server's commands stand between the device's, as where both directions were printed one
  /// after the other: they are told as DumpServerCommand.
  bool both_sides = false;
  /// What the CRC of the first packet goes on from, where the stream begins behind START and SYNC.
  std::optional<std::uint16_t> initial;
  /// Offset of the stream's first byte, where somebody else's stand before it.
  std::uint64_t first = 0;
};

/// Reads a stream in pieces of any size. After each of `received`, `missing`, `server_received` and
/// `finish`, `poll` until it returns nullopt. Nothing comes after `finish`.
///
/// The rules:
/// - The CRC chain goes on from the received CRC of a bad packet (or from the computed one, where
///   the CRC itself was damaged), so that one damaged packet is one bad packet. After SYNC it goes
///   on from 0 or from the packet before, whichever fits.
/// - A bad packet after which no command follows, bytes that are no command, and a gap: the next
///   command is searched for. A DATA counts if the next DATA fits its CRC; SYNC, INIT and the other
///   ones, which have more fixed bytes, if what follows begins like a command or is the end.
/// - After a lost stretch numbers are inferred: an unbroken chain proves that no packet is lost;
///   where it begins anew, the server's last RESUME tells, if no SYNC has answered it; otherwise
///   the stretch's length. That is a guess, which TransferLog settles when it has
///   seen the whole file.
///
/// Memory: the piece being read, at most two commands of each side, 4 KiB of the server's that wait
/// for the device's, and 12 to 28 bytes for each of the last 4096 packets (see `memory`). Time: in
/// proportion to the bytes, whatever they are.
class DumpReader {
public:
  /// At the start of a stream, or anywhere in one.
  explicit DumpReader(const DumpReaderOptions& options = {});
  ~DumpReader();
  /// Leaves the other one good for destruction and assignment only.
  DumpReader(DumpReader&&) noexcept;
  /// As the constructor.
  DumpReader& operator=(DumpReader&&) noexcept;

  /// The device's bytes, which may go when it returns: what is not used up is copied.
  void received(Bytes bytes);
  /// The capture lacks this many of the device's bytes here.
  void missing(std::uint64_t count);
  /// The server's bytes, where captured, which may go, too: it says which file it asks for. They
  /// are told of, and count, behind what the device had sent when they came.
  void server_received(Bytes bytes);
  /// The server's side cannot be followed any more (bytes are missing).
  void server_lost();
  /// The dump ends here.
  void finish();

  /// The next event; nullopt when more bytes are needed, or after `finish` at the end.
  std::optional<DumpEvent> poll();

  /// About how many bytes it holds. Readers of many streams bound their sum by it.
  std::size_t memory() const;

private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

} // namespace dualcam
