#include "common/dump_source.hpp"

#include <map>

#include <unistd.h>

#include <fmt/format.h>

#include "capture/dump_testing.hpp"
#include "tools/capture_testing.hpp"

namespace dualcam::capture_test {

using namespace capture_testing;
namespace {

const auto camera = Endpoint::v4(0x0A000002, 40000);
const auto server = Endpoint::v4(0x0A000001, 7050);

using PerStream = std::vector<Lines>;

/// Packets of one connection.
class Traffic {
public:
  explicit Traffic(const Endpoint& device = camera, std::uint32_t initial = 1000)
      : device_(device), server_(device.is_v4() ? server : v6("01", 7050)), next_(initial) {}

  Traffic& open() {
    add({device_, server_, next_++, 0, syn, {}});
    add({server_, device_, 5000, next_, syn | ack, {}});
    return *this;
  }
  /// The device's bytes in segments of `size`.
  Traffic& send(Bytes bytes, std::size_t size = 700) {
    while (!bytes.empty()) {
      const auto part = bytes.first(std::min(size, bytes.size()));
      add({device_, server_, next_, 5001, ack, {part.begin(), part.end()}});
      next_ += static_cast<std::uint32_t>(part.size());
      bytes = bytes.subspan(part.size());
    }
    return *this;
  }
  Traffic& close() {
    add({device_, server_, next_++, 5001, fin | ack, {}});
    add({server_, device_, 5001, next_, fin | ack, {}});
    return *this;
  }
  void add(PacketSpec spec) { packets.push_back(std::move(spec)); }

  std::vector<PacketSpec> packets;

private:
  Endpoint device_;
  Endpoint server_;
  std::uint32_t next_;
};

class StreamLogs : public DumpListener {
public:
  void event(const DumpStream& stream, const DumpEvent& event) override {
    logs[stream.number].add(event);
  }
  void over(const DumpStream&) override {}

  std::map<std::uint64_t, DumpLines> logs;
};

PerStream read_file(Bytes content, const DumpOptions& options = {},
                    DumpFacts* facts_out = nullptr) {
  std::string path = "/tmp/dualcam-capture-XXXXXX";
  const int descriptor = ::mkstemp(path.data());
  REQUIRE(descriptor >= 0);
  REQUIRE(::write(descriptor, content.data(), content.size()) ==
          static_cast<ssize_t>(content.size()));
  ::close(descriptor);
  auto file = InputFile::open(path);
  ::unlink(path.c_str());
  REQUIRE(file);
  StreamLogs logs;
  DumpFacts facts;
  const auto result = read_dump(*file, options, logs, facts);
  std::vector<Lines> lines;
  if (!result) {
    lines.push_back({"error " + result.error().message});
  } else if (facts_out != nullptr) {
    *facts_out = facts;
  }
  for (auto& [number, log] : logs.logs) {
    lines.push_back(log.lines());
  }
  return lines;
}

PerStream read(const std::vector<PacketSpec>& packets, LinkType link = LinkType::ethernet) {
  std::vector<ByteBuffer> frames;
  for (const auto& packet : packets) {
    frames.push_back(frame(link, packet));
  }
  return read_file(pcap_file(link, frames));
}

const Lines whole{"0 init 350612071913857",
                  "16 began videof 10",
                  "26 sync 1",
                  "34 good 1-10",
                  "9410 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                  "9410 init 350612071913857"};

std::vector<ByteBuffer> frames_of(const Traffic& traffic) {
  std::vector<ByteBuffer> frames;
  for (const auto& packet : traffic.packets) {
    frames.push_back(frame(LinkType::raw, packet));
  }
  return frames;
}

/// A file that is cut in each packet says so; what came before counts as if nothing had followed.
void check_cuts(const std::function<ByteBuffer(LinkType, const std::vector<ByteBuffer>&)>& file_of,
                const std::vector<ByteBuffer>& frames,
                const std::function<std::string(std::size_t number, std::size_t offset)>& says) {
  std::vector<ByteBuffer> taken;
  for (const auto& next : frames) {
    const auto before = file_of(LinkType::raw, taken);
    const auto expected = read_file(before);
    taken.push_back(next);
    const auto file = file_of(LinkType::raw, taken);
    for (const auto more : {std::size_t{1}, std::size_t{15}, (file.size() - before.size()) / 2,
                            file.size() - before.size() - 1}) {
      CAPTURE(taken.size(), more);
      auto lines = read_file(Bytes(file).first(before.size() + more));
      REQUIRE_FALSE(lines.empty());
      CHECK_THAT(lines[0].at(0), ContainsSubstring(says(taken.size(), before.size())));
      lines.erase(lines.begin());
      CHECK(lines == expected);
    }
  }
  CHECK(read_file(file_of(LinkType::raw, taken)).at(0).size() > 4); // packets of a file, too
}

} // namespace

TEST_CASE("capture: every link layer, both IPs, both file formats") {
  const auto stream = session();
  for (const auto& device : {camera, v6("02", 40000)}) {
    const auto traffic = Traffic(device).open().send(stream.bytes).close();
    for (const auto link : {LinkType::ethernet, LinkType::linux_cooked, LinkType::linux_cooked2,
                            LinkType::null, LinkType::raw}) {
      CAPTURE(static_cast<unsigned>(link));
      CHECK(read(traffic.packets, link) == PerStream{whole});
      std::vector<ByteBuffer> frames;
      for (const auto& packet : traffic.packets) {
        frames.push_back(frame(link, packet));
      }
      CHECK(read_file(pcapng_file(link, frames)) == PerStream{whole});
    }
  }
}

TEST_CASE("capture: Kuznetzov's pcap is read, and captures of other programs are named") {
  const auto traffic = Traffic().open().send(session().bytes).close();
  auto file = from_hex("a1b2cd34 0002 0004 00000000 00000000 00040000 00000001");
  for (const auto& packet : traffic.packets) {
    const auto bytes = frame(LinkType::ethernet, packet);
    append(file, from_hex("00000001 00000000"));
    append_be(file, static_cast<std::uint32_t>(bytes.size()));
    append_be(file, static_cast<std::uint32_t>(bytes.size()));
    append(file, from_hex("00000001 0800 00 00")); // interface, protocol, kind
    append(file, bytes);
  }
  CHECK(read_file(file) == PerStream{whole});
  for (const auto* magic : {"736e6f6f70000000", "474d4255"}) {
    auto other = from_hex(magic);
    append(other, session().bytes);
    CHECK_THAT(read_file(other).at(0).at(0), ContainsSubstring("editcap -F pcap"));
  }
}

TEST_CASE("capture: several link types in one pcapng file") {
  const auto traffic = Traffic().open().send(session().bytes).close();
  const std::vector links{LinkType::ethernet, LinkType::null, LinkType::linux_cooked2};
  auto file = pcapng_section(links);
  append(file, from_hex("00000005 00000018 00000000 00000000 00000000 00000018")); // statistics
  std::size_t i = 0;
  for (const auto& packet : traffic.packets) {
    const auto interface = i++ % links.size();
    auto one = pcapng_file(links[interface], {frame(links[interface], packet)});
    one.erase(one.begin(), one.begin() + 48); // its section and interface
    one[11] = static_cast<std::byte>(interface);
    append(file, one);
    if (i == 8) { // another section, with other numbers for the same
      append(file, pcapng_section(links));
    }
  }
  CHECK(read_file(file) == PerStream{whole});
}

TEST_CASE("capture: pcapng in the other byte order, simple and obsolete packet blocks") {
  const auto traffic = Traffic().open().send(session().bytes).close();
  auto file = from_hex("0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
                       "01000000 14000000 6500 0000 00000400 14000000");
  bool simple = false;
  for (const auto& packet : traffic.packets) {
    auto bytes = ip_packet(packet);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    bytes.resize((size + 3) / 4 * 4);
    simple = !simple;
    const auto length = static_cast<std::uint32_t>(bytes.size()) + (simple ? 16 : 32);
    append_le(file, std::uint32_t{simple ? 3U : 2U});
    append_le(file, length);
    append(file, simple ? Bytes() : Bytes(from_hex("0000 0000 00000000 00000000")));
    append_le(file, size);
    if (!simple) {
      append_le(file, size);
    }
    append(file, bytes);
    append_le(file, length);
  }
  CHECK(read_file(file) == PerStream{whole});
}

TEST_CASE("capture: damaged pcapng files say where, and what is whole counts") {
  const auto frames = frames_of(Traffic().open().send(session().bytes));
  check_cuts(pcapng_file, frames, [](std::size_t, std::size_t offset) {
    return fmt::format("the file is cut off, in the block at byte {}", offset);
  });
  const auto file = pcapng_file(LinkType::raw, frames);
  CHECK_THAT(read_file(Bytes(file).first(40)).at(0).at(0), ContainsSubstring("at byte 28;"));
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    auto damaged = file;
    for (auto count = random() % 4 + 1; count != 0; --count) {
      damaged[4 + random() % (round % 2 == 0 ? 400 : file.size() - 4)] =
          static_cast<std::byte>(random());
    }
    read_file(damaged); // whatever comes of it
  }
  CHECK(read_file(from_hex("0a0d0d0a 0000001c 11111111 0001 0000 ffffffffffffffff 0000001c"))
            .at(0)
            .at(0)
            .find("no byte order is given, in the block at byte 0") != std::string::npos);
  CHECK(read_file(pcapng_file(static_cast<LinkType>(147), frames))
            .at(0)
            .at(0)
            .find("not supported") != std::string::npos);
}

TEST_CASE("capture: IP fragments, of both versions") {
  const auto fragmented = [](const PacketSpec& spec, std::uint16_t number) {
    const auto packet = ip_packet(spec);
    const bool v4 = spec.from.is_v4();
    const std::size_t header = v4 ? 20 : 40;
    const auto payload = Bytes(packet).subspan(header);
    std::vector<ByteBuffer> pieces;
    for (std::size_t at = 0; at < payload.size(); at += 400) {
      const auto piece = payload.subspan(at, std::min<std::size_t>(400, payload.size() - at));
      const bool last = at + piece.size() == payload.size();
      ByteBuffer out(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header));
      const auto field = std::span(out);
      if (v4) {
        store_be(field.subspan(2), static_cast<std::uint16_t>(header + piece.size()));
        store_be(field.subspan(4), number);
        store_be(field.subspan(6), static_cast<std::uint16_t>(at / 8 | (last ? 0U : 0x2000U)));
      } else {
        store_be(field.subspan(4), static_cast<std::uint16_t>(8 + piece.size()));
        append_be(out, static_cast<std::uint16_t>(std::to_integer<unsigned>(out[6]) << 8));
        append_be(out, static_cast<std::uint16_t>(at | (last ? 0U : 1U)));
        append_be(out, std::uint32_t{number});
        out[6] = std::byte{44};
      }
      append(out, piece);
      pieces.insert(number % 2 == 0 ? pieces.begin() : pieces.end(), out);
    }
    return pieces;
  };
  for (const auto& device : {camera, v6("02", 40000)}) {
    const auto traffic = Traffic(device).open().send(session().bytes).close();
    std::vector<ByteBuffer> frames;
    std::uint16_t number = 0;
    for (const auto& packet : traffic.packets) {
      std::ranges::copy(fragmented(packet, ++number), std::back_inserter(frames));
    }
    DumpFacts facts;
    CHECK(read_file(pcap_file(LinkType::raw, frames), {}, &facts) == PerStream{whole});
    CHECK(facts.not_read.empty());
    frames.erase(frames.begin() + 5);
    CHECK(read_file(pcap_file(LinkType::raw, frames), {}, &facts).size() == 1);
    CHECK(facts.not_read ==
          std::map<std::string, std::uint64_t>{{"IP packets of which fragments are missing", 1}});
  }
}

TEST_CASE("capture: frames that cannot be read are counted by their types") {
  std::vector<ByteBuffer> frames;
  const auto traffic = Traffic().open().send(session().bytes);
  for (const auto& packet : traffic.packets) {
    frames.push_back(frame(LinkType::ethernet, packet));
    frames.push_back(from_hex("020000000001 020000000002 0806 0001080006040001"));
    frames.push_back(from_hex("020000000001 020000000002 1234 0001"));
  }
  auto sealed = frames[0];
  sealed[14 + 9] = std::byte{50};
  frames.push_back(sealed);
  DumpFacts facts;
  CHECK(read_file(pcap_file(LinkType::ethernet, frames), {}, &facts) == PerStream{whole});
  CHECK(facts.not_read ==
        std::map<std::string, std::uint64_t>{{"EtherType 0x1234", (frames.size() - 1) / 3},
                                             {"IPsec (ESP), which is encrypted", 1}});
  for (std::uint16_t type = 0x2000; type < 0x2100; ++type) {
    auto other = frames[2];
    store_be(std::span(other).subspan(12), type);
    frames.push_back(other);
  }
  read_file(pcap_file(LinkType::ethernet, frames), {}, &facts);
  CHECK(facts.not_read.size() == 17);
  CHECK(facts.not_read["other types"] == 242);
}

TEST_CASE("capture: VLAN tags") {
  std::vector<ByteBuffer> frames;
  const auto traffic = Traffic().open().send(session().bytes);
  for (const auto& packet : traffic.packets) {
    frames.push_back(vlan_frame(packet));
  }
  CHECK(read_file(pcap_file(LinkType::ethernet, frames)) == PerStream{whole});
}

TEST_CASE("capture: hex with offsets that jump further than a frame is the stream itself") {
  const auto stream = DeviceStream(100).init().start().sync(1).data(100);
  for (const std::size_t lost : {16U, 65'600U - 32U, 65'600U, 70'000U}) {
    CAPTURE(lost);
    std::string text;
    for (std::size_t at = 0; at + 16 <= stream.bytes.size(); at += 16) {
      if (at < 32 || at >= 32 + lost / 16 * 16) {
        text += fmt::format("{:08x}: {}\n", at, to_hex(Bytes(stream.bytes).subspan(at, 16)));
      }
    }
    DumpFacts facts;
    const auto lines = read_file(as_bytes(text), {}, &facts);
    CHECK(facts.form == DumpForm::hex_text);
    CHECK(facts.streams == 1);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0][0] == "0 init 350612071913857");
    CHECK(std::ranges::any_of(lines[0], [&](const auto& line) {
      return line.find("missing " + std::to_string(lost / 16 * 16)) != line.npos;
    }));
  }
}

TEST_CASE("capture: hex whose offsets jump by a terabyte takes no room for what is missing") {
  const auto stream = DeviceStream(1, 500).init().start().sync(1).data(1);
  const auto text =
      fmt::format("00000000000: {}\n10000000000: {}\n", to_hex(Bytes(stream.bytes).first(34)),
                  to_hex(Bytes(stream.bytes).subspan(34)));
  const auto lines = read_file(as_bytes(text));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0][0] == "0 init 350612071913857");
}

TEST_CASE("capture: reordered segments") {
  auto traffic = Traffic().open().send(session().bytes).close();
  std::swap(traffic.packets[4], traffic.packets[6]);
  std::swap(traffic.packets[2], traffic.packets[3]);
  CHECK(read(traffic.packets) == PerStream{whole});
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    auto packets = traffic.packets;
    std::shuffle(packets.begin() + 2, packets.end(), random); // FINs among them
    REQUIRE(read(packets) == PerStream{whole});
  }
}

TEST_CASE("capture: retransmitted and overlapping segments") {
  const auto stream = session();
  auto traffic = Traffic().open().send(stream.bytes);
  const auto add = [&](std::size_t from, std::size_t count, std::size_t place) {
    const auto bytes = Bytes(stream.bytes).subspan(from, count);
    traffic.packets.insert(traffic.packets.begin() + static_cast<std::ptrdiff_t>(place),
                           {camera,
                            server,
                            1001 + static_cast<std::uint32_t>(from),
                            5001,
                            ack,
                            {bytes.begin(), bytes.end()}});
  };
  add(700, 700, 6);   // again
  add(1000, 1000, 5); // over two
  add(1400, 3000, 4); // ahead of what it overlaps
  add(0, 5000, 9);
  add(699, 1, 7); // keep-alive
  CHECK(read(traffic.packets) == PerStream{whole});
}

TEST_CASE("capture: sequence numbers wrap") {
  const auto traffic = Traffic(camera, 0xFFFF'F000).open().send(session().bytes).close();
  CHECK(read(traffic.packets) == PerStream{whole});
}

TEST_CASE("capture: a missing segment costs the packets it held, and its size is known") {
  auto traffic = Traffic().open().send(session().bytes, 1030).close();
  traffic.packets.erase(traffic.packets.begin() + 6, traffic.packets.begin() + 8);
  CHECK(read(traffic.packets) ==
        PerStream{Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1", "34 good 1-3",
                        "3124 cut 4 at 3072: 992 bytes, ? != e539",
                        "4120 skipped 2094, missing 2060", "6214 good, inferred 7-10",
                        "9410 ended videof 10/10 good 7 bad 1 unchecked 0 repeats 0",
                        "9410 init 350612071913857"}});
}

TEST_CASE("capture: one segment lost early in a long capture") {
  DeviceStream stream(2000);
  stream.session();
  auto traffic = Traffic().open().send(stream.bytes, 1030);
  traffic.packets.erase(traffic.packets.begin() + 6);
  const auto lines = read(traffic.packets);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0][5] == "4120 skipped 1064, missing 1030");
  CHECK(lines[0][6] == "5184 good, inferred 6-2000");
}

TEST_CASE("capture: the last segments missing, told by FIN") {
  auto traffic = Traffic().open().send(session().bytes, 1030).close();
  traffic.packets.erase(traffic.packets.end() - 4, traffic.packets.end() - 2);
  const auto lines = read(traffic.packets);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].back() == "9426 ended videof 8/10 good 7 bad 1 unchecked 0 repeats 0");
  CHECK(lines[0][lines[0].size() - 2] == "8240 skipped 1186, missing 1186");
}

TEST_CASE("capture: begins in mid-stream, in disorder, and the device is found out") {
  auto traffic = Traffic().open().send(session().bytes);
  traffic.packets.erase(traffic.packets.begin(), traffic.packets.begin() + 6);
  std::swap(traffic.packets[0], traffic.packets[1]);
  Lines expected{"0 skipped 324", "324 began ? ?", "324 good, unknown 1-7",
                 "6610 ended ? 7/? good 7 bad 0 unchecked 0 repeats 0",
                 "6610 init 350612071913857"};
  CHECK(read(traffic.packets) == PerStream{expected});
  const auto status = encode(Status{0}); // the server is seen first
  traffic.packets.insert(traffic.packets.begin(),
                         {server, camera, 5001, 1001, ack, {status.begin(), status.end()}});
  expected.push_back("server STATUS 0"); // nobody acknowledged it: it may not be the first
  CHECK(read(traffic.packets) == PerStream{expected});
}

TEST_CASE("capture: several cameras, and others, in one file") {
  const auto other = Endpoint::v4(0x0A000003, 40001);
  const auto a = Traffic().open().send(session().bytes).packets;
  const auto b = Traffic(other, 77).open().send(session().bytes).packets;
  auto c = Traffic(Endpoint::v4(0x0A000004, 40002)).open();
  c.send(as_bytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  std::vector<ByteBuffer> frames;
  for (std::size_t i = 0; i < a.size(); ++i) {
    frames.push_back(frame(LinkType::raw, a[i]));
    frames.push_back(frame(LinkType::raw, b[i]));
  }
  for (const auto& packet : c.packets) {
    frames.push_back(frame(LinkType::raw, packet));
  }
  DumpFacts facts;
  CHECK(read_file(pcap_file(LinkType::raw, frames), {}, &facts) == PerStream{whole, whole});
  CHECK(facts.streams == 2);
  CHECK(facts.other_connections == 1);
  DumpOptions options;
  options.port = std::uint16_t{40001};
  CHECK(read_file(pcap_file(LinkType::raw, frames), options) == PerStream{whole});
}

TEST_CASE("capture: a device that comes back from the same port") {
  auto packets = Traffic().open().send(session().bytes).packets;
  std::ranges::copy(Traffic(camera, 900'000).open().send(session().bytes).packets,
                    std::back_inserter(packets));
  CHECK(read(packets) == PerStream{whole, whole});
}

TEST_CASE("capture: packets cut off by the snapshot length") {
  const auto packets = Traffic().open().send(session().bytes, 1030).packets;
  std::vector<ByteBuffer> frames;
  for (const auto& packet : packets) {
    frames.push_back(frame(LinkType::raw, packet));
  }
  frames[6].resize(500);
  const auto lines = read_file(pcap_file(LinkType::raw, frames));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0][4] == "4154 cut 5 at 4096: 422 bytes, ? != 7994");
  CHECK(lines[0][5] == "4580 skipped 604, missing 570");
  CHECK(lines[0][6] == "5184 good, inferred 6-10");
}

TEST_CASE("capture: damaged files say so, and what is whole counts") {
  check_cuts(pcap_file, frames_of(Traffic().open().send(session().bytes)),
             [](std::size_t number, std::size_t offset) {
               return fmt::format(", in packet {} at byte {}", number, offset);
             });
  auto file = pcap_file(LinkType::raw, {});
  file.resize(20);
  CHECK(read_file(file).at(0).at(0).starts_with("error "));
  file = pcap_file(static_cast<LinkType>(147), {});
  CHECK(read_file(file).at(0).at(0).find("not supported") != std::string::npos);
}

TEST_CASE("capture: the same stream in every form") {
  const auto stream = session();
  CHECK(read_file(stream.bytes) == PerStream{whole});
  CHECK(read_file(as_bytes(to_hex(stream.bytes))) == PerStream{whole});
  std::string text;
  const auto traffic = Traffic().open().send(stream.bytes);
  for (const auto& packet : traffic.packets) {
    const auto bytes = ip_packet(packet);
    text += "12:00:00.000000 IP somewhere\n";
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
      const auto line =
          to_hex(Bytes(bytes).subspan(at, std::min<std::size_t>(16, bytes.size() - at)));
      text += fmt::format("\t0x{:04x}:  {}\n", at, line);
    }
  }
  CHECK(read_file(as_bytes(text)) == PerStream{whole});
}

} // namespace dualcam::capture_test
