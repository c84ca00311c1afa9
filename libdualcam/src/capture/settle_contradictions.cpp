// Places that agree with each other, but not with the CRCs.
#include "capture/packet_runs.hpp"
#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

/// The file as its best packets have it, all of which are good.
class BestPackets {
public:
  explicit BestPackets(const CapturedTransfer& transfer) {
    Boundary next{transfer.by_path ? std::uint64_t{0} : std::uint64_t{1}, 0, 0};
    boundaries_.push_back(next);
    for (const auto* packet : transfer.best()) {
      if (transfer.place_of(*packet) != next.place) {
        return; // others overlap it
      }
      next.place += static_cast<std::uint64_t>(unit_of(transfer, *packet));
      next.bytes += packet->size;
      next.crc = crc16_combine(next.crc, packet->crc, packet->size);
      boundaries_.push_back(next);
    }
  }

  /// Whether a packet at `place` may go on from the CRC `start`, where one before it ends at `end`
  /// with the CRC `last`; or a SYNC be lost there, or before one of the last few packets.
  bool agrees(std::uint16_t start, std::uint64_t place, std::uint16_t last,
              std::uint64_t end) const {
    constexpr std::ptrdiff_t most_lost = 8;
    const auto here = find(place);
    const auto there = find(end);
    if (here == boundaries_.end() || there == boundaries_.end() || end > place ||
        carried(last, *there, *here) == start) {
      return true;
    }
    const auto first = here - std::min(most_lost, here - boundaries_.begin());
    return std::any_of(first, here + 1,
                       [&](const Boundary& sync) { return carried(0, sync, *here) == start; });
  }

private:
  struct Boundary {
    std::uint64_t place;
    std::uint64_t bytes; ///< before it
    std::uint16_t crc;   ///< of these
  };

  /// What a CRC of `crc` at `from` is at `to`: what differs there is carried on.
  static std::uint16_t carried(std::uint16_t crc, const Boundary& from, const Boundary& to) {
    const auto difference = static_cast<std::uint16_t>(crc ^ from.crc);
    return crc16_combine(difference, to.crc, to.bytes - from.bytes);
  }

  std::vector<Boundary>::const_iterator find(std::uint64_t place) const {
    const auto found = std::ranges::lower_bound(boundaries_, place, {}, &Boundary::place);
    return found != boundaries_.end() && found->place == place ? found : boundaries_.end();
  }

  std::vector<Boundary> boundaries_; ///< in order
};

} // namespace

void settle_contradictions(CapturedTransfer& transfer) {
  if (transfer.numbering() == DumpNumbering::stated || !transfer.is_complete()) {
    return;
  }
  const BestPackets file(transfer);
  const CapturedPacket* before = nullptr; // of the same chain
  for (auto& packet : transfer.packets) {
    if (packet.origin == DumpOrigin::sync || packet.origin == DumpOrigin::nothing) {
      before = nullptr;
    }
    if (packet.verdict != DumpVerdict::good || !packet.stored) {
      continue;
    }
    const auto* last = std::exchange(before, &packet);
    if (last == nullptr || packet.numbering == DumpNumbering::stated) {
      continue;
    }
    const auto end =
        transfer.place_of(*last) + static_cast<std::uint64_t>(unit_of(transfer, *last));
    if (!file.agrees(start_of(packet), transfer.place_of(packet), *last->stored, end)) {
      packet.verdict = DumpVerdict::unchecked;
      packet.computed.reset();
    }
  }
}

} // namespace dualcam
