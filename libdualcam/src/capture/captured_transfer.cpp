#include "dualcam/capture/captured_transfer.hpp"

#include <algorithm>
#include <tuple>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

/// Which of several copies is to be believed: a stated number before an inferred one.
int rank(const CapturedPacket& packet) {
  const int stated = packet.numbering == DumpNumbering::stated ? 1 : 0;
  switch (packet.verdict) {
  case DumpVerdict::good:
    return 4 + stated;
  case DumpVerdict::unchecked:
    return 2 + stated;
  case DumpVerdict::bad:
    return stated;
  case DumpVerdict::cut:
    return -1;
  }
  return -1;
}

/// What ordered numbers leave out of 1 to `last`.
std::vector<PacketRange> gaps(const std::vector<std::uint32_t>& numbers, std::uint32_t last) {
  std::vector<PacketRange> ranges;
  std::uint64_t next = 1;
  for (const auto number : numbers) {
    if (number > next) {
      ranges.push_back({static_cast<std::uint32_t>(next), number - 1});
    }
    next = std::max<std::uint64_t>(next, std::uint64_t{number} + 1);
  }
  if (next <= last) {
    ranges.push_back({static_cast<std::uint32_t>(next), last});
  }
  return ranges;
}

} // namespace

std::vector<const CapturedPacket*> CapturedTransfer::best() const {
  std::vector<std::size_t> order;
  for (std::size_t at = 0; at < packets.size(); ++at) {
    const auto& packet = packets[at];
    if (packet.verdict != DumpVerdict::cut && packet.number <= announced.value_or(UINT32_MAX)) {
      order.push_back(at);
    }
  }
  // Of several the first that is as good as any.
  std::ranges::sort(order, {}, [this](std::size_t at) {
    return std::tuple(packets[at].number, -rank(packets[at]), at);
  });
  std::vector<const CapturedPacket*> best;
  for (const auto at : order) {
    if (best.empty() || best.back()->number != packets[at].number) {
      best.push_back(&packets[at]);
    }
  }
  return best;
}

std::uint32_t CapturedTransfer::expected() const {
  if (announced) {
    return *announced;
  }
  const auto highest = std::ranges::max_element(packets, {}, &CapturedPacket::number);
  return highest == packets.end() ? 0 : highest->number;
}

std::uint64_t CapturedTransfer::count(DumpVerdict verdict) const {
  return static_cast<std::uint64_t>(std::ranges::count(packets, verdict, &CapturedPacket::verdict));
}

std::uint64_t CapturedTransfer::repeated() const {
  return static_cast<std::uint64_t>(std::ranges::count(packets, true, &CapturedPacket::repeat));
}

/// A number of which only damaged copies came is bad, not missing.
std::vector<PacketRange> CapturedTransfer::missing() const {
  std::vector<std::uint32_t> came;
  came.reserve(packets.size());
  for (const auto& packet : packets) {
    came.push_back(packet.number);
  }
  std::ranges::sort(came);
  return gaps(came, expected());
}

std::vector<PacketRange> CapturedTransfer::holes() const {
  std::vector<std::uint32_t> whole;
  for (const auto* packet : best()) {
    whole.push_back(packet->number);
  }
  return gaps(whole, expected());
}

std::uint64_t CapturedTransfer::missing_count() const {
  std::uint64_t count = 0;
  for (const auto& range : missing()) {
    count += std::uint64_t{range.last} - range.first + 1;
  }
  return count;
}

DumpNumbering CapturedTransfer::numbering() const {
  auto least = DumpNumbering::stated;
  for (const auto& packet : packets) {
    least = std::max(least, packet.numbering);
  }
  return least;
}

bool CapturedTransfer::is_complete() const {
  const auto all = best();
  return announced && all.size() == *announced && std::ranges::all_of(all, [](const auto* packet) {
           return packet->verdict == DumpVerdict::good;
         });
}

bool CapturedTransfer::is_flawless() const {
  return is_complete() && skipped.empty() && not_kept == 0 && bad() == 0;
}

std::uint64_t CapturedTransfer::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto* packet : best()) {
    bytes += packet->size;
  }
  return bytes;
}

std::uint16_t CapturedTransfer::crc() const {
  std::uint16_t crc = 0;
  for (const auto* packet : best()) {
    crc = crc16_combine(crc, packet->crc, packet->size);
  }
  return crc;
}

} // namespace dualcam
