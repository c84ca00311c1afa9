#include "dcam-crc/tool.hpp"

#include "capture/dump_testing.hpp"
#include "common/json.hpp"
#include "tools/capture_testing.hpp"
#include "tools/ran.hpp"

#include <sys/wait.h>

namespace dualcam::crc::crc_tool_test {

using namespace capture_testing;
namespace {

Ran run(const CrcOptions& options) { return run_with<CrcTool>(options); }

/// A folder with files, which the options name.
struct Place {
  TemporaryFolder folder;
  CrcOptions options;

  std::string file(const char* name, std::string_view content) {
    const auto path = (folder / name).string();
    write_file(path, content);
    options.files.push_back(path);
    return path;
  }
  /// The path of the folder is left out.
  Ran run() const {
    auto ran = crc_tool_test::run(options);
    const auto prefix = folder.path().string() + "/";
    for (auto* text : {&ran.output, &ran.errors}) {
      for (auto at = text->find(prefix); at != text->npos; at = text->find(prefix)) {
        text->erase(at, prefix.size());
      }
    }
    return ran;
  }
};

/// What is said of a dump of the device's bytes.
Ran dump(const ByteBuffer& bytes, const CrcOptions& options = {}) {
  Place place;
  place.options = options;
  place.options.dump = true;
  place.file("d", as_text(bytes));
  return place.run();
}

/// One JSON line with such an event.
Json event(const Ran& ran, std::string_view name) {
  for (std::size_t at = 0; at < ran.output.size(); at = ran.output.find('\n', at) + 1) {
    auto json = Json::parse(ran.output.substr(at, ran.output.find('\n', at) - at));
    if (json["event"] == name) {
      return json;
    }
  }
  FAIL("no such event");
  return {};
}

const std::string metadata = "031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6";

/// Three packets with metadata, the second of them damaged, then sent again.
DeviceStream mended() {
  DeviceStream stream(3);
  stream.init().raw("000b 0020" + metadata).start().sync(1).data(3);
  stream.flip(stream.starts[1] + 500);
  return std::move(stream.sync(2, true).data(2).init(0));
}

} // namespace

TEST_CASE("crc tool: a line for each file, and what cannot be read does not end it") {
  Place place;
  place.file("a", "123456789");
  place.options.files.push_back((place.folder / "none").string());
  place.file("b", "");
  auto ran = place.run();
  CHECK(ran.code == ExitCode::io);
  CHECK(ran.output == "2189  a\n0000  b\n");
  CHECK_THAT(ran.errors, ContainsSubstring("dcam-crc: none: "));
  place.options.initial = 0x2189;
  CHECK_THAT(place.run().output, ContainsSubstring("2189  b\n"));
  place.options.common.json = true;
  place.options.initial.reset();
  CHECK_THAT(place.run().output, ContainsSubstring(R"({"name":"a","crc16":"2189","bytes":9})"));
}

TEST_CASE("crc tool: a list is checked line by line") {
  Place place;
  place.file("a", "123456789");
  place.file("b", "x");
  const auto in = [&](const char* name) { return (place.folder / name).string(); };
  place.options = {};
  place.options.check = true;
  place.file("list", "# a comment\n2189  " + in("a") + "\r\n\n2189  " + in("b") + "\n");
  auto ran = place.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(ran.output == "a: OK\nb: FAILED\n");
  CHECK(ran.errors == "dcam-crc: WARNING: 1 computed checksum did NOT match\n");

  place.options.files.clear();
  place.file("list", "nonsense\n2189  " + in("none") + "\n2189  " + in("a")); // no line's end
  ran = place.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(ran.output == "none: FAILED open or read\na: OK\n");
  CHECK_THAT(ran.errors, ContainsSubstring("WARNING: 1 line is improperly formatted\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("WARNING: 1 listed file could not be read\n"));
  CHECK(ran.errors.find("did NOT match") == std::string::npos);

  place.options.common.quiet = true;
  CHECK(place.run().output == "none: FAILED open or read\n");
  place.options.common.json = true;
  CHECK(place.run().output == R"({"name":"none","result":"unreadable"})"
                              "\n"
                              R"({"name":"a","result":"ok"})"
                              "\n");
  place.options.common = {};
  place.options.files.clear();
  place.file("list", "2189  " + in("a") + "\n");
  ran = place.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.errors.empty());
  place.options.files.clear();
  place.file("list", "nonsense\n");
  ran = place.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("no properly formatted checksum lines found"));
}

TEST_CASE("crc tool: a whole transfer is told with its bytes and its CRC") {
  const auto stream = session();
  const auto ran = dump(stream.bytes);
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "d: transfer 1: front video, IMEI 350612071913857\n"
                      "  10 packets: 10 good, 0 bad, 0 missing, 0 repeated\n"
                      "  complete: 9316 bytes, CRC " +
                          to_hex(Bytes(stream.bytes).subspan(9408, 2)) + "\n");
  CHECK(ran.errors.empty());
}

TEST_CASE("crc tool: of a compressed dump that is cut all there is is read, and it is told so") {
  const auto stream = DeviceStream(1, 100).session();
  const auto size = static_cast<std::uint16_t>(stream.bytes.size());
  auto compressed = from_hex("1f8b0800000000000003 01"); // one block, as it stands
  for (const unsigned each : {unsigned{size}, ~unsigned{size}}) {
    compressed.push_back(static_cast<std::byte>(each & 0xFF));
    compressed.push_back(static_cast<std::byte>(each >> 8 & 0xFF));
  }
  append(compressed, stream.bytes); // its CRC and its size lack
  const auto ran = dump(compressed);
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.output, ContainsSubstring("1 packet: 1 good"));
  CHECK_THAT(ran.errors, ContainsSubstring("d: is not all there: gzip: "));
  const auto nothing = dump({compressed.begin(), compressed.begin() + 10});
  CHECK(nothing.code == ExitCode::bad_data);
  CHECK_THAT(nothing.errors, ContainsSubstring("d: is not all there: gzip: "));

  compressed.resize(compressed.size() + 8); // a wrong one
  const auto wrong = dump(compressed);
  CHECK(wrong.code == ExitCode::bad_data);
  CHECK(wrong.output == ran.output);
  CHECK_THAT(wrong.errors, ContainsSubstring("d: is damaged, its checksum is wrong: gzip: "));
  CHECK(wrong.errors.find("not read to the end") == std::string::npos);
}

TEST_CASE("crc tool: what was damaged is told, though it came again") {
  const auto stream = mended();
  auto ran = dump(stream.bytes);
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.output, ContainsSubstring("  metadata: 2024-10-29T12:43:42.000Z, server request, "
                                           "54.7004183 25.2796514\n"
                                           "  3 packets: 4 good, 1 bad, 0 missing, 2 repeated\n"));
  CHECK_THAT(ran.output, ContainsSubstring("\n  packet 2: bad; offset "));
  CHECK_THAT(ran.output, ContainsSubstring(" in the dump, 1024 in the file; CRC stored "));
  CHECK_THAT(ran.output, ContainsSubstring("\n  complete: 2148 bytes, CRC "));
  CrcOptions options;
  options.map = true;
  CHECK_THAT(dump(stream.bytes, options).output, ContainsSubstring("\n1  #"));
  options.common.json = true;
  ran = dump(stream.bytes, options);
  const auto packet = event(ran, "packet");
  CHECK(packet["number"] == 2);
  CHECK(packet["verdict"] == "bad");
  CHECK(packet["file_offset"] == 1024);
  CHECK(packet["stored"] != packet["computed"]);
  const auto transfer = event(ran, "transfer");
  CHECK(transfer["complete"] == true);
  CHECK(transfer["good"] == 4);
  CHECK(transfer["repeated"] == 2);
  CHECK(transfer["bad"] == 1);
  CHECK(transfer["bytes"] == 2148);
  CHECK(transfer["imei"] == "350612071913857");
  CHECK(transfer["kind"] == "videof");
  CHECK(transfer["packets"] == 3);
  CHECK(transfer["metadata"]["trigger_name"] == "server request");
  CHECK(transfer["crc16"].is_string());
  CHECK(transfer["missing_packets"].empty());
  CHECK_FALSE(transfer.contains("device"));
  const auto summary = event(ran, "summary");
  CHECK(summary["form"] == "binary");
  CHECK(summary["transfers"] == 1);
  CHECK(summary["connections"] == 0);
  CHECK(summary["commands"] == 12);
}

TEST_CASE("crc tool: what is missing is told, and filled with zeros where it is extracted") {
  DeviceStream stream(30);
  stream.init().start();
  for (std::uint32_t packet = 2; packet <= 28; packet += 2) {
    stream.sync(packet).data(1); // its CRC starts anew
  }
  const TemporaryFolder folder;
  CrcOptions options;
  options.extract_folder = folder.path();
  auto ran = dump(stream.bytes, options);
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.output, ContainsSubstring("  30 packets: 14 good, 0 bad, 16 missing, 0 repeated"));
  CHECK_THAT(ran.output,
             ContainsSubstring("\n  missing packets: 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, "
                               "21, 23 and 3 more stretches\n"));
  CHECK_THAT(ran.output, ContainsSubstring("\n  incomplete: "));
  CHECK_THAT(ran.output, ContainsSubstring("\n  filled with zeros: packets 1, 3, "));
  CHECK(folder.names().size() == 1);
  options.common.json = true;
  ran = dump(stream.bytes, options);
  CHECK(event(ran, "transfer")["crc16"].is_null());
  CHECK(event(ran, "transfer")["missing_packets"].back() == Json({29, 30}));
  CHECK(event(ran, "extracted")["complete"] == false);
  CHECK(event(ran, "extracted")["holes"][0] == Json({1, 1}));
}

TEST_CASE("crc tool: what was skipped and what is no camera's is told") {
  auto stream = DeviceStream(3).init().start().sync(1).data(3);
  stream.insert(stream.starts[2], from_hex("00112233445566778899"));
  auto ran = dump(stream.bytes);
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.output, ContainsSubstring("  10 bytes skipped at offset "));
  CrcOptions json;
  json.common.json = true;
  CHECK(event(dump(stream.bytes, json), "transfer")["skipped"][0]["bytes"] == 10);
  ran = dump(random_bytes(500, 3));
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.output, ContainsSubstring("d: 500 bytes skipped at offset 0\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("no command of a camera found in it"));
  CHECK(event(dump(random_bytes(500, 3), json), "skipped")["bytes"] == 500);
  ran = dump(DeviceStream().init(0).bytes);
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output.empty());
  CHECK_THAT(ran.errors, ContainsSubstring("d: no transfer in it"));
  ran = dump(ByteBuffer(as_bytes("00 04 x 05\nhello\n00 00 00\n0001020\n").begin(),
                        as_bytes("00 04 x 05\nhello\n00 00 00\n0001020\n").end()));
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("an odd number of hex digits"));
  CHECK_THAT(ran.errors, ContainsSubstring(" without hex passed over"));
}

TEST_CASE("crc tool: packets alone are counted from the first one seen") {
  DeviceStream stream(5);
  stream.init().start().sync(1).data(5);
  const auto alone = stream.erase(0, stream.starts[0]).bytes;
  CrcOptions options;
  auto ran = dump(alone, options);
  CHECK_THAT(ran.output, ContainsSubstring("file of unknown kind, IMEI unknown\n"));
  CHECK_THAT(ran.output, ContainsSubstring("  packets (START is not there): "));
  options.initial = 0;
  ran = dump(alone, options);
  CHECK_THAT(ran.output, ContainsSubstring("5 good, 0 bad, 0 missing"));
  options.common.json = true;
  const auto transfer = event(dump(alone, options), "transfer");
  CHECK(transfer["kind"].is_null());
  CHECK(transfer["imei"].is_null());
  CHECK(transfer["packets"].is_null());
}

TEST_CASE("crc tool: of captured packets the ends are told, and what else is in the capture") {
  const auto camera = Endpoint::v4(0x0A000002, 40000);
  const auto server = Endpoint::v4(0x0A000001, 7050);
  const auto other = Endpoint::v4(0x0A000003, 40001);
  const auto stream = DeviceStream(1, 500).init().start().sync(1).data(1).init(0);
  std::vector<ByteBuffer> frames;
  for (const auto& spec : {PacketSpec{camera, server, 999, 0, syn, {}},
                           PacketSpec{camera, server, 1000, 0, ack, stream.bytes},
                           PacketSpec{other, server, 1000, 0, ack, from_hex("00112233445566")}}) {
    frames.push_back(frame(LinkType::ethernet, spec));
  }
  frames.push_back(from_hex("020000000001 020000000002 1234 0001"));
  const auto capture = pcap_file(LinkType::ethernet, frames);
  CrcOptions options;
  options.common.verbosity = 2;
  auto ran = dump(capture, options);
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.output, ContainsSubstring("\n  from 10.0.0.2:40000 to 10.0.0.1:7050\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("d: 1 other connection without camera traffic\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("d: 1 frame not read: EtherType 0x1234\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("connection 1: offset 0: INIT of 350612071913857, "
                                           "protocol 5, settings 50000400\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("connection 1: offset 26: SYNC 1\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("connection 1: offset 34: packet 1, 500 bytes, CRC "));
  options.common.verbosity = 1;
  CHECK(dump(capture, options).errors.find("packet 1,") == std::string::npos);
  options.common = {};
  CHECK(dump(capture, options).errors.find("INIT") == std::string::npos);
  options.common.json = true;
  ran = dump(capture, options);
  CHECK(event(ran, "transfer")["device"] == "10.0.0.2:40000");
  CHECK(event(ran, "transfer")["server"] == "10.0.0.1:7050");
  CHECK(event(ran, "summary")["form"] == "capture");
  CHECK(event(ran, "summary")["connections"] == 1);
  CHECK(event(ran, "summary")["other_connections"] == 1);
  options.port = 7051;
  CHECK(event(dump(capture, options), "summary")["connections"] == 0);
}

TEST_CASE("crc tool: a file that cannot be read, and a folder that cannot be made") {
  CrcOptions options;
  options.dump = true;
  options.files = {"/no/such/file"};
  CHECK(run(options).code == ExitCode::io);
  options.extract_folder = "/dev/null/folder";
  const auto ran = run(options);
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("/dev/null/folder"));
  CrcOptions large;
  const TemporaryFolder folder;
  large.extract_folder = folder.path();
  large.max_file_size = 1000;
  const auto told = dump(session().bytes, large);
  CHECK(told.code == ExitCode::bad_data);
  CHECK_THAT(told.errors, ContainsSubstring("d: transfer 1: "));
  CHECK(folder.names().empty());
}

TEST_CASE("crc tool: once standard output takes no more nothing more is read") {
  Place place;
  place.file("a", "1");
  place.options.files.push_back("/no/such/file");
  CrcOptions dumps = place.options;
  dumps.dump = true;
  place.file("list", "");
  for (const auto& options : {place.options, dumps}) {
    const Quiet quiet;
    const pid_t child = ::fork(); // its standard output keeps the error
    if (child == 0) {
      ::dup2(::open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
      ::_exit(static_cast<int>(CrcTool(options).run()));
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == static_cast<int>(ExitCode::io));
    CHECK_THAT(quiet.errors(),
               ContainsSubstring("cannot write to standard output: No space left on device"));
    CHECK(quiet.errors().find("/no/such/file") == std::string::npos);
  }
}

TEST_CASE("crc tool: a list or a file that cannot be read is told") {
  Place place;
  place.options.files = {"/proc/self/mem"}; // its first byte is nobody's
  for (const bool check : {false, true}) {
    place.options.check = check;
    const auto ran = place.run();
    CHECK(ran.code == ExitCode::io);
    CHECK(ran.output.empty());
    CHECK(ran.errors == "dcam-crc: /proc/self/mem: Input/output error\n");
  }
  place.options.check = false;
  place.options.dump = true;
  CHECK(place.run().code == ExitCode::io);
}

} // namespace dualcam::crc::crc_tool_test
