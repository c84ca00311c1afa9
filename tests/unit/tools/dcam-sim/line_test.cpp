#include "dcam-sim/line.hpp"
#include "dcam-sim/media.hpp"

#include "testing.hpp"

namespace dualcam::sim::line_test {
namespace {

constexpr std::uint32_t packet_count = 200;

SimOptions faulty(std::uint64_t seed) {
  SimOptions options;
  options.seed = seed;
  options.corrupt = 0.2;
  options.cuts = {0, 0};
  options.stall = std::chrono::milliseconds(5);
  return options;
}

/// What arrives of packet `number` of file `file`.
ByteBuffer sent(const Line& line, std::size_t file, std::uint32_t number, std::uint32_t asked = 0) {
  auto bytes = random_bytes(1030, number);
  auto random = line.random_for({file, number}, asked);
  line.damage(bytes, random);
  return bytes;
}

/// The packet after which the line is cut if each is sent once; 0 = none.
std::uint32_t cut_of(Line& line) {
  for (std::uint32_t number = 1; number <= packet_count; ++number) {
    if (line.cuts_after({0, number})) {
      return number;
    }
  }
  return 0;
}

} // namespace

TEST_CASE("line: what befalls a packet does not depend on what was sent before it") {
  const auto options = faulty(1);
  const std::uint32_t packets[] = {packet_count, packet_count};
  Line forward(options, 0);
  Line backward(options, 0);
  forward.connected(packets);
  backward.connected(packets);
  std::vector<ByteBuffer> first(packet_count + 1);
  std::size_t damaged = 0;
  for (std::uint32_t number = 1; number <= packet_count; ++number) {
    first[number] = sent(forward, 1, number);
    damaged += first[number] != random_bytes(1030, number) ? 1U : 0U;
  }
  CHECK(damaged > packet_count / 10);
  CHECK(damaged < packet_count / 3);
  for (auto number = packet_count; number != 0; --number) {
    REQUIRE((sent(backward, 1, number) == first[number]));
  }
}

TEST_CASE("line: seed, device, connection, file and asking again each change what is damaged") {
  const auto options = faulty(1);
  const auto other_seed = faulty(2);
  const std::uint32_t packets[] = {packet_count, packet_count};
  const auto all = [&](const SimOptions& seeded, std::uint32_t device, int connections,
                       std::size_t file, std::uint32_t asked) {
    Line line(seeded, device);
    for (int i = 0; i < connections; ++i) {
      line.connected(packets);
    }
    ByteBuffer bytes;
    for (std::uint32_t number = 1; number <= packet_count; ++number) {
      append(bytes, sent(line, file, number, asked));
    }
    return bytes;
  };
  const auto base = all(options, 0, 1, 0, 0);
  CHECK((all(options, 0, 1, 0, 0) == base));
  CHECK((all(other_seed, 0, 1, 0, 0) != base));
  CHECK((all(options, 1, 1, 0, 0) != base));
  CHECK((all(options, 0, 2, 0, 0) != base));
  CHECK((all(options, 0, 1, 1, 0) != base));
  CHECK((all(options, 0, 1, 0, 1) != base));
}

TEST_CASE("line: a random cut comes at the same packet however often others are repeated") {
  const std::uint32_t packets[] = {packet_count};
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto options = faulty(seed);
    Line once(options, 0);
    Line repeating(options, 0);
    once.connected(packets);
    repeating.connected(packets);
    const auto cut = cut_of(once);
    REQUIRE(cut != 0);
    for (std::uint32_t number = 1; number < cut; ++number) {
      REQUIRE_FALSE(repeating.cuts_after({0, number}));
      REQUIRE_FALSE(repeating.cuts_after({0, (number + 1) / 2}));
    }
    REQUIRE(repeating.cuts_after({0, cut}));

    // The next connection is cut among what was never sent, wherever the server resumes.
    once.connected(packets);
    const auto next = cut_of(once);
    REQUIRE((next > cut || cut == packet_count));
  }
}

TEST_CASE("line: a file that takes another's place is cut anywhere") {
  const std::uint32_t packets[] = {packet_count};
  int before = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto options = faulty(seed);
    Line line(options, 0);
    line.connected(packets);
    const auto cut = cut_of(line);
    (void)line.replaced(0);
    line.connected(packets);
    before += cut_of(line) <= cut ? 1 : 0;
  }
  CHECK(before > 20);
}

TEST_CASE("line: another file's content begins like the first one's and is different after") {
  for (const auto& [size, equal] : std::vector<std::pair<std::size_t, std::size_t>>{
           {5000, 1024}, {1025, 1024}, {1024, 512}, {3, 1}, {1, 0}}) {
    const auto content = random_bytes(size, 1);
    const auto other = other_content(content, Random({1}));
    REQUIRE(other.size() == size);
    for (std::size_t i = 0; i < size; ++i) {
      REQUIRE((other[i] == content[i]) == (i < equal));
    }
    CHECK((other_content(content, Random({1})) == other));
    CHECK((other_content(content, Random({2})) != other));
  }
}

TEST_CASE("line: the stall is once, before a packet that was never sent") {
  const std::uint32_t packets[] = {packet_count};
  const auto options = faulty(3);
  Line line(options, 0);
  line.connected(packets);
  int stalls = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t number = 1; number <= packet_count; ++number) {
      stalls += line.stall_before({0, number}).count() != 0 ? 1 : 0;
      line.cuts_after({0, number});
    }
  }
  CHECK(stalls == 1);
  line.connected(packets); // nothing is left
  CHECK(line.stall_before({0, packet_count}).count() == 0);
  CHECK(cut_of(line) == 0);
}

} // namespace dualcam::sim::line_test
