#include "dcam-serve/file_facts.hpp"

#include "testing.hpp"

namespace dualcam::serve::file_facts_test {
namespace {

using namespace std::string_literals;

constexpr auto dsm_photo = "6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00";
constexpr auto adas_video = "67162311 00 05 0342a982 fe7e435d 0a";
const auto json_video =
    R"({"version":1,"file":{"file_type":1,"file_timestamp":1729504017,"duration":10,"framerate":25},)"
    R"("fm_trigger":{"type":5},"location":{"latitude":54.700418,"longitude":-25.279651},)"
    R"("driver_name":"JOHN DOE"})"s;

FileFacts facts(std::string_view path, ByteBuffer metadata = {}) {
  const auto file = FileRef::of_path(path);
  REQUIRE(file);
  return {.imei = 350612071913857,
          .file = *file,
          .received = SystemTime(std::chrono::milliseconds(1'790'000'000'123)),
          .metadata_payload = std::move(metadata)};
}

ByteBuffer bytes_of(std::string_view text) {
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

TEST_CASE("file facts: time is the metadata's, else the path's, else when it was offered") {
  const auto path = "dsm/picture/231020/231452.jpg\0"s;
  CHECK(facts(path, from_hex(dsm_photo)).name_values().time == "20231020T211452Z");
  CHECK(facts(path, from_hex(dsm_photo)).record()["time_source"] == "metadata");
  auto no_time = from_hex(dsm_photo);
  std::ranges::fill(std::span(no_time).first(4), std::byte{0});
  for (const auto& metadata : {ByteBuffer(), no_time, from_hex("41"), bytes_of("{}")}) {
    const auto by_path = facts(path, metadata);
    CHECK(by_path.name_values().time == "20231020T231452Z");
    CHECK(by_path.record()["time"] == "2023-10-20T23:14:52.000Z");
    CHECK(by_path.record()["time_source"] == "path");
    const auto received = facts("dsm/picture/x", metadata);
    CHECK(received.name_values().time == "20260921T141320Z");
    CHECK(received.name_values().trigger_time == "20260921T141320Z");
    CHECK(received.record()["time"].is_null());
    CHECK(received.record()["time_source"] == "received");
    CHECK(received.record()["received"] == "2026-09-21T14:13:20.123Z");
  }
}

TEST_CASE("file facts: metadata is decoded once, for copies too, and anew when it changes") {
  auto first = facts("dsm/picture/x", from_hex(dsm_photo));
  const auto decoded = first.metadata();
  (void)first.record();
  (void)first.name_values();
  (void)first.sidecar();
  auto copy = first;
  copy.received += std::chrono::hours(1);
  copy.imei = 350612071913858;
  CHECK(copy.record()["received"] == "2026-09-21T15:13:20.123Z");
  CHECK(copy.record()["imei"] == "350612071913858");
  CHECK(first.metadata() == decoded);
  CHECK(copy.metadata() == decoded);

  copy.metadata_payload = from_hex(adas_video);
  CHECK_FALSE(*copy.metadata()); // it is a DSM camera's by its path
  copy.file = *FileRef::of_path("mdas9/video/1");
  CHECK((*copy.metadata())->camera == Camera::adas);
  copy.metadata_payload.clear();
  CHECK_FALSE(*copy.metadata());
  CHECK(first.metadata() == decoded);

  const auto large = facts("dashcam/1", bytes_of(json_video + std::string(1024, ' ')));
  CHECK(*large.metadata());
  CHECK(large.metadata() != large.metadata()); // of 10,000 it would be much to keep
}

TEST_CASE("file facts: the record of a file by path has its path, to the byte, and all metadata") {
  const auto dsm = facts("dsm/picture/231020/231452.jpg\0"s, from_hex(dsm_photo)).record();
  CHECK(dsm["imei"] == "350612071913857");
  CHECK(dsm["camera"] == "dsm");
  CHECK(dsm["kind"] == "photo");
  CHECK(dsm["device_path"] == R"(dsm/picture/231020/231452.jpg\x00)");
  CHECK(dsm["driver"] == "JOHN DONE");
  CHECK(dsm["events"] == Json({"drowsiness", "phone", "G-sensor"}));
  CHECK(dsm["trigger_name"] == "DSM event");
  CHECK(dsm["file_type"] == "snapshot");
  CHECK(dsm["raw"] == to_hex(from_hex(dsm_photo)));

  const auto adas = facts("mdas9/video/241021/094657", from_hex(adas_video)).record();
  CHECK(adas["camera"] == "adas");
  CHECK(adas["length_seconds"] == 10);

  const auto json = facts("dualcam_front/video/\"\\\x1b\xff\0"s, bytes_of(json_video)).record();
  CHECK(json["camera"] == "dualcam");
  CHECK(json["kind"] == "videof");
  CHECK(json["device_path"] == R"(dualcam_front/video/"\x5c\x1b\xff\x00)");
  CHECK(json["time"] == "2024-10-21T09:46:57.000Z");
  CHECK(json["document"] == Json::parse(json_video));
  CHECK(json["driver"] == "JOHN DOE");

  const auto other = facts("other/thing").record();
  CHECK(other["camera"].is_null());
  CHECK(other["kind"].is_null());
  CHECK_FALSE(other.contains("raw"));
}

TEST_CASE("file facts: metadata that cannot be read is kept as it came") {
  const auto broken = facts("dashcam/video/1", bytes_of("{\"version\":1,\"name\":\"J\xd6RG"));
  CHECK_FALSE(*broken.metadata());
  CHECK(broken.record()["text"] == "{\"version\":1,\"name\":\"J\u00d6RG");
  CHECK(broken.record()["raw"] == to_hex(broken.metadata_payload.bytes()));
  CHECK(broken.record()["camera"] == "dashcam");
  const auto cut = facts("dsm/picture/1", from_hex("6532edcc01"));
  CHECK(cut.record()["raw"] == "6532edcc01");
  CHECK_FALSE(cut.record().contains("text"));
  auto kind = cut;
  kind.file = FileKind::front_photo;
  CHECK(kind.sidecar().empty());
}

TEST_CASE("file facts: whose a file is") {
  CHECK(facts("other/thing").name_values().camera == "unknown");
  CHECK(facts("other/thing", from_hex(adas_video)).name_values().camera == "adas");
  CHECK(facts("other/thing", from_hex(dsm_photo)).name_values().camera == "dsm");
  CHECK(facts("dashcam/1", from_hex(adas_video)).name_values().camera == "dashcam");
  auto assumed = facts("other/thing", from_hex("030400000192d84dac3000000000000000"));
  CHECK(assumed.name_values().camera == "unknown");
  assumed.assumed = Camera::dashcam;
  CHECK(assumed.name_values().camera == "dashcam");
  assumed.file = FileKind::front_photo;
  CHECK(assumed.name_values().camera == "dualcam");
}

TEST_CASE("file facts: kind, path and extension for names") {
  const auto name = facts("dualcam_rear/picture/1.jpg\0"s).name_values();
  CHECK(name.kind == "photor");
  CHECK(name.path == "dualcam_rear/picture/1.jpg");
  CHECK(name.extension == ".jpg");
  CHECK(facts("dsm/video/1").name_values().kind == "video");
  auto other = facts("dsm/1");
  CHECK(other.name_values().kind == "file");
  CHECK(other.name_values().extension.empty());
  other.content_extension = ".mp4";
  CHECK(other.name_values().extension == ".mp4");
  auto told = facts("dsm/picture/1");
  told.content_extension = ".mp4";
  CHECK(told.name_values().extension == ".jpg");
  told.file = FileKind::rear_video;
  CHECK(told.name_values().path == "videor");
  CHECK(told.name_values().extension == ".h265");
}

TEST_CASE("file facts: a sidecar is one line of ASCII, whatever the path") {
  const auto line =
      facts("dsm/\n\"\x1b\xff\0"s, bytes_of("{\"driver_name\":\"\xff\n\"}")).sidecar();
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(std::ranges::all_of(line, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  CHECK(Json::parse(line)["device_path"] == R"(dsm/\x0a"\x1b\xff\x00)");
}

} // namespace
} // namespace dualcam::serve::file_facts_test
