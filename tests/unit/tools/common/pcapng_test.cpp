// What is wrong with a pcapng file is told, and where; what is whole before it counts.
#include "common/pcap_reader.hpp"
#include "common/pcapng_reader.hpp"

#include "temporary_folder.hpp"
#include "tools/capture_testing.hpp"

namespace dualcam::pcapng_test {

using namespace capture_testing;
namespace {

constexpr auto section = "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c";
constexpr auto interface = "00000001 00000014 0065 0000 00000003 00000014"; // raw IP, cut at 3
constexpr auto packet = "00000006 00000028 00000000 00000000 00000000 00000005 00000007"
                        "4142434445000000 00000028";

/// The frames that it has, then what is wrong.
std::string read(Bytes bytes) {
  const TemporaryFolder folder;
  write_file(folder / "f", as_text(bytes));
  auto file = InputFile::open((folder / "f").string());
  REQUIRE(file);
  std::string text;
  const auto result = read_capture(*file, [&](const CapturedFrame& captured) {
    text += std::to_string(static_cast<unsigned>(captured.link)) + ":" +
            std::string(as_text(captured.bytes)) + " ";
  });
  return result ? text : text + result.error().message;
}

std::string read(std::string_view hex) { return read(Bytes(from_hex(hex))); }

std::string blocks(std::initializer_list<std::string_view> parts) {
  std::string hex;
  for (const auto part : parts) {
    hex += part;
  }
  return hex;
}

} // namespace

TEST_CASE("pcapng: packets of each kind, and blocks that are none") {
  CHECK(read(blocks({section, interface, packet})) == "101:ABCDE ");
  CHECK(read(blocks({section, interface, "0000000a 00000010 00000000 00000010", packet})) ==
        "101:ABCDE ");                   // unknown
  CHECK(read(blocks({section, interface, // obsolete, of interface 0, with 1 drop
                     "00000002 00000028 0000 0001 00000000 00000000 00000005 00000007"
                     "4142434445000000 00000028"})) == "101:ABCDE ");
  CHECK(read(blocks({section, interface, "00000003 00000014 00000005 41424344 00000014"})) ==
        "101:ABC "); // as much as its interface keeps
  CHECK(read(blocks({section, interface, "00000003 00000014 00000002 41420000 00000014"})) ==
        "101:AB ");
  CHECK(read(blocks({section, "00000001 00000014 0065 0000 00000000 00000014",
                     "00000003 00000014 00000004 41424344 00000014"})) == "101:ABCD ");
}

TEST_CASE("pcapng: each damage is told with the block where it is") {
  for (const auto& [hex, told] :
       {std::pair(blocks({section, interface, packet, "00000006 0000"}), "the file is cut off"),
        {blocks({section, interface, packet, "00000006 00000028 00000000 00000000"}),
         "the file is cut off"},
        {blocks({section, interface, packet, "00000006 0000000a 00000000 0000000a"}),
         "its length cannot be 10"},
        {blocks({section, interface, packet, "00000006 00000008 00000008"}),
         "its length cannot be 8"},
        {blocks({section, interface, packet, "00000006 ffffff00 00000000 0000000a"}),
         "its length cannot be 4294967040"},
        {blocks({section, interface, packet, "0000000a 00000010 00000000 00000014"}),
         "it has two lengths"},
        {blocks({section, interface, packet, "00000006 00000010 00000000 00000010"}),
         "a packet's header is cut off"},
        {blocks({section, interface, packet,
                 "0a0d0d0a 00000018 1a2b3c4d 0001 0000 ffffffff 00000018"}),
         "not version 1 of the format"},
        {blocks({section, interface, packet, "00000003 0000000c 0000000c"}),
         "a packet without an interface"},
        {blocks({section, interface, packet, "00000001 00000010 00000000 00000010"}),
         "an interface is cut off"},
        {blocks({section, interface, packet,
                 "00000006 00000020 00000001 00000000 00000000"
                 "00000000 00000000 00000020"}),
         "a packet of an interface that is not described"},
        {blocks({section, interface, packet,
                 "00000006 00000020 00000000 00000000 00000000"
                 "00000001 00000001 00000020"}),
         "a packet is longer than its block"},
        {blocks({section, interface, packet,
                 "0a0d0d0a 0000001c 1a2b3c4d 0002 0000 "
                 "ffffffffffffffff 0000001c"}),
         "not version 1 of the format"},
        {blocks({section, interface, packet,
                 "0a0d0d0a 0000001c 1a2b3c4e 0001 0000 "
                 "ffffffffffffffff 0000001c"}),
         "no byte order is given"}}) {
    const auto said = read(hex);
    CHECK_THAT(said, ContainsSubstring(told));
    CHECK(said.ends_with("in the block at byte 88; it is not read any further"));
    CHECK(said.starts_with("101:ABCDE "));
  }
  CHECK_THAT(read(blocks({section, "00000003 00000014 00000002 41420000 00000014"})),
             ContainsSubstring("a packet without an interface"));
  CHECK_THAT(read(blocks({section, interface, section, packet})), // a section has its own
             ContainsSubstring("a packet of an interface that is not described"));
}

TEST_CASE("pcapng: blocks of any size up to the largest are read, however many there are") {
  const auto captured = from_hex(packet);
  const auto unknown = [](std::uint32_t length) { // a block of a kind that is not looked at
    ByteBuffer block;
    append_be(block, std::uint32_t{10});
    append_be(block, length);
    block.resize(length - 4);
    append_be(block, length);
    return block;
  };
  const auto begin = from_hex(blocks({section, interface}));
  auto many = begin;
  std::string expected;
  for (std::uint32_t i = 0; i < 40; ++i) {
    append(many, unknown(20'000 + 4 * i)); // ends and begins anywhere in what is read at once
    append(many, captured);
    expected += "101:ABCDE ";
  }
  CHECK(read(Bytes(many)) == expected);
  const auto with_block = [&](std::uint32_t length) {
    auto bytes = begin;
    append(bytes, unknown(length));
    append(bytes, captured);
    return read(Bytes(bytes));
  };
  constexpr auto most = PcapngReader::largest_block;
  CHECK(with_block(most) == "101:ABCDE ");
  CHECK_THAT(with_block(most + 4), ContainsSubstring("its length cannot be 16777220"));
}

TEST_CASE("pcapng: a section has 65536 interfaces at the most") {
  const auto one = from_hex(interface);
  auto interfaces = from_hex(section);
  for (unsigned i = 0; i < 65536; ++i) {
    append(interfaces, one);
  }
  const auto followed_by = [&](std::string_view hex) {
    auto bytes = interfaces;
    append(bytes, from_hex(hex));
    return read(Bytes(bytes));
  };
  CHECK(followed_by("00000006 00000024 0000ffff 00000000 00000000 00000003 00000003"
                    "41424300 00000024") == "101:ABC "); // of the last one
  CHECK_THAT(followed_by(interface), ContainsSubstring("too many interfaces"));
  CHECK(followed_by(blocks({section, interface, packet})) == "101:ABCDE "); // the next has its own
}

TEST_CASE("pcapng: a packet that was cut is told with the length it had") {
  std::vector<std::uint64_t> lengths;
  const TemporaryFolder folder;
  const auto hex =
      blocks({section, interface, packet, "00000003 00000014 00000009 41424344 00000014"});
  write_file(folder / "f", as_text(from_hex(hex)));
  auto file = InputFile::open((folder / "f").string());
  REQUIRE(file);
  CHECK(read_capture(*file,
                     [&](const CapturedFrame& captured) { lengths.push_back(captured.length); }));
  CHECK(lengths == std::vector<std::uint64_t>{7, 9});
}

} // namespace dualcam::pcapng_test
