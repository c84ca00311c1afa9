#include "capture/best_packets.hpp"

#include <algorithm>

#include "capture/packet_runs.hpp"
#include "dualcam/wire/crc16.hpp"

namespace dualcam {

BestPackets::BestPackets(const CapturedTransfer& transfer) {
  Boundary next{transfer.first_place(), 0, 0};
  boundaries_.push_back(next);
  for (const auto* packet : transfer.best()) {
    if (transfer.place_of(*packet) != next.place) {
      return; // others overlap it
    }
    next.place = transfer.behind(*packet);
    next.bytes += packet->size;
    next.crc = crc16_combine(next.crc, packet->crc, packet->size);
    boundaries_.push_back(next);
  }
}

/// What a CRC of `crc` at `from` is at `to`: what differs there is carried on.
std::uint16_t BestPackets::carried(std::uint16_t crc, const Boundary& from, const Boundary& to) {
  const auto difference = static_cast<std::uint16_t>(crc ^ from.crc);
  return crc16_combine(difference, to.crc, to.bytes - from.bytes);
}

const BestPackets::Boundary* BestPackets::find(std::uint64_t place) const {
  const auto found = std::ranges::lower_bound(boundaries_, place, {}, &Boundary::place);
  return found != boundaries_.end() && found->place == place ? &*found : nullptr;
}

bool BestPackets::agrees(std::uint16_t start, std::uint64_t place, std::uint16_t last,
                         std::uint64_t end) const {
  constexpr std::ptrdiff_t most_lost = 8;
  const auto* here = find(place);
  if (here == nullptr || find(end) == nullptr || end > place || goes_on(start, place, last, end)) {
    return true;
  }
  const auto* first = here - std::min(most_lost, here - boundaries_.data());
  return std::any_of(first, here + 1,
                     [&](const Boundary& sync) { return carried(0, sync, *here) == start; });
}

bool BestPackets::goes_on(std::uint16_t start, std::uint64_t place, std::uint16_t last,
                          std::uint64_t end) const {
  const auto* here = find(place);
  const auto* there = find(end);
  return here != nullptr && there != nullptr && end <= place &&
         carried(last, *there, *here) == start;
}

} // namespace dualcam
