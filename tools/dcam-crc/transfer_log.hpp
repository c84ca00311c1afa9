// What a dump's events say about each transfer, put together.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/dump_source.hpp"
#include "dualcam/capture/dump.hpp"

namespace dualcam::crc {

/// One packet as it came; of a number there may be several. There are millions: 48 bytes.
struct PacketRecord {
  std::uint64_t offset;      ///< in the stream
  std::uint64_t file_offset; ///< of the payload
  std::uint64_t spooled = 0; ///< where an extractor keeps the payload
  std::uint32_t number;
  std::uint32_t content; ///< a hash of the payload
  std::optional<std::uint16_t> stored;
  std::optional<std::uint16_t> computed;
  std::uint16_t size; ///< of the payload
  std::uint16_t crc;  ///< of the payload alone, from 0
  DumpNumbering numbering;
  DumpVerdict verdict;
  bool repeat;
};
static_assert(sizeof(PacketRecord) == 48);

struct NumberRange {
  std::uint32_t first;
  std::uint32_t last;
};

struct Transfer {
  DumpStream stream;
  std::optional<std::uint64_t> imei;
  std::optional<FileKind> kind;
  std::optional<std::uint32_t> announced; ///< packets
  std::optional<std::uint32_t> announced_bytes;
  std::size_t packet_size = full_packet;
  ByteBuffer metadata;      ///< the METADATA payload; empty: none
  std::string path;         ///< of a file by path
  std::uint64_t offset = 0; ///< in the stream
  std::deque<PacketRecord> packets;
  std::deque<DumpSkipped> skipped;
  std::uint64_t not_kept = 0; ///< packets and skipped stretches beyond `TransferLog::most_records`
  std::vector<std::string> corrections; ///< why numbers were changed afterwards
  unsigned parts = 1;                   ///< connections it was transferred in

  /// The best copy of each number, in order: good before unchecked before bad; cut ones are none.
  std::vector<const PacketRecord*> best() const;
  std::uint32_t expected() const; ///< packets: as announced, else the highest number that came
  std::uint64_t count(DumpVerdict verdict) const;
  std::uint64_t bad() const { return count(DumpVerdict::bad) + count(DumpVerdict::cut); }
  std::uint64_t repeated() const;
  std::vector<NumberRange> missing() const;
  std::vector<NumberRange> holes() const; ///< also those of which only cut ones came
  std::uint64_t missing_count() const;
  DumpNumbering numbering() const; ///< the least certain of all its packets

  /// Every packet from the first to the last is there, and its CRC fits.
  bool is_complete() const;
  /// Nothing in it was damaged, either.
  bool is_flawless() const;
  /// Bytes of the file, and its CRC; only for complete ones.
  std::uint64_t bytes() const;
  std::uint16_t crc() const;
};

/// How many of what is bad is listed before the rest is only counted.
inline constexpr std::size_t most_listed = 10'000;

/// Makes transfers from events. A transfer that was resumed on a later connection of the dump is
/// one: same camera, kind, length and metadata, beginning beyond packet 1, and no packet differs.
///
/// Memory: 48 bytes for each packet and skipped stretch of all transfers under way, at most
/// `most_records` of them (1.5 GiB of full packets). Beyond that incomplete transfers of
/// connections that have ended are given up, oldest first, then packets are counted and not kept.
class TransferLog : public DumpListener {
public:
  static constexpr std::uint64_t most_records = 3 << 19;

  std::function<std::uint64_t(Bytes payload)> spool; ///< optional: keeps payloads, returns where
  std::function<void(const DumpStream&, const DumpEvent&)> trace; ///< optional: sees every event
  std::function<void(const Transfer&)> done;                      ///< each transfer
  std::function<void(const DumpStream&, const DumpSkipped&)> skipped; ///< outside transfers

  void event(const DumpStream& stream, const DumpEvent& event) override;
  void over(const DumpStream& stream) override;
  /// The dump has ended: transfers that nobody has resumed are done, too.
  void finish();

  std::uint64_t commands() const { return commands_; }

private:
  struct Open {
    std::optional<std::uint64_t> imei;
    ByteBuffer metadata;
    std::string path;
    std::optional<Transfer> transfer;
  };

  void on(Open& open, const DumpStream& stream, const DumpTransferBegan& began);
  void on(Open& open, const DumpPacket& packet);
  void on(Open& open, const DumpRenumbered& renumbered);
  void on(Open& open, const DumpMetadata& metadata);
  void on(Open& open, const DumpTransferEnded& ended);
  struct Suspended {
    Transfer transfer;
    std::vector<const PacketRecord*> best;
  };
  static bool resumes(const Suspended& earlier, const Transfer& later);
  bool has_room();
  void skip(Open& open, const DumpStream& stream, const DumpSkipped& skip);
  void close(Transfer transfer);
  void report(const Transfer& transfer);

  std::map<std::uint64_t, Open> open_; ///< by stream number
  std::deque<Suspended> suspended_;
  std::uint64_t records_ = 0; ///< of all transfers in both
  std::uint64_t commands_ = 0;
};

} // namespace dualcam::crc
