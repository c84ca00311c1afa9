#include "dualcam/capture/captured_transfer.hpp"

#include <algorithm>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

constexpr unsigned highest_rank = 5;

/// Which of several copies is to be believed: a stated number before an inferred one.
unsigned rank(const CapturedPacket& packet) {
  const unsigned stated = packet.numbering == DumpNumbering::stated ? 1 : 0;
  switch (packet.verdict) {
  case DumpVerdict::good:
    return 4 + stated;
  case DumpVerdict::unchecked:
    return 2 + stated;
  case DumpVerdict::bad:
  case DumpVerdict::cut:
    return stated;
  }
  return stated;
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
  struct Candidate {
    std::uint64_t key; ///< number, then how little it is to be believed
    const CapturedPacket* packet;
  };
  std::vector<Candidate> candidates;
  candidates.reserve(packets.size());
  for (const auto& packet : packets) {
    if (packet.verdict != DumpVerdict::cut && packet.number <= announced.value_or(UINT32_MAX)) {
      candidates.push_back(
          {std::uint64_t{packet.number} << 8 | (highest_rank - rank(packet)), &packet});
    }
  }
  if (!std::ranges::is_sorted(candidates, {}, &Candidate::key)) {
    std::ranges::stable_sort(candidates, {}, &Candidate::key); // of equal ones the first
  }
  std::vector<const CapturedPacket*> best;
  for (const auto& candidate : candidates) {
    if (best.empty() || best.back()->number != candidate.packet->number) {
      best.push_back(candidate.packet);
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
