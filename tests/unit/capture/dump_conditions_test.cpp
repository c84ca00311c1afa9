// Conditions of the dump reader that decide on few captures, but decide there.
#include "dualcam/capture/dump.hpp"

#include "capture/dump_testing.hpp"
#include "dualcam/files/metadata.hpp"

namespace dualcam::dump_conditions_test {
namespace {

constexpr auto rear_photo_metadata = "000b 000d 01 08 00000192d84dac30 00 0000";
constexpr auto unknown_metadata = "000b 000d 01 00 00000192d84dac30 00 0000";
constexpr auto version_2 = "000b 000d 02 10 00000192d8849ab0 00 000a";

std::vector<DumpPacket> packets_of(const DeviceStream& stream) {
  DumpReader reader;
  std::vector<DumpPacket> packets;
  reader.received(stream.bytes);
  reader.finish();
  while (const auto event = reader.poll()) {
    if (const auto* packet = std::get_if<DumpPacket>(&*event)) {
      packets.push_back(*packet);
    }
  }
  return packets;
}

std::vector<std::uint64_t> file_offsets(const DeviceStream& stream) {
  std::vector<std::uint64_t> offsets;
  for (const auto& packet : packets_of(stream)) {
    offsets.push_back(packet.file_offset);
  }
  return offsets;
}

/// The metadata's bytes, and what was skipped.
std::string metadata_of(const std::vector<Piece>& pieces) {
  DumpReader reader;
  std::string text;
  const auto drain = [&] {
    while (const auto event = reader.poll()) {
      if (const auto* metadata = std::get_if<DumpMetadata>(&*event)) {
        text += to_hex(metadata->payload);
      } else if (const auto* skipped = std::get_if<DumpSkipped>(&*event)) {
        text += " skipped " + std::to_string(skipped->bytes);
      }
    }
  };
  for (const auto& piece : pieces) {
    reader.received(piece.bytes);
    drain();
  }
  reader.finish();
  drain();
  return text;
}

std::string metadata_of(const DeviceStream& stream) {
  const auto whole = metadata_of({Piece{stream.bytes}});
  std::vector<Piece> bytes;
  for (const auto byte : stream.bytes) {
    bytes.push_back({{byte}});
  }
  CHECK(metadata_of(bytes) == whole);
  return whole;
}

} // namespace

TEST_CASE("dump: the last, short packet does not tell the packet size") {
  DeviceStream s(10);
  s.init().start().sync(10).data(1).sync(8).data(3);
  CHECK(file_offsets(s) == std::vector<std::uint64_t>{9216, 7168, 8192, 9216});
}

TEST_CASE("dump: another packet than the last tells the size, a bad one does not") {
  const auto content = random_bytes(1000, 4);
  const auto part = [&](std::size_t at) { return Bytes(content).subspan(at, 100); };
  DeviceStream s(10);
  s.init().start().message(Sync{1});
  s.message(Data{Bytes(content).first(50), 0x1234}); // cut short and damaged
  s.message(Sync{1});
  std::uint16_t crc = 0;
  for (const std::size_t at : {0U, 100U, 200U}) {
    crc = crc16(part(at), crc);
    s.message(Data{part(at), crc});
  }
  CHECK(file_offsets(s) == std::vector<std::uint64_t>{0, 0, 100, 200});
}

TEST_CASE("dump: metadata of another kind is the next file's") {
  DeviceStream s(2);
  s.init(0x10).start().sync(1).data(2).raw(rear_photo_metadata).start().sync(1).data(2);
  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 2", "26 sync 1",
                           "34 good 1-2", "1170 metadata before",
                           "1187 ended videof 2/2 good 2 bad 0 unchecked 0 repeats 0",
                           "1187 began photor 2", "1197 sync 1", "1205 good 1-2",
                           "2341 ended photor 2/2 good 2 bad 0 unchecked 0 repeats 0"});
}

TEST_CASE("dump: metadata that tells no kind is the current file's") {
  DeviceStream s(2);
  s.init(0x10).start().sync(1).data(2).raw(unknown_metadata);
  CHECK(events(s)[4] == "1170 metadata behind");
}

TEST_CASE("dump: a file's second metadata is the next one's") {
  DeviceStream s(2);
  s.init(0x08).raw(rear_photo_metadata).start().sync(1).data(2).raw(rear_photo_metadata);
  CHECK(events(s)[5] == "1187 metadata before");
}

TEST_CASE("dump: metadata before the first packet is the next file's, even behind START") {
  DeviceStream s(2);
  s.init(0x08).start().raw(rear_photo_metadata).sync(1).data(2);
  CHECK(events(s)[2] == "26 metadata before");
}

TEST_CASE("dump: of several kinds on offer none is taken for the file's") {
  DeviceStream s(2);
  s.init(0x0C).start().sync(1).data(2);
  CHECK(events(s)[1] == "16 began ? 2");
}

TEST_CASE("dump: what one INIT described does not outlive the next") {
  DeviceStream s(2);
  s.init(0x0C).raw(rear_photo_metadata).init(0x0C).start().sync(1).data(2);
  CHECK(events(s)[3] == "49 began ? 2");
}

TEST_CASE("dump: INIT in mid-stream ends the transfer") {
  DeviceStream s(10);
  s.init().start().sync(1).data(4).init().start().sync(1).data(10).init(0);
  CHECK(events(s) ==
        Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1", "34 good 1-4",
              "4154 ended videof 4/10 good 4 bad 0 unchecked 0 repeats 0",
              "4154 init 350612071913857", "4170 began videof 10", "4180 sync 1", "4188 good 1-10",
              "13564 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
              "13564 init 350612071913857"});
}

TEST_CASE("dump: an INIT of another device is one only with the usual packet size") {
  const auto other = [](std::uint32_t settings) {
    DeviceStream s(10);
    s.init().start().sync(1).data(4).message(Init{5, 123456789012345, settings}).start();
    return events(s);
  };
  CHECK(other(0x4400'0400).back() == "4180 ended photof 0/10 good 0 bad 0 unchecked 0 repeats 0");
  CHECK(other(0x4400'0200)[4].starts_with("4154 skipped"));
}

TEST_CASE("dump: the byte that METADATA's length does not count is the frame rate") {
  for (const auto* rate : {"1e", "00", "05", "ff"}) {
    const auto expected = std::string("021000000192d8849ab000000a") + rate;
    CAPTURE(rate);
    const auto before = [&] { return std::move(DeviceStream(2).init().raw(version_2).raw(rate)); };
    CHECK(metadata_of(before().start().sync(1).data(2)) == expected);
    CHECK(metadata_of(before().sync(1).data(2)) == expected);
    CHECK(metadata_of(before().init(0)) == expected);
    CHECK(metadata_of(before().message(Status{0})) == expected);
    CHECK(metadata_of(before().message(Path{"dsm/1.jpg"})) == expected);
    CHECK(metadata_of(before()) == expected);
    CHECK(metadata_of(DeviceStream(2).init().start().sync(1).data(2).raw(version_2).raw(rate).init(
              0)) == expected);
    CHECK(metadata_of(DeviceStream().raw(version_2).raw(rate).start()) == expected);
  }
}

TEST_CASE("dump: METADATA whose length counts every byte keeps it") {
  const auto counted = std::string(version_2).substr(10);
  CHECK(metadata_of(DeviceStream(2).init().raw(version_2).start().sync(1).data(2)) ==
        "021000000192d8849ab000000a");
  CHECK(metadata_of(DeviceStream(2).init().raw(version_2).raw("1e1e").start().sync(1).data(2)) ==
        "021000000192d8849ab000000a skipped 2");
  CHECK(metadata_of(DeviceStream(2)
                        .init()
                        .raw("000b 000e 02 10 00000192d8849ab0 00 000a 14 1e")
                        .start()
                        .sync(1)
                        .data(2)) == "021000000192d8849ab000000a14 skipped 1");
}

TEST_CASE("dump: two bytes before a packet may be all that is left of the one before it") {
  auto stream = DeviceStream(5).init().start().sync(1).data(5);
  stream.erase(0, stream.starts[1] - 2);
  const auto found = packets_of(stream);
  REQUIRE(found.size() == 4);
  CHECK(found[0].verdict == DumpVerdict::good);
  CHECK(found[0].start == DumpStart::bytes_before);
  CHECK(packets_of(stream.erase(0, 1))[0].verdict == DumpVerdict::unchecked); // one of them
}

} // namespace dualcam::dump_conditions_test
