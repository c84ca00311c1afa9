#include "dcam-crc/packet_map.hpp"

#include "environment.hpp"
#include "quiet.hpp"
#include "testing.hpp"

namespace dualcam::crc::packet_map_test {
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

TEST_CASE("packet map: a line of the legend is as wide as it may be, and no wider") {
  const auto first = [](std::size_t width, bool color) {
    return packet_map(transfer(1, {{1, DumpVerdict::good}}), width, color)[1];
  };
  const std::string three = "# good  r repeated  ? unchecked";
  REQUIRE(three.size() == 31);
  CHECK(first(31, false) == three);
  CHECK(first(30, false) == "# good  r repeated");
  CHECK(first(31, true) ==
        "\x1b[32m#\x1b[0m good  \x1b[36mr\x1b[0m repeated  \x1b[35m?\x1b[0m unchecked");
  CHECK(first(30, true) == "\x1b[32m#\x1b[0m good  \x1b[36mr\x1b[0m repeated");
}

TEST_CASE("packet map: where there are more packets than signs a sign is the worst of its own") {
  auto many = transfer(1000, {});
  for (std::uint32_t number = 1; number <= 1000; ++number) {
    if (number == 500) {
      continue;
    }
    CapturedPacket packet{};
    packet.number = number;
    packet.verdict = number == 100 ? DumpVerdict::bad : DumpVerdict::good;
    many.packets.push_back(packet);
  }
  const auto map = packet_map(many, 20, false); // 14 columns, 24 rows: three packets a sign
  REQUIRE(map.size() == 24 + 4);
  CHECK(map[0] == "   1  ##############");
  CHECK(map[2] == "  85  #####x########");
  CHECK(map[11] == " 463  ############.#");
  CHECK(map[23] == " 967  ############");
  CHECK(map[26] == ". missing");
  CHECK(map[27] == "(a sign: 3 packets, the worst of them)");
  // As many as fit are one a sign.
  const auto just = packet_map(transfer(14 * 24, {{1, DumpVerdict::good}}), 19, false);
  REQUIRE(just.size() > 24);
  CHECK(just[0] == "  1  #" + std::string(14, '.'));
}

TEST_CASE("packet map: files by path are drawn in bytes, a packet's worth a sign") {
  CapturedTransfer by_path;
  by_path.in_bytes = true;
  by_path.packet_size = 10;
  by_path.announced_bytes = 60;
  const auto add = [&](std::uint64_t from, std::uint16_t size, DumpVerdict verdict) {
    CapturedPacket packet{};
    packet.file_offset = from;
    packet.size = size;
    packet.verdict = verdict;
    by_path.packets.push_back(packet);
  };
  add(0, 10, DumpVerdict::good);
  add(10, 9, DumpVerdict::good); // a byte is missing behind it
  add(20, 15, DumpVerdict::bad); // reaches into the next sign
  add(35, 5, DumpVerdict::good);
  add(41, 9, DumpVerdict::good); // a byte is missing before it
  add(50, 10, DumpVerdict::good);
  add(50, 10, DumpVerdict::unchecked);
  auto map = packet_map(by_path, 80, false);
  CHECK(map[0] == " 0  #.xx.r");
  CHECK_THAT(map.back(), ContainsSubstring("(a sign: 10 bytes, the worst of them)"));
  by_path.packets.pop_back();
  CHECK(packet_map(by_path, 80, false)[0] == " 0  #.xx.#");
  by_path.announced_bytes = 20; // more came
  CHECK(packet_map(by_path, 80, false)[0] == " 0  #.xx.#");
  by_path.announced_bytes = 61;
  CHECK(packet_map(by_path, 80, false)[0] == " 0  #.xx.#.");
  by_path.announced_bytes = 5; // a file smaller than a packet
  by_path.packets.clear();
  add(0, 3, DumpVerdict::good);
  map = packet_map(by_path, 80, false);
  CHECK(map[0] == "0  .");
  CHECK_THAT(map.back(), ContainsSubstring("(a sign: 5 bytes, the worst of them)"));
}

TEST_CASE("packet map: its width is what COLUMNS says, where there is no terminal") {
  const Quiet quiet;
  const auto width = [](const std::optional<std::string>& columns) {
    const Variable set("COLUMNS", columns);
    return map_width();
  };
  CHECK(width(std::nullopt) == 80);
  CHECK(width("") == 80);
  CHECK(width("wide") == 80);
  CHECK(width("100") == 100);
  CHECK(width("20") == 20);
  CHECK(width("19") == 20);
  CHECK(width("1000") == 1000);
  CHECK(width("1001") == 1000);
}

} // namespace dualcam::crc::packet_map_test
