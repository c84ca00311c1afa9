// Dumps of damaged streams: what is lost, and that nothing else is.
#include "dualcam/capture/dump.hpp"

#include "capture/dump_testing.hpp"

namespace dualcam::dump_damage_test {
namespace {

/// The stream without `count` bytes at `offset`, and the reader told so.
std::vector<Piece> with_gap(const DeviceStream& stream, std::size_t offset, std::size_t count) {
  const auto bytes = Bytes(stream.bytes);
  const auto front = bytes.first(offset);
  const auto back = bytes.subspan(offset + count);
  return {{{front.begin(), front.end()}, count}, {{back.begin(), back.end()}, 0}};
}

} // namespace

TEST_CASE("dump: a flipped byte in a payload costs that packet only") {
  auto s = session();
  s.flip(s.starts[4] + 500);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 bad 5 at 4096: 1024 bytes, 29de != 13fd",
                           "5184 good 6-10",
                           "9410 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a flipped byte in a packet's CRC costs that packet only") {
  auto s = session();
  s.flip(s.starts[4] + 1029);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 bad 5 at 4096: 1024 bytes, 29ce != 29de",
                           "5184 good 6-10",
                           "9410 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: two damaged packets in a row are two") {
  auto s = session();
  s.flip(s.starts[4] + 5).flip(s.starts[5] + 5);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 bad 5 at 4096: 1024 bytes, 29de != 0fde",
                           "5184 bad 6 at 5120: 1024 bytes, 4b68 != 6d68", "6214 good 7-10",
                           "9410 ended videof 10/10 good 8 bad 2 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a damaged last packet") {
  auto s = session();
  s.flip(s.starts[9] + 5);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-9", "9304 bad 10 at 9216: 100 bytes, 9483 != 266f",
                           "9410 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a packet whose id is damaged is skipped") {
  auto s = session();
  s.flip(s.starts[4] + 1);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 1030", "5184 good, inferred 6-10",
                           "9410 ended videof 10/10 good 9 bad 0 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a packet whose length is damaged is skipped") {
  auto s = session();
  s.flip(s.starts[4] + 3);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 1030", "5184 good, inferred 6-10",
                           "9410 ended videof 10/10 good 9 bad 0 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a SYNC whose number is damaged is skipped") {
  auto s = session();
  s.flip(s.starts[0] - 1);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 skipped 8",
                           "34 good, inferred 1-10",
                           "9410 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a stretch lost inside a packet") {
  auto s = session();
  s.erase(s.starts[4] + 500, 450);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 574 bytes, 29de != b7f6",
                           "4734 good, inferred 6-10",
                           "8960 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "8960 init 350612071913857"});
}

TEST_CASE("dump: a lost line of hex leaves the others' numbers right") {
  auto s = session();
  s.erase(s.starts[4] + 496, 16);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 1008 bytes, 29de != 773c",
                           "5168 good, inferred 6-10",
                           "9394 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9394 init 350612071913857"});
}

TEST_CASE("dump: a stretch lost over packets is measured by its length") {
  auto s = session();
  s.erase(s.starts[4] + 500, 3000);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 1024 bytes, 51b7 != c874",
                           "5184 skipped 90", "5274 good, inferred 7-8",
                           "6410 ended videof 8/10 good 6 bad 1 unchecked 0 repeats 0",
                           "6410 init 350612071913857"});
}

TEST_CASE("dump: whole packets lost are a bad CRC") {
  auto s = session();
  s.erase(s.starts[4], 2060);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 bad 5 at 4096: 1024 bytes, 29cd != f04a",
                           "5184 good 6-8",
                           "7350 ended videof 8/10 good 7 bad 1 unchecked 0 repeats 0",
                           "7350 init 350612071913857"});
}

TEST_CASE("dump: a lost stretch is measured by its length, whatever follows") {
  DeviceStream s(10, full_packet);
  s.session();
  s.erase(s.starts[4] + 500, 3000);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 1024 bytes, 51b7 != c874",
                           "5184 skipped 90", "5274 good, inferred 7-8",
                           "7334 ended videof 8/10 good 6 bad 1 unchecked 0 repeats 0",
                           "7334 init 350612071913857"});
}

TEST_CASE("dump: garbage between packets is skipped, and the chain proves that nothing is lost") {
  auto s = session();
  s.insert(s.starts[4], random_bytes(100, 3));

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 100", "4254 good 5-10",
                           "9510 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "9510 init 350612071913857"});
}

TEST_CASE("dump: much garbage between packets") {
  auto s = session();
  s.insert(s.starts[4], random_bytes(200000, 3));

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 200000", "204154 good 5-10",
                           "209410 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "209410 init 350612071913857"});
}

TEST_CASE("dump: garbage before everything") {
  auto s = session();
  s.insert(0, random_bytes(3000, 3));

  CHECK(events(s) == Lines{"0 skipped 3000", "3000 init 350612071913857", "3016 began videof 10",
                           "3026 sync 1", "3034 good 1-10",
                           "12410 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "12410 init 350612071913857"});
}

TEST_CASE("dump: zeros are no INIT") {
  auto s = session();
  s.insert(s.starts[4], ByteBuffer(64));

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 64", "4218 good 5-10",
                           "9474 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "9474 init 350612071913857"});
}

TEST_CASE("dump: the captured fault: 450 bytes short, packets in flight, SYNC twice") {
  DeviceStream s(584, 300);
  s.init().start().sync(1).data(343).sync(337).data(1).sync(337).data(248).init(0);
  s.erase(s.starts[338] + 300, 450);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 584", "26 sync 1",
                           "34 good 1-338", "348174 cut 339 at 346112: 574 bytes, d8ab != 2ffb",
                           "348754 good, inferred 340-343", "352874 sync 337",
                           "352882 good, repeat 337", "353912 sync 337",
                           "353920 good, repeat 337-343", "361130 good 344-584",
                           "608636 ended videof 584/584 good 591 bad 1 unchecked 0 repeats 8",
                           "608636 init 350612071913857"});
}

TEST_CASE("dump: a missing segment of whole packets") {
  const auto whole = session();
  const auto s = with_gap(whole, whole.starts[4], 2060);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 2060, missing 2060",
                           "6214 unchecked, inferred 7 at 6144: 1024 bytes, 29cd != ?",
                           "7244 good, inferred 8-10",
                           "9410 ended videof 10/10 good 7 bad 0 unchecked 1 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a missing segment inside a packet") {
  const auto whole = session();
  const auto s = with_gap(whole, whole.starts[4] + 500, 16);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 496 bytes, ? != 9cf9",
                           "4654 skipped 530, missing 16", "5184 good, inferred 6-10",
                           "9410 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a missing segment over packets") {
  const auto whole = session();
  const auto s = with_gap(whole, whole.starts[4] + 500, 1448);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 496 bytes, ? != 9cf9",
                           "4654 skipped 1560, missing 1448", "6214 good, inferred 7-10",
                           "9410 ended videof 10/10 good 8 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: the end of the session tells nothing where the last packets are missing, too") {
  DeviceStream whole(10, full_packet);
  whole.session();
  const auto bytes = Bytes(whole.bytes);
  const auto sync = whole.starts[0] - 8;
  const auto front = bytes.first(sync);
  const auto middle = bytes.first(whole.starts[5] + 500).subspan(whole.starts[1]);
  const auto back = bytes.last(init_size);
  const std::vector<Piece> pieces{
      {{front.begin(), front.end()}, whole.starts[1] - sync},
      {{middle.begin(), middle.end()}, bytes.size() - init_size - whole.starts[5] - 500},
      {{back.begin(), back.end()}, 0}};

  CHECK(events(pieces) ==
        Lines{"0 init 350612071913857", "16 began videof 10", "26 skipped 1038, missing 1038",
              "1064 unchecked, inferred 2 at 1024: 1024 bytes, f7b5 != ?",
              "2094 good, inferred 3-5", "5184 cut, inferred 6 at 5120: 496 bytes, ? != 3abd",
              "5684 skipped 4650, missing 4650",
              "10334 ended videof 6/10 good 3 bad 1 unchecked 1 repeats 0",
              "10334 init 350612071913857"});
}

TEST_CASE("dump: a missing segment at the start") {
  const auto whole = session();
  const auto s = with_gap(whole, 0, whole.starts[2] + 100);

  CHECK(events(s) ==
        Lines{"0 skipped 3124, missing 2194", "3124 began ? ?", "3124 good, unknown 1-7",
              "9410 ended ? 7/? good 7 bad 0 unchecked 0 repeats 0", "9410 init 350612071913857"});
}

TEST_CASE("dump: a missing segment at the end") {
  const auto whole = session();
  const auto s = with_gap(whole, whole.starts[8] + 100, whole.bytes.size() - whole.starts[8] - 100);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-8", "8274 cut 9 at 8192: 96 bytes, ? != eaff",
                           "8374 skipped 1052, missing 1052",
                           "9426 ended videof 9/10 good 8 bad 1 unchecked 0 repeats 0"});
}

TEST_CASE("dump: whatever the damage, good packets are the file's and few are lost") {
  std::mt19937 random(7);
  const auto whole = std::move(DeviceStream(40, 500).session());
  std::size_t lost = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    auto s = whole;
    const auto at = s.starts[2] + random() % (s.starts[36] - s.starts[2]);
    if (round % 3 == 0) {
      s.flip(at);
    } else if (round % 3 == 1) {
      s.erase(at, 1 + random() % 900);
    } else {
      s.insert(at, random_bytes(1 + random() % 3000, static_cast<std::uint32_t>(round)));
    }
    DumpReader reader;
    std::size_t good = 0;
    const auto count = [&] {
      while (const auto event = reader.poll()) {
        if (const auto* packet = std::get_if<DumpPacket>(&*event);
            packet != nullptr && packet->verdict == DumpVerdict::good) {
          ++good;
          REQUIRE((as_text(s.content).find(as_text(packet->payload)) != std::string_view::npos));
        }
      }
    };
    reader.received(s.bytes);
    count();
    reader.finish();
    count();
    REQUIRE(good >= 37); // the damage lies in at most two packets, and may cost one more its CRC
    lost += 40 - good;
  }
  CHECK(lost <= 450);
}

} // namespace dualcam::dump_damage_test
