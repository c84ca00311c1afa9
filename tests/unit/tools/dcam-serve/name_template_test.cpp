#include "dcam-serve/name_template.hpp"

#include "testing.hpp"

namespace dualcam::serve::name_template_test {
namespace {

using namespace std::string_literals;
namespace fs = std::filesystem;

NameTemplate parsed(std::string_view text) {
  auto name = NameTemplate::parse(text);
  REQUIRE(name);
  return std::move(*name);
}

NameValues values(std::string path, std::string extension = ".jpg") {
  return {.imei = "350612071913857",
          .time = "20231020T231452Z",
          .trigger_time = "20231020T231452Z",
          .received = "20261126T170000Z",
          .kind = "photo",
          .camera = "dsm",
          .path = std::move(path),
          .trigger = "crash",
          .extension = std::move(extension)};
}

TEST_CASE("name template: a device's path and camera are values like every other") {
  const auto given = values("dsm/picture/231020/231452.jpg");
  CHECK(parsed("{imei}/{time}_{camera}{ext}").expand(given) ==
        "350612071913857/20231020T231452Z_dsm.jpg");
  CHECK(parsed("{camera}/{path}").expand(given) == "dsm/dsm_picture_231020_231452.jpg");
}

TEST_CASE("name template: no path leads out of the folder, or is an option") {
  const auto name = parsed("{imei}/{path}");
  for (const auto& path :
       {"../../etc/passwd"s, "/etc/passwd"s, "."s, ".."s, ""s, "-rf"s, "\0"s, "a\nb"s, "\x1b[2J"s,
        "a\0b"s, "\xff\xfe"s, "..\\..\\x"s, std::string(65'535, '/'), std::string(65'535, '.'),
        std::string(65'535, '-'), std::string(65'535, '\xc3')}) {
    CAPTURE(path.substr(0, 20));
    const auto result = name.expand(values(path));
    CHECK(result.parent_path() == "350612071913857");
    const auto file = result.filename().string();
    CHECK(!file.empty());
    CHECK(file.size() <= 220);
    CHECK((file != "." && file != ".." && file.front() != '-'));
    CHECK(file.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "._-") == std::string::npos);
  }
}

TEST_CASE("name template: a long value is cut, not its extension") {
  const auto file_name = [](const std::string& path, const char* extension) {
    return parsed("{path}{ext}").expand(values(path, extension)).string();
  };
  CHECK(file_name(std::string(300, 'a'), ".jpg") == std::string(216, 'a') + ".jpg");
  CHECK(file_name(std::string(300, 'a'), ".h265") == std::string(215, 'a') + ".h265");
  CHECK(file_name(std::string(300, 'a'), "") == std::string(220, 'a'));
  CHECK(file_name(std::string(216, 'a'), ".jpg") == std::string(216, 'a') + ".jpg");
  CHECK(file_name(std::string(20, '.') + std::string(300, 'a'), "").size() == 220);
  const auto folder = parsed("{path}/{time}").expand(values(std::string(300, 'a') + ".mp4"));
  const auto of_path = [](const std::string& path) {
    return parsed("{path}").expand(values(path)).string();
  };
  CHECK(of_path(std::string(300, 'a') + ".1234567") == std::string(212, 'a') + ".1234567");
  CHECK(of_path(std::string(300, 'a') + ".12345678") == std::string(220, 'a')); // is no extension
  CHECK(of_path(std::string(215, 'a') + ".json_front") == std::string(215, 'a') + ".jso_");
  CHECK(folder == fs::path(std::string(216, 'a') + ".mp4") / "20231020T231452Z");
  CHECK(parsed(std::string(219, 'x') + "\u00e9.jpg").expand(values("")).string() ==
        std::string(216, 'x') + ".jpg");
  CHECK(parsed(std::string(215, 'x') + "\u00e9\u00e9.jpg").expand(values("")).string() ==
        std::string(215, 'x') + ".jpg"); // 216 would be in the middle of a character
}

TEST_CASE("name template: no name is like those that stand beside files") {
  const auto name = parsed("{path}");
  CHECK(name.expand(values("a.json")) == "a.json_");
  CHECK(name.expand(values("a.part")) == "a.part_");
  CHECK(name.expand(values("a.jpg.part.checkpoint")) == "a.jpg.part.checkpoint_");
  CHECK(name.expand(values(".json")) == ".json_");
  CHECK(name.expand(values(".dcam-serve")) == "_dcam-serve");
  CHECK(name.expand(values("a.json.jpg")) == "a.json.jpg");
  CHECK(name.expand(values(std::string(300, 'a') + ".json")) == std::string(215, 'a') + ".jso_");
}

TEST_CASE("name template: what it has no value for is refused") {
  for (const auto* text : {"{device_path}", "{Path}", "{path", "../{path}", "/{path}", "{path}/"}) {
    CHECK_FALSE(NameTemplate::parse(text));
  }
}

} // namespace
} // namespace dualcam::serve::name_template_test
