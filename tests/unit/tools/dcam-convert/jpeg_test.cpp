#include "dcam-convert/jpeg.hpp"

#include "testing.hpp"

namespace dualcam::convert::jpeg_test {
namespace {

constexpr std::string_view frame_16x16 = "ffc0 000b 08 0010 0010 01 01 11 00"; // four blocks, grey
// one code each: 0 is "no difference" and "end of block"
constexpr std::string_view flat_tables = "ffc4 0014 00 01000000000000000000000000000000 00 ffc4 "
                                         "0014 10 01000000000000000000000000000000 00";
constexpr std::string_view scan_of_one = "ffda 0008 01 01 00 00 3f 00";

/// A photo of these segments; `data` is what is coded, as it stands in the file.
ByteBuffer photo(std::string_view frame, std::string_view tables, std::string_view scan,
                 std::string_view data, std::string_view end = "ffd9") {
  auto bytes = from_hex("ffd8");
  for (const auto part : {frame, tables, scan, data, end}) {
    append(bytes, from_hex(part));
  }
  return bytes;
}

JpegState state_of(std::string_view frame, std::string_view tables, std::string_view scan,
                   std::string_view data) {
  return inspect_jpeg(photo(frame, tables, scan, data));
}

JpegState grey(std::string_view frame, std::string_view data) {
  return state_of(frame, flat_tables, scan_of_one, data);
}

std::string hex_of_zeros(std::size_t count) { return std::string(2 * count, '0'); }

constexpr auto whole = JpegState::whole;
constexpr auto cut = JpegState::cut;

} // namespace

TEST_CASE("jpeg: a photo holds as many blocks as it has") {
  CHECK(grey(frame_16x16, "00") == whole); // four of two bits
  CHECK(grey("ffc1 000b 08 0010 0010 01 01 11 00", "00") == whole);
  CHECK(grey("ffc0 000b 08 0010 0011 01 01 11 00", "000f") == whole); // six, the last of one column
  CHECK(grey("ffc0 000b 08 0011 0010 01 01 11 00", "000f") == whole);
  CHECK(grey("ffc0 000b 08 0011 0010 01 01 11 00", "00") == cut);
  CHECK(grey("ffc0 000b 08 0010 0010 01 01 22 00", "00") ==
        whole);                          // factors of one alone mean nothing
  CHECK(grey(frame_16x16, "80") == cut); // no code begins so
  CHECK(grey(frame_16x16, "01") == cut);
  CHECK(grey(frame_16x16, "") == JpegState::nothing);
}

TEST_CASE("jpeg: bytes behind the last block are lost ones, a few are filling") {
  CHECK(grey(frame_16x16, "00" + hex_of_zeros(16)) == whole);
  CHECK(grey(frame_16x16, "00" + hex_of_zeros(17)) == cut);
  CHECK(grey(frame_16x16, "00 ff00" + hex_of_zeros(14)) == whole);
}

TEST_CASE("jpeg: a long run of zeros is a hole, unless it is the code of a flat area") {
  // 512 x 512: 4096 blocks of two bits
  const std::string large = "ffc0 000b 08 0200 0200 01 01 11 00";
  CHECK(grey(large, hex_of_zeros(1024)) == whole);
  CHECK(grey(large, hex_of_zeros(1023)) == cut);
  // two codes: 00 is a difference of one bit, or a coefficient
  const std::string other = "ffc4 0015 00 00020000000000000000000000000000 01 00 ffc4 0014 10 "
                            "01000000000000000000000000000000 00";
  CHECK(state_of(large, other, scan_of_one, hex_of_zeros(1024 * 2)) == cut);
  CHECK(state_of(frame_16x16, other, scan_of_one, "0000") == whole);
  // progressive: only the run counts
  const std::string progressive = "ffc2 000b 08 0010 0010 01 01 11 00";
  CHECK(state_of(progressive, flat_tables, scan_of_one, hex_of_zeros(399)) == whole);
  CHECK(state_of(progressive, flat_tables, scan_of_one, hex_of_zeros(400)) == cut);
  CHECK(state_of(progressive, flat_tables, scan_of_one, "80") == whole);
  // tables that are not in the file
  CHECK(state_of(frame_16x16, "", scan_of_one, "8080") == whole);
}

TEST_CASE("jpeg: values of several bits and runs of coefficients are followed") {
  // DC: 0 -> three bits; AC: 00 -> end, 01 -> 2 zeros and one bit, 10 -> 16 zeros
  const std::string tables = "ffc4 0014 00 01000000000000000000000000000000 03"
                             "ffc4 0016 10 00030000000000000000000000000000 00 21 f0";
  const std::string one = "ffc0 000b 08 0008 0008 01 01 11 00";
  const auto block = [&](std::string_view data) {
    return state_of(one, tables, scan_of_one, data) == whole;
  };
  CHECK(block("53"));                 // 0 101 00 11
  CHECK(block("54cf"));               // 0 101 01 0 01 1 00
  CHECK(block("5a8f"));               // 0 101 10 10 10 00
  CHECK_FALSE(block("5abf"));         // 0 101 10 10 10 11: no code
  CHECK_FALSE(block("5aaf"));         // 0 101 10 10 10 10: one zero too many
  CHECK(block("54924924924924925f")); // 0 101, and 21 times 01 0: no end is coded
  CHECK_FALSE(block("5f"));           // 0 101 11: no code
}

TEST_CASE("jpeg: restart markers part the blocks") {
  const std::string every_two = "ffdd 0004 0002";
  const auto state = [&](std::string_view data) {
    return state_of(frame_16x16, every_two + std::string(flat_tables), scan_of_one, data);
  };
  CHECK(state("0f ffd0 0f") == whole);
  CHECK(state("0f ffffd0 0f") == whole);
  CHECK(state("0f ff00 ff00 ffd0 0f") == whole); // filling that looks like a marker
  CHECK(state("0f 555555555555555555555555 ffd0 0f") == whole);
  CHECK(state("00") == cut);
  CHECK(state("0f ffd0") == cut);
  CHECK(state("0f ffd0 0f" + hex_of_zeros(17)) == cut);
  CHECK(state("0f" + hex_of_zeros(17) + "ffd0 0f") == cut);
}

TEST_CASE("jpeg: colours are coded in turn, by their factors") {
  const std::string colour = "ffc0 0011 08 0010 0010 03 01 22 00 02 11 00 03 11 00";
  const std::string scan = "ffda 000c 03 01 00 02 00 03 00 00 3f 00";
  CHECK(state_of(colour, flat_tables, scan, "000f") == whole); // six blocks
  CHECK(state_of(colour, flat_tables, scan, "00") == cut);
  // one by one: four blocks, one, one
  auto parts = photo(colour, flat_tables, scan_of_one, "00", "ffda 0008 01 02 00 00 3f 00 3f");
  append(parts, from_hex("ffda 0008 01 03 00 00 3f 00 3f ffd9"));
  CHECK(inspect_jpeg(parts) == whole);
  parts[parts.size() - 3] = std::byte{0xBF};
  CHECK(inspect_jpeg(parts) == cut);
}

TEST_CASE("jpeg: a segment may be empty, but not shorter than its length") {
  const auto with = [](std::string_view segment) {
    return grey(std::string(segment) + std::string(frame_16x16), "00");
  };
  CHECK(with("fffe 0002") == whole);
  CHECK(with("fffe 0003 41") == whole);
  CHECK(with("fffe 0001") != whole);
  CHECK(with("fffe 0000") != whole);
  // A length beyond the photo's end is none of a marker, either.
  CHECK(inspect_jpeg(photo(frame_16x16, flat_tables, scan_of_one, "00", "fffe ffd9")) == cut);
}

TEST_CASE("jpeg: damaged segments never make it read elsewhere") {
  std::string long_data;
  for (int i = 0; i < 50; ++i) {
    long_data += "55";
  }
  for (const auto* frame :
       {"ffc0 000a 08 0010 0010 01 01 11", "ffc0 000b 08 0010 0010 01 01 01 00",
        "ffc0 000b 08 0010 0010 01 01 10 00", "ffc0 000b 08 0000 0010 01 01 11 00",
        "ffc0 000b 08 0010 0000 01 01 11 00", "ffc0 000b 08 0010 0010 00 01 11 00",
        "ffc0 000b 08 0010 0010 01 02 11 00", "ffc0 0004 08 00"}) {
    CAPTURE(frame);
    CHECK(grey(frame, "ff00 ff00") == whole); // not read: no hole
    CHECK(grey(frame, long_data) == whole);   // nor lost bytes behind the last block
  }
  for (const auto* tables : {"ffc4 0014 20 01000000000000000000000000000000 00",
                             "ffc4 0013 00 01000000000000000000000000000000",
                             "ffc4 0014 04 01000000000000000000000000000000 00"}) {
    CAPTURE(tables);
    CHECK(state_of(frame_16x16, tables, scan_of_one, "ff00") == whole);
  }
  // more codes than there can be, and none at all
  CHECK(state_of(frame_16x16,
                 "ffc4 0017 00 04000000000000000000000000000000 00000000"
                 "ffc4 0013 10 00000000000000000000000000000000",
                 scan_of_one, "00") == cut);
}

TEST_CASE("jpeg: whatever byte is damaged, it ends") {
  const auto good = photo("ffc0 0011 08 0010 0010 03 01 22 00 02 11 00 03 11 00", flat_tables,
                          "ffda 000c 03 01 00 02 00 03 00 00 3f 00", "000f");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      auto damaged = good;
      damaged[at] = static_cast<std::byte>(value);
      static_cast<void>(inspect_jpeg(damaged));
    }
    CHECK(inspect_jpeg(Bytes(good).first(at)) != whole);
  }
}

} // namespace dualcam::convert::jpeg_test
