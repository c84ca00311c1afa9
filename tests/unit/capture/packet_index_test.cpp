#include "capture/packet_index.hpp"

#include "capture/dump_testing.hpp"

namespace dualcam {
namespace {

struct Spec {
  std::uint32_t number;
  DumpVerdict verdict = DumpVerdict::good;
  std::uint32_t content = 0;
};

CapturedTransfer transfer(const std::vector<Spec>& specs) {
  CapturedTransfer transfer;
  for (const auto& spec : specs) {
    CapturedPacket packet{};
    packet.number = spec.number;
    packet.verdict = spec.verdict;
    packet.content = spec.content;
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

TEST_CASE("packet index: parts differ if a good packet does") {
  const auto differ = [](const std::vector<Spec>& a, const std::vector<Spec>& b) {
    const auto first = transfer(a);
    const auto second = transfer(b);
    const auto one_way = PacketIndex(first).differs_from(PacketIndex(second));
    CHECK(PacketIndex(second).differs_from(PacketIndex(first)) == one_way);
    return one_way;
  };
  CHECK_FALSE(differ({{1}, {2}}, {{3}, {4}, {5}}));
  CHECK_FALSE(differ({{1}, {2, {}, 7}}, {{2, {}, 7}, {3}, {4}}));
  CHECK(differ({{1}, {2, {}, 7}}, {{2, {}, 8}, {3}, {4}}));
  CHECK_FALSE(differ({{1}, {2, bad, 7}}, {{2, {}, 8}, {3}, {4}}));
  CHECK_FALSE(differ({{1}, {2, {}, 7}}, {{2, bad, 8}, {3}, {4}}));
  CHECK_FALSE(differ({}, {{1}}));
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

} // namespace dualcam
