#include "capture/settle_numbers.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "capture/packet_runs.hpp"
#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

constexpr std::string_view by_end = "a short packet is the last one";
constexpr std::string_view by_what_follows = "what follows it ends the file";
constexpr std::string_view by_content = "packets came again with stated numbers";
constexpr std::string_view by_chain = "its CRC goes on from another packet's";
constexpr std::string_view by_start = "there are no more packets than START says";
constexpr std::string_view by_neighbours = "it lies between packets whose numbers are known";

class Settler {
public:
  explicit Settler(CapturedTransfer& transfer)
      : transfer_(transfer), packets_(transfer.packets), runs_(runs_of(transfer)) {
    if (transfer.by_path ? transfer.announced_bytes : transfer.announced) {
      end_ = transfer.by_path ? std::int64_t{*transfer.announced_bytes}
                              : std::int64_t{*transfer.announced} + 1;
    }
  }

  void settle() {
    place_by_end();
    confirm_ends();
    for (int round = 0; round < most_rounds && (place_by_chain() || place_by_content()); ++round) {
    }
    place_between();
    place_doubtful();
    apply();
  }

private:
  static constexpr int most_rounds = 16;
  static constexpr int most_looked_at = 64; ///< runs around one

  using Runs = std::vector<Run>;

  using Content = std::tuple<std::uint32_t, std::uint16_t, std::uint16_t>;
  struct Known {
    Content content;
    std::int64_t place;
    std::uint32_t packet; ///< an index
  };
  struct Places {
    std::vector<Known> by_content;
    std::vector<Known> by_place;
  };
  struct Joint {
    std::uint64_t key; ///< session and CRC
    std::int64_t place;
    auto operator<=>(const Joint&) const = default;
  };

  std::int64_t place_of(std::size_t i) const {
    return static_cast<std::int64_t>(transfer_.place_of(packets_[i]));
  }
  std::int64_t unit(std::size_t i) const { return unit_of(transfer_, packets_[i]); }
  std::int64_t first_place() const { return transfer_.by_path ? 0 : 1; }
  std::int64_t length(const Run& run) const {
    return place_of(run.end - 1) + unit(run.end - 1) - place_of(run.first);
  }
  std::int64_t end_of(const Run& run) const { return run.place + length(run); }
  bool fits(const Run& run, std::int64_t place) const {
    return place >= first_place() && (!end_ || place + length(run) <= *end_);
  }
  /// Whether its place is stated, if only by the SYNC before a packet that is damaged.
  bool is_anchor(const Run& run) const {
    return run.placed ? run.numbering == DumpNumbering::stated
                      : run.doubtful && packets_[run.first].origin == DumpOrigin::sync;
  }
  static Content content_of(const CapturedPacket& packet) {
    return {packet.content, packet.crc, packet.size};
  }

  bool is_whole(const Run& run) const;
  void put(Run& run, std::int64_t place, DumpNumbering numbering, std::string_view reason);
  void place_by_end();
  bool goes_on_elsewhere(const Run& run) const;
  void place_by_what_follows();
  void confirm_ends();
  bool place_by_content();
  bool place_by_content(Run& run, const Places& known);
  bool contradicts(const Run& run, std::int64_t place, const Places& known) const;
  bool proves_itself(const Run& run, const CapturedPacket& same) const;
  bool place_by_chain();
  Runs::iterator next_placed(Runs::iterator run);
  std::int64_t guessed_gap(Runs::iterator run) const;
  std::int64_t length_of(Runs::iterator begin, Runs::iterator end) const;
  std::int64_t guessed_gaps(Runs::iterator begin, Runs::iterator end) const;
  Runs::iterator largest_gap(Runs::iterator begin, Runs::iterator end) const;
  std::int64_t within_file(std::int64_t place, std::int64_t length) const;
  void place_between();
  void place_doubtful();
  void place_doubtful(Runs::iterator run);
  bool lacks_packets(Runs::iterator run);
  void apply();

  CapturedTransfer& transfer_;
  std::deque<CapturedPacket>& packets_;
  std::optional<std::int64_t> end_; ///< of the file
  Runs runs_;
};

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
  const auto behind = damaged ? guessed_gap(last) + unit(last->first) : 0;
  last -= damaged ? 1 : 0;
  const auto place = *end_ - behind - length(*last);
  if (!last->doubtful && !last->placed && place >= first_place()) {
    const auto& final = packets_.back();
    const bool more_is_lost = std::ranges::any_of(transfer_.skipped, [&](const DumpSkipped& each) {
      return each.offset > final.offset; // maybe another packet
    });
    put(*last, place, DumpNumbering::inferred, by_what_follows);
    last->at_end = !more_is_lost;
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

/// Packets came again. Whether something changed.
bool Settler::place_by_content() {
  if (std::ranges::all_of(runs_, &Run::placed)) {
    return false;
  }
  Places known;
  for (const auto& run : runs_) {
    for (auto i = run.first; run.placed && i < run.end; ++i) {
      known.by_place.push_back(
          {content_of(packets_[i]), run.place + place_of(i) - place_of(run.first), i});
    }
  }
  const auto place = [](const Known& each) { return std::tuple(each.place, each.content); };
  const auto content = [](const Known& each) { return std::tuple(each.content, each.place); };
  std::ranges::sort(known.by_place, {}, place);
  const auto [rest, end] = std::ranges::unique(known.by_place, {}, place);
  known.by_place.erase(rest, end);
  known.by_content = known.by_place;
  std::ranges::sort(known.by_content, {}, content);
  bool changed = false;
  for (auto& run : runs_) {
    changed = (!run.placed && place_by_content(run, known)) || changed;
  }
  return changed;
}

/// Whether other packets are known to be where it would lie.
bool Settler::contradicts(const Run& run, std::int64_t place, const Places& known) const {
  for (auto i = run.first; i < run.end; ++i) {
    const auto here = std::ranges::equal_range(
        known.by_place, place + place_of(i) - place_of(run.first), {}, &Known::place);
    const auto same = std::ranges::find(here, content_of(packets_[i]), &Known::content);
    if (!here.empty() && same == here.end()) {
      return true;
    }
  }
  return false;
}

/// Most of those that came again have it.
bool Settler::place_by_content(Run& run, const Places& known) {
  constexpr std::ptrdiff_t most_alike = 16; // blank stretches tell nothing
  std::map<std::int64_t, std::size_t> votes;
  const CapturedPacket* same_packet = nullptr;
  for (auto i = run.first; i < run.end; ++i) {
    const auto same =
        std::ranges::equal_range(known.by_content, content_of(packets_[i]), {}, &Known::content);
    if (packets_[i].verdict == DumpVerdict::cut || std::ranges::ssize(same) > most_alike) {
      continue;
    }
    for (const auto& each : same) {
      same_packet = &packets_[each.packet];
      const auto place = each.place - (place_of(i) - place_of(run.first));
      votes[place] += fits(run, place) ? 1 : 0;
    }
  }
  const auto most =
      std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  if (most == votes.end() || most->second == 0) {
    return false;
  }
  const auto as_told = votes.find(run.place);
  const bool is_told = as_told != votes.end() && as_told->second == most->second;
  const auto place = is_told ? run.place : most->first;
  if (contradicts(run, place, known)) {
    return false;
  }
  put(run, place, DumpNumbering::inferred, by_content);
  if (run.doubtful && proves_itself(run, *same_packet)) {
    packets_[run.first].verdict = DumpVerdict::good;
    packets_[run.first].computed = packets_[run.first].stored;
    run.doubtful = false;
  }
  return true;
}

/// A packet whose content came elsewhere, too: its CRC is right if it is the same there, or if the
/// next one goes on from it.
bool Settler::proves_itself(const Run& run, const CapturedPacket& same) const {
  const auto& packet = packets_[run.first];
  if (!packet.stored || packet.stored == same.stored) {
    return packet.stored.has_value();
  }
  const auto* next = run.end < packets_.size() ? &packets_[run.end] : nullptr;
  return next != nullptr && next->verdict != DumpVerdict::cut &&
         crc16_combine(*packet.stored, next->crc, next->size) == next->stored;
}

/// An undamaged packet shows what CRC it went on from: the one where another run ends.
bool Settler::place_by_chain() {
  std::vector<Joint> joints;
  const auto key = [](const Run& run, std::uint16_t crc) {
    return std::uint64_t{run.session} << 16 | crc;
  };
  for (const auto& run : runs_) {
    if (packets_[run.first].origin == DumpOrigin::sync) {
      joints.push_back({key(run, 0), place_of(run.first)});
    }
    if (run.placed && packets_[run.end - 1].stored) {
      joints.push_back({key(run, *packets_[run.end - 1].stored), end_of(run)});
    }
  }
  std::ranges::sort(joints);
  bool changed = false;
  for (auto& run : runs_) {
    const auto& packet = packets_[run.first];
    if (run.placed || packet.verdict == DumpVerdict::cut || !packet.stored) {
      continue;
    }
    const auto found =
        std::ranges::equal_range(joints, key(run, start_of(packet)), {}, &Joint::key);
    if (found.empty() || found.front().place != found.back().place ||
        !fits(run, found.front().place)) {
      continue;
    }
    put(run, found.front().place, DumpNumbering::inferred, by_chain);
    packets_[run.first].verdict = DumpVerdict::good;
    packets_[run.first].computed = packet.stored;
    run.doubtful = false;
    changed = true;
  }
  return changed;
}

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
std::int64_t Settler::guessed_gap(Runs::iterator run) const {
  const auto last = run->first - 1;
  return std::max<std::int64_t>(place_of(run->first) - place_of(last) - unit(last), 0);
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
      if (known && missing == 0 && is_anchor(*before) && next->numbering == DumpNumbering::stated) {
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
  const auto size = cut && transfer_.by_path ? 0 : unit(run->first);
  const bool joined =
      next != runs_.end() && !next->doubtful && follows(packet, packets_[next->first]);
  auto place = behind + (follows_one ? guessed_gap(run) : 0);
  const bool vouched = joined && (!stated || next->at_end);
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
  const bool last = next == runs_.end() && cut;
  const bool certain = in_step && (meets || ends || last);
  const bool unknown = run->numbering == DumpNumbering::unknown;
  put(*run, place,
      certain   ? DumpNumbering::stated
      : unknown ? DumpNumbering::unknown
                : DumpNumbering::inferred,
      by_neighbours);
  if (packet.verdict == DumpVerdict::bad &&
      (place > behind || (follows_one && lacks_packets(run)))) {
    packet.verdict = DumpVerdict::unchecked; // packets are missing before it: that may be why
    packet.computed.reset();
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

void Settler::apply() {
  for (const auto& run : runs_) {
    auto place = run.place;
    for (auto i = run.first; i < run.end; ++i) {
      auto& packet = packets_[i];
      const auto size = unit(i);
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

} // namespace

void note_correction(CapturedTransfer& transfer, std::string_view reason) {
  if (std::ranges::find(transfer.corrections, reason) == transfer.corrections.end()) {
    transfer.corrections.emplace_back(reason);
  }
}

void settle_numbers(CapturedTransfer& transfer) {
  settle_start(transfer);
  Settler(transfer).settle();
  settle_conflicts(transfer);
}

} // namespace dualcam
