// What the neighbours of packets tell of their places.
#include "capture/settler.hpp"

#include <algorithm>

namespace dualcam {

/// The next run whose place is known; otherwise runs_.end().
Settler::Runs::iterator Settler::next_placed(Runs::iterator run) {
  for (int i = 0; i < most_looked_at && ++run != runs_.end(); ++i) {
    if (run->placed) {
      return run;
    }
  }
  return runs_.end();
}

/// How many packets seem to be missing between what came before `run` and its first one: a guess.
std::int64_t Settler::guessed_gap(Runs::const_iterator run) const {
  const auto last = run->first - 1;
  return std::max<std::int64_t>(place_of(run->first) - place_of(last) - extent_of(last), 0);
}

/// What is there of runs in a row.
std::int64_t Settler::length_of(Runs::iterator begin, Runs::iterator end) const {
  std::int64_t sum = 0;
  for (auto run = begin; run != end; ++run) {
    sum += length(*run);
  }
  return sum;
}

/// What seems to be missing before each of them.
std::int64_t Settler::guessed_gaps(Runs::iterator begin, Runs::iterator end) const {
  std::int64_t sum = 0;
  for (auto run = begin; run != end; ++run) {
    sum += guessed_gap(run);
  }
  return sum;
}

/// The first of those before which the most seems to be missing.
Settler::Runs::iterator Settler::largest_gap(Runs::iterator begin, Runs::iterator end) const {
  auto largest = begin;
  for (auto run = begin; run != end; ++run) {
    largest = guessed_gap(run) > guessed_gap(largest) ? run : largest;
  }
  return largest;
}

/// What nothing but its neighbours tells the place of.
void Settler::place_between() {
  auto before = runs_.end(); // the last one of the session whose place is known
  for (auto run = runs_.begin(); run != runs_.end(); ++run) {
    if (before != runs_.end() && before->session != run->session) {
      before = runs_.end();
    }
    if (run->placed || run->doubtful) {
      before = run->placed || is_anchor(*run) ? run : before;
      continue;
    }
    const auto next = next_placed(run);
    const bool unknown = run->numbering == DumpNumbering::unknown;
    auto numbering = unknown ? DumpNumbering::unknown : DumpNumbering::inferred;
    auto place = run->place;
    if (before != runs_.end()) {
      const auto from = before + 1;
      const bool known = next != runs_.end() && next->session == run->session;
      auto gaps = guessed_gaps(from, run + 1);
      std::int64_t missing = 0;
      if (known) { // how much is missing in all is known: it is where something was lost
        missing = next->place - end_of(*before) - length_of(from, next);
        const auto all = guessed_gaps(from, next + 1);
        const bool is_behind = largest_gap(from, next + 1) <= run; // where the guess is the worst
        gaps = all == 0 ? 0 : std::max<std::int64_t>(gaps + (is_behind ? missing - all : 0), 0);
      }
      place = end_of(*before) + length_of(from, run) + gaps;
      if (known && missing == 0 && is_anchor(*before) && next->numbering == DumpNumbering::stated &&
          !may_be_miscounted(before, next)) {
        numbering = DumpNumbering::stated;
      }
    } else if (next != runs_.end()) { // a device never goes on beyond what it has sent
      const auto between = length_of(run, next) + guessed_gaps(run + 1, next + 1);
      place = std::max(place, next->place - between);
      numbering = DumpNumbering::inferred;
    }
    put(*run, within_file(place, length(*run)), numbering,
        next != runs_.end() ? by_neighbours : by_start);
    before = run;
  }
}

std::int64_t Settler::within_file(std::int64_t place, std::int64_t length) const {
  const auto most = end_ ? *end_ - length : place;
  return most >= first_place() ? std::clamp(place, first_place(), most) : place;
}

/// Damaged packets, and those of which the one before is lost: behind what came before, unless the
/// packet that goes on from its CRC shows that it is a later one.
void Settler::place_doubtful() {
  for (auto run = runs_.begin(); run != runs_.end(); ++run) {
    if (run->doubtful && !run->placed) {
      place_doubtful(run);
    }
  }
}

void Settler::place_doubtful(Runs::iterator run) {
  auto& packet = packets_[run->first];
  const bool stated = states_place(packet);
  const bool follows_one = run != runs_.begin() && run[-1].session == run->session && !stated;
  const auto behind = follows_one ? end_of(run[-1]) : run->place;
  const auto next =
      run + 1 != runs_.end() && run[1].session == run->session ? run + 1 : runs_.end();
  const bool cut = packet.verdict == DumpVerdict::cut;
  const auto size = cut && transfer_.in_bytes ? 0 : extent_of(run->first);
  const bool joined =
      next != runs_.end() && !next->doubtful && follows(packet, packets_[next->first]);
  auto place = behind + (follows_one ? guessed_gap(run) : 0);
  const bool vouched = joined && (!stated || next->at_end || next->place - size > behind);
  if (vouched && !cut && next->place - size >= first_place()) {
    place = next->place - size;
  }
  const bool is_last = run + 1 == runs_.end() && transfer_.regular_end && !cut &&
                       packet.size < transfer_.packet_size;
  place = within_file(is_last && end_ ? *end_ - size : place, size);
  const bool in_step = (stated && place == behind) || (follows_one && place == behind &&
                                                       run[-1].numbering == DumpNumbering::stated);
  const bool ends = end_ && place + size == *end_;
  const bool meets = next != runs_.end() && !next->doubtful && next->place == place + size &&
                     next->numbering == DumpNumbering::stated;
  // One whose end is there may be whole, and what was before it lost.
  const bool last = next == runs_.end() && cut && !packet.received_crc;
  const bool certain = in_step && (meets || ends || last) && fits(*run, place);
  const bool unknown = run->numbering == DumpNumbering::unknown;
  put(*run, place,
      certain   ? DumpNumbering::stated
      : unknown ? DumpNumbering::unknown
                : DumpNumbering::inferred,
      by_neighbours);
  if (packet.verdict == DumpVerdict::bad &&
      (place > behind || (follows_one && lacks_packets(run)))) {
    packet.verdict = DumpVerdict::unchecked; // packets are missing before it: that may be why
    packet.computed_crc.reset();
  }
}

/// Whether packets are missing between what is known for certain before and behind it, and nothing
/// but this one shows where.
bool Settler::lacks_packets(Runs::iterator run) {
  auto before = run;
  for (int i = 0; i < most_looked_at && before != runs_.begin(); ++i) {
    --before;
    if (before->session != run->session) {
      return false;
    }
    if (before->numbering == DumpNumbering::stated && !before->doubtful) {
      break;
    }
  }
  for (auto next = run + 1; next != runs_.end() && next - run <= most_looked_at; ++next) {
    if (next->session != run->session) {
      return false;
    }
    if (next->at_end || next->numbering == DumpNumbering::stated) {
      return guessed_gaps(before + 1, next + 1) == 0 &&
             next->place - end_of(*before) > length_of(before + 1, next);
    }
  }
  return false;
}

} // namespace dualcam
