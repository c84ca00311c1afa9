#include "common/dump_source.hpp"

#include <fmt/format.h>

#include "capture/dump_testing.hpp"
#include "temporary_folder.hpp"
#include "tools/capture_testing.hpp"

namespace dualcam::dump_source_test {

using namespace capture_testing;
namespace {

const auto camera = Endpoint::v4(0x0A000002, 40000);
const auto server = Endpoint::v4(0x0A000001, 7050);

class Nothing : public DumpListener {
public:
  void event(const DumpStream&, const DumpEvent&) override {}
  void over(const DumpStream&) override {}
};

/// Of a capture whose frames have these times, in milliseconds.
std::uint64_t back_in_time(std::initializer_list<std::uint32_t> times) {
  auto capture = pcap_file(LinkType::ethernet, {});
  const auto bytes = frame(LinkType::ethernet, {camera, server, 1, 1, ack, {}});
  for (const auto time : times) {
    append_be(capture, 1'700'000'000 + time / 1000);
    append_be(capture, time % 1000 * 1000);
    append_be(capture, static_cast<std::uint32_t>(bytes.size()));
    append_be(capture, static_cast<std::uint32_t>(bytes.size()));
    append(capture, bytes);
  }
  const TemporaryFolder folder;
  write_file(folder / "capture", as_text(capture));
  auto file = InputFile::open(folder / "capture");
  REQUIRE(file);
  Nothing nothing;
  DumpFacts facts;
  REQUIRE(read_dump(*file, {}, nothing, facts));
  CHECK(facts.frames == times.size());
  return facts.back_in_time;
}

/// What is read of a text, and what lacks between it, in order.
std::string read_of_text(std::string_view text) {
  struct Log : DumpListener {
    void event(const DumpStream&, const DumpEvent& event) override {
      if (const auto* packet = std::get_if<DumpPacket>(&event)) {
        all += std::to_string(packet->number) + " ";
      } else if (const auto* skipped = std::get_if<DumpSkipped>(&event)) {
        all += "(" + std::to_string(skipped->missing) + " lack) ";
      }
    }
    void over(const DumpStream&) override {}
    std::string all;
  };
  const TemporaryFolder folder;
  write_file(folder / "text", text);
  auto file = InputFile::open(folder / "text");
  REQUIRE(file);
  Log log;
  DumpFacts facts;
  REQUIRE(read_dump(*file, {}, log, facts));
  return log.all;
}

/// As xxd prints it, the first byte at `offset`.
std::string printed(Bytes bytes, std::uint64_t offset) {
  std::string text;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(16, bytes.size()))) {
    text += fmt::format("{:016x}:", offset);
    for (const auto byte : bytes.first(std::min<std::size_t>(16, bytes.size()))) {
      text += fmt::format(" {:02x}", std::to_integer<unsigned>(byte));
    }
    text += "\n";
    offset += 16;
  }
  return text;
}

} // namespace

TEST_CASE("dump source: however far a text's offsets jump, what lacks is told, not kept") {
  const auto sent = DeviceStream(3).init().start().sync(1).data(3).bytes;
  const auto begin = Bytes(sent).first(32);
  for (const std::uint64_t far :
       {std::uint64_t{1} << 12, std::uint64_t{1} << 20, std::uint64_t{1} << 40}) {
    CHECK(read_of_text(printed(begin, 0) + printed(sent, 32 + far)) ==
          fmt::format("({} lack) 1 2 3 ", far));
  }
}

TEST_CASE("dump source: a frame is back in time that is more than a second before another one") {
  CHECK(back_in_time({0, 1000, 2000}) == 0);
  CHECK(back_in_time({2000, 1000}) == 0);
  CHECK(back_in_time({2000, 999}) == 1);
  CHECK(back_in_time({5000, 0, 1000, 4000, 3999, 5001}) == 3); // each before the latest
  CHECK(back_in_time({}) == 0);
}

TEST_CASE("dump source: the end of each camera's connection is told, after all that came by it") {
  struct Log : DumpListener {
    void event(const DumpStream& stream, const DumpEvent&) override { all += letter(stream); }
    void over(const DumpStream& stream) override { all += letter(stream) + "over "; }
    static std::string letter(const DumpStream& stream) { return std::to_string(stream.number); }
    std::string all;
  };
  const auto sent = DeviceStream(1).init().bytes;
  Frames both;
  both.send(camera, server, sent);
  both.send(server, Endpoint::v4(0x0A000003, 40000), random_bytes(50, 1)); // no camera
  both.send(Endpoint::v4(0x0A000004, 40000), server, sent);
  const TemporaryFolder folder;
  write_file(folder / "capture", as_text(pcap_file(LinkType::ethernet, both.frames)));
  auto file = InputFile::open(folder / "capture");
  REQUIRE(file);
  Log log;
  DumpFacts facts;
  REQUIRE(read_dump(*file, {}, log, facts));
  CHECK(facts.other_connections == 1);
  CHECK((log.all == "121over 2over " || log.all == "11over 22over "));
}

TEST_CASE("dump source: of blocks the commands count, or the packets that hold them") {
  const auto sent = DeviceStream(3).session().bytes;
  const auto bytes = [](const std::vector<ByteBuffer>& blocks) { return camera_bytes(blocks); };
  CHECK(bytes({}) == 0);
  CHECK(bytes({sent}) == sent.size());
  auto with_others = random_bytes(200, 1);
  append(with_others, sent);
  CHECK(bytes({with_others}) == sent.size());
  CHECK(bytes({{sent.begin(), sent.begin() + 700}, {sent.begin() + 700, sent.end()}}) ==
        sent.size());
  auto cut = sent; // in the first of its packets
  cut.erase(cut.begin() + 300, cut.begin() + 700);
  CHECK(2 * bytes({cut}) > cut.size());
  CHECK(bytes({random_bytes(3000, 2)}) == 0);

  const auto frames = Frames().send(camera, server, sent).frames;
  const auto headers = frames.size() * (14 + 20 + 20);
  CHECK(bytes(frames) == sent.size() + headers);
  auto with_arp = frames;
  with_arp.push_back(from_hex("ffffffffffff 020000000002 0806" + std::string(92, '0')));
  CHECK(bytes(with_arp) == sent.size() + headers);
  auto half = random_bytes(sent.size(), 4);
  append(half, sent);
  CHECK(bytes(Frames().send(camera, server, half).frames) == sent.size());
  CHECK(bytes(Frames().send(camera, server, Bytes(half).subspan(1)).frames) > 2 * sent.size());
  CHECK(bytes(Frames().send(camera, server, random_bytes(3000, 3)).frames) == 0);
}

} // namespace dualcam::dump_source_test
