// What --scrub makes of whole captures.
#include "dcam-crc/scrub.hpp"

#include <algorithm>

#include "capture/dump_testing.hpp"
#include "common/json.hpp"
#include "dcam-crc/tool.hpp"
#include "standard_input.hpp"
#include "tools/dcam-crc/scrubbing.hpp"
#include "tools/ran.hpp"

namespace dualcam::crc::scrub_test {

using namespace capture_testing;
using namespace scrubbing;
namespace {

Ran run(const CrcOptions& options) { return run_with<CrcTool>(options); }

/// Captures in a folder, and what --scrub makes of them.
struct Place {
  TemporaryFolder folder;
  CrcOptions options;

  Place() { options.scrub = made(); }
  std::string made() const { return (folder / "made").string(); }
  void capture(const char* name, Bytes content) {
    write_file(folder / name, as_text(content));
    options.files.push_back((folder / name).string());
  }
  Ran scrub() {
    options.dump = true;
    fs::remove(made());
    return run(options);
  }
  ByteBuffer result() const { return bytes_of(content_of(made())); }
};

/// What dcam-crc says of a capture, without what is replaced.
std::vector<Json> told(const std::string& path) {
  CrcOptions options;
  options.dump = true;
  options.common.json = true;
  options.files = {path};
  const auto output = run(options).output;
  std::vector<Json> events;
  for (std::size_t at = 0; at < output.size(); at = output.find('\n', at) + 1) {
    auto event = Json::parse(output.substr(at, output.find('\n', at) - at));
    for (const auto* changed : {"imei", "crc16", "stored", "computed", "metadata", "device",
                                "server", "device_path", "name", "path", "dump"}) {
      event.erase(changed);
    }
    events.push_back(event);
  }
  return events;
}

const std::string secret = "a quite private name";

/// A camera's session with a damaged packet that came again, and what a server says in it.
Frames session_of(DeviceStream stream, LinkType link = LinkType::ethernet) {
  stream.init().raw("000b 0020 031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6");
  Frames frames(link);
  frames.flag(camera, server, syn).flag(server, camera, syn | ack);
  frames.send(camera, server, stream.bytes);
  stream.bytes.clear();
  stream.starts.clear();
  frames.send(server, camera, encode(Message(FileRequest{"%videof"})));
  stream.start().sync(1).data(3);
  stream.flip(stream.starts[1] + 500);
  stream.sync(2, true).data(2);
  frames.send(camera, server, stream.bytes);
  frames.send(server, camera, encode(Message(Status{0})));
  return frames.flag(camera, server, fin | ack);
}

} // namespace

TEST_CASE("scrub: the same is told of it, though nothing private is left") {
  const DeviceStream stream(3);
  const auto frames = session_of(stream);
  Place place;
  place.capture("a", frames.file());
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == place.made() + "\n");
  CHECK_THAT(ran.errors, ContainsSubstring("1 camera's connection replaced: 1 IMEI, 2 IP "
                                           "addresses, 0 paths, positions"));
  CHECK(told(place.made()) == told(place.options.files[0]));
  CHECK(told(place.made()).size() > 2);
  const auto made = place.result();
  CHECK(made.size() == frames.file().size());
  for (std::size_t at = 0; at + 8 <= stream.content.size(); at += 4) {
    CHECK_FALSE(is_within(made, Bytes(stream.content).subspan(at, 8)));
  }
  for (const auto* old : {"00013ee13c001981", "404b59a74e8e028d", "403947973bf147d6", "0a000002"}) {
    CHECK_FALSE(is_within(made, from_hex(old)));
  }
  CHECK(is_within(made, from_hex("00080007 25766964656f66"))); // %videof
  CHECK(is_within(made, from_hex("031000000192d84dac30")));    // when, and why
  CHECK_FALSE(place.scrub().output.empty());
  CHECK(place.result() != made); // by another key
}

TEST_CASE("scrub: a damaged packet is as bad as it was before a command that the capture cuts") {
  for (const auto* beginning : {"00", "0004", "000404", "000b", "000b00200310", "0001000600"}) {
    CAPTURE(beginning);
    auto stream = DeviceStream(3).init().start().sync(1).data(2);
    stream.flip(stream.starts[1] + 500).raw(beginning);
    Frames frames;
    Place place;
    place.capture("a", frames.send(camera, server, stream.bytes).file());
    CHECK(place.scrub().code == ExitCode::done);
    CHECK(told(place.made()) == told(place.options.files[0]));
    CHECK(told(place.made()).at(0).at("verdict") == "bad");
  }
}

TEST_CASE("scrub: frames keep their sizes and times") {
  auto frames = session_of(DeviceStream(3));
  auto file = frames.file();
  store_be(std::span(file).subspan(24 + 12), std::uint32_t{99}); // sent, of which less was kept
  Place place;
  place.capture("a", file);
  place.scrub();
  const auto made = place.result();
  CHECK(to_hex(Bytes(made).first(24)) == "a1b23c4d00020004000000000000000000040000"
                                         "00000001");
  for (std::size_t at = 24; at < made.size();) {
    CHECK(to_hex(Bytes(made).subspan(at, 16)) == to_hex(Bytes(file).subspan(at, 16)));
    at += 16 + load_be<std::uint32_t>(Bytes(file).subspan(at + 8));
  }
}

TEST_CASE("scrub: what was captured again, and in another order, becomes the same") {
  auto frames = session_of(DeviceStream(3));
  auto& list = frames.frames;
  std::swap(list[6], list[7]);
  list.push_back(list[7]);
  Place place;
  place.capture("a", frames.file());
  CHECK(place.scrub().code == ExitCode::done);
  CHECK(told(place.made()) == told(place.options.files[0]));
  const auto made = place.result();
  const auto last = Bytes(made).last(list.back().size() - 54);
  CHECK(is_within(Bytes(made).first(made.size() - last.size()), last));
}

TEST_CASE("scrub: what is sent again may begin before what was captured first") {
  const auto stream = DeviceStream(3).init().start().sync(1).data(3);
  Frames frames;
  frames.send(camera, server, stream.bytes);
  for (const std::uint32_t before : {1U, 50U, 100U}) { // as probes do that keep a line alive
    ByteBuffer again(before);
    append(again, Bytes(stream.bytes).first(100 - before));
    frames.frames.push_back(
        frame(LinkType::ethernet, {camera, server, 1000 - before, 1, ack, again}));
  }
  Place place;
  place.capture("a", frames.file());
  CHECK(place.scrub().code == ExitCode::done);
  CHECK(told(place.made()) == told(place.options.files[0]));
}

TEST_CASE("scrub: of files by path the paths become others, asked for or offered") {
  DeviceStream stream;
  stream.message(Init{6, DeviceStream::imei, 0x4200'0400});
  const std::string path = "dsm/secret/231020.jpg";
  stream.message(Path{path + '\0'});
  const auto content = random_bytes(900, 9);
  stream.message(Start{900}).message(Sync{0});
  stream.message(EnhancedData{0, content, crc16(content)});
  stream.message(Status{0});
  Frames frames;
  frames.send(camera, server, stream.bytes);
  frames.send(server, camera, encode(Message(FileRequest{path})));
  frames.send(server, camera, encode(Message(MetadataRequest{path})));
  Place place;
  place.capture("a", frames.file());
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.errors, ContainsSubstring("1 path,"));
  CHECK(told(place.made()) == told(place.options.files[0]));
  const auto made = place.result();
  CHECK_FALSE(is_within(made, bytes_of("secret")));
  CHECK_FALSE(is_within(made, Bytes(content).first(8)));
  const auto at = std::ranges::search(made, from_hex("000d0016")).begin() + 4;
  const ByteBuffer invented(at, at + static_cast<std::ptrdiff_t>(path.size()));
  CHECK(as_text(invented).starts_with("dsm/"));
  CHECK(as_text(invented).ends_with(".jpg"));
  for (const auto* command : {"00080015", "000a0015"}) {
    auto request = from_hex(command);
    append(request, invented);
    CHECK(is_within(made, request));
  }
}

TEST_CASE("scrub: connections of others are disguised as a whole, and so are all but one port") {
  const auto other = Endpoint::v4(0x0A000003, 9000);
  auto frames = session_of(DeviceStream(3));
  frames.send(other, server, as_bytes(secret));
  frames.send(other, Endpoint::v4(0x0A000004, 80), as_bytes(secret));
  Place place;
  place.capture("a", frames.file());
  place.options.common.json = true;
  for (const std::optional<std::uint16_t> port : {std::optional<std::uint16_t>(), {7050}}) {
    place.options.port = port;
    const auto ran = place.scrub();
    CHECK(ran.code == ExitCode::done);
    const auto event = Json::parse(ran.output);
    CHECK(event["event"] == "scrubbed");
    CHECK(event["path"] == place.made());
    CHECK(event["frames"] == frames.frames.size());
    CHECK(event["connections"] == 1);
    CHECK(event["other_connections"] == (port ? 1 : 2));
    CHECK(event["imeis"] == 1);
    CHECK(event["addresses"] == 4);
    CHECK_FALSE(is_within(place.result(), as_bytes(std::string_view(secret).substr(0, 7))));
    CHECK(told(place.made()) == told(place.options.files[0]));
  }
  place.options.port = 7051;
  const auto none = place.scrub();
  CHECK(none.code == ExitCode::bad_data);
  CHECK_THAT(none.errors, ContainsSubstring("no camera speaks in it"));
  CHECK_FALSE(fs::exists(place.made()));
}

TEST_CASE("scrub: fragments of packets, and what is not understood") {
  auto frames = session_of(DeviceStream(3), LinkType::raw);
  auto& list = frames.frames;
  const auto whole = list[5];
  list.erase(list.begin() + 5);
  std::vector<ByteBuffer> pieces;
  for (std::size_t from = 0; from < whole.size() - 20; from += 200) {
    ByteBuffer piece(whole.begin(), whole.begin() + 20);
    const auto size = std::min<std::size_t>(200, whole.size() - 20 - from);
    append(piece, Bytes(whole).subspan(20 + from, size));
    store_be(std::span(piece).subspan(2), static_cast<std::uint16_t>(piece.size()));
    const bool last = 20 + from + size == whole.size();
    store_be(std::span(piece).subspan(6),
             static_cast<std::uint16_t>((last ? 0 : 0x2000) | from / 8));
    pieces.push_back(piece);
  }
  std::swap(pieces[0], pieces[1]);
  list.insert(list.begin() + 5, pieces.begin(), pieces.end());
  list.push_back(
      from_hex("4500 001c 0000 0000 4032 0000 0a000001 0a000002 0011223344556677")); // ESP
  Place place;
  place.capture("a", frames.file());
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.errors, ContainsSubstring("1 frame not understood, all of it replaced: IPsec"));
  CHECK(told(place.made()) == told(place.options.files[0]));
  CHECK_FALSE(is_within(place.result(), from_hex("0011223344556677")));
  CHECK(is_within(place.result(), from_hex("00000065"))); // raw IP, as it was
}

TEST_CASE("scrub: captures of several links become one of raw IP, in order of time") {
  const auto stream = DeviceStream(3).init().start().sync(1).data(3);
  const auto half = stream.bytes.size() / 2;
  const auto first =
      pcap_file(LinkType::null,
                {frame(LinkType::null,
                       {camera, server, 1000, 1, ack,
                        ByteBuffer(stream.bytes.begin(),
                                   stream.bytes.begin() + static_cast<std::ptrdiff_t>(half))})});
  auto second =
      pcap_file(LinkType::ethernet,
                {frame(LinkType::ethernet,
                       {camera, server, 1000 + static_cast<std::uint32_t>(half), 1, ack,
                        ByteBuffer(stream.bytes.begin() + static_cast<std::ptrdiff_t>(half),
                                   stream.bytes.end())}),
                 from_hex("021122334455 0266778899aa 88cc 0011")});
  store_be(std::span(second).subspan(24), std::uint32_t{1'700'000'500});
  Place place;
  place.capture("later", second);
  place.capture("earlier", first);
  CHECK(place.scrub().code == ExitCode::done);
  const auto made = place.result();
  CHECK(to_hex(Bytes(made).subspan(20, 4)) == "00000065");
  CHECK(made.size() == 24 + 2 * (16 + 40) + stream.bytes.size()); // without link layers
  CHECK(load_be<std::uint32_t>(Bytes(made).subspan(24)) == 1'700'000'000);
  const auto events = told(place.made());
  CHECK(events[0]["complete"] == true);
}

TEST_CASE("scrub: a capture from standard input, and one to standard output") {
  const auto file = session_of(DeviceStream(3)).file();
  const StandardInput input(as_text(file));
  Place place;
  place.options.files = {"-"};
  place.options.scrub = "-";
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output.size() == file.size());
  write_file(place.made(), ran.output);
  place.capture("a", file);
  CHECK(told(place.made()) == told((place.folder / "a").string()));
}

TEST_CASE("scrub: no file is written over, and nothing is made of what is no capture") {
  Place place;
  place.capture("a", session_of(DeviceStream(3)).file());
  place.options.dump = true;
  write_file(place.made(), "mine");
  auto ran = run(place.options);
  CHECK(ran.code == ExitCode::io);
  CHECK(content_of(place.made()) == "mine");
  place.options.scrub = place.options.files[0];
  ran = run(place.options);
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("give another name"));
  place.options.scrub = place.made();
  place.options.files.push_back((place.folder / "none").string());
  CHECK(place.scrub().code == ExitCode::io);
  place.options.files.pop_back();
  place.capture("b", as_bytes("no capture at all"));
  ran = place.scrub();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("--scrub takes captures"));
  CHECK(place.folder.names() == std::set<std::string>{"a", "b"});
  place.options.files.pop_back();
  place.options.scrub = (place.folder / "no folder/made").string();
  CHECK(run(place.options).code == ExitCode::io);
}

TEST_CASE("scrub: what a damaged capture holds before its damage is made, and it is told") {
  Place place;
  auto file = session_of(DeviceStream(3)).file();
  file.resize(file.size() - 10);
  place.capture("a", file);
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(std::ranges::count(ran.errors, '\n') == 2); // once, and what was replaced
  auto of_original = told(place.options.files[0]);
  auto& left_out = of_original.back().at("captures_not_read_to_end");
  CHECK(left_out == 1);
  left_out = 0; // what was made is whole
  CHECK(told(place.made()) == of_original);
}

TEST_CASE("scrub: what cannot be read is told, and nothing is made") {
  Place place;
  place.options.files = {"/proc/self/mem"}; // its first byte is nobody's
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("/proc/self/mem: Input/output error"));
  CHECK(place.folder.names().empty());
}

TEST_CASE("scrub: the length that some servers give REPEAT INIT stays") {
  Frames frames;
  const auto stream = DeviceStream(3).init().start().sync(1).data(3);
  frames.send(camera, server, stream.bytes);
  const auto said = from_hex("0009 0000 0008 0007 25766964656f66 0009 0000 0002 0004 00000001");
  frames.send(server, camera, said);
  Place place;
  place.capture("a", frames.file());
  CHECK(place.scrub().code == ExitCode::done);
  CHECK(told(place.made()) == told(place.options.files[0]));
  CHECK(is_within(place.result(), said));
}

} // namespace dualcam::crc::scrub_test
