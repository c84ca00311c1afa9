// What --corrupt does to a packet, where --cut cuts, and how --chunk parts what is written.
#include <cmath>
#include <map>

#include "dcam-sim/line.hpp"

#include "testing.hpp"

namespace dualcam::sim::line_damage_test {
namespace {

constexpr std::size_t packet_size = 1030;
constexpr std::size_t longest_loss = 600;
constexpr std::uint64_t seeds = 400;

struct Damage {
  std::size_t lost = 0;
  std::size_t added = 0;
  std::vector<std::size_t> changed; ///< where
};

/// What was done between an equal beginning and an equal end.
Damage difference(Bytes before, Bytes after) {
  const auto begin = std::ranges::mismatch(before, after).in1 - before.begin();
  if (before.size() != after.size()) {
    const auto both = std::min(before.size(), after.size());
    const auto rest = both - static_cast<std::size_t>(begin);
    CHECK(std::ranges::equal(before.last(rest), after.last(rest)));
    return {.lost = before.size() - both, .added = after.size() - both, .changed = {}};
  }
  Damage damage;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) {
      damage.changed.push_back(i);
    }
  }
  return damage;
}

/// A packet of that command, damaged in as many ways as there are seeds.
std::vector<Damage> damages(std::string_view command, std::size_t size = packet_size) {
  std::vector<Damage> all;
  SimOptions options;
  options.corrupt = 1;
  for (options.seed = 1; options.seed <= seeds; ++options.seed) {
    auto packet = from_hex(command);
    append(packet, random_bytes(size - packet.size(), 1));
    const auto before = packet;
    const Line line(options, 0);
    auto random = line.random_for({0, 1}, 0);
    REQUIRE(line.damage(packet, random));
    all.push_back(difference(before, packet));
  }
  return all;
}

/// How many hit the bytes that tell a packet's place in its file.
std::ptrdiff_t count_in_place(const std::vector<Damage>& all) {
  return std::ranges::count_if(all, [](const Damage& damage) {
    return damage.changed.size() == 1 && damage.changed[0] >= data_header &&
           damage.changed[0] < data_header + 4;
  });
}

} // namespace

TEST_CASE("line damage: bytes of a packet are lost, added or one of them changed") {
  std::size_t most_lost = 0;
  std::size_t most_added = 0;
  std::map<std::string_view, int> kinds;
  for (const auto& damage : damages("0004 0402")) {
    kinds["several"] +=
        (damage.lost != 0) + (damage.added != 0) + (damage.changed.size() == 1) != 1;
    ++kinds[damage.lost != 0 ? "lost" : damage.added != 0 ? "added" : "changed"];
    most_lost = std::max(most_lost, damage.lost);
    most_added = std::max(most_added, damage.added);
  }
  CHECK(kinds["several"] == 0);
  CHECK(kinds["lost"] > 60);
  CHECK(kinds["added"] > 60);
  CHECK(kinds["changed"] > 150);
  CHECK((most_lost > longest_loss - 50 && most_lost <= longest_loss));
  CHECK((most_added > longest_loss - 50 && most_added <= longest_loss));
}

TEST_CASE("line damage: of a small packet no more is lost than there is") {
  std::size_t most_lost = 0;
  for (const auto& damage : damages("0004 0402", 7)) {
    most_lost = std::max(most_lost, damage.lost);
  }
  CHECK(most_lost == 7);
}

TEST_CASE("line damage: the place that a packet tells is hit on purpose, where it tells one") {
  CHECK(count_in_place(damages("0004 0402")) < 10);
  CHECK(count_in_place(damages("000e 0402")) > 60);
}

TEST_CASE("line damage: without --corrupt nothing is, with it as large a share as it says") {
  for (const double share : {0.0, 0.25, 0.5}) {
    SimOptions options;
    options.corrupt = share;
    const auto whole = random_bytes(100, 1);
    int damaged = 0;
    int told = 0;
    for (options.seed = 1; options.seed <= seeds; ++options.seed) {
      auto packet = whole;
      const Line line(options, 0);
      auto random = line.random_for({0, 1}, 0);
      told += line.damage(packet, random) ? 1 : 0;
      damaged += packet != whole ? 1 : 0;
    }
    CHECK(told == damaged);
    const auto expected = share * static_cast<double>(seeds);
    CHECK(std::abs(damaged - expected) <= (share > 0 ? 30 : 0));
  }
}

TEST_CASE("line damage: a write takes what --chunk says, or all that is there") {
  SimOptions options;
  const Line line(options, 0);
  Random random({1});
  CHECK(line.next_chunk(5000, random) == 5000);
  options.chunk = 7;
  CHECK(line.next_chunk(8, random) == 7);
  CHECK(line.next_chunk(7, random) == 7);
  CHECK(line.next_chunk(3, random) == 3);
  options.random_chunks = true;
  std::size_t least = 5000;
  std::size_t most = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto chunk = line.next_chunk(5000, random);
    least = std::min(least, chunk);
    most = std::max(most, chunk);
  }
  CHECK(line.next_chunk(1, random) == 1);
  CHECK((least >= 1 && least < 10));
  CHECK((most > 1990 && most <= 2000));
}

TEST_CASE("line damage: the line is cut after the packets that are told, each once, in order") {
  SimOptions options;
  options.cuts = {3, 3, 2};
  const std::uint32_t packets[] = {5};
  Line line(options, 0);
  std::vector<std::uint32_t> cut;
  for (int connection = 0; connection < 5; ++connection) {
    line.connected(packets);
    std::uint32_t number = 1;
    while (number < 5 && !line.cuts_after({0, number})) {
      ++number;
    }
    cut.push_back(number == 5 ? 0 : number);
  }
  CHECK(cut == std::vector<std::uint32_t>{3, 3, 2, 0, 0});
}

TEST_CASE("line damage: a random cut and a stall may be anywhere in any of the files") {
  SimOptions options;
  options.cuts = {0};
  options.stall = std::chrono::milliseconds(7);
  const std::uint32_t packets[] = {2, 0, 3};
  std::map<std::pair<std::size_t, std::uint32_t>, int> cut;
  std::map<std::pair<std::size_t, std::uint32_t>, int> stalled;
  for (options.seed = 1; options.seed <= 500; ++options.seed) {
    Line line(options, 0);
    line.connected(packets);
    for (const Packet packet : {Packet{0, 1}, {0, 2}, {2, 1}, {2, 2}, {2, 3}}) {
      const auto place = std::pair(packet.file, packet.number);
      const auto stall = line.stall_before(packet);
      CHECK((stall.count() == 0 || stall == options.stall));
      stalled[place] += stall.count() != 0 ? 1 : 0;
      cut[place] += line.cuts_after(packet) ? 1 : 0;
    }
  }
  for (const auto* found : {&cut, &stalled}) {
    int all = 0;
    for (const auto& [place, times] : *found) {
      CHECK(times > 60);
      all += times;
    }
    CHECK(all == 500);
  }
}

} // namespace dualcam::sim::line_damage_test
