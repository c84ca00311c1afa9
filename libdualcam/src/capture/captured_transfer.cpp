#include "dualcam/capture/captured_transfer.hpp"

#include <algorithm>
#include <utility>

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

/// From one place to before another: numbers, or bytes.
struct Stretch {
  std::uint64_t begin;
  std::uint64_t end;
};

/// What ordered stretches, which may overlap, leave out of `whole`.
std::vector<Stretch> gaps(const std::vector<Stretch>& stretches, Stretch whole) {
  std::vector<Stretch> gaps;
  auto next = whole.begin;
  for (const auto& [begin, end] : stretches) {
    if (begin > next && next < whole.end) {
      gaps.push_back({next, std::min(begin, whole.end)});
    }
    next = std::max(next, end);
  }
  if (next < whole.end) {
    gaps.push_back({next, whole.end});
  }
  return gaps;
}

Stretch stretch_of(const CapturedTransfer& transfer, const CapturedPacket& packet) {
  return {transfer.place_of(packet), transfer.behind(packet)};
}

/// Behind the last byte that came.
std::uint64_t end_of_bytes(const std::vector<Stretch>& stretches) {
  const auto last = std::ranges::max_element(stretches, {}, &Stretch::end);
  return last == stretches.end() ? 0 : last->end;
}

/// All of the file, as far as is known. Where START counts packets of a file by path, the size of
/// the last one is known when it has come.
Stretch whole_of(const CapturedTransfer& transfer, const std::vector<Stretch>& stretches) {
  if (!transfer.in_bytes) {
    return {1, std::uint64_t{transfer.expected()} + 1};
  }
  if (transfer.announced_bytes) {
    return {0, *transfer.announced_bytes};
  }
  const auto end = end_of_bytes(stretches);
  const auto most = std::uint64_t{transfer.announced.value_or(0)} * transfer.packet_size;
  const bool last_came = end + transfer.packet_size > most;
  return {0, transfer.start_in_packets && !last_came ? most : end};
}

/// The numbers of the packets that gaps of the file are in.
std::vector<PacketRange> ranges(const CapturedTransfer& transfer,
                                const std::vector<Stretch>& stretches) {
  const auto whole = whole_of(transfer, stretches);
  const auto number_of = [&](std::uint64_t place) {
    return static_cast<std::uint32_t>(transfer.in_bytes ? place / transfer.packet_size + 1 : place);
  };
  std::vector<PacketRange> ranges;
  for (const auto& gap : gaps(stretches, whole)) {
    ranges.push_back({number_of(gap.begin), number_of(gap.end - 1)});
  }
  return ranges;
}

/// By path: what good packets tell all bytes of needs no other one.
void leave_out_covered(const CapturedTransfer& transfer, std::vector<const CapturedPacket*>& best) {
  std::vector<Stretch> covered; // in order, without touching each other
  for (const auto* packet : best) {
    const auto stretch = stretch_of(transfer, *packet);
    if (packet->verdict == DumpVerdict::good && !covered.empty() &&
        covered.back().end >= stretch.begin) {
      covered.back().end = std::max(covered.back().end, stretch.end);
    } else if (packet->verdict == DumpVerdict::good) {
      covered.push_back(stretch);
    }
  }
  std::erase_if(best, [&](const CapturedPacket* packet) {
    const auto stretch = stretch_of(transfer, *packet);
    const auto behind = std::ranges::upper_bound(covered, stretch.begin, {}, &Stretch::begin);
    return packet->verdict != DumpVerdict::good && behind != covered.begin() &&
           behind[-1].end >= stretch.end;
  });
}

/// Where START counts packets of a file by path: as many good ones, one behind another, are all of
/// it, and what lies further on was taken to a wrong place.
void leave_out_behind_last(const CapturedTransfer& transfer,
                           std::vector<const CapturedPacket*>& best) {
  std::uint64_t count = 0;
  std::uint64_t end = 0;
  for (const auto* packet : best) {
    if (packet->verdict == DumpVerdict::good && packet->file_offset == end) {
      ++count;
      end = transfer.behind(*packet);
    }
  }
  std::erase_if(best, [&](const CapturedPacket* packet) {
    return count == transfer.announced && packet->verdict != DumpVerdict::good &&
           transfer.behind(*packet) > end;
  });
}

const DumpStream& stream_at(const CapturedTransfer& transfer, std::size_t index,
                            std::size_t CapturedPart::* first) {
  const auto behind = std::ranges::upper_bound(transfer.where, index, {}, first);
  return behind == transfer.where.begin() ? transfer.stream : behind[-1].stream;
}

} // namespace

const DumpStream& CapturedTransfer::stream_of_packet(std::size_t index) const {
  return stream_at(*this, index, &CapturedPart::packet);
}

const DumpStream& CapturedTransfer::stream_of_skipped(std::size_t index) const {
  return stream_at(*this, index, &CapturedPart::skipped);
}

std::optional<std::uint64_t> CapturedTransfer::announced_end() const {
  if (in_bytes) {
    return announced_bytes;
  }
  return announced ? std::optional(std::uint64_t{*announced} + 1) : std::nullopt;
}

std::vector<const CapturedPacket*> CapturedTransfer::best() const {
  // Place, then how little it is to be believed; of equal ones the first counts.
  std::vector<std::pair<std::uint64_t, std::size_t>> candidates;
  candidates.reserve(packets.size());
  const auto end = announced_end().value_or(std::uint64_t{UINT32_MAX} + 1);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto& packet = packets[i];
    const auto place = place_of(packet);
    if (packet.verdict != DumpVerdict::cut && place < end && !(in_bytes && packet.size == 0)) {
      candidates.emplace_back(place << 8 | (highest_rank - rank(packet)), i);
    }
  }
  if (!std::ranges::is_sorted(candidates)) {
    std::ranges::sort(candidates);
  }
  std::vector<const CapturedPacket*> best;
  best.reserve(candidates.size());
  for (const auto& [key, i] : candidates) {
    if (best.empty() || place_of(*best.back()) != key >> 8) {
      best.push_back(&packets[i]);
    }
  }
  if (in_bytes) {
    leave_out_covered(*this, best);
  }
  if (start_in_packets) {
    leave_out_behind_last(*this, best);
  }
  return best;
}

std::uint32_t CapturedTransfer::expected() const {
  if (announced) {
    return *announced;
  }
  const auto last = announced_bytes.value_or(0) == 0 ? 0 : (*announced_bytes - 1) / packet_size + 1;
  const auto highest = std::ranges::max_element(packets, {}, &CapturedPacket::number);
  return std::max(static_cast<std::uint32_t>(last), highest == packets.end() ? 0 : highest->number);
}

std::uint64_t CapturedTransfer::count(DumpVerdict verdict) const {
  return static_cast<std::uint64_t>(std::ranges::count(packets, verdict, &CapturedPacket::verdict));
}

std::uint64_t CapturedTransfer::repeated() const {
  return static_cast<std::uint64_t>(std::ranges::count(packets, true, &CapturedPacket::repeat));
}

/// A number of which only damaged copies came is bad, not missing.
std::vector<PacketRange> CapturedTransfer::missing() const {
  if (start_in_packets && is_complete()) {
    return {};
  }
  std::vector<Stretch> came;
  came.reserve(packets.size());
  for (const auto& packet : packets) {
    came.push_back(stretch_of(*this, packet));
  }
  std::ranges::sort(came, {}, &Stretch::begin);
  return ranges(*this, came);
}

std::vector<PacketRange> CapturedTransfer::holes() const {
  std::vector<Stretch> whole;
  for (const auto* packet : best()) {
    whole.push_back(stretch_of(*this, *packet));
  }
  return ranges(*this, whole);
}

std::vector<ByteRange> CapturedTransfer::missing_bytes() const {
  std::vector<Stretch> whole;
  for (const auto* packet : best()) {
    whole.push_back(stretch_of(*this, *packet));
  }
  std::vector<ByteRange> missing;
  if (in_bytes) {
    for (const auto& gap : gaps(whole, whole_of(*this, whole))) {
      missing.push_back({gap.begin, gap.end - 1});
    }
  }
  return missing;
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
  if (!announced && !announced_bytes) {
    return false;
  }
  std::vector<Stretch> good;
  for (const auto* packet : best()) {
    if (packet->verdict == DumpVerdict::good) {
      good.push_back(stretch_of(*this, *packet));
    }
  }
  const auto whole = whole_of(*this, good);
  const bool beyond = std::ranges::any_of(packets, [&](const auto& each) {
    return each.verdict == DumpVerdict::good && stretch_of(*this, each).end > whole.end;
  });
  const bool counted = !start_in_packets || good.size() == *announced;
  return !beyond && counted && gaps(good, whole).empty();
}

bool CapturedTransfer::is_flawless() const {
  return is_complete() && skipped.empty() && not_kept == 0 && bad() == 0;
}

std::uint64_t CapturedTransfer::bytes() const {
  std::uint64_t bytes = 0;
  std::uint64_t end = 0; // of what is counted, by path
  for (const auto* packet : best()) {
    const auto begin = in_bytes ? std::max(packet->file_offset, end) : 0;
    end = in_bytes ? std::max(end, packet->file_offset + packet->size) : packet->size;
    bytes += end - std::min(begin, end);
  }
  return bytes;
}

std::optional<std::uint16_t> CapturedTransfer::crc() const {
  std::uint16_t crc = 0;
  std::uint64_t end = 0;
  for (const auto* packet : best()) {
    if (in_bytes && packet->file_offset != end) {
      continue; // another one goes on there, or none does
    }
    crc = crc16_combine(crc, packet->crc, packet->size);
    end += packet->size;
  }
  const bool whole = end == announced_bytes || (start_in_packets && is_complete());
  return in_bytes && !whole ? std::nullopt : std::optional(crc);
}

} // namespace dualcam
