// A captured byte stream of the device's side -> what was in it, through damage, without I/O.
// Facts: shared/protocol.md, "One session" and "CRC".
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

// Offsets named `offset` count from the start of the device's stream, bytes that the capture does
// not have included. Views are valid until the next call of the reader.

struct DumpInit {
  std::uint64_t offset;
  Init init;
};

struct DumpMetadata {
  std::uint64_t offset;
  Bytes payload;
  bool of_current; ///< of the transfer under way (it came behind its packets), else of the next one
};

struct DumpPath {
  std::uint64_t offset;
  std::string_view path;
};

/// START, or the first packet or SYNC of a transfer whose START is not in the dump.
struct DumpTransferBegan {
  std::uint64_t offset;
  std::optional<FileKind> kind; ///< from FILE REQUEST, METADATA, or an INIT that offers one kind
  std::optional<std::uint32_t> packets; ///< as START says; nullopt: no START
  std::optional<std::uint32_t> bytes;   ///< START's number where files go by path
};

struct DumpSync {
  std::uint64_t offset;
  std::uint32_t packet;
};

enum class DumpVerdict : std::uint8_t {
  good,      ///< its CRC fits the chain
  bad,       ///< whole, but its CRC does not fit
  cut,       ///< not all of its bytes are there; `payload` is what is, and may have a gap inside
  unchecked, ///< whole, but what its CRC goes on from is lost
};

/// "good", "bad", "cut", "unchecked".
std::string_view name_of(DumpVerdict verdict);

/// Where a packet's number comes from.
enum class DumpNumbering : std::uint8_t {
  stated,   ///< SYNC and counting on
  inferred, ///< from the length of a lost stretch, what follows it, or the packets START announced
  unknown,  ///< counted from the first packet seen, for want of anything better
};

std::string_view name_of(DumpNumbering numbering);

struct DumpPacket {
  std::uint64_t ordinal; ///< of the transfer's packets in the dump, from 0
  std::uint32_t number;  ///< in the file, 1-based
  DumpNumbering numbering;
  std::uint64_t offset;      ///< of the command
  std::uint64_t file_offset; ///< of the payload
  Bytes payload;
  std::optional<std::uint16_t> stored;   ///< nullopt: lost
  std::optional<std::uint16_t> computed; ///< nullopt: unchecked; otherwise over what is there
  DumpVerdict verdict;
  bool repeat; ///< a packet of this number, or a higher one, has come before
};

/// What follows shows that packets were given wrong numbers: add `shift` to those with ordinals
/// from `first` to before `end`.
struct DumpRenumbered {
  std::uint64_t first;
  std::uint64_t end;
  std::int64_t shift;
  std::string_view reason; ///< "the last packet is number START says" and so on; static
};

/// Bytes that are no command, and bytes that the capture does not have.
struct DumpSkipped {
  std::uint64_t offset;
  std::uint64_t bytes;   ///< in all
  std::uint64_t missing; ///< of these not in the capture
};

struct DumpStatus {
  std::uint64_t offset;
  std::uint32_t code;
};

/// A command of the server, where its side was captured.
struct DumpServerCommand {
  std::string text;
};

/// INIT, STATUS, another START or the end of the dump.
struct DumpTransferEnded {
  std::uint64_t offset;
  std::optional<FileKind> kind;
  std::optional<std::uint32_t> packets; ///< announced
  std::uint32_t highest;                ///< the highest number that came; 0 = none
  std::uint64_t good;
  std::uint64_t bad; ///< and cut
  std::uint64_t unchecked;
  std::uint64_t repeats;   ///< of all these
  std::size_t packet_size; ///< payload bytes of all packets but the last
  bool by_path;            ///< places are bytes, not packets
};

using DumpEvent =
    std::variant<DumpInit, DumpMetadata, DumpPath, DumpTransferBegan, DumpSync, DumpPacket,
                 DumpRenumbered, DumpSkipped, DumpStatus, DumpServerCommand, DumpTransferEnded>;

/// Reads a stream in pieces. After each of `received`, `missing`, `server_received` and `finish`,
/// `poll` until it returns nullopt.
///
/// The rules:
/// - The CRC chain goes on from the stored CRC of a bad packet (or from the computed one, where the
///   CRC itself was damaged), so that one damaged packet is one bad packet. Behind SYNC it goes on
///   from 0 or from the packet before, whichever fits.
/// - A bad packet behind which no command follows, bytes that are no command, and a gap: the next
///   command is searched for. A DATA counts if the next DATA fits its CRC; SYNC, INIT and the other
///   ones, which have more fixed bytes, if what follows begins like a command or is the end.
/// - Behind a lost stretch numbers are inferred: an unbroken chain proves that no packet is lost;
///   otherwise the stretch's length tells. START's count, or a SYNC and the packets repeated behind
///   it, may correct them later (DumpRenumbered).
///
/// Memory: the piece being read, at most two commands, and 16 bytes for each of the last 4096
/// packets (see `memory`).
class DumpReader {
public:
  DumpReader();
  ~DumpReader();
  DumpReader(DumpReader&&) noexcept;
  DumpReader& operator=(DumpReader&&) noexcept;

  /// The device's bytes.
  void received(Bytes bytes);
  /// The capture lacks this many of the device's bytes here.
  void missing(std::uint64_t count);
  /// The server's bytes, where captured: it says which file it asks for.
  void server_received(Bytes bytes);
  /// The server's side cannot be followed any more (bytes are missing).
  void server_lost();
  /// The dump ends here.
  void finish();

  std::optional<DumpEvent> poll();

  /// About how many bytes it holds. Readers of many streams bound their sum by it.
  std::size_t memory() const;

private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

} // namespace dualcam
