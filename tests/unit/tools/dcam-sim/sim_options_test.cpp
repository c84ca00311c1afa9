#include "dcam-sim/options.hpp"

#include "dcam-sim/media.hpp"
#include "dualcam/media/ptmf.hpp"
#include "temporary_folder.hpp"
#include "tools/parsed.hpp"

namespace dualcam::sim::sim_options_test {
namespace {

const CommandLine line(parse_sim_options);

} // namespace

TEST_CASE("sim options: the server, and what to upload") {
  const auto plain = line.good({"localhost:7050"});
  CHECK(plain.host == "localhost");
  CHECK(plain.port == "7050");
  CHECK(plain.files.empty());
  CHECK(plain.imei == 350612071913857);
  const auto given = line.good({"[::1]:1", "a.jpg", "videor=b.h265"});
  CHECK(given.host == "::1");
  CHECK(given.port == "1");
  CHECK(given.files == std::vector<std::string>{"a.jpg", "videor=b.h265"});
  CHECK(line.good({"a:65535"}).port == "65535");
  CHECK(line.good({"[::1:5"}).host == "[::1");
  CHECK_THAT(line.bad({}), ContainsSubstring("HOST:PORT is required"));
  for (const auto* address : {"localhost", ":7050", "localhost:", "localhost:0", "localhost:65536",
                              "localhost:70x", "localhost:-1", ""}) {
    CHECK_THAT(line.bad({address}), ContainsSubstring("is not HOST:PORT"));
  }
}

TEST_CASE("sim options: a list that names no file leaves nothing to do, if nothing else is asked") {
  const TemporaryFolder folder;
  const auto none = (folder / "none").string();
  const auto one = (folder / "one").string();
  write_file(none, "");
  write_file(one, "a.jpg\n");
  CHECK(line.printed({"--files-from", none.c_str(), "a:1"}).empty());
  CHECK(line.good({"--files-from", one.c_str(), "a:1"}).files == std::vector<std::string>{"a.jpg"});
  CHECK(line.good({"--files-from", none.c_str(), "a:1", "b.jpg"}).files ==
        std::vector<std::string>{"b.jpg"});
  CHECK(line.good({"--files-from", none.c_str(), "--generate", "2", "a:1"}).generate == 2);
}

TEST_CASE("sim options: every value that cannot be meant is refused by name") {
  CHECK(line.good({"--chunk", "random", "a:1"}).random_chunks);
  CHECK(line.good({"--chunk", "7", "a:1"}).chunk == 7);
  CHECK_FALSE(line.good({"--chunk", "7", "a:1"}).random_chunks);
  for (const auto* chunk : {"0", "x", "-1", "7x", "", "99999999999"}) {
    CHECK_THAT(line.bad({"--chunk", chunk, "a:1"}),
               ContainsSubstring("a number of bytes, or 'random'"));
  }
  CHECK(line.good({"--cut", "7", "--cut", "random", "a:1"}).cuts ==
        std::vector<std::uint32_t>{7, 0});
  CHECK(line.good({"--cut", "7,random,9", "a:1"}).cuts == std::vector<std::uint32_t>{7, 0, 9});
  CHECK(line.good({"--corrupt", "2%", "a:1"}).corrupt == 0.02);
  for (const auto* cut : {"0", "x", "", "7,", "7 9"}) {
    CHECK_THAT(line.bad({"--cut", cut, "a:1"}),
               ContainsSubstring("the number of a packet, or 'random'"));
  }
  for (const auto* share : {"0", "1", "0.5"}) {
    CHECK(line.good({"--corrupt", share, "a:1"}).corrupt == std::stod(share));
  }
  for (const auto* share : {"-0.1", "1.1", "x", ""}) {
    CHECK_THAT(line.bad({"--corrupt", share, "a:1"}), ContainsSubstring("a share from 0 to 1"));
  }
  const auto position = line.good({"--position", "-54.5,25.25", "a:1"}).position;
  CHECK(position.latitude == -54.5);
  CHECK(position.longitude == 25.25);
  for (const auto* text : {"54.7", "54.7,", ",25", "a,b", "1,2,3"}) {
    CHECK_THAT(line.bad({"--position", text, "a:1"}),
               ContainsSubstring("LAT,LON in decimal degrees"));
  }
  CHECK(line.good({"--imei", "350612071913858", "a:1"}).imei == 350612071913858);
  for (const auto* imei : {"3506120719138588", "35061207191385a", "12", "", "-1"}) {
    CHECK_THAT(line.bad({"--imei", imei, "a:1"}), ContainsSubstring("15 digits"));
  }
}

TEST_CASE("sim options: which cameras, and the protocol and metadata that go with them") {
  const auto names = [](const SimOptions& options) {
    std::string text;
    for (const auto* camera : options.cameras) {
      text += std::string(name_of(camera->camera)) + ' ';
    }
    return text + std::to_string(options.protocol) +
           (options.meta_format == MetaFormat::json ? " json" : "");
  };
  CHECK(names(line.good({"a:1"})) == "dualcam 5");
  CHECK(names(line.good({"--protocol", "6", "a:1"})) == "dualcam 6 json");
  CHECK(names(line.good({"--protocol", "7", "--meta-format", "binary", "a:1"})) == "dualcam 7");
  CHECK(names(line.good({"--camera", "adas", "a:1"})) == "adas 5");
  CHECK(names(line.good({"--camera", "dsm", "--meta-format", "json", "a:1"})) == "dsm 5 json");
  CHECK(names(line.good({"--camera", "dashcam", "a:1"})) == "dashcam 6 json");
  CHECK(names(line.good({"--camera", "dashcam", "--protocol", "5", "a:1"})) == "dashcam 5");
  CHECK(names(line.good({"--camera", "dualcam,adas,dsm", "a:1"})) == "dualcam adas dsm 5");
  CHECK(names(line.good({"--camera", "adas", "--camera", "dsm", "a:1"})) == "dsm 5");
  CHECK(names(line.good({"--path", "mdas9/x", "a:1"})) == "adas 5");
  CHECK(names(line.good({"--path", "dsm/x", "a:1"})) == "dsm 5");
  CHECK(names(line.good({"--path", "dualcam_rear/x", "a:1"})) == "dualcam 6 json");
  CHECK(names(line.good({"--path", "x/dsm", "a:1"})) == "dsm 5");
  CHECK(names(line.good({"--path", "dashcam/x", "--camera", "dsm", "a:1"})) == "dsm 5");
  for (const auto* camera : {"", "x", "adas,", ",adas", "adas,,dsm", "ADAS", "all"}) {
    CHECK_THAT(line.bad({"--camera", camera, "a:1"}),
               ContainsSubstring("dualcam, adas, dsm, dashcam"));
  }
  for (const auto* protocol : {"4", "8", "x", "", "65541"}) {
    CHECK_THAT(line.bad({"--protocol", protocol, "a:1"}),
               ContainsSubstring("a whole number from 5 to 7"));
  }
  CHECK_THAT(line.bad({"--meta-format", "xml", "a:1"}), ContainsSubstring("binary, json"));
}

TEST_CASE("sim options: what is for files by path alone needs a camera that has them") {
  const std::vector<std::vector<const char*>> by_path{{"--path-form", "whole"},
                                                      {"--packet-size", "4"},
                                                      {"--enhanced-data"},
                                                      {"--start-in-packets"}};
  for (auto words : by_path) {
    const std::string name = words[0];
    words.push_back("a:1");
    CHECK_THAT(line.bad(words),
               ContainsSubstring(name + " is for files by path, which a DualCam of "
                                        "protocol 5 does not have"));
    words.insert(words.begin(), {"--camera", "dualcam,dsm"});
    line.good(words);
    words[1] = "dualcam";
    line.bad(words);
    words.insert(words.begin(), {"--protocol", "6"});
    line.good(words);
  }
  CHECK_THAT(line.bad({"--camera", "dualcam", "--path", "x", "a:1"}),
             ContainsSubstring("--path is for"));
  const auto all =
      line.good({"--camera", "adas", "--path", "x", "--path-form", "first7", "--packet-size",
                 "4096", "--enhanced-data", "--start-in-packets", "a:1"});
  CHECK(all.path == "x");
  CHECK(all.path_form == PathForm::first7);
  CHECK(all.packet_size == 4096);
  CHECK((all.enhanced_data && all.start_in_packets));
  for (const auto* size : {"0", "4097", "x"}) {
    CHECK_THAT(line.bad({"--camera", "adas", "--packet-size", size, "a:1"}),
               ContainsSubstring("from 1 to 4096"));
  }
  CHECK_THAT(line.bad({"--path", "", "a:1"}), ContainsSubstring("1 to 65535 bytes"));
  const std::string longest(65'535, 'x');
  CHECK(line.good({"--path", longest.c_str(), "a:1"}).path == longest);
  const auto too_long = longest + 'x';
  CHECK_THAT(line.bad({"--path", too_long.c_str(), "a:1"}), ContainsSubstring("1 to 65535 bytes"));
}

TEST_CASE("sim options: the rest goes where it belongs") {
  const auto all = line.good({"--generate",
                              "5",
                              "--devices",
                              "3",
                              "--meta-version",
                              "2",
                              "--fps",
                              "25",
                              "--trigger",
                              "9",
                              "--seed",
                              "77",
                              "--rate",
                              "4K",
                              "--stall",
                              "2s",
                              "--reconnect",
                              "4",
                              "--reconnect-delay",
                              "30ms",
                              "--crc-after-sync",
                              "chain",
                              "--sync-back",
                              "3",
                              "--end-status",
                              "4294967295",
                              "--replace-file",
                              "--mute-metadata",
                              "a:1"});
  CHECK(all.generate == 5);
  CHECK(all.devices == 3);
  CHECK(all.meta_version == 2);
  CHECK(all.frame_rate == 25);
  CHECK(all.trigger == 9);
  CHECK(all.seed == 77);
  CHECK(all.rate == 4096);
  CHECK(all.stall == std::chrono::seconds(2));
  CHECK(all.reconnect == 4);
  CHECK(all.reconnect_delay == std::chrono::milliseconds(30));
  CHECK(all.crc_after_sync == CrcAfterSync::chain);
  CHECK(all.sync_back == 3);
  CHECK(all.end_status == 4294967295);
  CHECK((all.replace_file && all.mute_metadata));
  CHECK(line.good({"--end-status", "0", "a:1"}).end_status == 0);
  for (const auto* status : {"-1", "4294967296", "x", ""}) {
    CHECK_THAT(line.bad({"--end-status", status, "a:1"}),
               ContainsSubstring("from 0 to 4294967295"));
  }
}

TEST_CASE(
    "sim options: --replay acts as was captured, --again offers what there is, nothing else") {
  CHECK(line.good({"--replay", "a.pcap", "a:1"}).replay == "a.pcap");
  const std::vector<std::vector<const char*>> acting{
      {"--generate", "3"}, {"--again"},        {"--devices", "2"},   {"--corrupt", "0.1"},
      {"--cut", "3"},      {"--stall", "10s"}, {"--reconnect", "1"}, {"--replace-file"}};
  for (auto words : acting) {
    CAPTURE(words[0]);
    words.push_back("a:1");
    line.good(words);
    words.insert(words.begin(), {"--replay", "a.pcap"});
    CHECK_THAT(line.bad(words), ContainsSubstring("--replay plays what was captured"));
  }
  CHECK_THAT(line.bad({"--replay", "a.pcap", "a:1", "a.jpg"}),
             ContainsSubstring("--replay plays what was captured"));
  line.good({"--replay", "a.pcap", "--rate", "1K", "--ramp", "3s", "a:1"});
  CHECK(line.good({"--again", "a:1"}).again);
  constexpr auto again = "--again offers what was generated last";
  CHECK_THAT(line.bad({"--again", "a:1", "a.jpg"}), ContainsSubstring(again));
  CHECK_THAT(line.bad({"--again", "--generate", "3", "a:1"}), ContainsSubstring(again));
}

TEST_CASE("sim options: certificates are for --tls, and a key is for a certificate") {
  const auto all =
      line.good({"--tls", "--tls-ca", "ca", "--tls-cert", "cert", "--tls-key", "key", "a:1"});
  CHECK(all.tls);
  CHECK(all.tls_files.authorities == "ca");
  CHECK(all.tls_files.certificate == "cert");
  CHECK(all.tls_files.key == "key");
  line.good({"--tls", "a:1"});
  line.good({"--tls", "--tls-ca", "ca", "a:1"});
  for (const auto* name : {"--tls-ca", "--tls-cert", "--tls-key"}) {
    CHECK_THAT(line.bad({name, "x", "a:1"}), ContainsSubstring("are for --tls"));
  }
  for (const auto* name : {"--tls-cert", "--tls-key"}) {
    CHECK_THAT(line.bad({"--tls", name, "x", "a:1"}), ContainsSubstring("go together"));
  }
}

TEST_CASE("sim media: a file's kind is what its name says, or what it is") {
  const TemporaryFolder folder;
  const auto load = [&](std::string_view prefix, std::string_view name, std::string_view content) {
    write_file(folder.path() / name, content);
    return load_recording(std::string(prefix) + (folder.path() / name).string());
  };
  const std::string photo = "\xff\xd8\xff";
  CHECK(load("", "a.h265", photo)->kind == FileKind::front_photo);
  CHECK(load("", "a.jpg", "PTMF")->kind == FileKind::front_video);
  CHECK(load("", "b", "\xff\xd8")->kind == FileKind::front_video);     // two bytes are no photo
  for (const auto* name : {"c.jpg", "c.JPG", "c.jpeg", "c.mp4.jpg"}) { // nobody knows the content
    CHECK(load("", name, "123456789")->kind == FileKind::front_photo);
  }
  for (const auto* name : {"jpg", "c.jpg.h265", "c.txt", "c.mp4"}) {
    CHECK(load("", name, "123456789")->kind == FileKind::front_video);
  }
  CHECK(load("photor=", "a", "PTMF")->kind == FileKind::rear_photo);
  CHECK(load("videor=", "a", photo)->kind == FileKind::rear_video);
  const auto odd = load("", "photo=x", photo); // no kind: a name with a sign in it
  REQUIRE(odd);
  CHECK(odd->name == (folder.path() / "photo=x").string());
  CHECK(as_text(odd->content) == photo);
  CHECK(odd->finalised <= system_now());
  CHECK(odd->finalised > system_now() - std::chrono::hours(1));
}

TEST_CASE("sim media: what is not there, is a folder or is empty is told") {
  const TemporaryFolder folder;
  const auto missing = load_recording((folder.path() / "none").string());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().category == ErrorCategory::io);
  CHECK_THAT(missing.error().message, ContainsSubstring("cannot read"));
  const auto directory = load_recording(folder.path().string());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().category == ErrorCategory::io);
  write_file(folder.path() / "empty", "");
  const auto empty = load_recording((folder.path() / "empty").string());
  REQUIRE_FALSE(empty);
  CHECK_THAT(empty.error().message, ContainsSubstring("is empty"));
}

TEST_CASE("sim media: another file of the same size begins alike and then differs everywhere") {
  for (const std::size_t size : {0U, 1U, 2U, 1023U, 1024U, 1025U, 5000U}) {
    const auto content = random_bytes(size, 3);
    const auto other = other_content(content, Random({1}));
    REQUIRE(other.size() == size);
    const std::size_t equal = size > 1024 ? 1024 : size / 2;
    for (std::size_t i = 0; i < size; ++i) {
      REQUIRE((other[i] == content[i]) == (i < equal));
    }
  }
}

TEST_CASE("sim media: what is generated is a photo, and a clip of pictures and sound") {
  const auto recordings = generate_recordings(1, 20, -1);
  REQUIRE(recordings);
  REQUIRE(recordings->size() == 2);
  CHECK((*recordings)[0].kind == FileKind::front_photo);
  CHECK(as_text((*recordings)[0].content).starts_with("\xff\xd8"));
  CHECK((*recordings)[1].kind == FileKind::front_video);
  PtmfReader reader;
  reader.feed((*recordings)[1].content);
  reader.finish();
  std::vector<std::uint64_t> pictures;
  std::vector<std::uint64_t> sounds;
  std::uint64_t latest = 0;
  while (const auto event = reader.next()) {
    if (const auto* picture = std::get_if<PtmfPicture>(&*event)) {
      CHECK(picture->key == pictures.empty());
      CHECK(picture->format == PtmfFormat{.frame_rate = 20, .width = 1280, .height = 720});
      pictures.push_back(picture->time);
      CHECK(picture->time >= latest);
      latest = picture->time;
    } else {
      REQUIRE(std::holds_alternative<PtmfSound>(*event)); // no damage
      CHECK(std::get<PtmfSound>(*event).a_law.size() == 320);
      sounds.push_back(std::get<PtmfSound>(*event).time);
      CHECK(sounds.back() >= latest);
      latest = sounds.back();
    }
  }
  CHECK(pictures.size() == 20);
  CHECK(pictures[0] == 0);
  CHECK(pictures[1] == 66'600);
  CHECK(pictures[2] == 100'000);
  REQUIRE(sounds.size() == 24);
  CHECK(sounds[0] == 63'000);
  CHECK(sounds[1] == 103'000);
}

} // namespace dualcam::sim::sim_options_test
