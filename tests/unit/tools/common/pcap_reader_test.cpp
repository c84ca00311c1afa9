// What is wrong with a pcap file is told, and where; what is whole before it counts.
#include "common/pcap_reader.hpp"

#include "temporary_folder.hpp"
#include "tools/capture_testing.hpp"

namespace dualcam::pcap_reader_test {

using namespace capture_testing;
namespace {

constexpr std::string_view head = "a1b2c3d4 0002 0004 00000000 00000000 00000010 00000065";
constexpr std::string_view packet = "00000001 00000002 00000003 00000003 414243"; // 19 bytes

/// The frames that it has, then what is wrong.
std::string read(const std::string& hex) {
  const TemporaryFolder folder;
  write_file(folder / "f", as_text(from_hex(hex)));
  auto file = InputFile::open((folder / "f").string());
  REQUIRE(file);
  std::string text;
  const auto result = read_capture(*file, [&](const CapturedFrame& captured) {
    text += std::string(as_text(captured.bytes)) + " ";
  });
  CHECK((result || result.error().category == ErrorCategory::malformed));
  return result ? text : text + result.error().message;
}

std::string behind_two(std::string_view hex) {
  return read(std::string(head) + std::string(packet) + std::string(packet) + std::string(hex));
}

} // namespace

TEST_CASE("pcap: a file that ends early, or has a wrong length, is told with the packet's place") {
  CHECK(behind_two("") == "ABC ABC ");
  for (const auto& [hex, why] :
       {std::pair("00000001 00000002 00", "only got 9"),            // header
        {"00000001 00000002 00000003 00000003 4142", "only got 2"}, // bytes
        {"00000001 00000002 7fffffff 00000003 414243", "invalid packet capture length"}}) {
    const auto said = behind_two(hex);
    CHECK(said.starts_with("ABC ABC "));
    CHECK_THAT(said, ContainsSubstring(why));
    CHECK(said.ends_with(", in packet 3 at byte 62; it is not read any further"));
  }
}

TEST_CASE("pcap: the place is right behind packets that are longer than the snapshot length") {
  const std::string longer = "00000001 00000002 00000012 00000012 " + std::string(36, '4');
  const auto said = behind_two(longer + "00000001");
  CHECK(said.starts_with("ABC ABC DDDDDDDDDDDDDDDD ")); // two bytes less
  CHECK(said.ends_with(", in packet 4 at byte 96; it is not read any further"));
}

TEST_CASE("pcap: of a wrong length that could be one the packet is named, where it shows") {
  const auto said = behind_two("00000001 00000002 00000006 00000003 414243" + std::string(packet));
  CHECK(said.starts_with("ABC ABC "));
  CHECK(said.ends_with("; of packet 3 at byte 62 more is said to be captured than was sent; it is "
                       "not read any further"));
}

TEST_CASE("pcap: what is no whole head of a file is told") {
  for (std::size_t size = 4; size < 24; ++size) {
    CAPTURE(size);
    const auto whole = to_hex(from_hex(head));
    CHECK(read(whole.substr(0, 2 * size))
              .ends_with(", at its beginning; it is not read any further"));
  }
}

} // namespace dualcam::pcap_reader_test
