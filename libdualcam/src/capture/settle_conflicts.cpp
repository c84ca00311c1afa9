#include "capture/packet_runs.hpp"
#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "dualcam/wire/command.hpp"

namespace dualcam {
namespace {

using Content = std::tuple<std::uint16_t, std::uint32_t, std::uint16_t>;

Content content_of(const CapturedPacket& packet) {
  return {packet.size, packet.content, packet.crc};
}

/// A CRC of 16 bits fits by chance, too: of two packets that both fit, with other contents for one
/// place, one is damaged, or lies elsewhere. What another packet goes on from is to be believed:
/// the one of its kind, or what came often where the others came once.
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
    doubt_counts();
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

  std::optional<Content> believed_of(std::span<const Place> copies) const {
    constexpr std::size_t often = 3;
    std::map<Content, std::size_t> followed;
    for (const auto& each : copies) {
      if (is_followed(each)) {
        ++followed[content_of(packets_[each.packet])];
      }
    }
    const auto most =
        std::ranges::max_element(followed, {}, [](const auto& each) { return each.second; });
    const auto several =
        std::ranges::count_if(followed, [](const auto& each) { return each.second > 1; });
    const bool alone = followed.size() == 1 || (several == 1 && most->second >= often);
    return alone ? std::optional(most->first) : std::nullopt;
  }

  void settle(std::span<const Place> copies) {
    const auto differs = [&](const Place& each) {
      return content_of(packets_[each.packet]) != content_of(packets_[copies[0].packet]);
    };
    if (std::ranges::none_of(copies, differs)) {
      return;
    }
    const auto believed = believed_of(copies);
    for (const auto& each : copies) {
      doubted_.insert(each.packet);
      auto& packet = packets_[each.packet];
      if (!believed) {
        packet.verdict = DumpVerdict::unchecked;
        packet.computed_crc.reset();
        packet.numbering = std::max(packet.numbering, DumpNumbering::inferred);
      } else if (content_of(packet) != *believed) {
        packet.verdict = DumpVerdict::bad;
      }
    }
  }

  /// From one SYNC to the next: what was counted on to a place that another packet has may be
  /// wrong.
  void doubt_counts() {
    std::uint32_t begin = 0; // of the session
    for (std::uint32_t i = 1; i <= packets_.size() && !doubted_.empty(); ++i) {
      const bool ends = i == packets_.size() || begins_session(packets_[i]);
      const auto first = doubted_.lower_bound(begin);
      for (auto each = begin; ends && first != doubted_.end() && *first < i && each < i; ++each) {
        auto& packet = packets_[each];
        if (packet.origin == DumpOrigin::packet_before) {
          packet.numbering = std::max(packet.numbering, DumpNumbering::inferred);
        }
      }
      begin = ends ? i : begin;
    }
  }

  CapturedTransfer& transfer_;
  std::deque<CapturedPacket>& packets_;
  std::set<std::uint32_t> doubted_; ///< of which there are others at one place
};

/// Whether something is doubtful in it. In a whole file equal packets are what the file has.
bool is_damaged(const CapturedTransfer& transfer) {
  return !transfer.skipped.empty() ||
         std::ranges::any_of(transfer.packets, [](const CapturedPacket& packet) {
           return packet.verdict != DumpVerdict::good || packet.numbering != DumpNumbering::stated;
         });
}

/// One packet at two places is at most one of them: what was counted on to either may be wrong.
/// Where nothing is damaged, a file may have it twice, but a device that goes back sends it again.
void doubt_places_of_equals(CapturedTransfer& transfer, bool damaged) {
  struct Seen {
    Content content;
    std::uint64_t place;
    std::uint32_t session;
    auto operator<=>(const Seen&) const = default;
  };
  const std::uint16_t least = damaged ? 4 : 32; // smaller ones are alike in many files
  std::vector<Seen> seen;
  std::vector<std::uint32_t> sessions;
  std::uint32_t session = 0;
  for (const auto& packet : transfer.packets) {
    session += begins_session(packet) ? 1 : 0;
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
    const bool sent_again =
        std::any_of(begin, end, [&](const Seen& each) { return each.session != begin->session; });
    for (auto each = begin; each != end && places.size() < 3; ++each) {
      places.insert(each->place);
    }
    const bool doubtful = damaged ? places.size() > 1 // of a blank stretch, too, some may be lost
                                  : places.size() == 2 && sent_again;
    for (auto each = begin; each != end && doubtful; ++each) {
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

/// A device never goes on beyond what it has sent: where a SYNC right behind a packet says so,
/// packets are missing that nothing else shows, and a CRC fits by chance.
void doubt_counts_before_jumps(CapturedTransfer& transfer) {
  auto& packets = transfer.packets;
  std::size_t begin = 0; // of the session
  for (std::size_t i = 1; i < packets.size(); ++i) {
    const auto& before = packets[i - 1];
    if (!begins_session(packets[i])) {
      continue;
    }
    const auto end = transfer.behind(before);
    const bool behind =
        packets[i].offset == before.offset + data_header + before.size + data_trailer + sync_size;
    const bool jumps = behind && transfer.place_of(packets[i]) > end;
    for (auto each = begin; each < i && jumps; ++each) {
      if (packets[each].origin != DumpOrigin::header) {
        packets[each].numbering = std::max(packets[each].numbering, DumpNumbering::inferred);
      }
    }
    begin = i;
  }
}

/// A packet that fits nowhere, and whose CRC is the one that it goes on from, may belong behind any
/// packet with that CRC: what was counted on to from there may be a packet further.
void doubt_counts_around_loops(CapturedTransfer& transfer) {
  auto& packets = transfer.packets;
  std::map<std::uint16_t, std::size_t> first;        // packet of the session with this CRC
  std::vector<int> begin_or_end(packets.size() + 1); // of what is doubted
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto& packet = packets[i];
    if (begins_session(packet)) {
      first.clear();
    }
    if (!packet.received_crc || packet.verdict == DumpVerdict::cut) {
      continue;
    }
    if (packet.verdict == DumpVerdict::good) {
      first.emplace(*packet.received_crc, i);
    } else if (const auto before = first.find(*packet.received_crc);
               before != first.end() && start_of(packet) == *packet.received_crc) {
      ++begin_or_end[before->second + 1];
      --begin_or_end[i];
    }
  }
  int doubts = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    doubts += begin_or_end[i];
    if (doubts != 0 && packets[i].origin != DumpOrigin::header) {
      packets[i].numbering = std::max(packets[i].numbering, DumpNumbering::inferred);
    }
  }
}

/// The next packet, which is whole, goes on from another CRC than this one has: so this one's fits
/// by chance, unless packets are missing between them.
void doubt_what_the_next_contradicts(CapturedTransfer& transfer) {
  auto& packets = transfer.packets;
  for (std::size_t i = 1; i < packets.size(); ++i) {
    auto& packet = packets[i - 1];
    const auto& next = packets[i];
    const auto end = transfer.behind(packet);
    const bool both_good = packet.verdict == DumpVerdict::good &&
                           next.verdict == DumpVerdict::good && next.received_crc;
    const bool has_own_chain = begins_session(next) || (next.received_crc && start_of(next) == 0);
    if (!both_good || has_own_chain || transfer.place_of(next) != end || follows(packet, next)) {
      continue;
    }
    packet.verdict = next.origin == DumpOrigin::header ? DumpVerdict::bad : DumpVerdict::unchecked;
    if (packet.verdict == DumpVerdict::unchecked) {
      packet.computed_crc.reset();
    }
  }
}

/// A packet that came before, or comes later, as it is, CRC and all: it is whole, whatever came
/// right before it this time.
void believe_what_came_so(CapturedTransfer& transfer) {
  auto& packets = transfer.packets;
  const auto whole = [&](const CapturedPacket& each) {
    return std::tuple(transfer.place_of(each), content_of(each), each.received_crc);
  };
  const auto whole_at = [&](std::uint32_t i) { return whole(packets[i]); };
  std::vector<std::uint32_t> doubted;
  for (std::uint32_t i = 0; i < packets.size(); ++i) {
    const auto& packet = packets[i];
    const bool header_is_bad =
        packet.received_crc == packet.computed_crc && packet.origin != DumpOrigin::header;
    if (packet.verdict == DumpVerdict::bad && !header_is_bad) {
      doubted.push_back(i);
    }
  }
  std::ranges::sort(doubted, {}, whole_at);
  for (const auto& packet : packets) {
    if (packet.verdict == DumpVerdict::good && !doubted.empty()) {
      for (const auto same : std::ranges::equal_range(doubted, whole(packet), {}, whole_at)) {
        packets[same].verdict = DumpVerdict::good;
        packets[same].computed_crc = packets[same].received_crc;
      }
    }
  }
}

/// The next packet goes on from it, and its header tells another place than behind this one: one of
/// the two headers is damaged, and the next one's is that by which it was placed.
void doubt_headers_that_the_next_contradicts(CapturedTransfer& transfer) {
  auto& packets = transfer.packets;
  for (std::size_t i = packets.size(); i-- > 1;) {
    auto& packet = packets[i - 1];
    const auto& next = packets[i];
    const bool both_told = packet.verdict == DumpVerdict::good &&
                           next.verdict == DumpVerdict::good &&
                           packet.origin == DumpOrigin::header && next.origin == DumpOrigin::header;
    if (both_told && next.file_offset >= packet.size &&
        next.file_offset != packet.file_offset + packet.size && start_of(next) != 0 &&
        follows(packet, next)) {
      packet.file_offset = next.file_offset - packet.size;
      packet.verdict = DumpVerdict::bad;
      packet.numbering = DumpNumbering::inferred;
    }
  }
}

/// Ranges of good packets by path, in order.
using GoodRanges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// The end of the longest one that begins there; 0: none does.
std::uint64_t end_of_one_at(const GoodRanges& good, std::uint64_t place) {
  const auto behind = std::ranges::lower_bound(good, std::pair(place + 1, std::uint64_t{0}));
  return behind != good.begin() && behind[-1].first == place ? behind[-1].second : 0;
}

/// Whether two, of which the second begins where the first ends, have all of it.
bool is_across_two(const GoodRanges& good, std::uint64_t begin, std::uint64_t end) {
  constexpr std::ptrdiff_t most_looked_at = 8;
  const auto here = std::ranges::lower_bound(good, std::pair(begin, std::uint64_t{0}));
  return std::any_of(here - std::min(most_looked_at, here - good.begin()), here,
                     [&](const auto& before) {
                       return before.second > begin && before.second < end &&
                              end_of_one_at(good, before.second) >= end;
                     });
}

/// A header has no CRC: one that tells a place across two packets that meet, or behind the end of
/// the file, and where none meets its own, is damaged, unless a SYNC may have told that place.
void doubt_headers_of_no_neighbour(CapturedTransfer& transfer) {
  GoodRanges good;
  std::vector<std::uint64_t> ends;
  for (const auto& packet : transfer.packets) {
    if (packet.verdict == DumpVerdict::good && packet.origin == DumpOrigin::header) {
      good.emplace_back(packet.file_offset, transfer.behind(packet));
      ends.push_back(good.back().second);
    }
  }
  std::ranges::sort(good);
  std::ranges::sort(ends);
  const auto [rest, last] = std::ranges::unique(good);
  good.erase(rest, last);
  for (auto& packet : transfer.packets) {
    const auto end = transfer.behind(packet);
    const bool is_alone = packet.verdict == DumpVerdict::good &&
                          packet.origin == DumpOrigin::header && packet.received_crc &&
                          start_of(packet) != 0 && end_of_one_at(good, end) == 0 &&
                          !std::ranges::binary_search(ends, packet.file_offset);
    if (is_alone && (is_across_two(good, packet.file_offset, end) ||
                     end > transfer.announced_end().value_or(end))) {
      packet.verdict = DumpVerdict::bad;
      packet.numbering = DumpNumbering::inferred;
    }
  }
}

} // namespace

void settle_conflicts(CapturedTransfer& transfer) {
  const bool damaged = is_damaged(transfer);
  if (damaged || !transfer.is_complete()) {
    doubt_places_of_equals(transfer, damaged);
  }
  doubt_counts_before_jumps(transfer);
  doubt_counts_around_loops(transfer);
  doubt_what_the_next_contradicts(transfer);
  believe_what_came_so(transfer);
  doubt_headers_that_the_next_contradicts(transfer);
  doubt_headers_of_no_neighbour(transfer);
  Conflicts(transfer).settle();
}

} // namespace dualcam
