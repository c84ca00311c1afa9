// What bytes have to be to be one payload or message alone, to the boundaries.
#include "common/record_reader.hpp"

#include "capture/dump_testing.hpp"

namespace dualcam::record_reader_test {
namespace {

/// "none": they are no single one; "good", or why they are not.
std::string single(const ByteBuffer& bytes, std::optional<Camera> camera = std::nullopt) {
  const auto record = read_single(bytes, camera);
  return !record ? "none" : *record ? "good" : record->error().message;
}

ByteBuffer padded(std::string_view hex, std::size_t size) {
  auto bytes = from_hex(hex);
  bytes.resize(size);
  return bytes;
}

constexpr auto front_photo = "01 04 00000192d84dac30 00 0000";

} // namespace

TEST_CASE("record reader: a payload of a known version is one up to twice the longest") {
  CHECK(single(from_hex(front_photo)) == "good");
  CHECK(single(padded(front_photo, 80)) == "good");
  CHECK(single(padded(front_photo, 81)) == "none");
  CHECK(single(padded("04 04 00000192d84dac30 00 0000", 80)) == "good");
  CHECK(single(padded("04 04 00000192d84dac30 00 0000", 81)) == "none");
}

TEST_CASE("record reader: a payload of a later version is one if all in it makes sense") {
  CHECK(single(padded("05 04 00000192d84dac30 00 0000", 40)) == "good");
  CHECK(single(padded("05 04 00000192d84dac30 00 0000", 80)) == "good");
  CHECK(single(padded("05 04 00000192d84dac30 00 0000", 81)) == "none");
  CHECK(single(padded("05 03 00000192d84dac30 00 0000", 40)) == "none"); // no kind
  CHECK(single(padded("05 04 ffffffffffffffff 00 0000", 40)) == "none"); // no time
  CHECK(single(from_hex("05 04 00000192")) == "none");
}

TEST_CASE("record reader: whose family is told need not look like one, up to a METADATA's size") {
  const auto odd = padded("ff", 100);
  CHECK(single(odd) == "none");
  CHECK(single(odd, Camera::dsm) != "none");
  CHECK(single(padded("ff", 4096), Camera::dsm) != "none");
  CHECK(single(padded("ff", 4097), Camera::dsm) == "none");
  CHECK(single(padded("00ff", 100), Camera::dsm) == "none");
  CHECK(single({}, Camera::dsm) != "none");
  CHECK(single({}) == "none");
}

TEST_CASE("record reader: a camera's document is one by itself, a DSM's payload by its size") {
  const auto text = as_bytes(R"({"version":1,"file":{"file_timestamp":1729504017}})");
  CHECK(single({text.begin(), text.end()}) == "good");
  const auto broken = as_bytes(R"({"version":1,"file":{)");
  CHECK(single({broken.begin(), broken.end()}) != "none");
  CHECK(single(from_hex("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00")) == "good");
  CHECK(single(from_hex("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a")) == "none");
}

TEST_CASE("record reader: a METADATA message ends where its length says, or early") {
  const std::string payload = front_photo;
  CHECK(single(from_hex("000b 000d " + payload)) == "good");
  CHECK(single(from_hex("000b 000c " + payload)) == "none"); // more is behind it
  CHECK(single(from_hex("000b 000e " + payload)) ==
        "the METADATA message ends early: 14 bytes of payload were expected, 13 are there");
  CHECK(single(from_hex("000b 0000")) == "the metadata is empty: its command version was expected");
  CHECK(single(from_hex("000b 00")) == "none");
  CHECK(single(from_hex("000c 000d " + payload)) == "none");
}

TEST_CASE("record reader: an error in a message is told where it is in that") {
  const auto record = read_single(from_hex("000b 000d 01 04 0000"), std::nullopt);
  REQUIRE(record.has_value());
  REQUIRE_FALSE(record->has_value());
  CHECK(record->error().offset >= 4);
  const auto layout = read_payload(from_hex("ff0102"), std::nullopt);
  REQUIRE_FALSE(layout.has_value());
  CHECK_THAT(layout.error().message, ContainsSubstring("begins with ff and has 3 bytes"));
}

TEST_CASE("record reader: of INITs alone each is told once, and no more than 64") {
  const auto records = [](const std::vector<std::uint64_t>& imeis, bool with_metadata = false) {
    std::vector<Record> found;
    RecordCollector collector(
        std::nullopt, [&](Record record) { found.push_back(std::move(record)); },
        [](const Error&) {});
    for (const auto imei : imeis) {
      collector.event(DumpInit{0, Init{5, imei, 0x1000'0400}});
    }
    const auto payload = from_hex(front_photo);
    if (with_metadata) {
      collector.event(DumpMetadata{0, payload, false});
    }
    collector.finish();
    const auto once = found.size();
    collector.finish();
    CHECK(found.size() == once); // of each stream
    return once;
  };
  CHECK(records({1, 2, 1, 2}) == 2);
  CHECK(records({1, 2}, true) == 1);
  std::vector<std::uint64_t> many;
  for (std::uint64_t imei = 1; imei <= 65; ++imei) {
    many.push_back(imei);
  }
  CHECK(records(many) == 64);
  many.pop_back();
  CHECK(records(many) == 64);
}

TEST_CASE("record reader: what is wrong with a METADATA is told where it lies in the dump") {
  std::vector<Error> errors;
  RecordCollector collector(
      std::nullopt, [](const Record&) {}, [&](const Error& error) { errors.push_back(error); });
  const auto payload = from_hex("01 04 0000");
  collector.event(DumpMetadata{100, payload, false});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].offset >= 104);
  CHECK(errors[0].offset <= 108);
}

TEST_CASE("record reader: for certain is what has a time, a kind and a place that can be") {
  const auto is_certain = [](std::string_view hex, std::optional<Camera> camera = std::nullopt) {
    return is_certain_single(from_hex(hex), camera);
  };
  CHECK(is_certain(front_photo));
  CHECK(is_certain("000b 000d " + std::string(front_photo)));
  CHECK(is_certain("0000 0005 00013ee13c001981 44000400")); // INIT
  CHECK(is_certain(to_hex(as_bytes(R"({"driver_name":"A"})"))));
  CHECK_FALSE(is_certain(""));
  CHECK_FALSE(is_certain("01 04 00000192"));
  const auto at = [&](std::string_view time) {
    return is_certain("01 04 " + std::string(time) + " 00 0000");
  };
  CHECK(at("0000014aa2cab000")); // 2015
  CHECK_FALSE(at("0000014aa2caafff"));
  CHECK(at("000003bb2cc3d7ff"));
  CHECK_FALSE(at("000003bb2cc3d800"));                // 2100
  CHECK(is_certain(std::string(front_photo) + "aa")); // a byte is not counted by some
  CHECK_FALSE(is_certain(std::string(front_photo) + "aabb"));
  CHECK_FALSE(is_certain("01 03 00000192d84dac30 00 0000")); // no kind
  const std::string third = "03 10 00000192d84dac30 00 0003 14 012c ";
  CHECK(is_certain(third + "404b59a74e8e028d 403947973bf147d6"));
  CHECK_FALSE(is_certain(third + "c0f0000000000000 403947973bf147d6")); // no latitude
  const auto* adas = "67162311 00 05 0342a982 fe7e435d 0a";
  CHECK_FALSE(is_certain(adas)); // most bytes could be such
  CHECK(is_certain(adas, Camera::adas));
}

} // namespace dualcam::record_reader_test
