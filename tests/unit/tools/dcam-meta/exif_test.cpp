// What a photo's EXIF tells: the fields as they stand in the file, little-endian.
#include "dcam-meta/exif.hpp"

#include "testing.hpp"

namespace dualcam::meta::exif_test {
namespace {

ByteBuffer photo_without_exif() { return from_hex("ffd8 ffda 0004 0000 55 ffd9"); }

std::string tagged(const Record& record) {
  const auto photo = with_exif(photo_without_exif(), record);
  REQUIRE(photo);
  return std::string(as_text(*photo));
}

Record at(std::int64_t milliseconds) {
  Record record;
  record.time = DeviceTime{static_cast<std::uint64_t>(milliseconds)};
  return record;
}

bool has(const std::string& photo, std::string_view hex) {
  return photo.find(as_text(from_hex(hex))) != photo.npos;
}

bool has_text(const std::string& photo, std::string_view text) {
  return photo.find(std::string(text) + '\0') != photo.npos;
}

constexpr std::int64_t moment = 1'730'205'822'000; // 2024-10-29 12:43:42 UTC

} // namespace

TEST_CASE("exif: the time is local, with its distance from UTC and its milliseconds") {
  struct Case {
    std::optional<int> zone;
    const char* local;
    const char* offset;
  };
  for (const auto& [zone, local, offset] : {Case{std::nullopt, "2024:10:29 12:43:42", "+00:00"},
                                            {0, "2024:10:29 12:43:42", "+00:00"},
                                            {300, "2024:10:29 17:43:42", "+05:00"},
                                            {-150, "2024:10:29 10:13:42", "-02:30"},
                                            {-1439, "2024:10:28 12:44:42", "-23:59"},
                                            {1440, "2024:10:29 12:43:42", "+00:00"},
                                            {-1440, "2024:10:29 12:43:42", "+00:00"}}) {
    CAPTURE(local, offset);
    auto record = at(moment + 7);
    record.time_zone = zone;
    const auto photo = tagged(record);
    CHECK(has_text(photo, local));
    CHECK(has_text(photo, offset));
    for (const auto* field : {"9192 0200 04000000 30303700", "9292 0200 04000000 30303700"}) {
      CHECK(has(photo, field)); // "007"
    }
    for (const auto* field : {"0390 0200 14000000", "0490 0200 14000000", "1190 0200 07000000",
                              "1290 0200 07000000", "0090 0700 04000000 30323332"}) {
      CAPTURE(field);
      CHECK(has(photo, field));
    }
  }
  auto unknown = at(0);
  unknown.imei = 42;
  CHECK_FALSE(has(tagged(unknown), "0390 0200"));
}

TEST_CASE("exif: a place is degrees, minutes and seconds, and when it was is UTC") {
  auto record = at(moment);
  record.time_zone = 300;
  record.position = Position{54.7004183, 25.2796514};
  auto photo = tagged(record);
  CHECK(has(photo, "0000 0100 04000000 02030000"));
  CHECK(has(photo, "0100 0200 02000000 4e000000")); // N
  CHECK(has(photo, "0300 0200 02000000 45000000")); // E
  CHECK(has(photo, "36000000 01000000 2a000000 01000000 d33a0000 10270000"));
  CHECK(has(photo, "19000000 01000000 10000000 01000000 fa210700 10270000"));
  CHECK(has(photo, "0c000000 01000000 2b000000 01000000 2a000000 01000000")); // 12:43:42
  CHECK(has_text(photo, "2024:10:29"));
  CHECK(has_text(photo, "WGS-84"));
  record.position = Position{-54.7004183, -25.2796514};
  photo = tagged(record);
  CHECK(has(photo, "0100 0200 02000000 53000000")); // S
  CHECK(has(photo, "0300 0200 02000000 57000000")); // W
  CHECK(has(photo, "36000000 01000000 2a000000 01000000 d33a0000 10270000"));
  record.time.reset();
  photo = tagged(record);
  CHECK(has(photo, "0100 0200 02000000 53000000"));
  CHECK_FALSE(has(photo, "0700 0500 03000000"));
  for (const auto& none : {Position{0, 0}, Position{91, 0}}) {
    record.position = none;
    CHECK(tagged(record) == as_text(photo_without_exif()));
  }
}

TEST_CASE("exif: the segment's length is that of what is in it, up to 64 KiB") {
  Record record;
  record.imei = 350612071913857;
  const auto photo = tagged(record);
  const auto size = photo.size() - photo_without_exif().size() - 2;
  CHECK(load_be<std::uint16_t>(as_bytes(photo).subspan(4)) == size);
  CHECK(photo.substr(6, 6) == std::string("Exif\0\0", 6));
  CHECK(has(photo, "31a4 0200 10000000")); // BodySerialNumber
  CHECK(has_text(photo, "350612071913857"));
  // An EXIF with an empty directory and so many bytes behind it.
  const auto grown = [&](std::size_t filling) {
    auto large = from_hex("ffd8 ffe1 0000 457869660000 49492a00 08000000 0000 00000000");
    large.resize(large.size() + filling);
    const auto length = large.size() - 4;
    large[4] = static_cast<std::byte>(length >> 8);
    large[5] = static_cast<std::byte>(length);
    append(large, Bytes(photo_without_exif()).subspan(2));
    return with_exif(large, record);
  };
  const auto small = grown(0);
  REQUIRE(small);
  const auto added = small->size() - photo_without_exif().size() - 2 - 22;
  const auto room = 0xFFFF - 22 - added;
  CHECK(grown(room - 1).has_value());
  const auto refused = grown(room + 2);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().offset == 2);
  CHECK(refused.error().message == "its EXIF is too large to be extended: 64 KiB at most");
}

TEST_CASE("exif: only the first EXIF is extended, and what is none is left alone") {
  Record record;
  record.imei = 42;
  const auto exif = "ffe1 0016 457869660000 49492a00 08000000 0000 00000000";
  const auto xmp = "ffe1 0008 687474700000";
  auto two = from_hex("ffd8 " + std::string(xmp) + exif + exif + "ffda 0004 0000 55 ffd9");
  const auto made = with_exif(two, record);
  REQUIRE(made);
  const auto text = as_text(*made);
  CHECK(text.starts_with(as_text(from_hex("ffd8 " + std::string(xmp) + "ffe1"))));
  CHECK(text.ends_with(as_text(from_hex(std::string(exif) + "ffda 0004 0000 55 ffd9"))));
  const auto broken = with_exif(
      from_hex("ffd8 ffe1 0010 457869660000 58582a00 08000000 ffda 0004 0000 55 ffd9"), record);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().offset == 12);
  CHECK(broken.error().message == "its EXIF cannot be extended: no TIFF header");
}

TEST_CASE("exif: the equator is north, and the meridian of Greenwich east") {
  Record record;
  record.position = Position{0, 25};
  CHECK(has(tagged(record), "0100 0200 02000000 4e000000")); // N
  record.position = Position{54, 0};
  CHECK(has(tagged(record), "0300 0200 02000000 45000000")); // E
}

} // namespace dualcam::meta::exif_test
