// Files that a device tells by path: they are counted in bytes, and named after what tells them.
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_by_path_test {
namespace {

using namespace std::chrono_literals;

constexpr auto init = "0000 0005 00013ee13c001981 42000400";
constexpr auto nothing = "0000 0005 00013ee13c001981 40000400";
const std::string path = "dsm/picture/231020/231452.jpg";

template <class Command> std::string hex(const Command& command) { return to_hex(encode(command)); }

/// It is asked for, and announced.
void start(TestDevice& device, std::uint32_t announced, const std::string& told = path) {
  device.say(init);
  device.expect(hex(PathRequest{}));
  device.say(hex(Path{told}));
  device.expect(hex(FileRequest{told}));
  device.say(hex(Start{announced}));
}

void send(TestDevice& device, std::string_view text, std::size_t in_packet = 3) {
  device.expect(hex(Resume{0}));
  device.say(hex(Sync{0}));
  std::uint16_t crc = 0;
  for (auto rest = text; !rest.empty(); rest.remove_prefix(std::min(in_packet, rest.size()))) {
    const auto packet = as_bytes(rest.substr(0, in_packet));
    crc = crc16(packet, crc);
    device.say(hex(Data{packet, crc}));
  }
  device.was_read();
}

void end(TestDevice& device) {
  device.say(hex(Status{1})); // as DSM cameras do behind the last byte
  device.expect("0009");
  device.say(nothing);
  device.end_after_close();
  CHECK(device.rest().empty());
}

/// One connection that brings a file, whole.
void upload(TestServer& server, std::string_view text, const std::string& told = path,
            std::size_t in_packet = 3) {
  TestDevice device(server);
  start(device, static_cast<std::uint32_t>(text.size()), told);
  send(device, text, in_packet);
  end(device);
}

/// The only file below a folder that is none of ours, and its content.
std::pair<std::string, std::string> file_in(const fs::path& folder) {
  std::pair<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && !entry.path().string().contains("/.dcam-serve/") &&
        entry.path().extension() != ".json") {
      CHECK(found.first.empty());
      found = {entry.path().lexically_relative(folder).string(), content_of(entry.path())};
    }
  }
  return found;
}

Scene& without_template(Scene& scene) {
  scene.server.options.name_by_path = *NameTemplate::parse("{imei}/{time}_{camera}_{kind}{ext}");
  return scene;
}

} // namespace

TEST_CASE("serve by path: a file comes, and is told of in bytes") {
  Scene scene;
  auto& server = without_template(scene).server;
  server.start();
  upload(server, "123456789");
  CHECK(server.status() == 0);
  CHECK(file_in(scene.folder()) ==
        std::pair<std::string, std::string>("350612071913857/20231020T231452Z_dsm_photo.jpg",
                                            "123456789"));
  const auto events = scene.events();
  CHECK(events.names == std::vector<std::string>{"listening", "connected", "file-start",
                                                 "file-done", "disconnected", "summary"});
  CHECK(events.of("connected")["offers"] == Json::array({"path"}));
  const auto& started = events.of("file-start");
  CHECK(started["size"] == 9);
  CHECK(started["held"] == 0);
  CHECK_FALSE(started.contains("packets"));
  CHECK(started["device_path"] == path);
  CHECK(started["camera"] == "dsm");
  const auto& done = events.of("file-done");
  CHECK(done["bytes"] == 9);
  CHECK(done["packets"] == 3);
  CHECK(done["metadata"]["time_source"] == "path");
}

TEST_CASE("serve by path: what is held is gone on with, from a byte on") {
  Scene scene;
  auto& server = scene.server;
  server.start();
  {
    TestDevice device(server);
    start(device, 9);
    send(device, "123456");
  }
  scene.until_said("waiting for the camera to come back");
  upload(server, "123456789"); // what is held is compared
  CHECK(server.status() == 0);
  CHECK(file_in(scene.folder()).second == "123456789");
  const auto events = scene.events();
  CHECK(events.count("file-start") == 2);
  CHECK(events.of("resumed")["offset"] == 0);
  CHECK(events.of("resumed")["reason"] == "held");
  CHECK_FALSE(events.of("resumed").contains("packet"));
  CHECK(events.of("file-failed")["error"] == "incomplete, 6 B of 9 B: connection lost");
  CHECK(events.of("file-done")["resumes"] == 1);
}

TEST_CASE("serve by path: SIGUSR1 tells bytes") {
  Scene scene(false);
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.start();
  TestDevice device(server);
  start(device, 9);
  send(device, "123456");
  wait_until([&] {
    ::raise(SIGUSR1);
    ::usleep(1000);
    return scene.says(": " + path + ", 6 of 9 bytes\n");
  });
  ::raise(SIGTERM);
  CHECK(server.status() == 0);
}

TEST_CASE("serve by path: more than --max-file-size is refused by what START says, or what comes") {
  const bool announces = GENERATE(true, false);
  Scene scene;
  auto& server = scene.server;
  server.options.max_file_size = 1024;
  server.start();
  {
    TestDevice device(server);
    start(device, announces ? 1025 : 2); // packets, maybe
    if (!announces) {
      device.expect(hex(Resume{0}));
      device.say(hex(Sync{0}));
      const std::string block(1000, 'x');
      std::uint16_t crc = 0;
      for (int i = 0; i < 2; ++i) {
        crc = crc16(as_bytes(block), crc);
        device.say(hex(Data{as_bytes(block), crc}));
      }
    }
    (void)device.rest();
  }
  CHECK(server.status() == 3);
  const auto failed = scene.events().of("file-failed");
  CHECK(failed["error"] == (announces ? "refused: its 1.0 KiB are more than 1.0 KiB "
                                        "(--max-file-size)"
                                      : "refused: it is more than 1.0 KiB (--max-file-size)"));
  CHECK(failed["device_path"] == path);
}

TEST_CASE("serve by path: exactly --max-file-size is not too much") {
  Scene scene;
  auto& server = scene.server;
  server.options.max_file_size = 1024;
  server.start();
  upload(server, std::string(1024, 'x'), path, 512);
  CHECK(server.status() == 0);
  CHECK(file_in(scene.folder()).second.size() == 1024);
}

TEST_CASE("serve by path: a file without an ending gets the one that its content tells") {
  const auto [content, ending] =
      GENERATE(std::pair("\xFF\xD8\xFF\xE0 a photo", ".jpg"), std::pair("1234 no medium", ""));
  Scene scene;
  auto& server = without_template(scene).server;
  server.start();
  upload(server, content, "other/thing");
  CHECK(server.status() == 0);
  CHECK(file_in(scene.folder()).first.ends_with(std::string("_unknown_file") + ending));
}

TEST_CASE("serve by path: metadata names the file, and stands beside it") {
  Scene scene;
  auto& server = without_template(scene).server;
  server.options.metadata = true;
  server.start();
  {
    TestDevice device(server);
    device.say(init);
    device.expect(hex(PathRequest{}));
    device.say(hex(Path{path}));
    device.expect(hex(MetadataRequest{})); // of the file whose path it has told
    const auto metadata = from_hex("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00");
    device.say(hex(MetadataResponse{metadata}));
    device.expect(hex(FileRequest{path}));
    device.say(hex(Start{9}));
    send(device, "123456789");
    end(device);
  }
  CHECK(server.status() == 0);
  const auto name = scene.folder() / "350612071913857/20231020T211452Z_dsm_photo.jpg";
  CHECK(content_of(name) == "123456789");
  const auto sidecar = Json::parse(content_of(name.string() + ".json"));
  CHECK(sidecar["driver"] == "JOHN DONE");
  CHECK(sidecar["device_path"] == path);
  CHECK(scene.events().of("metadata")["device_path"] == path);
  CHECK(scene.events().of("file-done")["metadata"]["time_source"] == "metadata");
}

TEST_CASE("serve by path: a file that is stored already is acknowledged, and told to be known") {
  const TemporaryFolder folder;
  for (const bool again : {false, true}) {
    Scene scene;
    auto& server = without_template(scene).server;
    server.options.output = folder.path();
    server.start();
    upload(server, "123456789");
    CHECK(server.status() == 0);
    CHECK(scene.events().has("file-done") == !again);
    CHECK(scene.says("offered again, though it was stored as ") == again);
  }
  CHECK(file_in(folder.path()).second == "123456789");
}

TEST_CASE(
    "serve by path: one that was given up is told once, the camera's other files come first") {
  Scene scene;
  auto& server = scene.server;
  server.start();
  {
    TestDevice device(server);
    start(device, 9);
    device.expect(hex(Resume{0}));
    device.say(hex(Status{4})); // it gives it up
    (void)device.rest();
  }
  CHECK(server.status() == 6);
  CHECK(scene.says(path + ": does not come; the camera's other files are fetched before it is "
                          "tried again\n"));
  CHECK(scene.events().of("file-failed")["error"] ==
        "the device reports status 4: the device aborted");
}

} // namespace dualcam::serve::serve_by_path_test
