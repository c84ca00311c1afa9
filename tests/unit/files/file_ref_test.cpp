#include "dualcam/files/file_ref.hpp"

#include "testing.hpp"

namespace dualcam::file_ref_test {
namespace {

using namespace std::string_view_literals;

FileRef by_path(std::string_view path) {
  const auto file = FileRef::of_path(path);
  REQUIRE(file);
  return *file;
}

/// Behind id and length.
std::string payload_of(std::string_view hex) {
  return std::string(as_text(Bytes(from_hex(hex)).subspan(4)));
}

} // namespace

TEST_CASE("file ref: a DualCam's kinds") {
  struct Kind {
    FileKind kind;
    std::string_view request, label, extension, text;
    Medium medium;
  };
  for (const auto& expected :
       {Kind{FileKind::front_photo, "%photof", "front photo", ".jpg", "photof", Medium::photo},
        Kind{FileKind::rear_photo, "%photor", "rear photo", ".jpg", "photor", Medium::photo},
        Kind{FileKind::front_video, "%videof", "front video", ".h265", "videof", Medium::video},
        Kind{FileKind::rear_video, "%videor", "rear video", ".h265", "videor", Medium::video}}) {
    const FileRef file(expected.kind);
    CAPTURE(expected.text);
    CHECK(file.kind() == expected.kind);
    CHECK(file.kinds() == FileKinds(static_cast<std::uint8_t>(expected.kind)));
    CHECK(file.request() == expected.request);
    CHECK_FALSE(file.short_request());
    CHECK(file.may_be(file.kind()));
    CHECK_FALSE(file.may_be(std::nullopt));
    CHECK(file.metadata_request() == expected.request);
    CHECK(file.label() == expected.label);
    CHECK(file.extension() == expected.extension);
    CHECK(file.medium() == expected.medium);
    CHECK(file.camera() == Camera::dualcam);
    CHECK(file.text() == expected.text);
    CHECK(file.short_name() == expected.text);
    CHECK(file.path().empty());
    CHECK(FileRef::of_text(file.text()) == file);
    CHECK(file != by_path(expected.request));
    CHECK(file != by_path(expected.text));
  }
}

TEST_CASE("file ref: the paths of real devices, a trailing NUL included") {
  const auto dsm =
      by_path(payload_of("000d001e 64736d2f706963747572652f3233313032302f3233313435322e6a706700"));
  CHECK_FALSE(dsm.kind());
  CHECK(dsm.kinds().empty());
  CHECK(dsm.request() == "dsm/picture/231020/231452.jpg\0"sv);
  CHECK(dsm.path() == dsm.request());
  CHECK(dsm.short_name() == "dsm");
  CHECK(by_path("a.jpg").short_name().empty());
  CHECK(dsm.short_request() == "dsm/pic");
  CHECK(dsm.may_be(FileKind::rear_video));
  CHECK(dsm.may_be(std::nullopt));
  CHECK(dsm.metadata_request().empty());
  CHECK(dsm.label() == "dsm/picture/231020/231452.jpg");
  CHECK(dsm.extension() == ".jpg");
  CHECK(dsm.medium() == Medium::photo);
  CHECK(dsm.camera() == Camera::dsm);
  CHECK(dsm.text() == R"(path:dsm/picture/231020/231452.jpg\x00)");
  CHECK(FileRef::of_text(dsm.text()) == dsm);

  const auto adas = by_path(
      payload_of("000d0020 6d646173392f706963747572652f3235313032312f3039343635372e6a706700"));
  CHECK(adas.request().size() == 32);
  CHECK(adas.label() == "mdas9/picture/251021/094657.jpg");
  CHECK(adas.camera() == Camera::adas);
  CHECK(adas.metadata_request().empty());
}

TEST_CASE("file ref: the camera by substring, a later mark of the list wins wherever it stands") {
  struct Case {
    std::string_view path;
    std::optional<Camera> camera;
  };
  for (const auto& expected :
       {Case{"mdas9/video/a", Camera::adas}, Case{"dsm/mdas9/a", Camera::dsm},
        Case{"mdas9/dsm/a", Camera::dsm}, Case{"dualcam_front/dsm", Camera::dualcam},
        Case{"dualcam_rear/video", Camera::dualcam}, Case{"mdas9 dashcam dsm", Camera::dashcam},
        Case{"dualcam/video", std::nullopt}, Case{"DSM/a", std::nullopt},
        Case{"x\0dsm"sv, Camera::dsm}, Case{"\0"sv, std::nullopt}}) {
    const auto file = by_path(expected.path);
    CAPTURE(file.text());
    CHECK(file.camera() == expected.camera);
    const bool is_asked_without = expected.camera == Camera::adas || expected.camera == Camera::dsm;
    CHECK(file.metadata_request() == (is_asked_without ? ""sv : expected.path));
  }
}

TEST_CASE("file ref: photo or video by substring, the extension where the path says so") {
  struct Case {
    std::string_view path, extension;
    Medium medium;
  };
  for (const auto& expected : {Case{"dashcam/video/1.mp4\0"sv, ".mp4", Medium::video},
                               Case{"dashcam/video/1.h265", ".h265", Medium::video},
                               Case{"dashcam/video/1", "", Medium::video},
                               Case{"dsm/picture/1", ".jpg", Medium::photo},
                               Case{"dsm/picture/1.mp4", ".mp4", Medium::photo},
                               Case{"picture/video/1.jpg", ".jpg", Medium::video},
                               Case{"video/picture/1", "", Medium::video},
                               Case{"a.mp4/b", "", Medium::unknown},
                               Case{"a.JPG\0"sv, ".jpg", Medium::unknown},
                               Case{".mp4", ".mp4", Medium::unknown},
                               Case{"dashcam/video/1.ts", ".ts", Medium::video},
                               Case{"a.Jpeg", ".jpeg", Medium::unknown},
                               Case{"a.h264", ".h264", Medium::unknown},
                               Case{"a.265", ".265", Medium::unknown},
                               Case{"a.ts", ".ts", Medium::unknown},
                               Case{"ts", "", Medium::unknown},
                               Case{"s", "", Medium::unknown},
                               Case{"a.json", "", Medium::unknown},
                               Case{"dsm/picture/1.part", ".jpg", Medium::photo},
                               Case{"a.mp\xd4", "", Medium::unknown},
                               Case{"a.mp4\0\0"sv, "", Medium::unknown}}) {
    const auto file = by_path(expected.path);
    CAPTURE(file.text());
    CHECK(file.medium() == expected.medium);
    CHECK(file.extension() == expected.extension);
  }
}

TEST_CASE("file ref: a DualCam's and a DashCam's paths are like one of its kinds, or two") {
  constexpr auto both = FileKinds(0x14);
  struct Case {
    std::string_view path;
    FileKinds kinds;
  };
  for (const auto& expected :
       {Case{"dualcam_front/picture/1.jpg", FileKinds(0x04)},
        Case{"dualcam_rear/picture/", FileKinds(0x08)},
        Case{"dualcam_front/video/1.h265", FileKinds(0x10)},
        Case{"dualcam_rear/video/1", FileKinds(0x20)}, Case{"dualcam_front/1", both},
        Case{"dualcam_rear/1", FileKinds(0x28)},
        Case{"dualcam_front/dualcam_rear/video", FileKinds(0x20)},
        Case{"dashcam/picture/1", FileKinds(0x04)}, Case{"dashcam/video/1.mp4", FileKinds(0x10)},
        Case{"dashcam/dualcam_rear/1", both}, Case{"dsm/picture/1.jpg", FileKinds()},
        Case{"mdas9/video/1", FileKinds()}, Case{"picture/1", FileKinds()}}) {
    CAPTURE(expected.path);
    CHECK(by_path(expected.path).like_kinds() == expected.kinds);
  }
  for (const auto kind : all_file_kinds) {
    CHECK(FileRef(kind).like_kinds() == FileRef(kind).kinds());
  }
}

TEST_CASE("file ref: the date in a path, where there is one") {
  const auto time_in = [](std::string_view path) -> std::int64_t {
    const auto time = by_path(path).time();
    return time ? time->time_since_epoch().count() : -1;
  };
  for (const auto path : {"dsm/picture/231020/231452.jpg\0"sv, "dsm/picture/231020/231452.jpg"sv,
                          "231020/231452"sv, "a/231020/231452_1.h265"sv, "/231020/231452\0"sv}) {
    CAPTURE(path);
    CHECK(time_in(path) == 1697843692);
  }
  CHECK(time_in("a/000229/000000") == 951782400);
  CHECK(time_in("a/991231/235959") == 4102444799);
  for (const auto path : {"dsm/picture/231020"sv,
                          "231452"sv,
                          "dsm/picture/20231020/231452"sv,
                          "a/23102/231452"sv,
                          "a/231020/23145"sv,
                          "a/231020/2314521.jpg"sv,
                          "a/231320/231452"sv,
                          "a/230230/231452"sv,
                          "a/231020/241452"sv,
                          "a/231020/236052"sv,
                          "a/231020/231460"sv,
                          "a/2310x0/231452"sv,
                          "a/231020/-31452"sv,
                          "a/231020x/231452"sv,
                          "a/231020//231452"sv,
                          "a/230001/000000"sv,
                          "a/010100/000000"sv,
                          "a/230229/000000"sv,
                          "\0"sv,
                          "/"sv}) {
    CAPTURE(path);
    CHECK(time_in(path) == -1);
  }
  CHECK_FALSE(FileRef(FileKind::front_photo).time());
}

TEST_CASE("file ref: the escaped path has every byte, on one line of ASCII") {
  CHECK(by_path("dsm/a b\0"sv).escaped_path() == R"(dsm/a b\x00)");
  CHECK(by_path("\"\\\n\x1b\xc3\xa9\x7f").escaped_path() == R"("\x5c\x0a\x1b\xc3\xa9\x7f)");
  CHECK(by_path(std::string(longest_path, 'a')).escaped_path().size() == longest_path);
  CHECK(FileRef(FileKind::front_photo).escaped_path().empty());
}

TEST_CASE("file ref: a path has 1 to 65,535 bytes") {
  CHECK_FALSE(FileRef::of_path(""));
  CHECK_FALSE(FileRef::of_path(std::string(65'536, 'a')));
  for (const auto filler : {'a', '\0', '\xff', '\\', ' '}) {
    const std::string path(65'535, filler);
    const auto file = by_path(path);
    CHECK(file.request() == path);
    CHECK(FileRef::of_text(file.text()) == file);
  }
  CHECK_FALSE(FileRef::of_text("path:" + std::string(65'536, 'a')));
  CHECK(by_path("abc").short_request() == "abc");
  CHECK(by_path("dashcam/video/1").short_request() == "dashcam");
}

TEST_CASE("file ref: every byte survives a checkpoint's text, which is one word of ASCII") {
  for (int byte = 0; byte < 256; ++byte) {
    for (const auto& path : {std::string{static_cast<char>(byte)},
                             std::string{'x', static_cast<char>(byte), '4', '1'}}) {
      const auto file = by_path(path);
      const auto text = file.text();
      CAPTURE(text);
      CHECK(std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; }));
      CHECK(FileRef::of_text(text) == file);
      CHECK(FileRef::of_text(text)->request() == path);
      CHECK(std::ranges::all_of(file.label(), [](char c) { return c >= ' ' && c <= '~'; }));
    }
  }
  CHECK(by_path("\x1b[2J a\\b\n\xc3\xa9").label() == R"(\x1b[2J a\x5cb\x0a\xc3\xa9)");
  CHECK(by_path("a b\0"sv).label() == "a b");
  CHECK(by_path("a\0\0"sv).label() == R"(a\x00)");
}

TEST_CASE("file ref: a text that was not written so is refused") {
  for (const auto text : {""sv, "photo"sv, "%photof"sv, "photof "sv, "PHOTOF"sv, "path:"sv,
                          "path"sv, "Path:a"sv, "path:a b"sv, R"(path:\)"sv, R"(path:\x)"sv,
                          R"(path:\x4)"sv, R"(path:\x0g)"sv, R"(path:\x41)"sv, R"(path:\xFF)"sv,
                          R"(path:\y00)"sv, "path:\n"sv, "path:a\0"sv, "path:\xff"sv}) {
    CAPTURE(to_hex(as_bytes(text)));
    CHECK_FALSE(FileRef::of_text(text));
  }
}

TEST_CASE("file ref: files are equal by kind or by every byte of the path") {
  CHECK(by_path("a\0"sv) != by_path("a"));
  CHECK(by_path("a") == by_path("a"));
  CHECK(FileRef(FileKind::front_photo) != FileRef(FileKind::rear_photo));
}

TEST_CASE("file ref: a label is short, whatever the path") {
  for (const auto size : {1U, 254U, 255U}) {
    CHECK(by_path(std::string(size, 'a')).label() == std::string(size, 'a'));
    CHECK(by_path(std::string(size, 'a') + '\0').label() == std::string(size, 'a'));
  }
  CHECK(by_path(std::string(256, 'a')).label() == std::string(255, 'a') + "...");
  CHECK(by_path(std::string(longest_path, '\xFF')).label().size() == 4 * 255 + 3);
}

} // namespace dualcam::file_ref_test
