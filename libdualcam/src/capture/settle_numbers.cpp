#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <utility>

#include "capture/settler.hpp"

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
  if (packet.verdict == DumpVerdict::cut || !packet.stored) {
    return false;
  }
  const auto start = start_of(packet);
  return std::ranges::any_of(runs_, [&](const Run& each) {
    return each.session == run.session && each.end <= run.first &&
           packets_[each.end - 1].stored == start;
  });
}

/// The device went on as it does behind the last packet, which may be damaged itself.
void Settler::place_by_what_follows() {
  if (!end_ || !transfer_.regular_end || runs_.empty()) {
    return;
  }
  auto last = runs_.end() - 1;
  const bool damaged = last->doubtful && last != runs_.begin();
  if (damaged && goes_on_elsewhere(*last)) {
    return;
  }
  const auto behind = damaged ? guessed_gap(last) + extent_of(last->first) : 0;
  last -= damaged ? 1 : 0;
  const auto place = *end_ - behind - length(*last);
  if (!last->doubtful && !last->placed && place >= first_place()) {
    const auto& final = packets_.back();
    const bool more_is_lost = std::ranges::any_of(transfer_.skipped, [&](const DumpSkipped& each) {
      return each.offset > final.offset; // maybe another packet
    });
    put(*last, place, DumpNumbering::inferred, by_what_follows);
    // One that is cut may be two: with one too many counted before it, all would agree.
    last->at_end = !more_is_lost && final.verdict != DumpVerdict::cut;
  }
}

/// Where the end of the file and what came before it agree on how many packets there are.
void Settler::confirm_ends() {
  const Run* before = nullptr;
  for (auto& run : runs_) {
    const bool agrees = before != nullptr && before->session == run.session &&
                        run.place - place_of(run.first) == before->place - place_of(before->first);
    if (run.at_end && agrees) {
      run.numbering = DumpNumbering::stated;
    }
    before = is_anchor(run) ? &run : before;
  }
}

void Settler::apply() {
  for (const auto& run : runs_) {
    auto place = run.place;
    for (auto i = run.first; i < run.end; ++i) {
      auto& packet = packets_[i];
      const auto size = extent_of(i);
      if (transfer_.by_path) {
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
