#include "dualcam/storage/checkpoint.hpp"

#include "dualcam/files/metadata.hpp"
#include "dualcam/storage/checkpoint_file.hpp"
#include "dualcam/wire/crc16.hpp"
#include "storage/claim_testing.hpp"
#include "storage/identity_text.hpp"
#include "temporary_folder.hpp"

namespace dualcam::checkpoint_test {
namespace {

using namespace claimed;

constexpr auto v3_metadata =
    "0310 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d 403947973bf147d6";
constexpr auto v1_metadata = "0110 00000192d84dac31 00 0003";

FileIdentity identity() {
  return {350612071913857, FileKind::front_video, 584, 1730205822000, from_hex(v3_metadata)};
}

std::string checkpoint_text() {
  const auto header = checkpoint_header(part, identity());
  return header + block_of(claim_a, header) + block_of(claim_b, header);
}

/// Of version 1, as version 0.1 has written it.
const std::string version_1 =
    "dualcam checkpoint 1\n"
    "imei 350612071913857\n"
    "kind videof\n"
    "packets 584\n"
    "received 1730205822000\n"
    "metadata 031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6\n"
    "check 0462\n"
    "held 0000000338 0000000346112 01024 1a2b 55ab\n"
    "held 0000000337 0000000345088 01024 90c4 3aa2\n";

} // namespace

TEST_CASE("checkpoint: is the text that its description shows") {
  const auto header = checkpoint_header(part, identity());
  CHECK(header.starts_with(
      "dualcam checkpoint 2\n"
      "part 0123456789abcdef\n"
      "imei 350612071913857\n"
      "file videof\n"
      "packets 584\n"
      "received 1730205822000\n"
      "metadata 031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6\n"
      "check "));
  CHECK(header.size() == checkpoint_block);
  CHECK(line_of(block_of(claim_a, header))
            .starts_with("held 8 338 346112 1024 1a2b 995dc9bbdf1939fa "
                         "from 337 345088 90c4 1122334455667788 "));
  CHECK(line_of(block_of(claim_b, header))
            .starts_with("held 7 337 345088 1024 90c4 1122334455667788 "
                         "from 300 306176 0001 0000000000000002 "
                         "proved 330 336896 ffff ffffffffffffffff "));
  CHECK(line_of(block_of({.sequence = 9, .proved = {}, .replaced = true}, header))
            .starts_with("replaced 9 "));
  CHECK(block_of(claim_a, header).size() == checkpoint_block);
}

TEST_CASE("checkpoint: what is written is read back") {
  const auto read = decode_checkpoint(as_bytes(checkpoint_text()));
  REQUIRE(read);
  CHECK(read->version == 2);
  CHECK(read->part == part);
  CHECK(read->identity.imei == 350612071913857);
  CHECK(read->identity.file == FileRef(FileKind::front_video));
  CHECK(read->identity.announced == 584);
  CHECK(read->identity.received == 1730205822000);
  CHECK(read->identity.metadata == from_hex(v3_metadata));
  CHECK(read->claims[0] == claim_a);
  CHECK(read->claims[1] == claim_b);
  CHECK(read->newest() == 0U);
  CHECK_FALSE(read->is_replaced());
}

TEST_CASE("checkpoint: files by path and long metadata have room") {
  auto who = identity();
  who.file = *FileRef::of_path(std::string("%/mnt/a b\\\n") + '\0');
  who.metadata = random_bytes(65'533, 1);
  const auto header = checkpoint_header(part, who);
  CHECK(header.size() % checkpoint_block == 0);
  CHECK(header.size() > 131'072);
  const auto read =
      decode_checkpoint(as_bytes(header + block_of(claim_b, header) + block_of(claim_a, header)));
  REQUIRE(read);
  CHECK(read->identity.file == who.file);
  CHECK(read->identity.metadata == who.metadata);
  CHECK(read->newest() == 1U);
  CHECK(read->claims[1] == claim_a);
  who.file = *FileRef::of_path(std::string(longest_path, '\n'));
  CHECK(checkpoint_header(part, who).size() + 2 * checkpoint_block < longest_checkpoint);
}

TEST_CASE("checkpoint: that a device counts a file by path in packets is remembered") {
  auto who = identity();
  who.file = *FileRef::of_path("dsm/video/1");
  who.announced = 300;
  const auto in_bytes = checkpoint_header(part, who);
  who.in_packets = true;
  const auto header = checkpoint_header(part, who);
  CHECK(header != in_bytes);
  CHECK_FALSE(decode_checkpoint(as_bytes(in_bytes))->identity.in_packets);
  const auto read = decode_checkpoint(as_bytes(header + block_of(claim_b, header)));
  REQUIRE(read);
  CHECK(read->identity.in_packets);
  CHECK_FALSE(read->claims[0]); // of 337 packets
  const auto claimed = decode_checkpoint(as_bytes(in_bytes + block_of(claim_b, in_bytes)));
  CHECK(claimed->claims[0]); // then it is no matter how many there are
  auto other = header;
  other.replace(other.find("counted packets"), 15, "counted pockets");
  CHECK_FALSE(decode_checkpoint(as_bytes(other)));
}

TEST_CASE("checkpoint: every changed character and every cut is noticed, the rest still counts") {
  const auto good = checkpoint_text();
  const auto header = checkpoint_header(part, identity());
  const auto header_text = line_of(header).size();
  const auto text_a = line_of(block_of(claim_a, header)).size();
  const auto text_b = line_of(block_of(claim_b, header)).size();
  const auto begin_a = header.size();
  const auto begin_b = header.size() + checkpoint_block;
  for (const auto& [begin, end] :
       {std::pair(std::size_t{0}, header_text), std::pair(begin_a, begin_a + text_a),
        std::pair(begin_b, begin_b + text_b)}) {
    for (auto i = begin; i < end; ++i) {
      auto bad = good;
      bad[i] = bad[i] == '0' ? '1' : '0';
      INFO("character " << i);
      const auto read = decode_checkpoint(as_bytes(bad));
      CHECK(read.has_value() == (begin != 0));
      if (read) {
        CHECK((read->claims[0] == claim_a) == (begin != begin_a));
        CHECK((read->claims[1] == claim_b) == (begin != begin_b));
      }
      const auto cut = decode_checkpoint(as_bytes(good.substr(0, std::min(i, end - 2))));
      CHECK(cut.has_value() == (begin != 0));
      if (cut) {
        CHECK((cut->claims[0] == claim_a) == (begin == begin_b));
        CHECK_FALSE(cut->claims[1]);
      }
    }
  }
}

TEST_CASE("checkpoint: the newer claim counts, whatever it says") {
  const auto header = checkpoint_header(part, identity());
  const auto replaced = block_of({.sequence = 9, .proved = {}, .replaced = true}, header);
  for (const bool first : {false, true}) {
    const auto other = block_of(claim_a, header);
    const auto read =
        decode_checkpoint(as_bytes(header + (first ? replaced + other : other + replaced)));
    REQUIRE(read);
    CHECK(read->newest() == (first ? 0U : 1U));
    CHECK(read->is_replaced());
  }
  const auto empty = decode_checkpoint(as_bytes(header));
  REQUIRE(empty);
  CHECK_FALSE(empty->newest());
  CHECK_FALSE(empty->is_replaced());
}

TEST_CASE("checkpoint: version 1 is read") {
  const auto read = decode_checkpoint(as_bytes(version_1));
  REQUIRE(read);
  CHECK(read->version == 1);
  CHECK(same_file(read->identity, identity()));
  REQUIRE((read->claims[0] && read->claims[1]));
  CHECK(read->claims[0]->held == claim_a.held);
  CHECK(read->claims[1]->held == claim_b.held);
  CHECK(read->newest() == 0U);
  CHECK_FALSE(read->is_replaced());
  auto bad = version_1;
  bad[bad.find("338")] = '4';
  CHECK_FALSE(decode_checkpoint(as_bytes(bad))->claims[0]);
  bad[bad.find("videof")] = 'w';
  CHECK_FALSE(decode_checkpoint(as_bytes(bad)));
}

TEST_CASE("checkpoint: numbers of version 1 that do not fit together are left out") {
  const std::string header = version_1.substr(0, version_1.find("held"));
  const auto reads = [&](const std::string& held) {
    const auto check = crc16(as_bytes(held), crc16(as_bytes(header)));
    const auto read = decode_checkpoint(as_bytes(header + held + ' ' + hex16(check) + '\n'));
    REQUIRE(read);
    return read->claims[0].has_value();
  };
  CHECK(reads("held 0000000337 0000000345088 01024 90c4"));
  CHECK_FALSE(reads("helt 0000000337 0000000345088 01024 90c4"));
  CHECK_FALSE(reads("held 0000000337 0000000345087 01024 90c4")); // of full packets alone
  CHECK_FALSE(reads("held 0000000337 0000000345089 01024 90c4"));
  CHECK_FALSE(reads("held 0000000337 0000000345088 00000 90c4"));
  CHECK_FALSE(reads("held 0000000337 0000000690176 02048 90c4")); // larger than they are
  CHECK_FALSE(reads("held 0000000585 0000000599040 01024 90c4")); // more than there are
  CHECK(reads("held 0000000584 0000000598016 01024 90c4"));       // all, the last one full
  CHECK(reads("held 0000000584 0000000596993 01024 90c4"));       // or of a byte
  CHECK_FALSE(reads("held 0000000584 0000000596992 01024 90c4")); // or of none
  CHECK_FALSE(reads("held 0000000584 0000000598017 01024 90c4"));
  CHECK(reads("held 0000000000 0000000000000 00000 0000"));
  CHECK_FALSE(reads("held 0000000000 0000000000001 00000 0000"));
  CHECK_FALSE(reads("held 0000000000 0000000000000 00000 0001"));
}

TEST_CASE("checkpoint: that of version 1 which was replaced says so, with a check of its own") {
  const std::string header = version_1.substr(0, version_1.find("held"));
  const std::string claims = version_1.substr(header.size());
  const auto check = hex16(crc16(as_bytes("replaced"), crc16(as_bytes(header))));
  const auto is_replaced = [&](const std::string& line) {
    return decode_checkpoint(as_bytes(header + claims + line))->is_replaced();
  };
  CHECK(is_replaced("replaced " + check + '\n'));
  CHECK_FALSE(is_replaced("replaced " + check));
  CHECK_FALSE(is_replaced("replaced 0000\n"));
  CHECK_FALSE(is_replaced("replacee " + check + '\n'));
  auto torn = version_1.substr(0, header.size() - 2) + "x\n";
  CHECK_FALSE(decode_checkpoint(as_bytes(torn + claims)));
}

TEST_CASE("checkpoint: of another version, of another program, empty: an error") {
  auto newer = checkpoint_text();
  newer[std::string_view("dualcam checkpoint ").size()] = '3';
  for (const auto& text : {newer, std::string(), std::string("PK\3\4"), std::string(70000, 'x')}) {
    REQUIRE_FALSE(decode_checkpoint(as_bytes(text)));
  }
}

TEST_CASE("checkpoint: a file is the same if everything known of both agrees") {
  CHECK(same_file(identity(), identity()));
  auto other = identity();
  other.received = 0; // only says when we heard of it
  CHECK(same_file(identity(), other));
  other.metadata.clear();
  CHECK(same_file(identity(), other));
  other.metadata = from_hex(v1_metadata);
  CHECK_FALSE(same_file(identity(), other));
  other = identity();
  other.imei = 1;
  CHECK_FALSE(same_file(identity(), other));
  other = identity();
  other.file = FileKind::rear_video;
  CHECK_FALSE(same_file(identity(), other));
  other = identity();
  other.announced = 583;
  CHECK_FALSE(same_file(identity(), other));
}

TEST_CASE("checkpoint: the time in a document tells files apart as any other does") {
  const auto file = *FileRef::of_path("dashcam/video/1");
  const auto time = [&](std::string_view text) { return timestamp_of(file, as_bytes(text)); };
  for (const auto* text : {R"({"file":{"file_timestamp":1729504017}})",
                           R"({"version":1,"x":[{"file":{"file_timestamp" : "1729504017.5"}}]})",
                           R"({"file":{"file_timestamp":5},"b":{"file_timestamp":1729504017,)"}) {
    CAPTURE(text);
    CHECK(time(text) == 1'729'504'017'000U);
  }
  for (const auto* text :
       {"{}", R"({"file_timestamp")", R"({"file_timestamp":})", R"({"file_timestamp":null})",
        R"({"file_timestamp":0})", R"({"file_timestamp":-5})",
        R"({"file_timestamp":99999999999999999999})", R"({"file_timestamp":18446744073709551615})",
        R"({"timestamp":1729504017})"}) {
    CAPTURE(text);
    CHECK_FALSE(time(text));
  }
  FileIdentity one{1, file, 9, 0, {}};
  const auto with = [&](std::string_view text) {
    auto each = one;
    each.metadata.assign(as_bytes(text).begin(), as_bytes(text).end());
    return each;
  };
  CHECK(same_file(one, with(R"({"file_timestamp":5})")));
  CHECK(same_file(with(R"({"file_timestamp":5,"a":1})"), with(R"({"file_timestamp":5})")));
  CHECK_FALSE(same_file(with(R"({"file_timestamp":5})"), with(R"({"file_timestamp":6})")));
}

TEST_CASE("checkpoint file: one that cannot be read is an error, one that is none is nothing") {
  const TemporaryFolder folder;
  CHECK_FALSE(CheckpointFile::read(folder.path())); // a folder
  CHECK_FALSE(CheckpointFile::is_blank(folder.path()));
  write_file(folder / "a", "nonsense");
  const auto nonsense = CheckpointFile::read(folder / "a");
  REQUIRE(nonsense);
  CHECK_FALSE(*nonsense);
  CHECK_FALSE(CheckpointFile::is_blank(folder / "a").value());
  CHECK_FALSE(CheckpointFile::is_blank(folder / "none").value());
  write_file(folder / "a", std::string(9000, '\0'));
  CHECK(CheckpointFile::is_blank(folder / "a").value());
  CHECK_FALSE(CheckpointFile::create(folder / "none/a", identity()));
}

TEST_CASE("checkpoint file: one that has gone is not gone on with, nor written to") {
  const TemporaryFolder folder;
  const auto path = folder / "a.checkpoint";
  auto file = CheckpointFile::create(path, identity());
  REQUIRE(file);
  const auto checkpoint = CheckpointFile::read(path);
  REQUIRE((checkpoint && *checkpoint));
  fs::remove(path);
  const auto gone = CheckpointFile::go_on(path, **checkpoint, std::nullopt);
  REQUIRE_FALSE(gone);
  CHECK_THAT(gone.error().message, ContainsSubstring("cannot open " + path.string()));
  Barrier barrier;
  file->publish(claim_a, nullptr, barrier);
  const auto synced = barrier.sync();
  REQUIRE_FALSE(synced);
  CHECK_THAT(synced.error().message, ContainsSubstring("cannot open " + path.string()));
}

TEST_CASE("checkpoint file: claims take turns, and a believed one stays until another is durable") {
  const TemporaryFolder folder;
  const auto path = folder / "a.checkpoint";
  auto file = CheckpointFile::create(path, identity());
  REQUIRE(file);
  const auto publish = [](CheckpointFile& into, std::uint32_t packets) {
    auto claim = claim_a;
    claim.held.packets = packets;
    claim.held.bytes = std::uint64_t{packets} * 1024;
    claim.from = {packets, claim.held.bytes, 0, 0};
    Barrier barrier;
    into.publish(claim, nullptr, barrier);
    REQUIRE(barrier.sync());
    into.confirm();
  };
  const auto claimed = [&] { // in each slot
    const auto read = CheckpointFile::read(path);
    REQUIRE((read && *read));
    std::vector<std::uint32_t> packets;
    for (const auto& claim : (*read)->claims) {
      packets.push_back(claim ? claim->held.packets : 0);
    }
    return packets;
  };
  using Packets = std::vector<std::uint32_t>;
  CHECK(claimed() == Packets{0, 0});
  publish(*file, 1);
  const bool first = claimed()[0] == 1;
  publish(*file, 2);
  CHECK(claimed() == (first ? Packets{1, 2} : Packets{2, 1}));
  publish(*file, 3);
  CHECK(claimed() == (first ? Packets{3, 2} : Packets{2, 3}));
  for (const unsigned believed : {0U, 1U}) {
    const auto before = claimed();
    auto again = CheckpointFile::go_on(path, **CheckpointFile::read(path), believed);
    REQUIRE(again);
    CHECK(claimed() == before);
    publish(*again, 10 + believed);
    CHECK(claimed()[believed] == before[believed]);
    CHECK(claimed()[1 - believed] == 10 + believed);
  }
  const auto before = claimed();
  auto newest = CheckpointFile::go_on(path, **CheckpointFile::read(path), std::nullopt);
  REQUIRE(newest);
  publish(*newest, 20);
  CHECK(std::ranges::count(claimed(), 20U) == 1);
  CHECK(std::ranges::count(claimed(), std::ranges::max(before)) == 1); // the newest one stays
}

TEST_CASE(
    "checkpoint: the time of a file by path is in its camera's layout, whatever else differs") {
  const auto of = [](std::string_view path, std::string_view metadata) {
    return FileIdentity{350612071913857, *FileRef::of_path(path), 9, 0, from_hex(metadata)};
  };
  constexpr auto adas = "67162311 00 05 0342a982 fe7e435d 0a";
  constexpr auto other_place = "67162311 00 06 0342a983 fe7e435e 0b";
  constexpr auto a_second_later = "67162312 00 05 0342a982 fe7e435d 0a";
  for (const auto* path : {"mdas9/video/1", "other/1"}) {
    CHECK(timestamp_of(*FileRef::of_path(path), from_hex(adas)) == 1729504017000);
    CHECK(same_file(of(path, adas), of(path, other_place)));
    CHECK_FALSE(same_file(of(path, adas), of(path, a_second_later)));
  }
  CHECK(timestamp_of(*FileRef::of_path("dashcam/1"), from_hex(v1_metadata)) == 0x192d84dac31);
  CHECK_FALSE(timestamp_of(*FileRef::of_path("dashcam/1"), from_hex("7b7d")));
}

} // namespace dualcam::checkpoint_test
