#include "dcam-sim/offer.hpp"

#include "testing.hpp"

namespace dualcam::sim::sim_offer_test {
namespace {

using namespace std::string_literals;

constexpr SystemTime real_dsm_time{std::chrono::milliseconds(1'697'843'692'000)}; // 231020/231452

Recording recording(FileKind kind, SystemTime finalised = real_dsm_time,
                    std::string_view content = "123456789") {
  return {kind, "a", ByteBuffer(as_bytes(content).begin(), as_bytes(content).end()), finalised};
}

SimOptions options_of(std::vector<const Family*> cameras, std::uint16_t protocol) {
  SimOptions options;
  options.cameras = std::move(cameras);
  options.protocol = protocol;
  return options;
}

std::string offered(const SimOptions& options, const Recording& one) {
  return std::string(offers_of(std::span(&one, 1), options).at(0).file.request());
}

std::string metadata_hex(const SimOptions& options, const Recording& one) {
  return to_hex(metadata_of(offers_of(std::span(&one, 1), options).at(0), options));
}

} // namespace

TEST_CASE("sim offers: a path has the shape of its family and ends in NUL, a DualCam's is a kind") {
  struct Case {
    const char* family;
    std::uint16_t protocol;
    FileKind kind;
    std::string request;
  };
  for (const auto& [family, protocol, kind, request] :
       {Case{"dualcam", 5, FileKind::rear_video, "%videor"},
        Case{"dualcam", 6, FileKind::front_photo, "dualcam_front/picture/231020/231452.jpg\0"s},
        Case{"dualcam", 7, FileKind::rear_video, "dualcam_rear/video/231020/231452.h265\0"s},
        Case{"adas", 5, FileKind::front_photo, "mdas9/picture/231020/231452.jpg\0"s},
        Case{"adas", 6, FileKind::front_video, "mdas9/video/231020/231452.mp4\0"s},
        Case{"dsm", 5, FileKind::front_photo, "dsm/picture/231020/231452.jpg\0"s}, // a real one
        Case{"dsm", 6, FileKind::rear_video, "dsm/video/231020/231452.mp4\0"s},
        Case{"dashcam", 5, FileKind::front_photo, "dashcam/picture/231020/231452.jpg\0"s},
        Case{"dashcam", 6, FileKind::front_video, "dashcam/video/231020/231452.mp4\0"s}}) {
    CHECK(offered(options_of({family_named(family)}, protocol), recording(kind)) == request);
  }
}

TEST_CASE("sim offers: a video's ending is what it is") {
  const auto ending = [](std::string_view family, std::string_view content) {
    return offered(options_of({family_named(family)}, 6),
                   recording(FileKind::front_video, real_dsm_time, content));
  };
  CHECK(ending("dsm", "\0\0\0\1\x40\1\0\0"s).ends_with(".h265\0"s));
  CHECK(ending("dualcam", "\0\0\0\x18"s + "ftypisom").ends_with(".mp4\0"s));
}

TEST_CASE("sim offers: a given path stands as it is, its NUL has to have room") {
  auto options = options_of({family_named("dsm")}, 5);
  const auto one = recording(FileKind::front_photo);
  options.path = "../x/\xff\n";
  CHECK(offered(options, one) == "../x/\xff\n\0"s);
  options.path = std::string(65'534, 'x');
  CHECK(offered(options, one) == options.path + '\0');
  options.path += 'x';
  CHECK(offered(options, one) == options.path);
  options.cameras = {&dualcam_family};
  CHECK(offered(options, one) == "%photof");
}

TEST_CASE("sim offers: cameras behind one IMEI take turns, and no two files share a path") {
  const std::vector recordings{recording(FileKind::front_photo), recording(FileKind::rear_photo)};
  const auto* adas = family_named("adas");
  const auto offers = offers_of(recordings, options_of({adas, &dualcam_family, adas}, 5));
  std::vector<std::string> requests;
  for (const auto& offer : offers) {
    requests.emplace_back(offer.file.request());
  }
  CHECK(requests == std::vector{"mdas9/picture/231020/231452.jpg\0"s, "%photof"s,
                                "mdas9/picture/231020/231453.jpg\0"s,
                                "mdas9/picture/231020/231454.jpg\0"s, "%photor"s,
                                "mdas9/picture/231020/231455.jpg\0"s});
  CHECK(offers[5].finalised == real_dsm_time + std::chrono::seconds(3));
  CHECK(offers[4].recording == &recordings[1]);
}

TEST_CASE("sim offers: metadata has the layout of its camera, or is the document of protocol 6") {
  auto options = options_of({family_named("adas")}, 5);
  options.position = {54.700418, -25.279651};
  options.trigger = 5;
  options.generate = 10;
  constexpr SystemTime taken{std::chrono::milliseconds(1'729'504'017'999)};
  const auto video = recording(FileKind::front_video, taken);
  CHECK(metadata_hex(options, video) == "67162311"
                                        "0005"
                                        "0342a982fe7e435d"
                                        "0a"); // a vector of dualcam-protocol(7)
  options.cameras = {family_named("dsm")};
  options.position = {-54.700418, 25.279651};
  options.trigger = 13;
  CHECK(metadata_hex(options, recording(FileKind::front_photo)) ==
        "653309ec010d"
        "fcbd567e0181bca3"
        "0001"
        "454f44204e484f4a0000"); // EOD NHOJ
  options.meta_format = MetaFormat::json;
  options.meta_version = 1;
  const auto document = metadata_of(offers_of(std::span(&video, 1), options).at(0), options);
  CHECK(as_text(document) ==
        R"({"version":1,"file":{"file_type":0,"file_timestamp":1729504017,"duration":10,)"
        R"("framerate":20},"fm_trigger":{"type":13},"cam_trigger":{"type":13},)"
        R"("location":{"latitude":-54.700418,"longitude":25.279651},"driver_name":"JOHN DOE"})");
  options.cameras = {family_named("dashcam")};
  CHECK_THAT(
      std::string(as_text(metadata_of(offers_of(std::span(&video, 1), options).at(0), options))),
      !ContainsSubstring("driver"));
  options.mute_metadata = true;
  CHECK(metadata_hex(options, video).empty());
}

} // namespace dualcam::sim::sim_offer_test
