#include "dcam-meta/tiff.hpp"

#include <algorithm>

#include "testing.hpp"

namespace dualcam::meta::tiff_test {
namespace {

const ExifFields wanted{
    .photo = {{0x9003, TiffType::ascii, "2024:10:29 17:43:42"},
              {0x9000, TiffType::undefined, "0232"}},
    .gps = {{1, TiffType::ascii, "N"}, {2, TiffType::rational, std::vector<Rational>{{54, 1}}}}};

/// A main directory (a SHORT, and where the photo's is), the photo's, a thumbnail's.
ByteBuffer little() {
  return from_hex("49492a00 08000000"
                  "0200 1201 0300 01000000 01000000 6987 0400 01000000 26000000 38000000"
                  "0100 7c92 0700 04000000 41424344 00000000"
                  "0000 00000000");
}
ByteBuffer big() {
  return from_hex("4d4d002a 00000008"
                  "0002 0112 0003 00000001 00010000 8769 0004 00000001 00000026 00000038"
                  "0001 927c 0007 00000004 41424344 00000000"
                  "0000 00000000");
}

} // namespace

TEST_CASE("tiff: a new one has the fields in the order of their tags") {
  const auto made = with_fields({}, wanted);
  REQUIRE(made);
  CHECK(*made ==
        from_hex("49492a00 60000000"
                 "323032343a31303a32392031373a34333a343200"                                 // time
                 "0200 0090 0700 04000000 30323332 0390 0200 14000000 08000000 00000000"    // photo
                 "3600000001000000"                                                         // 54/1
                 "0200 0100 0200 02000000 4e000000 0200 0500 01000000 3a000000 00000000"    // gps
                 "0200 6987 0400 01000000 1c000000 2588 0400 01000000 42000000 00000000")); // main
}

TEST_CASE("tiff: what is there stays where it is, in either byte order, and is never added twice") {
  for (const auto& old : {little(), big()}) {
    const auto made = with_fields(old, wanted);
    REQUIRE(made);
    auto same = *made;
    same.resize(old.size());
    std::ranges::copy(Bytes(old).subspan(4, 4), same.begin() + 4); // the way to the main directory
    CHECK(same == old);
    CHECK(with_fields(*made, wanted) == *made);
    // The maker's note and the way to the thumbnail are in the new directories.
    const auto order = old == big();
    CHECK(as_text(*made).rfind("ABCD") > old.size());
    CHECK(as_text(*made).ends_with(as_text(from_hex(order ? "00000038" : "38000000"))));
  }
}

TEST_CASE("tiff: a field takes the place of all of its tag") {
  const auto twice =
      from_hex("49492a00 08000000 0100 2588 0400 01000000 1a000000 00000000"
               "0200 0100 0200 02000000 53000000 0100 0200 02000000 53000000 00000000");
  const ExifFields north{.photo = {}, .gps = {{1, TiffType::ascii, "N"}}};
  const auto made = with_fields(twice, north);
  REQUIRE(made);
  CHECK(as_text(*made).substr(twice.size()) ==
        as_text(from_hex("0100 0100 0200 02000000 4e000000 00000000"
                         "0100 2588 0400 01000000 38000000 00000000")));
}

TEST_CASE("tiff: no damage of an old one is followed out of it") {
  for (const auto& whole : {little(), big(), *with_fields(big(), wanted)}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto made = with_fields(Bytes(whole).first(size), wanted);
      CHECK((!made || with_fields(*made, wanted) == *made));
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const unsigned value : {0x00U, 0x01U, 0x7FU, 0xFFU}) {
        auto damaged = whole;
        damaged[at] = std::byte(value);
        const auto made = with_fields(damaged, wanted);
        CHECK((!made || made->size() >= damaged.size()));
      }
    }
  }
  CHECK(with_fields(from_hex("49492a0008000000 000000000000"), wanted)); // no fields
  CHECK(with_fields(from_hex("49492a0000000000"), wanted));              // not even a directory
  for (const auto* bad :
       {"49492a", "49492b0008000000 000000000000", "4d492a0008000000 000000000000",
        "49492a0007000000000000000000", "49492a00080000000100000000000000",
        "49492a00080000000100698704000200000000000000 00000000",
        "49492a00080000000100698703000100000000000000 00000000"}) {
    CAPTURE(bad);
    CHECK_FALSE(with_fields(from_hex(bad), wanted));
  }
}

} // namespace dualcam::meta::tiff_test
