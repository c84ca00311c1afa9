#include "capture/packet_index.hpp"

#include "capture/dump_testing.hpp"

namespace dualcam::packet_index_test {
namespace {

struct Spec {
  std::uint32_t number;
  DumpVerdict verdict = DumpVerdict::good;
  std::uint32_t content = 0;
  DumpNumbering numbering = DumpNumbering::stated;
};

CapturedTransfer transfer(const std::vector<Spec>& specs) {
  CapturedTransfer transfer;
  for (const auto& spec : specs) {
    CapturedPacket packet{};
    packet.number = spec.number;
    packet.verdict = spec.verdict;
    packet.content = spec.content;
    packet.numbering = spec.numbering;
    transfer.packets.push_back(packet);
  }
  return transfer;
}

constexpr auto bad = DumpVerdict::bad;

} // namespace

TEST_CASE("packet index: the best of each number, over all parts") {
  const auto a = transfer({{1}, {2, bad}, {3, DumpVerdict::cut}, {5}});
  const auto b = transfer({{2}, {4}, {5, bad}, {5, bad}});
  PacketIndex index(a);
  CHECK(index.good() == 2);
  CHECK(index.find(2)->verdict == bad);
  CHECK(index.find(3) == nullptr);
  index.add(PacketIndex(b));
  CHECK(index.good() == 4);
  CHECK(index.find(1) == &a.packets[0]);
  CHECK(index.find(2) == &b.packets[0]);
  CHECK(index.find(5) == &a.packets[3]);
  CHECK(index.find(6) == nullptr);
}

TEST_CASE("packet index: where parts overlap they are equal or differ, as far as that is certain") {
  using Found = std::pair<std::uint64_t, std::uint64_t>;
  const auto overlap = [](const std::vector<Spec>& a, const std::vector<Spec>& b) {
    const auto first = transfer(a);
    const auto second = transfer(b);
    const auto found = PacketIndex(first).overlap(PacketIndex(second));
    const auto reverse = PacketIndex(second).overlap(PacketIndex(first));
    CHECK(Found(reverse.equal, reverse.differ) == Found(found.equal, found.differ));
    return Found(found.equal, found.differ);
  };
  CHECK(overlap({{1}, {2}}, {{3}, {4}, {5}}) == Found(0, 0));
  CHECK(overlap({{1}, {2, {}, 7}}, {{2, {}, 7}, {3}, {4}}) == Found(1, 0));
  CHECK(overlap({{1}, {2, {}, 7}}, {{1}, {2, {}, 8}, {3}, {4}}) == Found(1, 1));
  CHECK(overlap({{1}, {2, bad, 7}}, {{2, {}, 8}, {3}, {4}}) == Found(0, 0));
  CHECK(overlap({{1}, {2, {}, 7}}, {{2, bad, 8}, {3}, {4}}) == Found(0, 0));
  CHECK(overlap({{1}, {2, {}, 7, DumpNumbering::inferred}}, {{2, {}, 8}}) == Found(0, 0));
  CHECK(overlap({}, {{1}}) == Found(0, 0));
}

TEST_CASE("packet index: many small parts cost little each, whatever their numbers") {
  constexpr std::uint32_t parts = 20'000;
  for (const std::uint32_t step : {1U, 0U, 7919U, UINT32_MAX}) {
    CAPTURE(step);
    std::deque<CapturedTransfer> all;
    PacketIndex index(all.emplace_back(transfer({{parts}})));
    for (std::uint32_t i = 0; i < parts; ++i) {
      index.add(PacketIndex(all.emplace_back(transfer({{i * step % 1'000'003 + 1}}))));
    }
    CHECK(index.merged() <= parts * 20); // its logarithm is 14
    CHECK(index.good() <= parts + 1);
    CHECK(index.good() >= (step == 0 ? 1 : parts));
  }
}

TEST_CASE("packet index: where parts are merged each number stays once, as its best") {
  const auto a = transfer({{1, bad}, {2}, {4, bad}, {6}, {7, bad}});
  const auto b = transfer({{1}, {2, bad}, {3}, {4, bad}, {8}});
  PacketIndex index(a);
  index.add(PacketIndex(b));
  CHECK(index.merged() == 7); // 1 to 4 and 6 to 8, of ten
  CHECK(index.good() == 5);
  CHECK(index.find(1) == &b.packets[0]);
  CHECK(index.find(2) == &a.packets[1]);
  CHECK(index.find(3) == &b.packets[2]);
  CHECK(index.find(4) == &a.packets[2]);
  CHECK(index.find(5) == nullptr);
  CHECK(index.find(6) == &a.packets[3]);
  CHECK(index.find(7) == &a.packets[4]);
  CHECK(index.find(8) == &b.packets[4]);
}

} // namespace dualcam::packet_index_test
