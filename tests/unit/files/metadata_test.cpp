#include "dualcam/files/metadata.hpp"

#include "testing.hpp"

namespace dualcam::metadata_test {
namespace {

// the real example of dualcam-protocol(7), coordinates replaced there
constexpr auto example = "03 10 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d 403947973bf147d6";

} // namespace

TEST_CASE("metadata: the v3 example of a real front video") {
  const auto payload = from_hex(example);
  const auto metadata = decode_metadata(payload);
  REQUIRE(metadata);
  CHECK(metadata->version == 3);
  CHECK(metadata->kind() == FileKind::front_video);
  CHECK(metadata->timestamp.milliseconds == 1730205822000); // 2024-10-29T12:43:42Z
  CHECK(trigger_name(metadata->trigger) == "server request");
  CHECK(metadata->length == 3);
  CHECK(metadata->frame_rate == 20);
  CHECK(metadata->time_zone == 300);
  REQUIRE(metadata->position);
  CHECK(format_degrees(metadata->position->latitude) == "54.7004183");
  CHECK(format_degrees(metadata->position->longitude) == "25.2796514");
  CHECK_FALSE(metadata->trigger_timestamp);
  CHECK(metadata->rest.empty());
}

TEST_CASE("metadata: encoding gives the decoded bytes back, in every version") {
  const auto full = from_hex("04 04 00000192d84dac30 03 0000 1e ff88 404b59a74e8e028d "
                             "403947973bf147d6 00000192d84dabcd");
  constexpr std::array<std::size_t, 4> sizes{13, 14, 32, 40};
  for (std::size_t version = 1; version <= 4; ++version) {
    auto payload = ByteBuffer(full.begin(), full.begin() + static_cast<int>(sizes[version - 1]));
    payload[0] = static_cast<std::byte>(version);
    const auto metadata = decode_metadata(payload);
    REQUIRE(metadata);
    ByteBuffer encoded;
    encode_metadata(*metadata, encoded);
    CHECK(encoded == payload);
  }
}

TEST_CASE("metadata: encoding gives the bytes of ADAS and DSM back") {
  const auto encoded = [](const char* hex, Camera camera) {
    const auto payload = from_hex(hex);
    ByteBuffer out;
    encode_metadata(*decode_metadata(payload, camera), out);
    return to_hex(out);
  };
  CHECK(encoded("67162311 00 05 0342a982 fe7e435d 0a", Camera::adas) ==
        "6716231100050342a982fe7e435d0a");
  CHECK(encoded("67162311 00 05 80000000 7fffffff ff", Camera::adas) ==
        "671623110005800000007fffffffff");
  CHECK(encoded("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00 aa", Camera::dsm) ==
        "6532edcc010dfcbd567e0181bca30109454e4f44204e484f4a00aa");
  CHECK(encoded("6532edcc 01 0d fcbd567e 0181bca3 0109", Camera::dsm) ==
        "6532edcc010dfcbd567e0181bca30109");
  ByteBuffer out; // what has no room is cut
  encode_metadata({.version = 0,
                   .file_type = 1,
                   .timestamp = {1999},
                   .trigger = 2,
                   .length = 0,
                   .frame_rate = {},
                   .time_zone = {},
                   .position = {},
                   .trigger_timestamp = {},
                   .rest = {},
                   .camera = Camera::dsm,
                   .driver = "abcdefghijkl"},
                  out);
  CHECK(to_hex(out) == "000000010102"
                       "0000000000000000"
                       "0000"
                       "6a696867666564636261");
}

TEST_CASE("metadata: a payload cut anywhere names the missing field") {
  const auto payload = from_hex(example);
  for (std::size_t size = 0; size < payload.size(); ++size) {
    const auto metadata = decode_metadata(Bytes(payload).first(size));
    REQUIRE_FALSE(metadata);
    CHECK(metadata.error().category == ErrorCategory::truncated);
    CHECK(metadata.error().offset <= size);
  }
  CHECK(decode_metadata(Bytes(payload).first(12)).error().message ==
        "the metadata ends before its video length: 2 bytes were expected, 1 is left");
  CHECK(decode_metadata(Bytes(payload).first(12)).error().offset == 11);
}

TEST_CASE("metadata: a newer version keeps what is not known") {
  const auto payload = from_hex("05 04 00000192d84dac30 03 0000 1e 0000 0000000000000000 "
                                "0000000000000000 00000192d84dabcd cafe");
  const auto metadata = decode_metadata(payload);
  REQUIRE(metadata);
  CHECK(ByteBuffer(metadata->rest.begin(), metadata->rest.end()) == from_hex("cafe"));
}

TEST_CASE("metadata: version 0 is refused") {
  const auto metadata = decode_metadata(ByteBuffer(40));
  REQUIRE_FALSE(metadata);
  CHECK(metadata.error().category == ErrorCategory::unsupported);
}

TEST_CASE("metadata: ADAS, seconds and millionths of a degree") {
  const auto payload = from_hex("65000000 01 05 fdfc40c0 0181be13 05 aa");
  const auto metadata = decode_metadata(payload, Camera::adas);
  REQUIRE(metadata);
  CHECK(metadata->camera == Camera::adas);
  CHECK(metadata->timestamp.milliseconds == 1694498816000);
  CHECK(file_type_name(metadata->file_type, Camera::adas) == "snapshot");
  CHECK(trigger_name(metadata->trigger, Camera::adas) == "crash");
  CHECK(metadata->position == Position{-33.8, 25.280019});
  CHECK(metadata->length == 5);
  CHECK_FALSE(metadata->kind());
  CHECK(metadata->rest.size() == 1);
}

TEST_CASE("metadata: DSM, events and a driver written backwards") {
  const auto payload = from_hex("65000000 03 0d 0342a752 0181be13 0209 00004e484f4a20000000");
  const auto metadata = decode_metadata(payload, Camera::dsm);
  REQUIRE(metadata);
  CHECK(metadata->driver == "JOHN");
  CHECK(dsm_event_names(*metadata->events) ==
        std::vector<std::string>{"drowsiness", "phone", "bit 9"});
  CHECK(trigger_name(metadata->trigger, Camera::dsm) == "DSM event");
  CHECK(trigger_name(15, Camera::dsm).empty());
  CHECK(trigger_name(11, Camera::adas).empty());
}

TEST_CASE("metadata: ADAS and DSM cut anywhere name the missing field") {
  for (const auto camera : {Camera::adas, Camera::dsm}) {
    const auto whole = camera == Camera::adas ? adas_metadata_size : dsm_metadata_size;
    const ByteBuffer payload(whole);
    REQUIRE(decode_metadata(payload, camera));
    for (std::size_t size = 0; size < whole; ++size) {
      const auto metadata = decode_metadata(Bytes(payload).first(size), camera);
      if (camera == Camera::dsm && size == 16) { // without a driver's name it is whole
        continue;
      }
      REQUIRE_FALSE(metadata);
      CHECK(metadata.error().category == ErrorCategory::truncated);
    }
  }
  CHECK(decode_metadata(ByteBuffer(25), Camera::dsm).error().message ==
        "the metadata ends before its driver name: 10 bytes were expected, 9 are left");
  CHECK(decode_metadata(ByteBuffer(25), Camera::dsm).error().offset == 16);
}

TEST_CASE("metadata: the family is told by first byte and size") {
  auto payload = from_hex(example);
  CHECK(camera_of_metadata(payload) == Camera::dualcam);
  payload[0] = std::byte{0x65};
  CHECK_FALSE(camera_of_metadata(payload));
  CHECK(camera_of_metadata(Bytes(payload).first(15)) == Camera::adas);
  CHECK(camera_of_metadata(Bytes(payload).first(26)) == Camera::dsm);
  CHECK_FALSE(camera_of_metadata({}));
  payload.resize(adas_metadata_size);
  for (const auto& [first, camera] : {std::pair(0x00U, std::optional<Camera>()),
                                      {0x01U, Camera::dualcam},
                                      {0x0FU, Camera::dualcam},
                                      {0x10U, Camera::adas}}) { // a time, as of 1978
    payload[0] = static_cast<std::byte>(first);
    CHECK(camera_of_metadata(payload) == camera);
  }
  CHECK_FALSE(camera_of_metadata(as_bytes(R"({"version":111})"))); // as long as ADAS' metadata
}

TEST_CASE("metadata: paths tell the family") {
  CHECK(camera_of_path("dsm/picture/231020/231452.jpg") == Camera::dsm);
  CHECK(camera_of_path("mdas9/video/1.mp4") == Camera::adas);
  CHECK(camera_of_path("dualcam_front/1.h265") == Camera::dualcam);
  CHECK(camera_of_path("dsm/mdas9/1.jpg") == Camera::dsm);
  CHECK(camera_of_path("dashcam/dsm/1.mp4") == Camera::dashcam);
  CHECK_FALSE(camera_of_path("../../etc/passwd"));
  for (const auto camera : all_cameras) {
    CHECK(camera_named(name_of(camera)) == camera);
  }
}

TEST_CASE("metadata: times beyond the year 9999 are no time points") {
  CHECK(DeviceTime{0}.time_point());
  CHECK(DeviceTime{253402300799999}.time_point());
  CHECK_FALSE(DeviceTime{253402300800000}.time_point());
  CHECK_FALSE(DeviceTime{0xFFFFFFFFFFFFFFFF}.time_point());
}

TEST_CASE("metadata: a DSM camera's driver is ASCII, reversed, or not told") {
  const std::string head = "6532edcc 01 0d fcbd567e 0181bca3 0109 ";
  const auto driver_of = [&](const std::string& name) {
    const auto payload = from_hex(head + name);
    const auto metadata = decode_metadata(payload, Camera::dsm);
    REQUIRE(metadata);
    CHECK(dsm_event_names(*metadata->events) ==
          std::vector<std::string>{"drowsiness", "phone", "G-sensor"});
    return metadata->driver;
  };
  CHECK(driver_of("454e4f44204e484f4a00") == "JOHN DONE");
  CHECK(driver_of("20004e484f4a2000 0020") == "JOHN");
  CHECK(driver_of("00000000000000000000") == "");
  CHECK_FALSE(driver_of("454e4f44204e48d64a00"));
  CHECK_FALSE(driver_of("454e4f44204e48804a00"));
  CHECK_FALSE(driver_of(""));
  for (std::size_t size = 17; size < dsm_metadata_size; ++size) {
    const auto cut = from_hex(head + "454e4f44204e484f4a00");
    CHECK_FALSE(decode_metadata(Bytes(cut).first(size), Camera::dsm));
  }
  CHECK(camera_of_metadata(from_hex(head)) == Camera::dsm);
}

TEST_CASE("metadata: a JSON document is never taken for a binary layout, nor the reverse") {
  const std::string text = R"({"version":1,"file":{"file_timestamp":1729504017,"duration":10}})";
  for (const auto& json : {text, "  \n" + text, "\xEF\xBB\xBF" + text, std::string("{ }"),
                           "{\r\n\t" + text.substr(1)}) {
    CHECK(is_json_metadata(as_bytes(json)));
    for (const auto camera : all_cameras) {
      const auto metadata = decode_metadata(as_bytes(json), camera);
      REQUIRE_FALSE(metadata);
      CHECK(metadata.error().category == ErrorCategory::unsupported);
    }
  }
  const auto in_2035 = from_hex("7b162311 00 05 0342a982 fe7e435d 0a");
  CHECK_FALSE(is_json_metadata(in_2035));
  CHECK(decode_metadata(in_2035, Camera::adas));
  CHECK_FALSE(is_json_metadata({}));
  CHECK_FALSE(is_json_metadata(as_bytes("  ")));
  CHECK_FALSE(is_json_metadata(as_bytes("{1}")));
  CHECK(is_json_metadata(as_bytes("[{}]")));
  CHECK(is_json_metadata(as_bytes(R"( [ [{ "version":1}])")));
  CHECK_FALSE(is_json_metadata(as_bytes("[]")));
  CHECK_FALSE(is_json_metadata(as_bytes("[[{1}]]")));
  CHECK_FALSE(is_json_metadata(as_bytes("[")));
}

} // namespace dualcam::metadata_test
