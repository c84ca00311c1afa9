#include "dcam-serve/upload.hpp"

#include "tools/serving.hpp"

namespace dualcam::serve::upload_test {
namespace {

namespace fs = std::filesystem;

const fs::path photo = "350612071913857/photof.jpg";

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void send_all(TestDevice& device) {
  device.begin();
  device.packets(3);
}

TEST_CASE("upload: a file grows over two connections, and is compared where it went on") {
  TestServer server;
  server.start();
  {
    TestDevice device(server);
    device.begin();
    device.packets(2);
  }
  TestDevice device(server);
  send_all(device); // all three packets are the overlap or behind it
  device.end();
  CHECK(server.status() == 0);
  CHECK(content_of(server.folder.path() / photo) == "123456789");
  CHECK_FALSE(fs::exists(server.folder.path() / (photo.string() + ".part")));
}

TEST_CASE("upload: of two STARTs the last number counts") {
  TestServer server;
  server.start();
  TestDevice device(server);
  device.say("0000 0005 00013ee13c001981 44000400");
  device.expect("0008 0007 2570686f746f66");
  device.say("0001 0006 00000009 0000");
  device.expect("0002 0004 00000001");
  device.say("0001 0006 00000003 0000");
  device.expect("0002 0004 00000001");
  device.say("0003 0004 00000001");
  device.packets(3);
  device.end();
  CHECK(server.status() == 0);
  CHECK(content_of(server.folder.path() / photo) == "123456789");
}

TEST_CASE("upload: a file that the device gives up fails the run, what came of it is kept") {
  TestServer server;
  server.start();
  {
    TestDevice device(server);
    device.begin();
    device.packet(1);
    device.say("0005 0004 00000004");
    CHECK(device.rest() == "00000000"); // CLOSE: it is not completed
  }
  CHECK(server.status() == 6);
  CHECK(content_of(server.folder.path() / (photo.string() + ".part")) == "123");
}

TEST_CASE("upload: more than --max-file-size is refused before it begins") {
  TestServer server;
  server.options.max_file_size = 1024;
  server.start();
  {
    TestDevice device(server);
    device.say("0000 0005 00013ee13c001981 44000400");
    device.expect("0008 0007 2570686f746f66");
    device.say("0001 0006 00000003 0000");
    CHECK(device.rest() == "00000000");
  }
  CHECK(server.status() == 3);
  CHECK(server.folder.names().empty());
}

TEST_CASE("upload: a name that is taken is skipped or fails, as told, and stays what it is") {
  for (const auto& [choice, status] : {std::pair(IfExists::skip, 0), {IfExists::fail, 3}}) {
    TestServer server;
    server.options.if_exists = choice;
    fs::create_directory(server.folder.path() / photo.parent_path());
    std::ofstream(server.folder.path() / photo) << "mine";
    server.start();
    {
      TestDevice device(server);
      device.say("0000 0005 00013ee13c001981 44000400");
      CHECK(device.rest() == "00000000");
    }
    CHECK(server.status() == status);
    CHECK(content_of(server.folder.path() / photo) == "mine");
  }
}

TEST_CASE("upload: a name that is taken while its file comes is left alone, and so is the part") {
  TestServer server;
  server.options.if_exists = IfExists::skip;
  server.start();
  const auto part = server.folder.path() / (photo.string() + ".part");
  TestDevice device(server);
  device.begin();
  device.packets(2);
  wait_for_size(part, 6);
  std::ofstream(server.folder.path() / photo) << "mine";
  device.packet(3);
  device.end();
  CHECK(server.status() == 0);
  CHECK(content_of(server.folder.path() / photo) == "mine");
  CHECK_FALSE(fs::exists(part));
}

TEST_CASE("upload: a name is left alone though a part waits for it, when another file comes") {
  TestServer server;
  server.options.if_exists = IfExists::skip;
  server.start();
  {
    TestDevice device(server);
    device.begin();
    device.packet(1);
    wait_for_size(server.folder.path() / (photo.string() + ".part"), 3);
  }
  std::ofstream(server.folder.path() / photo) << "mine";
  {
    TestDevice device(server);
    device.say("0000 0005 00013ee13c001981 44000400");
    device.expect("0008 0007 2570686f746f66"); // it may be the one whose part is there
    device.say("0001 0006 00000009 0000");
    CHECK(device.rest() == "00000000");
  }
  CHECK(server.status() == 5); // the part is still there
  CHECK(content_of(server.folder.path() / photo) == "mine");
}

TEST_CASE("upload: a disk that refuses a file ends the run, and the camera keeps it") {
  TestServer server;
  server.options.min_free = ~std::uint64_t{0} >> 1;
  server.start();
  {
    TestDevice device(server);
    device.say("0000 0005 00013ee13c001981 44000400");
    device.expect("0008 0007 2570686f746f66");
    device.say("0001 0006 00000003 0000");
    CHECK(device.rest().empty());
  }
  CHECK(server.status() == 3);
}

TEST_CASE("upload: a file offered again is recognised, acknowledged and left alone") {
  TestServer server;
  server.start();
  TestDevice device(server);
  send_all(device);
  device.expect("0009");
  device.say("0000 0005 00013ee13c001981 44000400");
  device.expect("0008 0007 2570686f746f66");
  device.say("0001 0006 00000003 0000");
  device.expect("0002 0004 00000001");
  device.say("0003 0004 00000001");
  device.packets(3);
  device.expect("0009");
  device.say("0000 0005 00013ee13c001981 44000400");
  device.end_after_close();
  CHECK(server.status() == 0);
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(server.folder.path() / photo.parent_path())) {
    files += entry.is_regular_file();
  }
  CHECK(files == 1);
}

} // namespace
} // namespace dualcam::serve::upload_test
