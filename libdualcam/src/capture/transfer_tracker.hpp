// One transfer in a dump: which packet comes next, and what its CRC goes on from.
#pragma once

#include <optional>
#include <vector>

#include "capture/recent_packets.hpp"
#include "dualcam/capture/dump.hpp"

namespace dualcam {

class TransferTracker {
public:
  /// `initial`: what the first packet's CRC goes on from, if there is no START and that is known.
  TransferTracker(std::optional<FileKind> kind, std::optional<std::uint32_t> announced,
                  bool in_bytes, std::optional<std::uint16_t> initial = std::nullopt);
  /// START's last two bytes, for `began`.
  void start_rest(std::uint16_t rest) { start_rest_ = rest; }

  DumpTransferBegan began(std::uint64_t offset) const;
  DumpTransferEnded ended(std::uint64_t offset, bool regular) const;

  /// SYNC. `number` counts packets, or bytes where files go by path.
  void sync(std::uint32_t number);

  /// What the next DATA's CRC may go on from; empty: lost.
  std::span<const std::uint16_t> starts() const { return starts_.crcs; }

  /// A stretch was lost at this length; the packet whose header stands at its start is in it.
  struct Lost {
    std::uint64_t bytes;
    bool damaged_packet;
    bool length_known; ///< the capture says how much is missing
  };
  void lost(const Lost& lost) { lost_ = lost; }

  /// A whole DATA command of plausible size: its event, and the state behind it. `before` are the
  /// two bytes before it, if they can be the CRC of the packet before. `asked`: by a RESUME that no
  /// SYNC has answered; where a lost one did, the packet's origin is that.
  DumpPacket data(std::uint64_t offset, Bytes payload, std::uint16_t received_crc,
                  std::optional<std::uint16_t> before,
                  std::optional<std::uint32_t> asked = std::nullopt);
  DumpPacket enhanced_data(std::uint64_t offset, const EnhancedData& data,
                           std::optional<std::uint16_t> before);
  /// One that is not all there. `place` is what its header says.
  DumpPacket cut(std::uint64_t offset, Bytes payload, std::optional<std::uint16_t> received_crc,
                 std::optional<std::uint32_t> place = std::nullopt);

  bool has_packets() const { return ordinal_ != 0; }
  std::optional<FileKind> kind() const { return kind_; }
  bool has_metadata() const { return has_metadata_; }
  void metadata(std::optional<FileKind> kind);
  std::optional<std::uint32_t> highest_sync() const;
  std::uint32_t highest() const { return highest_; }
  bool in_bytes() const { return in_bytes_; }
  /// The size of its packets; nullopt: none is known.
  std::optional<std::size_t> packet_size() const {
    return packet_size_known_ ? std::optional(packet_size_) : std::nullopt;
  }
  /// DATA or ENHANCED DATA, as the last one whose CRC fitted; nullopt: none did.
  std::optional<CommandId> packets_are() const { return packets_are_; }
  std::size_t memory() const { return recent_.memory(); }
  /// For tests.
  const RecentPackets& recent() const { return recent_; }

private:
  /// CRCs that a packet may go on from, the likeliest first.
  struct Starts {
    std::vector<std::uint16_t> crcs;
    std::vector<DumpStart> kinds; ///< of each

    Starts() = default;
    Starts(std::uint16_t crc, DumpStart kind) : crcs{crc}, kinds{kind} {}
    bool empty() const { return crcs.empty(); }
    void clear() { *this = Starts(); }
    void add(std::uint16_t crc, DumpStart kind) {
      crcs.push_back(crc);
      kinds.push_back(kind);
    }
    void add(const Starts& others, std::size_t most);
  };

  static Starts starts_behind(const DumpPacket& packet);
  bool is_behind_lost_sync(std::uint32_t asked, Bytes payload, std::uint16_t received_crc) const;
  void sync_as_asked(std::uint32_t number);
  void find_place_behind_loss(Bytes payload, std::uint16_t received_crc);
  std::uint64_t place_of(const EnhancedData& data, bool chained) const;
  void advance(std::size_t bytes);
  DumpPacket packet(std::uint64_t offset, Bytes payload, DumpVerdict verdict);
  void remember(const DumpPacket& packet);
  std::uint32_t number_at(std::uint64_t byte) const;
  std::size_t wire_size() const { return packet_size_ + data_header + data_trailer; }

  std::optional<FileKind> kind_;
  std::optional<std::uint32_t> announced_; ///< START's number
  std::uint16_t start_rest_ = 0;
  bool in_bytes_;
  bool has_metadata_ = false;

  std::size_t packet_size_ = full_packet;
  bool packet_size_known_ = false;
  std::optional<CommandId> packets_are_;
  std::uint32_t next_ = 1;
  std::uint64_t next_byte_ = 0;            ///< the same where files go by path
  std::optional<std::uint64_t> sync_byte_; ///< as the last SYNC has it
  /// The same if the last ENHANCED DATA's place is not what it was taken for.
  std::optional<std::uint64_t> told_byte_;
  bool behind_bad_ = false; ///< its CRC is none that its payload has
  bool goes_on_ = false;    ///< packets have gone on from the one before: ENHANCED DATA
  DumpNumbering numbering_ = DumpNumbering::unknown;
  Starts starts_;
  std::optional<Lost> lost_;

  std::uint64_t ordinal_ = 0;
  std::uint32_t highest_ = 0;
  RecentPackets recent_;
  bool behind_lost_sync_ = false;
  bool behind_sync_ = false;
  std::uint64_t sync_ordinal_ = 0; ///< of the first packet behind the last SYNC
  DumpTransferEnded counts_{};
};

} // namespace dualcam
