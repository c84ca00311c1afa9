#include "common/capture_time.hpp"

#include "common/compression.hpp"
#include "common/decompressor.hpp"
#include "temporary_folder.hpp"
#include "tools/capture_testing.hpp"

namespace dualcam::capture_time_test {

using namespace capture_testing;
namespace {

std::optional<std::uint64_t> first_time(Bytes content) {
  const TemporaryFolder folder;
  write_file(folder / "a", as_text(content));
  auto file = InputFile::open((folder / "a").string());
  REQUIRE(file);
  const auto time = first_time_of(*file);
  ByteBuffer all(content.size());
  CHECK(file->read(all).value_or(0) == content.size()); // nothing is used up
  return time;
}

/// A block of pcapng, of numbers as they stand.
std::string block(const std::string& type, const std::string& length, const std::string& body) {
  return type + length + body + length;
}

const std::string section = "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c";
const std::string interface = "00000001 00000014 0001 0000 00040000 00000014";
const std::string nano_interface =
    "00000001 00000020 0001 0000 00040000 0009 0001 09000000 0000 0000 00000020";
const std::string packet_at_5 = block("00000006", "00000020",
                                      "00000000 00000000 00000005 "
                                      "00000000 00000000");

} // namespace

TEST_CASE("capture time: pcap in both byte orders, with micro- and nanoseconds") {
  const std::string head = " 0002 0004 00000000 00000000 00040000 00000001 ";
  CHECK(first_time(from_hex("a1b2c3d4" + head + "00000002 00000003 00000000 00000000")) ==
        2'000'003'000);
  CHECK(first_time(from_hex("a1b23c4d" + head + "00000002 00000003 00000000 00000000")) ==
        2'000'000'003);
  const std::string turned = " 0200 0400 00000000 00000000 00000400 01000000 ";
  CHECK(first_time(from_hex("d4c3b2a1" + turned + "02000000 03000000")) == 2'000'003'000);
  CHECK(first_time(from_hex("4d3cb2a1" + turned + "02000000 03000000")) == 2'000'000'003);
  CHECK_FALSE(first_time(from_hex("a1b2c3d4" + head + "00000002 000000"))); // cut
  CHECK_FALSE(first_time(from_hex("a1b2c3d4" + head)));
  CHECK_FALSE(first_time(from_hex("a1b2c3d5" + head + "00000002 00000003")));
  CHECK_FALSE(first_time(from_hex("a1b2c3")));
  CHECK_FALSE(first_time({}));
}

TEST_CASE("capture time: pcapng, by the resolution of the packet's interface") {
  CHECK(first_time(from_hex(section + interface + packet_at_5)) == 5'000);
  CHECK(first_time(from_hex(section + nano_interface + packet_at_5)) == 5);
  CHECK(first_time(from_hex(section + packet_at_5)) == 5'000); // of no interface
  const auto of_second =
      block("00000006", "00000020", "00000001 00000001 00000005 00000000 00000000");
  CHECK(first_time(from_hex(section + interface + nano_interface + of_second)) == 0x1'0000'0005);
  const auto old = block("00000002", "00000020", "0001 0000 00000000 00000005 00000000 00000000");
  CHECK(first_time(from_hex(section + interface + nano_interface + old)) == 5);
  const auto other = block("00000005", "00000014", "00000000 00000000"); // statistics
  CHECK(first_time(from_hex(section + interface + other + packet_at_5)) == 5'000);
  CHECK(first_time(from_hex(section + nano_interface + section + interface + packet_at_5)) ==
        5'000); // interfaces of another section
  CHECK_FALSE(first_time(from_hex(section + interface)));
  CHECK_FALSE(first_time(from_hex(section + "00000006 00000008 " + packet_at_5)));
  CHECK_FALSE(first_time(from_hex(section + "00000006 00000400 00000000 00000000")));
  CHECK_FALSE(first_time(from_hex(section + block("00000006", "00000014", "0000000000000000"))));
}

TEST_CASE("capture time: pcapng of a machine of the other byte order") {
  CHECK(first_time(from_hex("0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
                            "01000000 20000000 0100 0000 00000400 0900 0100 09000000 0000 0000"
                            "20000000 06000000 20000000 00000000 01000000 05000000 00000000"
                            "00000000 20000000")) == 0x1'0000'0005);
}

TEST_CASE("capture time: units of any size become nanoseconds, as far as those can be counted") {
  CHECK(nanoseconds_of(7, 9) == 7);
  CHECK(nanoseconds_of(7, 6) == 7'000);
  CHECK(nanoseconds_of(7, 0) == 7'000'000'000);
  CHECK(nanoseconds_of(7'999, 12) == 7);
  CHECK(nanoseconds_of(7, 127) == 0);
  CHECK(nanoseconds_of(UINT64_MAX / 10, 8) == UINT64_MAX / 10 * 10);
  CHECK(nanoseconds_of(UINT64_MAX / 10 + 1, 8) == UINT64_MAX);
  CHECK(nanoseconds_of(3, 0x80) == 3'000'000'000);
  CHECK(nanoseconds_of(3, 0x81) == 1'500'000'000);
  CHECK(nanoseconds_of(std::uint64_t{1} << 40, 0x80 | 40) == 1'000'000'000);
  CHECK(nanoseconds_of(UINT64_MAX, 0x80) == UINT64_MAX);
}

TEST_CASE("capture time: the resolution is found behind other options") {
  CHECK(time_resolution_in({}, true) == 6);
  CHECK(time_resolution_in(from_hex("0009 0001 03000000"), true) == 3);
  CHECK(time_resolution_in(from_hex("0900 0100 03000000"), false) == 3);
  CHECK(time_resolution_in(from_hex("0002 0005 6574683000000000 0009 0001 03000000"), true) == 3);
  CHECK(time_resolution_in(from_hex("0002 0004 65746830 0009 0001 03000000"), true) == 3);
  CHECK(time_resolution_in(from_hex("0000 0000 0009 0001 03000000"), true) == 6); // behind the end
  CHECK(time_resolution_in(from_hex("0009 0002 03030000"), true) == 6);
  CHECK(time_resolution_in(from_hex("0009 0001 030000"), true) == 6); // cut
}

TEST_CASE("compressed input: the tool for it is told by its first bytes") {
  CHECK(compression_tool(from_hex("1f8b08000000")) == "gzip");
  CHECK(compression_tool(from_hex("28b52ffd0000")) == "zstd");
  CHECK(compression_tool(from_hex("fd377a585a00")) == "xz");
  CHECK(compression_tool(from_hex("1f8b09")).empty());
  CHECK(compression_tool(from_hex("fd377a585a01")).empty());
  CHECK(compression_tool({}).empty());
}

TEST_CASE("compressed input: its content is read, and an end that is not there is told") {
  const TemporaryFolder folder;
  const auto compressed =
      from_hex("1f8b0800000000000203cb48cdc9c957484e2c28292d4ae502001648762f0e000000");
  const auto path = (folder / "a").string();
  const auto read = [&](Bytes content) {
    write_file(path, as_text(content));
    auto file = ContentFile::open(path);
    REQUIRE(file);
    CHECK(file->can_be_opened_again());
    std::string text;
    ByteBuffer buffer(5);
    while (const auto count = file->content().read(buffer).value_or(0)) {
      text += as_text(Bytes(buffer).first(count));
    }
    return std::pair(text, file->finish());
  };
  CHECK(read(compressed).first == "hello capture\n");
  CHECK(read(compressed).second);
  CHECK(read(as_bytes("hello")).first == "hello");
  CHECK(read(as_bytes("hello")).second);
  CHECK(read({}).first.empty());
  const auto cut = read(Bytes(compressed).first(compressed.size() - 9)).second;
  REQUIRE_FALSE(cut);
  CHECK(cut.error().category == ErrorCategory::malformed);
  CHECK_THAT(cut.error().message, ContainsSubstring("is not all there: gzip: "));
  CHECK_FALSE(ContentFile::open((folder / "none").string()));
  write_file(path, as_text(compressed));
  CHECK(ContentFile::open(path)); // what is not read is not waited for
}

TEST_CASE("compressed input: what can be read once only is handed on") {
  const TemporaryFolder folder;
  const auto compressed =
      from_hex("1f8b0800000000000203cb48cdc9c957484e2c28292d4ae502001648762f0e000000");
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], compressed.data(), compressed.size()) ==
          static_cast<ssize_t>(compressed.size()));
  ::close(ends[1]);
  auto file = ContentFile::open("/proc/self/fd/" + std::to_string(ends[0]));
  REQUIRE(file);
  CHECK_FALSE(file->can_be_opened_again());
  ByteBuffer buffer(100);
  const auto count = file->content().read(buffer).value_or(0);
  CHECK(as_text(Bytes(buffer).first(count)) == "hello capture\n");
  CHECK(file->content().read(buffer).value_or(1) == 0);
  CHECK(file->finish());
  ::close(ends[0]);
  const auto missing =
      Decompressor::start("no-such-tool", std::move(*InputFile::open("/dev/null")));
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message,
             ContainsSubstring("is compressed, and no-such-tool cannot be run"));
}

TEST_CASE("capture time: a file that cannot be read has none") {
  auto file = InputFile::open("/proc/self/mem"); // its first byte is nobody's
  REQUIRE(file);
  CHECK_FALSE(first_time_of(*file));
}

} // namespace dualcam::capture_time_test
