// Packets of another file, whose START is lost.
#include "capture/best_packets.hpp"
#include "capture/disjoint_sets.hpp"
#include "capture/packet_runs.hpp"
#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "dualcam/wire/command.hpp"

namespace dualcam {
namespace {

/// Stretches of packets among which no START can be lost: all of one are of one file. Behind
/// SYNC, CRCs begin anew and every file has the same numbers, so a stretch that comes behind a loss
/// is of this file only where something proves it.
class Stretches {
public:
  Stretches(CapturedTransfer& transfer, std::span<const PartBegin> parts)
      : transfer_(transfer), packets_(transfer.packets) {
    const bool enhanced = std::ranges::any_of(
        packets_, [](const CapturedPacket& each) { return each.origin == DumpOrigin::header; });
    overhead_ = data_header + data_trailer + (enhanced ? sizeof(EnhancedData::offset) : 0);
    const auto best = transfer.best();
    last_ = best.empty() ? 0 : best.back()->size + overhead_;
    const PartBegin end{0, packets_.size(), transfer.skipped.size(), 0, false};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      add(parts[i], i + 1 < parts.size() ? parts[i + 1] : end);
    }
    files_ = DisjointSets(count_);
  }

  void settle() {
    if (count_ == 1) {
      return;
    }
    join_equals();
    join_chains();
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      auto& packet = packets_[i];
      if (files_.are_joined(stretch_[i], behind_start)) {
        continue;
      }
      packet.numbering = std::max(packet.numbering, DumpNumbering::inferred);
      if (packet.verdict == DumpVerdict::good) {
        packet.verdict = DumpVerdict::unchecked;
        packet.computed_crc.reset();
      }
      note_correction(transfer_, "another file may begin where something is lost");
    }
  }

private:
  static constexpr std::uint32_t behind_start = 0; ///< what lies right behind START, of all parts

  using Payload = std::tuple<std::uint16_t, std::uint32_t, std::uint16_t>;
  struct Copy {
    Payload content;
    std::uint64_t place;
    std::uint32_t stretch;
    auto operator<=>(const Copy&) const = default;
  };

  /// What came in one connection, up to where the `next` begins.
  void add(const PartBegin& part, const PartBegin& next) {
    auto stretch = part.has_start ? behind_start : goes_on(part) ? stretch_.back() : count_++;
    auto behind = part.offset + (part.has_start ? start_size : 0);
    auto skipped = part.skipped;
    bool lost = false; // what may have been a START, since the last whole packet
    for (auto i = part.packet; i < next.packet; ++i) {
      const auto& packet = packets_[i];
      const auto at = packet.offset - (packet.origin == DumpOrigin::sync ? sync_size : 0);
      for (; skipped < next.skipped && transfer_.skipped[skipped].offset < packet.offset;
           ++skipped) {
        const auto& each = transfer_.skipped[skipped];
        lost = lost || each.missing >= start_size ||
               (each.offset == behind && each.offset + each.bytes == at &&
                packet.origin == DumpOrigin::sync); // no packet, but a command was damaged
      }
      if (lost && at > behind && may_hide_start(at - behind)) {
        stretch = count_++;
      }
      stretch_.push_back(stretch);
      if (packet.verdict != DumpVerdict::cut) {
        behind = packet.offset + packet.size + overhead_;
        lost = false;
      }
    }
    stream_ = part.stream;
    behind_ = behind;
  }

  /// Behind what came before, and a STATUS.
  bool goes_on(const PartBegin& part) const {
    return !stretch_.empty() && part.stream == stream_ && part.offset >= behind_ &&
           part.offset - behind_ < start_size;
  }

  /// Whether something else may be lost in that many bytes than some packets and a SYNC.
  bool may_hide_start(std::uint64_t bytes) const {
    const auto usual = transfer_.packet_size + overhead_;
    const auto of_packets = [&](std::uint64_t length) {
      return length % usual == 0 || (length >= last_ && (length - last_) % usual == 0);
    };
    return bytes >= start_size && !of_packets(bytes) && !of_packets(bytes - sync_size);
  }

  /// No two files have one packet at one place; but some begin alike, and blank stretches are
  /// alike.
  void join_equals() {
    constexpr std::uint16_t least = 32; // smaller ones are alike in many files
    std::vector<Copy> copies;
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      const auto& packet = packets_[i];
      if (packet.verdict == DumpVerdict::good && packet.size >= least &&
          transfer_.place_of(packet) != transfer_.first_place()) {
        copies.push_back(
            {{packet.size, packet.content, packet.crc}, transfer_.place_of(packet), stretch_[i]});
      }
    }
    std::ranges::sort(copies);
    for (auto begin = copies.begin(); begin != copies.end();) {
      const auto end = std::find_if(
          begin, copies.end(), [&](const Copy& each) { return each.content != begin->content; });
      for (auto each = begin; each != end && begin->place == end[-1].place; ++each) {
        files_.join(begin->stretch, each->stretch);
      }
      begin = end;
    }
  }

  /// A packet goes on from the CRC of one before the loss, over what lies between them.
  void join_chains() {
    const BestPackets file(transfer_);
    const CapturedPacket* before = nullptr;
    std::uint32_t stretch = 0; // of that
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      const auto& packet = packets_[i];
      if (begins_session(packet)) {
        before = nullptr;
      }
      if (packet.verdict != DumpVerdict::good || !packet.received_crc) {
        continue;
      }
      const auto* last = std::exchange(before, &packet);
      const auto previous = std::exchange(stretch, stretch_[i]);
      if (last != nullptr && previous != stretch && start_of(packet) != 0 &&
          file.goes_on(start_of(packet), transfer_.place_of(packet), *last->received_crc,
                       transfer_.behind(*last))) {
        files_.join(previous, stretch);
      }
    }
  }

  CapturedTransfer& transfer_;
  std::deque<CapturedPacket>& packets_;
  std::uint64_t overhead_ = 0;         ///< of a packet: header and trailer
  std::uint64_t last_ = 0;             ///< the file's last packet, with these
  std::uint64_t stream_ = 0;           ///< of the part that was added last
  std::uint64_t behind_ = 0;           ///< its last whole packet
  std::uint32_t count_ = 1;            ///< of stretches
  std::vector<std::uint32_t> stretch_; ///< of each packet
  DisjointSets files_;                 ///< of stretches
};

} // namespace

void settle_other_files(CapturedTransfer& transfer, std::span<const PartBegin> parts) {
  const bool may_lack_start =
      !transfer.skipped.empty() || !std::ranges::all_of(parts, &PartBegin::has_start);
  if (may_lack_start && transfer.is_complete()) {
    Stretches(transfer, parts).settle();
  }
}

} // namespace dualcam
