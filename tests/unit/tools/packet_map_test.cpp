#include "dcam-crc/packet_map.hpp"

#include "testing.hpp"

namespace dualcam::crc {
namespace {

using Lines = std::vector<std::string>;

CapturedTransfer transfer(std::optional<std::uint32_t> announced,
                          const std::vector<std::pair<std::uint32_t, DumpVerdict>>& packets) {
  CapturedTransfer transfer;
  transfer.announced = announced;
  for (const auto& [number, verdict] : packets) {
    CapturedPacket packet{};
    packet.number = number;
    packet.verdict = verdict;
    transfer.packets.push_back(packet);
  }
  return transfer;
}

} // namespace

TEST_CASE("packet map: a sign for each packet, of several copies the best") {
  const auto map = packet_map(transfer(6, {{1, DumpVerdict::good},
                                           {2, DumpVerdict::bad},
                                           {2, DumpVerdict::good},
                                           {3, DumpVerdict::cut},
                                           {4, DumpVerdict::unchecked},
                                           {6, DumpVerdict::good},
                                           {6, DumpVerdict::good}}),
                              80, false);
  CHECK(map == Lines{"1  #rx?.r", "# good  r repeated  ? unchecked  x bad  . missing"});
}

TEST_CASE("packet map: fits width and height, whatever the number of packets") {
  for (const std::uint32_t packets : {1U, 1000U, 1'000'000U, UINT32_MAX}) {
    CAPTURE(packets);
    const auto map = packet_map(transfer(packets, {{1, DumpVerdict::good}}), 60, false);
    CHECK(map.size() <= 24 + 4);
    for (const auto& line : map) {
      CHECK(line.size() <= 60);
    }
  }
  CHECK(packet_map(transfer(0, {}), 80, false).empty());
  CHECK(packet_map(transfer(std::nullopt, {}), 80, false).empty());
  CHECK(packet_map(transfer(3, {{1, DumpVerdict::good}}), 80, true)[0] ==
        "1  \x1b[32m#\x1b[0m\x1b[33m..\x1b[0m");
}

TEST_CASE("packet map: the legend is broken between its words") {
  const auto legend = [](std::size_t width, bool color) {
    auto map = packet_map(transfer(1, {{1, DumpVerdict::good}}), width, color);
    map.erase(map.begin());
    return map;
  };
  CHECK(legend(20, false) == Lines{"# good  r repeated", "? unchecked  x bad", ". missing"});
  CHECK(legend(34, false) == Lines{"# good  r repeated  ? unchecked", "x bad  . missing"});
  CHECK(legend(1, false) == legend(20, false));
  for (const std::size_t width : {20U, 31U, 38U, 39U, 45U, 49U, 50U}) {
    const auto plain = legend(width, false);
    CHECK(legend(width, true).size() == plain.size()); // colours take no room
    for (const auto& line : plain) {
      CHECK(line.size() <= width);
    }
  }
}

TEST_CASE("packet map: numbers beyond START are shown") {
  CHECK(packet_map(transfer(1, {{1, DumpVerdict::good}, {3, DumpVerdict::good}}), 80, false)[0] ==
        "1  #.#");
}

} // namespace dualcam::crc
