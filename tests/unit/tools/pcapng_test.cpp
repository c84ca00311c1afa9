// What is wrong with a pcapng file is told, and where; what is whole before it counts.
#include "common/pcap_reader.hpp"

#include "temporary_folder.hpp"
#include "tools/capture_testing.hpp"

namespace dualcam {
namespace {

constexpr auto section = "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c";
constexpr auto interface = "00000001 00000014 0065 0000 00000003 00000014"; // raw IP, cut at 3
constexpr auto packet = "00000006 00000028 00000000 00000000 00000000 00000005 00000007"
                        "4142434445000000 00000028";

/// The frames that it has, then what is wrong.
std::string read(std::string_view hex) {
  const TemporaryFolder folder;
  write_file(folder / "f", as_text(from_hex(hex)));
  auto file = InputFile::open((folder / "f").string());
  REQUIRE(file);
  std::string text;
  const auto result = read_capture(*file, [&](const CapturedFrame& captured) {
    text += std::to_string(static_cast<unsigned>(captured.link)) + ":" +
            std::string(as_text(captured.bytes)) + " ";
  });
  return result ? text : text + result.error().message;
}

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

} // namespace dualcam
