#include "capture/packet_runs.hpp"
#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "dualcam/files/geometry.hpp"

namespace dualcam {
namespace {

/// Whether the packet right before or behind one meets it in the file, too: a header has no CRC,
/// and a damaged one tells any place.
bool meets_another(const CapturedTransfer& transfer, std::size_t i) {
  const auto& packets = transfer.packets;
  const auto meet = [&](std::size_t first, std::size_t second) {
    return transfer.behind(packets[first]) == packets[second].file_offset;
  };
  return (i > 0 && meet(i - 1, i)) || (i + 1 < packets.size() && meet(i, i + 1));
}

/// Whether packets that follow each other without a break from where a SYNC or a header puts them
/// go on beyond what START says, if it counts bytes.
bool goes_beyond_start(const CapturedTransfer& transfer) {
  bool unbroken = false;
  const auto& packets = transfer.packets;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto& packet = packets[i];
    const bool is_placed =
        states_place(packet) && (packet.origin != DumpOrigin::header || meets_another(transfer, i));
    unbroken = packet.verdict == DumpVerdict::good &&
               (is_placed || (unbroken && packet.origin != DumpOrigin::header &&
                              follows(packets[i - 1], packet)));
    if (unbroken && packet.file_offset + packet.size > *transfer.start) {
      return true;
    }
  }
  return false;
}

/// Whether a packet came at two places: no file is likely to have it twice.
bool has_repeats(const CapturedTransfer& transfer) {
  constexpr std::uint16_t least = 32; // smaller ones are alike in many files
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::uint64_t> places;
  return std::ranges::any_of(transfer.packets, [&](const CapturedPacket& packet) {
    const auto place = transfer.place_of(packet);
    return packet.verdict == DumpVerdict::good && packet.size >= least &&
           places.try_emplace({packet.content, packet.crc}, place).first->second != place;
  });
}

/// START counts packets, though the file goes by path: more bytes came than it would allow, and
/// that is not because some came again where none was to, in a file that ended with fewer packets.
bool counts_packets(const CapturedTransfer& transfer) {
  const bool is_short = transfer.regular_end && transfer.packets.size() < *transfer.start;
  return goes_beyond_start(transfer) && !(is_short && has_repeats(transfer));
}

} // namespace

/// The size of most packets that another one goes on from: the last one may be smaller. Where none
/// does, the size that several have; a packet that came again is one.
void settle_packet_size(CapturedTransfer& transfer) {
  constexpr std::size_t enough = 4096;
  std::map<std::uint16_t, std::uint64_t> sizes;
  std::set<std::pair<std::uint16_t, std::uint32_t>> whole; // size and content
  std::size_t largest = full_packet;
  const CapturedPacket* before = nullptr;
  for (const auto& packet : transfer.packets) {
    const bool joined = before != nullptr && before->verdict == DumpVerdict::good &&
                        packet.origin == DumpOrigin::packet_before && follows(*before, packet);
    if (joined && before->size != 0) {
      ++sizes[before->size];
    }
    if (sizes.empty() && packet.verdict != DumpVerdict::cut && whole.size() < enough) {
      whole.emplace(packet.size, packet.content);
    }
    largest = std::max<std::size_t>(largest, packet.size);
    before = &packet;
  }
  if (sizes.empty()) {
    for (const auto& [size, content] : whole) {
      ++sizes[size];
    }
    std::erase_if(sizes, [](const auto& each) { return each.first == 0 || each.second < 2; });
  }
  std::uint64_t most = 0;
  transfer.packet_size = largest;
  for (const auto& [size, count] : sizes) {
    if (count >= most) {
      most = count;
      transfer.packet_size = size;
    }
  }
}

void settle_start(CapturedTransfer& transfer) {
  transfer.announced = transfer.start;
  transfer.announced_bytes.reset();
  transfer.start_in_packets = false;
  if (!transfer.in_bytes || !transfer.start) {
    return;
  }
  transfer.start_in_packets = *transfer.start < Geometry::only_in_bytes && counts_packets(transfer);
  if (!transfer.start_in_packets) {
    transfer.announced_bytes = transfer.start;
    const auto size = transfer.packet_size;
    transfer.announced =
        static_cast<std::uint32_t>((std::uint64_t{*transfer.start} + size - 1) / size);
  }
}

} // namespace dualcam
