#include "capture/packet_runs.hpp"
#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace dualcam {
namespace {

/// Whether packets that follow each other without a break from where a SYNC or a header puts them
/// go on beyond what START says, if it counts bytes.
bool goes_beyond_start(const CapturedTransfer& transfer) {
  bool unbroken = false;
  const CapturedPacket* before = nullptr;
  for (const auto& packet : transfer.packets) {
    unbroken = packet.verdict == DumpVerdict::good &&
               (states_place(packet) || (unbroken && follows(*before, packet)));
    if (unbroken && packet.file_offset + packet.size > *transfer.start) {
      return true;
    }
    before = &packet;
  }
  return false;
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
  constexpr std::uint32_t most_packets_in_bytes = 65'536; // a START from here on counts bytes
  transfer.announced = transfer.start;
  transfer.announced_bytes.reset();
  transfer.start_in_packets = false;
  if (!transfer.by_path || !transfer.start) {
    return;
  }
  transfer.start_in_packets =
      *transfer.start < most_packets_in_bytes && goes_beyond_start(transfer);
  if (!transfer.start_in_packets) {
    transfer.announced_bytes = transfer.start;
    const auto size = transfer.packet_size;
    transfer.announced =
        static_cast<std::uint32_t>((std::uint64_t{*transfer.start} + size - 1) / size);
  }
}

} // namespace dualcam
