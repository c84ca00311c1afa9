// What packets that came again, and the chain of CRCs, tell of places.
#include "capture/settler.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {

/// Of the runs whose places are known.
Settler::Places Settler::known_places() const {
  Places known;
  for (const auto& run : runs_) {
    for (auto i = run.first; run.placed && i < run.end; ++i) {
      known.by_place.push_back(
          {content_of(packets_[i]), run.place + place_of(i) - place_of(run.first), i});
    }
  }
  const auto place = [](const Known& each) { return std::tuple(each.place, each.content); };
  const auto content = [&](std::uint32_t i) {
    return std::tuple(known.by_place[i].content, known.by_place[i].place);
  };
  std::ranges::sort(known.by_place, {}, place);
  const auto [rest, end] = std::ranges::unique(known.by_place, {}, place);
  known.by_place.erase(rest, end);
  known.by_content.resize(known.by_place.size());
  std::iota(known.by_content.begin(), known.by_content.end(), std::uint32_t{0});
  std::ranges::sort(known.by_content, {}, content);
  return known;
}

/// Contents of packets that seem to lie at so many places between one SYNC and the next that one of
/// them tells nothing: blank stretches. A device sends no packet again but behind SYNC, and damage
/// does, but the length of a gap, which only TCP tells, says more than contents that are alike.
/// Sorted.
std::vector<Settler::Content> Settler::contents_alike() const {
  constexpr std::size_t most_places = 4; // a SYNC may be lost
  if (std::ranges::none_of(transfer_.skipped,
                           [](const DumpSkipped& each) { return each.missing != 0; })) {
    return {};
  }
  const auto seen = [&](std::uint32_t i) {
    return std::tuple(content_of(packets_[i]), place_of(i));
  };
  std::vector<Content> alike;
  std::vector<std::uint32_t> of_session;
  for (auto run = runs_.begin(); run != runs_.end(); ++run) {
    for (auto i = run->first; i < run->end; ++i) {
      of_session.push_back(i);
    }
    if (run + 1 != runs_.end() && run[1].session == run->session) {
      continue;
    }
    std::ranges::sort(of_session, {}, seen);
    const auto [rest, end] = std::ranges::unique(of_session, {}, seen);
    of_session.erase(rest, end);
    for (std::size_t i = most_places; i < of_session.size(); ++i) {
      const auto content = content_of(packets_[of_session[i]]);
      if (content_of(packets_[of_session[i - most_places]]) == content &&
          (alike.empty() || alike.back() != content)) {
        alike.push_back(content);
      }
    }
    of_session.clear();
  }
  std::ranges::sort(alike);
  return alike;
}

/// Packets came again. Whether something changed.
bool Settler::place_by_content() {
  if (std::ranges::all_of(runs_, &Run::placed)) {
    return false;
  }
  if (!alike_) {
    alike_ = contents_alike();
  }
  const auto known = known_places();
  bool changed = false;
  for (auto& run : runs_) {
    changed = (!run.placed && place_by_content(run, known)) || changed;
  }
  return changed;
}

/// What came behind a SYNC that is lost, where nothing else tells its place. A device may go back
/// further than it is asked to, so what is known counts more. Whether something changed.
bool Settler::place_by_resume() {
  std::optional<Places> known;
  for (auto& run : runs_) {
    if (run.placed || run.doubtful || packets_[run.first].origin != DumpOrigin::resume) {
      continue;
    }
    known = known ? std::move(known) : known_places();
    if (fits(run, run.place) && !contradicts(run, run.place, *known)) {
      put(run, run.place, DumpNumbering::inferred, by_resume);
      return true;
    }
  }
  return false;
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
  constexpr std::ptrdiff_t most_alike = 16;
  std::map<std::int64_t, std::size_t> votes;
  for (auto i = run.first; i < run.end; ++i) {
    const auto same = known.of(content_of(packets_[i]));
    if (packets_[i].verdict == DumpVerdict::cut || std::ranges::ssize(same) > most_alike ||
        std::ranges::binary_search(*alike_, content_of(packets_[i]))) {
      continue;
    }
    for (const auto each : same) {
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
  const bool is_moved = place != run.place;
  const bool as_stated = !is_moved && is_anchor(run);
  put(run, place, as_stated ? DumpNumbering::stated : DumpNumbering::inferred, by_content);
  auto& packet = packets_[run.first];
  if (run.doubtful && proves_itself(run, known)) {
    packet.verdict = DumpVerdict::good;
    packet.computed_crc = packet.received_crc;
    run.doubtful = false;
  } else if (is_moved && packet.verdict == DumpVerdict::bad) { // what its CRC goes on from is lost
    packet.verdict = DumpVerdict::unchecked;
    packet.computed_crc.reset();
  }
  return true;
}

/// A packet whose content came elsewhere, too: its CRC is right if it is the same there, or if the
/// next one goes on from it.
bool Settler::proves_itself(const Run& run, const Places& known) const {
  const auto& packet = packets_[run.first];
  const auto same = known.of(content_of(packet));
  const bool came_so = std::ranges::any_of(same, [&](const Known& each) {
    return packets_[each.packet].received_crc == packet.received_crc;
  });
  if (!packet.received_crc || came_so) {
    return packet.received_crc.has_value();
  }
  const auto* next = run.end < packets_.size() ? &packets_[run.end] : nullptr;
  return next != nullptr && next->verdict != DumpVerdict::cut &&
         crc16_combine(*packet.received_crc, next->crc, next->size) == next->received_crc;
}

/// Whether several of its packets came elsewhere alone: a CRC fits a place by chance, too.
bool Settler::came_elsewhere(const Run& run, std::int64_t place, const Places& known) const {
  constexpr int chance = 1;
  int elsewhere = 0;
  for (auto i = run.first; i < run.end; ++i) {
    const auto same = known.of(content_of(packets_[i]));
    const bool once = same.size() == 1 && packets_[i].verdict != DumpVerdict::cut;
    elsewhere += once && same[0].place != place + place_of(i) - place_of(run.first) ? 1 : 0;
  }
  return elsewhere > chance;
}

/// Where runs of one session end, and with which CRC.
std::vector<Settler::Joint> Settler::joints_of(std::span<const Run> session) const {
  std::vector<Joint> joints;
  for (std::size_t i = 0; i < session.size(); ++i) {
    const auto& run = session[i];
    if (packets_[run.first].origin == DumpOrigin::sync) {
      joints.push_back({0, i, place_of(run.first)});
    }
    if (run.placed && packets_[run.end - 1].received_crc) {
      joints.push_back({*packets_[run.end - 1].received_crc, i, end_of(run)});
    }
  }
  std::ranges::sort(joints);
  return joints;
}

/// How many runs before and behind it a run may go on from. One CRC in 65,536 fits by chance: where
/// the places of many runs are not known, only those close by are asked.
std::size_t Settler::reach_of_chain() const {
  constexpr std::size_t least = 4; // packets that changed places, or came twice
  constexpr std::size_t crcs = 65'536;
  constexpr std::size_t certainty = 256;
  const auto unknown = std::ranges::count_if(runs_, [](const Run& run) { return !run.placed; });
  return std::max(least,
                  crcs / certainty / std::max<std::size_t>(1, static_cast<std::size_t>(unknown)));
}

/// Where the run that has this index in its session goes on from another one; nullopt: nowhere, or
/// at several places.
std::optional<std::int64_t> Settler::joined_at(std::size_t run, std::uint16_t crc,
                                               std::size_t reach, std::span<const Joint> joints) {
  const auto first = run - std::min(run, reach);
  std::optional<std::int64_t> place;
  for (auto joint = std::ranges::lower_bound(joints, Joint{crc, first, INT64_MIN});
       joint != joints.end() && joint->crc == crc && joint->run <= run + reach; ++joint) {
    if (place && *place != joint->place) {
      return std::nullopt;
    }
    place = joint->place;
  }
  return place;
}

/// An undamaged packet shows what CRC it went on from: the one where another run ends. Whether
/// something changed.
bool Settler::place_by_chain() {
  const auto reach = reach_of_chain();
  std::optional<Places> known;
  bool changed = false;
  for (auto begin = runs_.begin(); begin != runs_.end();) {
    const auto end = std::find_if(begin, runs_.end(),
                                  [&](const Run& each) { return each.session != begin->session; });
    if (!std::all_of(begin, end, [](const Run& each) { return each.placed; })) {
      changed = place_by_chain({begin, end}, reach, known) || changed;
    }
    begin = end;
  }
  return changed;
}

/// Whether the next run goes on from its last packet, but is known not to lie behind it.
bool Settler::next_contradicts(const Run& run, std::int64_t place, const Run& next) const {
  return next.placed && next.place != place + length(run) &&
         follows(packets_[run.end - 1], packets_[next.first]);
}

bool Settler::place_by_chain(std::span<Run> session, std::size_t reach,
                             std::optional<Places>& known) {
  const auto joints = joints_of(session);
  bool changed = false;
  for (std::size_t i = 0; i < session.size(); ++i) {
    auto& run = session[i];
    const auto& packet = packets_[run.first];
    if (run.placed || packet.verdict == DumpVerdict::cut || !packet.received_crc) {
      continue;
    }
    const auto start = start_of(packet);
    const auto place = joined_at(i, start, reach, joints);
    if (!place || !fits(run, *place)) {
      continue;
    }
    if (!known) {
      known = known_places();
    }
    const bool is_behind_another_sync = start == 0 && contradicts(run, *place, *known);
    const auto behind = session.subspan(i + 1);
    const bool is_by_chance = !behind.empty() && next_contradicts(run, *place, behind.front());
    if (is_behind_another_sync || is_by_chance || came_elsewhere(run, *place, *known)) {
      continue;
    }
    put(run, *place, DumpNumbering::inferred, by_chain);
    packets_[run.first].verdict = DumpVerdict::good;
    packets_[run.first].computed_crc = packet.received_crc;
    run.doubtful = false;
    changed = true;
  }
  return changed;
}

} // namespace dualcam
