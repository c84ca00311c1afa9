#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace dualcam {
namespace {

/// What a packet holds, and its number.
struct Content {
  std::uint32_t hash;
  std::uint16_t crc;
  std::uint16_t size;
  std::uint32_t number;
  auto key() const { return std::tuple(hash, crc, size); }
};

/// Good packets with stated numbers, ordered by content.
std::vector<Content> stated_contents(const CapturedTransfer& transfer) {
  std::vector<Content> contents;
  for (const auto& packet : transfer.packets) {
    if (packet.verdict == DumpVerdict::good && packet.numbering == DumpNumbering::stated) {
      contents.push_back({packet.content, packet.crc, packet.size, packet.number});
    }
  }
  std::ranges::sort(contents, {}, &Content::key);
  return contents;
}

/// By how much the numbers of packets `first` to `end` are off, as most of those that came again
/// have it.
std::int64_t shift_of(const CapturedTransfer& transfer, std::size_t first, std::size_t end,
                      const std::vector<Content>& contents) {
  constexpr std::ptrdiff_t most_alike = 16; // blank stretches tell nothing
  std::map<std::int64_t, std::size_t> votes;
  for (auto i = first; i < end; ++i) {
    const auto& packet = transfer.packets[i];
    const auto same = std::ranges::equal_range(
        contents, std::tuple(packet.content, packet.crc, packet.size), {}, &Content::key);
    if (packet.verdict != DumpVerdict::good || std::ranges::ssize(same) > most_alike) {
      continue;
    }
    std::set<std::int64_t> shifts;
    for (const auto& each : same) {
      shifts.insert(std::int64_t{each.number} - packet.number);
    }
    for (const auto shift : shifts) {
      ++votes[shift];
    }
  }
  const auto most =
      std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() || votes[0] == most->second ? 0 : most->first;
}

/// How far numbers are equally uncertain: from one lost stretch to the next.
std::size_t end_of_run(const CapturedTransfer& transfer, std::size_t first) {
  const auto& packets = transfer.packets;
  auto end = first + 1;
  while (end < packets.size() && packets[first].numbering != DumpNumbering::stated &&
         packets[end].numbering != DumpNumbering::stated &&
         packets[end - 1].verdict != DumpVerdict::cut &&
         packets[end].number == packets[end - 1].number + 1) {
    ++end;
  }
  return end;
}

void shift_run(CapturedTransfer& transfer, std::size_t first, std::size_t end, std::int64_t shift,
               std::string_view reason) {
  if (shift == 0) {
    return;
  }
  for (auto i = first; i < end; ++i) {
    auto& packet = transfer.packets[i];
    renumber(packet, shift);
    if (transfer.by_path) {
      const auto place = static_cast<std::int64_t>(packet.file_offset) +
                         shift * static_cast<std::int64_t>(transfer.packet_size);
      packet.file_offset = static_cast<std::uint64_t>(std::max<std::int64_t>(place, 0));
    }
  }
  note_correction(transfer, reason);
}

/// By how much the last packet's number is too high.
std::int64_t beyond_announced(const CapturedTransfer& transfer, std::size_t first,
                              std::size_t end) {
  const auto last = transfer.packets[end - 1].number;
  const bool beyond =
      transfer.announced && last > *transfer.announced && *transfer.announced >= end - first;
  return beyond ? std::int64_t{last} - *transfer.announced : 0;
}

} // namespace

void note_correction(CapturedTransfer& transfer, std::string_view reason) {
  if (std::ranges::find(transfer.corrections, reason) == transfer.corrections.end()) {
    transfer.corrections.emplace_back(reason);
  }
}

void renumber(CapturedPacket& packet, std::int64_t shift) {
  packet.number = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(packet.number + shift, 1, std::int64_t{UINT32_MAX}));
  packet.numbering = DumpNumbering::inferred;
}

void settle_numbers(CapturedTransfer& transfer) {
  if (transfer.numbering() == DumpNumbering::stated) {
    return;
  }
  const auto contents = stated_contents(transfer);
  for (std::size_t first = 0; first < transfer.packets.size();) {
    const auto end = end_of_run(transfer, first);
    if (transfer.packets[first].numbering != DumpNumbering::stated) {
      shift_run(transfer, first, end, shift_of(transfer, first, end, contents),
                "packets came again with stated numbers");
      shift_run(transfer, first, end, -beyond_announced(transfer, first, end),
                "there are no more packets than START says");
    }
    first = end;
  }
}

void mark_repeats(CapturedTransfer& transfer) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(transfer.packets.size());
  for (auto& packet : transfer.packets) {
    order.emplace_back(transfer.place_of(packet), static_cast<std::uint32_t>(order.size()));
  }
  std::ranges::sort(order);
  for (std::size_t i = 0; i < order.size(); ++i) {
    transfer.packets[order[i].second].repeat = i > 0 && order[i - 1].first == order[i].first;
  }
}

} // namespace dualcam
