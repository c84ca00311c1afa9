#include "capture/packet_runs.hpp"
#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

namespace dualcam {
namespace {

using Content = std::tuple<std::uint16_t, std::uint32_t, std::uint16_t>;

Content content_of(const CapturedPacket& packet) {
  return {packet.size, packet.content, packet.crc};
}

/// A CRC of 16 bits fits by chance, too: of two packets that both fit, with other contents for one
/// place, one is damaged, or lies elsewhere. What another packet goes on from is to be believed.
class Conflicts {
public:
  explicit Conflicts(CapturedTransfer& transfer)
      : transfer_(transfer), packets_(transfer.packets) {}

  void settle() {
    std::vector<Place> order;
    for (std::uint32_t i = 0; i < packets_.size(); ++i) {
      if (packets_[i].verdict == DumpVerdict::good) {
        order.push_back({transfer_.place_of(packets_[i]), packets_[i].size, i});
      }
    }
    std::ranges::sort(order);
    for (auto begin = order.begin(); begin != order.end();) {
      const auto end = std::find_if(begin, order.end(), [&](const Place& each) {
        return each.place != begin->place || each.size != begin->size;
      });
      settle({begin, end});
      begin = end;
    }
  }

private:
  struct Place {
    std::uint64_t place;
    std::uint16_t size;
    std::uint32_t packet; ///< an index
    auto operator<=>(const Place&) const = default;
  };

  bool is_followed(const Place& place) const {
    const auto next = place.packet + std::size_t{1};
    return next < packets_.size() && follows(packets_[place.packet], packets_[next]);
  }

  void settle(std::span<const Place> copies) {
    const auto differs = [&](const Place& each) {
      return content_of(packets_[each.packet]) != content_of(packets_[copies[0].packet]);
    };
    if (std::ranges::none_of(copies, differs)) {
      return;
    }
    std::set<Content> believed;
    for (const auto& each : copies) {
      if (is_followed(each)) {
        believed.insert(content_of(packets_[each.packet]));
      }
    }
    for (const auto& each : copies) {
      auto& packet = packets_[each.packet];
      if (believed.size() != 1) {
        packet.verdict = DumpVerdict::unchecked;
        packet.computed.reset();
        packet.numbering = std::max(packet.numbering, DumpNumbering::inferred);
      } else if (!believed.contains(content_of(packet))) {
        packet.verdict = DumpVerdict::bad;
      }
    }
  }

  CapturedTransfer& transfer_;
  std::deque<CapturedPacket>& packets_;
};

/// Whether something is doubtful in it. In a whole file equal packets are what the file has.
bool is_damaged(const CapturedTransfer& transfer) {
  return !transfer.skipped.empty() ||
         std::ranges::any_of(transfer.packets, [](const CapturedPacket& packet) {
           return packet.verdict != DumpVerdict::good || packet.numbering != DumpNumbering::stated;
         });
}

/// One packet at two places is at most one of them: what was counted on to either may be wrong.
void doubt_places_of_equals(CapturedTransfer& transfer) {
  struct Seen {
    Content content;
    std::uint64_t place;
    std::uint32_t session;
    auto operator<=>(const Seen&) const = default;
  };
  constexpr std::uint16_t least = 32; // smaller ones are alike in many files
  std::vector<Seen> seen;
  std::vector<std::uint32_t> sessions;
  std::uint32_t session = 0;
  for (const auto& packet : transfer.packets) {
    session += packet.origin == DumpOrigin::sync || packet.origin == DumpOrigin::nothing ? 1 : 0;
    sessions.push_back(session);
    if (packet.verdict != DumpVerdict::cut && packet.size >= least &&
        packet.origin != DumpOrigin::header) {
      seen.push_back({content_of(packet), transfer.place_of(packet), session});
    }
  }
  std::ranges::sort(seen);
  std::set<std::uint32_t> doubted;
  for (auto begin = seen.begin(); begin != seen.end();) {
    const auto end = std::find_if(begin, seen.end(),
                                  [&](const Seen& each) { return each.content != begin->content; });
    std::set<std::uint64_t> places;
    for (auto each = begin; each != end && places.size() < 3; ++each) {
      places.insert(each->place);
    }
    for (auto each = begin; each != end && places.size() == 2; ++each) { // more are blank stretches
      doubted.insert(each->session);
    }
    begin = end;
  }
  for (std::size_t i = 0; i < sessions.size() && !doubted.empty(); ++i) {
    auto& packet = transfer.packets[i];
    if (doubted.contains(sessions[i]) && packet.origin != DumpOrigin::header) {
      packet.numbering = std::max(packet.numbering, DumpNumbering::inferred);
    }
  }
}

} // namespace

void settle_conflicts(CapturedTransfer& transfer) {
  if (is_damaged(transfer)) {
    doubt_places_of_equals(transfer);
  }
  Conflicts(transfer).settle();
}

} // namespace dualcam
