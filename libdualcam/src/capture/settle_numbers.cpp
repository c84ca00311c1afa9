#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <utility>

#include "capture/settler.hpp"
#include "dualcam/wire/command.hpp"

namespace dualcam {

void Settler::put(Run& run, std::int64_t place, DumpNumbering numbering, std::string_view reason) {
  if (place != run.place) {
    note_correction(transfer_, reason);
  }
  run.place = place;
  run.numbering = numbering;
  run.placed = true;
}

/// Its packets are of one size, but for a short one at its end.
bool Settler::is_whole(const Run& run) const {
  for (auto i = run.first; i + 1 < run.end; ++i) {
    if (packets_[i].size != transfer_.packet_size) {
      return false;
    }
  }
  return packets_[run.end - 1].size < transfer_.packet_size;
}

/// A short packet ends the file. If a SYNC said otherwise, one of it and START is damaged.
void Settler::place_by_end() {
  for (auto& run : runs_) {
    if (run.doubtful || !end_) {
      continue;
    }
    const bool is_last = is_whole(run);
    const auto place = *end_ - length(run);
    if (run.placed) {
      const bool beyond = end_of(run) > *end_;
      if (beyond && place >= first_place() && packets_[run.first].origin == DumpOrigin::sync) {
        put(run, place, DumpNumbering::inferred, by_start);
      } else if (beyond || (is_last && place != run.place)) {
        run.numbering = DumpNumbering::inferred;
      }
    } else if (is_last && place >= first_place()) {
      put(run, place, DumpNumbering::inferred, by_end);
      run.at_end = true;
    }
  }
  place_by_what_follows();
}

/// Whether a packet that does not go on from the one before it does so from another one: then it is
/// whole, and what came right before it does not lie there.
bool Settler::goes_on_elsewhere(const Run& run) const {
  const auto& packet = packets_[run.first];
  if (packet.verdict == DumpVerdict::cut || !packet.received_crc) {
    return false;
  }
  const auto start = start_of(packet);
  return std::ranges::any_of(runs_, [&](const Run& each) {
    return each.session == run.session && each.end <= run.first &&
           packets_[each.end - 1].received_crc == start;
  });
}

/// By path: packets have one size, but for the last one, of which START tells the size.
bool Settler::may_be_last(const CapturedPacket& packet) const {
  const auto usual = static_cast<std::int64_t>(transfer_.packet_size);
  return !transfer_.in_bytes || packet.verdict == DumpVerdict::cut || packet.size != usual ||
         *end_ % usual == 0;
}

/// The device went on as it does behind the last packet, which may be damaged itself.
void Settler::place_by_what_follows() {
  if (!end_ || !transfer_.regular_end || runs_.empty()) {
    return;
  }
  auto last = runs_.end() - 1;
  const bool damaged = last->doubtful && last != runs_.begin();
  if ((damaged && goes_on_elsewhere(*last)) || !may_be_last(packets_.back())) {
    return;
  }
  const auto behind = damaged ? guessed_gap(last) + extent_of(last->first) : 0;
  last -= damaged ? 1 : 0;
  const auto place = *end_ - behind - length(*last);
  if (!last->doubtful && !last->placed && place >= first_place() &&
      !came_elsewhere(*last, place, known_places())) {
    const auto& final = packets_.back();
    const bool more_is_lost = std::ranges::any_of(transfer_.skipped, [&](const DumpSkipped& each) {
      return each.offset > final.offset; // maybe another packet
    });
    put(*last, place, DumpNumbering::inferred, by_what_follows);
    // One that is cut may be two: with one too many counted before it, all would agree.
    last->at_end = !more_is_lost && final.verdict != DumpVerdict::cut;
  }
}

/// Whether as many bytes lie between the run before and this one as the packets take that were
/// counted there.
bool Settler::is_counted_exactly(Runs::const_iterator run) const {
  const auto usual = static_cast<std::int64_t>(transfer_.packet_size);
  const auto& last = packets_[run->first - 1];
  const auto bytes = static_cast<std::int64_t>(packets_[run->first].offset - last.offset);
  const auto counted = place_of(run->first) - place_of(run->first - 1);
  const auto packets = transfer_.in_bytes ? counted / usual : counted;
  const auto overhead = static_cast<std::int64_t>(data_header + data_trailer);
  return last.size == usual && bytes == packets * (usual + overhead);
}

/// Whether a damaged packet seems to be one that came before, or to go on from one that it does not
/// lie behind: of those close by, since CRCs are equal by chance, too.
bool Settler::belongs_elsewhere(Runs::const_iterator run) const {
  constexpr std::ptrdiff_t close = 16;
  const auto& packet = packets_[run->first];
  if (packet.verdict == DumpVerdict::cut || !packet.received_crc) {
    return false;
  }
  const auto start = start_of(packet);
  const auto goes_on_from = [&](const Run& each) {
    return each.session == run->session && packets_[each.end - 1].received_crc == start;
  };
  const auto first = run - std::min(close, run - runs_.begin());
  const auto last = run + std::min(close, runs_.end() - run);
  const auto before = packets_.begin() + run->first;
  return std::any_of(first, last, goes_on_from) ||
         std::any_of(
             before - std::min<std::ptrdiff_t>(close, run->first), before,
             [&](const CapturedPacket& each) { return each.received_crc == packet.received_crc; });
}

/// Whether what lies here and before it, since the run before, may be less than was counted: of a
/// packet there may be two pieces, or it came twice or elsewhere.
bool Settler::may_count_too_many(Runs::const_iterator run) const {
  const bool is_odd = packets_[run->first].size != transfer_.packet_size;
  return (guessed_gap(run) > 0 && !is_counted_exactly(run)) ||
         (run->doubtful && (is_odd || belongs_elsewhere(run)));
}

/// Between two runs whose places agree with how many packets were counted from one to the other:
/// whether too many at one place may make up for too few at another.
bool Settler::may_be_miscounted(Runs::const_iterator before, Runs::const_iterator next) const {
  if (next - before > most_counted) {
    return true;
  }
  int places = 0; // where something was damaged or lost
  bool too_many = false;
  for (auto run = before + 1; run != next + 1; ++run) {
    const bool is_outside =
        run->placed && (run->place < end_of(*before) || end_of(*run) > end_of(*next));
    places += run->doubtful ? 0 : 1;
    too_many = too_many || is_outside || may_count_too_many(run);
  }
  if (next->at_end) {
    const bool more_behind = next + 1 != runs_.end();
    const bool more_lost = packets_[next->end - 1].size == transfer_.packet_size;
    places += more_behind || more_lost ? 1 : 0;
    too_many = too_many || (more_behind && may_count_too_many(next + 1));
  }
  return too_many && places > 1;
}

/// Where the end of the file and what came before it agree on how many packets there are.
void Settler::confirm_ends() {
  auto before = runs_.end();
  for (auto run = runs_.begin(); run != runs_.end(); ++run) {
    if (run->at_end && before != runs_.end() && before->session == run->session &&
        shift_of(*run) == shift_of(*before) && !may_be_miscounted(before, run)) {
      run->numbering = DumpNumbering::stated;
    }
    before = is_anchor(*run) ? run : before;
  }
}

void Settler::apply() {
  for (const auto& run : runs_) {
    auto place = run.place;
    for (auto i = run.first; i < run.end; ++i) {
      auto& packet = packets_[i];
      const auto size = extent_of(i);
      if (transfer_.in_bytes) {
        packet.file_offset = static_cast<std::uint64_t>(std::max<std::int64_t>(place, 0));
      } else {
        packet.number = static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(place, 1, std::int64_t{UINT32_MAX}));
      }
      packet.numbering = run.numbering;
      place += size;
    }
  }
}

void note_correction(CapturedTransfer& transfer, std::string_view reason) {
  if (std::ranges::find(transfer.corrections, reason) == transfer.corrections.end()) {
    transfer.corrections.emplace_back(reason);
  }
}

void settle_numbers(CapturedTransfer& transfer, std::span<const PartBegin> parts) {
  settle_start(transfer);
  Settler(transfer).settle();
  settle_conflicts(transfer);
  settle_lost_syncs(transfer);
  settle_other_files(transfer, parts);
  settle_contradictions(transfer);
}

} // namespace dualcam
