// The packets of files by path: of any size, counted in bytes, or in packets by mistake.
#include "session/path_testing.hpp"

namespace dualcam::session_path_packets_test {

using namespace by_path_testing;

TEST_CASE("path: any STATUS behind the last byte ends the file, an earlier one leaves a part") {
  for (const std::uint32_t code : {0U, 1U, 4U, 17U, 99U}) {
    TestHost host(without_metadata);
    open(host, 8); // ends on a full packet
    host.receive(data[0]);
    host.receive(data[1]);
    CHECK(host.files().empty());
    host.receive(encode(Status{code}));
    REQUIRE(host.files().size() == 1);
    CHECK(as_text(host.files()[0].content) == "12345678");
  }
  TestHost part(without_metadata);
  open(part, 9);
  part.receive(data[0]);
  part.receive(encode(Status{1}));
  CHECK(part.has_event("refused 1"));
  CHECK(part.files().empty());
  CHECK(to_hex(part.take_sent()) == close);
}

TEST_CASE("path: packets of any size, one that varies in size as well") {
  const auto bytes = random_bytes(20'001, 1);
  for (const auto size : {4UL, 100UL, 1024UL, 1460UL, 4095UL, 4096UL}) {
    TestHost host(without_metadata);
    open(host, 20'001);
    host.receive(packets_of(bytes, size));
    REQUIRE(host.files().size() == 1);
    CHECK(host.files()[0].content == bytes);
  }
  TestHost host(without_metadata);
  open(host, 20'001);
  const auto whole = Bytes(bytes);
  host.receive(packets_of(whole.first(64), 64));
  host.receive(packets_of(whole.subspan(64), 4096)); // is too long to be right, at first
  CHECK(to_hex(host.take_sent()) == "0002000400000040");
  host.receive("0003 0004 00000040");
  host.receive(packets_of(whole.subspan(64), 4096));
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == bytes);
}

TEST_CASE("path: an offset that does not fit, too many bytes and a bad CRC are asked for again") {
  struct Case {
    const char* packet;
    const char* why;
  };
  for (const auto& [packet, why] :
       {Case{"000e 000a 00000008 35363738 8b19", "out of step"}, // a gap
        Case{"000e 000a 00000000 35363738 8b19", "out of step"}, // a repeat without SYNC
        Case{"000e 000a 00000004 35363738 8b18", "bad CRC"}, Case{"0004 ffff", "bad framing"},
        Case{"0004 0007 3536373839 0000", "bad framing"}}) { // longer than those before
    TestHost host(without_metadata);
    open(host, 9);
    host.receive(enhanced[0]);
    host.receive(packet);
    CHECK(host.has_event("resumed 4: "s + why));
    CHECK(to_hex(host.take_sent()) == "0002000400000004");
    host.receive("0003 0004 00000003 000e 000b 00000003 3435363738 ab3f"); // not right either
    host.receive("0003 0004 00000000");
    for (const auto* right : enhanced) {
      host.receive(right);
    }
    REQUIRE(host.files().size() == 1);
    CHECK(as_text(host.files()[0].content) == "123456789");
  }
}

TEST_CASE("path: a device that never stops is given up") {
  TestHost host(without_metadata);
  open(host, 70'000);
  const auto bytes = random_bytes(70'000, 1);
  host.receive(packets_of(Bytes(bytes).first(69'000), 1000));
  for (int i = 0; i < 20 && !host.ended(); ++i) {
    host.receive(encode(Sync{69'000}));
    host.receive(packets_of(random_bytes(2'000, 2), 2000));
    host.wait(Milliseconds(2'000));
  }
  REQUIRE(host.ended());
  CHECK(host.ended()->reason == Ended::Reason::bad_line);
  CHECK(host.files().empty());
}

TEST_CASE("path: a START that counts packets brings the whole file, and a note") {
  for (const auto size : {4UL, 1024UL, 4096UL}) {
    for (const auto count : {1UL, 2UL, 5UL, 8UL}) {
      for (const auto short_by : {0UL, 1UL}) {
        const auto bytes = random_bytes(count * size - short_by, 1);
        TestHost host(without_metadata);
        open(host, static_cast<std::uint32_t>(count));
        host.receive(packets_of(bytes, size));
        host.wait(Milliseconds(1'000));
        REQUIRE(host.files().size() == 1);
        CHECK(host.files()[0].content == bytes);
        CHECK(host.has_event("note START of this file counts packets, not bytes"));
      }
    }
  }
  TestHost host(without_metadata); // a multiple of the packet size: no byte tells before the 9th
  open(host, 8192);
  const auto bytes = random_bytes(8192 * 1024, 1);
  const auto sent = packets_of(bytes, 1024);
  host.receive(Bytes(sent).first(8 * 1030));
  host.wait(Milliseconds(999));
  CHECK(host.files().empty());
  host.receive(Bytes(sent).subspan(8 * 1030));
  host.wait(Milliseconds(1'000));
  REQUIRE(host.files().size() == 1);
  CHECK((host.files()[0].content == bytes));
}

TEST_CASE("path: a device that counts everything in packets is understood by its SYNC") {
  TestHost host(without_metadata);
  ask(host, "dsm/a");
  host.receive("0001 0006 00000003 0000");
  CHECK(to_hex(host.take_sent()) == resume_0);
  host.receive("0003 0004 00000001");
  host.receive(data[0]);
  host.receive("0004 0006 35363738 0000");
  CHECK(to_hex(host.take_sent()) == "0002000400000002");
  host.receive("0003 0004 00000002 0004 0006 35363738 4ae4 0004 0003 39 e8e5");
  host.receive("0003 0004 00000001");
  for (const auto* packet : data) {
    host.receive(packet);
  }
  REQUIRE(host.files().size() == 1);
  CHECK(as_text(host.files()[0].content) == "123456789");
}

TEST_CASE("path: what is held is compared in bytes, from wherever it is asked for") {
  const auto bytes = random_bytes(10'000, 1);
  for (const auto from : {0UL, 1UL, 500UL, 4'000UL}) {
    for (const auto size : {7UL, 1024UL, 4096UL}) {
      TestHost host(without_metadata);
      const auto held = Bytes(bytes).first(5'000);
      host.held.assign(held.begin(), held.end());
      host.resume_point = {
          .packet = 3, // of any size
          .held = 17,
          .offset = from,
          .crc = crc16(held.first(from)),
          .overlap = {held.begin() + static_cast<std::ptrdiff_t>(from), held.end()}};
      ask(host, "dsm/a");
      host.receive(encode(Start{10'000}));
      CHECK(to_hex(host.take_sent()) == to_hex(encode(Resume{static_cast<std::uint32_t>(from)})));
      host.receive(encode(Sync{static_cast<std::uint32_t>(from)}));
      host.receive(packets_of(Bytes(bytes).subspan(from), size));
      host.wait(Milliseconds(1'000));
      REQUIRE(host.files().size() == 1);
      CHECK(host.files()[0].content == bytes);
      CHECK_FALSE(host.has_event("replaced"));
    }
  }
}

TEST_CASE("path: a simulated camera of every kind is understood, whatever its line does") {
  const auto photo = random_bytes(3'000, 1);
  const auto video = random_bytes(20'000, 2);
  for (const auto& family : families()) {
    for (const auto form : {PathForm::either, PathForm::whole, PathForm::first7}) {
      for (int variant = 0; variant < 8; ++variant) {
        const std::vector<CameraFile> files{
            {*FileRef::of_path(family.path), photo, family.metadata},
            {*FileRef::of_path("mdas9/video/251021/094657.mp4"), video, {}}};
        CameraConfig config{.protocol = family.protocol, .imei = 350612071913857};
        config.path_form = form;
        config.packet_size = variant % 2 == 0 ? 1000 : 4096;
        config.enhanced = (variant & 2) != 0;
        config.start_in_packets = (variant & 4) != 0;
        config.end_status = variant % 3 == 0 ? std::optional(1U) : std::nullopt;
        Conversation conversation(config, files, by_path);
        std::minstd_rand random(static_cast<unsigned>(variant));
        conversation.line = [&](ByteBuffer& bytes, std::uint32_t packet) {
          if (packet != 0 && random() % 9 == 0) {
            bytes[bytes.size() / 2] ^= std::byte{1};
          }
        };
        conversation.run();
        CAPTURE(family.path.substr(0, 50), variant, conversation.host.events());
        REQUIRE(conversation.host.files().size() == 2);
        CHECK((conversation.host.files()[0].content == photo));
        CHECK((conversation.host.files()[1].content == video));
        CHECK(conversation.taken() == std::vector<std::size_t>{0, 1});
      }
    }
  }
}

TEST_CASE("path: a device that counts packets is asked for packets when it comes back") {
  const auto content = random_bytes(2500, 3);
  TestHost host(without_metadata);
  const auto begin = [&](TestHost& each) {
    each.receive(init_path);
    each.receive(encode(Path{"dsm/a"}));
    each.receive(encode(Start{3}));
  };
  const auto packets = [&](TestHost& each, std::size_t first, std::size_t last) {
    std::uint16_t crc = 0;
    each.receive(encode(Sync{static_cast<std::uint32_t>(first)}));
    for (auto number = first; number <= last; ++number) {
      const auto rest = Bytes(content).subspan((number - 1) * 1000);
      const auto payload = rest.first(std::min<std::size_t>(rest.size(), 1000));
      crc = crc16(payload, crc);
      each.receive(encode(Data{payload, crc}));
    }
  };
  begin(host);
  packets(host, 1, 2);
  CHECK(host.session().geometry().in_packets());
  host.disconnect();
  TestHost again(without_metadata);
  again.held = ByteBuffer(content.begin(), content.begin() + 2000);
  again.resume_point = {.packet = 2,
                        .held = 2,
                        .offset = 1000,
                        .crc = crc16(Bytes(content).first(1000)),
                        .overlap = {content.begin() + 1000, content.begin() + 2000},
                        .in_packets = true};
  begin(again);
  CHECK(to_hex(again.take_sent()).ends_with("0002000400000002"));
  packets(again, 2, 3);
  REQUIRE(again.files().size() == 1);
  CHECK((again.files()[0].content == content));
}

TEST_CASE("path: what is unexpected is told once a kind and connection") {
  TestHost host(without_metadata);
  host.receive("0000 0004 00013ee13c001981 42000400");
  host.receive(encode(Path{"other/thing"}));
  host.receive("0001 0006 00000009 0000");
  host.receive(sync_0);
  for (int i = 0; i < 3; ++i) {
    host.receive("000e 000a 00000004 31323334 8832"); // a gap
    host.receive(sync_0);
  }
  for (const auto* packet : enhanced) {
    host.receive(packet);
  }
  host.receive("0000 0004 00013ee13c001981 42000400");
  host.receive(encode(Path{"another/thing"}));
  host.receive("0001 0006 00000008 0000");
  host.receive(sync_0);
  for (int i = 0; i < 3; ++i) {
    for (const auto* packet : data) { // the last one is too much
      host.receive(packet);
    }
    host.receive(sync_0);
  }
  host.receive(data[0]);
  host.receive(data[1]);
  host.receive("0005 0004 00000007");
  CHECK(host.files().size() == 2);
  for (const auto* note :
       {"note protocol 4 is not known: served as protocol 5",
        "note the file other/thing is of no known camera; it is fetched all the same",
        "note the file comes as ENHANCED DATA, though the device speaks protocol 4",
        "note a packet is for byte 4, byte 0 was due",
        "note more bytes came than the 8 that START announced",
        "note the file ends with STATUS 7"}) {
    CAPTURE(note);
    CHECK(host.has_event(note));
  }
  CHECK(notes_of(host) == 6);
}

} // namespace dualcam::session_path_packets_test
