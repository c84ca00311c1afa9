#include "common/pcap_writer.hpp"

#include <array>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/pcap_reader.hpp"
#include "common/tcp_reassembly.hpp"
#include "testing.hpp"

namespace dualcam::pcap_writer_test {
namespace {

const CaptureTime start{std::chrono::seconds(1'700'000'000)};

class Folder {
public:
  Folder() {
    std::string name = "/tmp/dualcam-pcap-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

/// Each connection's streams as text, `(n)` for missing bytes.
class Streams : public TcpReassembly::Listener {
public:
  void piece(const TcpConnection& connection, const TcpPiece& piece) override {
    auto& text = lines[2 * (connection.number - 1) + (piece.from_a ? 0 : 1)];
    text += piece.missing != 0 ? '(' + std::to_string(piece.missing) + ')' : "";
    text += as_text(piece.bytes);
  }
  void over(const TcpConnection& connection) override {
    ends += format_endpoint(connection.a) + '>' + format_endpoint(connection.b) + ' ';
  }
  std::map<std::uint64_t, std::string> lines;
  std::string ends;
};

Streams read(const std::filesystem::path& path) {
  Streams streams;
  TcpReassembly reassembly(streams);
  auto file = InputFile::open(path.string());
  REQUIRE(file);
  const auto result = read_capture(*file, [&](const CapturedFrame& captured) {
    const auto segment = decode_segment(captured.link, captured.bytes);
    REQUIRE(segment);
    reassembly.segment(*segment);
  });
  REQUIRE(result);
  reassembly.finish();
  return streams;
}

} // namespace

TEST_CASE("pcap writer: connections share a file, and later runs go on in it") {
  const Folder folder;
  const auto path = folder.path / "capture.pcap";
  const auto server = Endpoint::v4(0x7F000001, 7050);
  const auto device = Endpoint::v4(0x0A000002, 40000);
  Endpoint server6;
  server6.address[15] = std::byte{1};
  server6.port = 7050;
  auto device6 = server6;
  device6.port = 40001;
  for (int run = 0; run < 2; ++run) {
    auto writer = PcapWriter::open(path);
    REQUIRE(writer);
    CapturedConnection one(**writer);
    CapturedConnection two(**writer);
    const auto time = start + std::chrono::hours(run);
    one.connected(device, server, time);
    two.connected(device6, server6, time);
    one.received(as_bytes("hello"), time);
    two.received(as_bytes(std::string(200'000, 'x')), time);
    one.sent(as_bytes("world"), time);
    one.received(as_bytes("!"), time);
    one.closed(time);
    one.closed(time);
    CHECK((*writer)->error() == 0);
  }
  // A torn record is cut off.
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
  REQUIRE(PcapWriter::open(path));
  const auto streams = read(path);
  CHECK(streams.lines.at(0) == "hello!");
  CHECK(streams.lines.at(1) == "world");
  CHECK(streams.lines.at(2).size() == 200'000);
  CHECK(streams.lines.at(4) == "hello!");
  CHECK(streams.ends == "10.0.0.2:40000>127.0.0.1:7050 [::1]:40001>[::1]:7050 "
                        "10.0.0.2:40000>127.0.0.1:7050 [::1]:40001>[::1]:7050 ");
}

TEST_CASE("pcap writer: other files are not touched") {
  const Folder folder;
  const auto path = folder.path / "notes.txt";
  std::ofstream(path) << "not a capture, but longer than a header of one";
  const auto writer = PcapWriter::open(path);
  REQUIRE_FALSE(writer);
  CHECK(writer.error().category == ErrorCategory::unsupported);
  CHECK(std::filesystem::file_size(path) == 46);
  CHECK_FALSE(PcapWriter::open(folder.path / "no" / "folder"));
}

TEST_CASE("pcap writer: a full disk is told, and nothing more is written") {
  const auto writer = PcapWriter::open("/dev/full");
  REQUIRE_FALSE(writer);
  CHECK(writer.error().category == ErrorCategory::io);
}

TEST_CASE("pcap writer: the reader of a pipe is waited for as long as is wanted") {
  const Folder folder;
  const auto path = folder.path / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  int asked = 0;
  const auto none = PcapWriter::open(path, [&asked] { return ++asked < 2; });
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "nobody reads this pipe");
  CHECK(asked == 2);
  Descriptor reader;
  const auto comes = [&] {
    reader = Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    return true;
  };
  const auto writer = PcapWriter::open(path, comes);
  REQUIRE(writer);
  CHECK((*writer)->has_reader());
  std::array<char, 100> header{};
  CHECK(::read(reader.get(), header.data(), header.size()) == 24);
}

TEST_CASE("pcap writer: a connection begins and ends as TCP does") {
  const Folder folder;
  const auto path = folder.path / "capture.pcap";
  {
    auto writer = PcapWriter::open(path);
    REQUIRE(writer);
    CapturedConnection one(**writer);
    one.received(as_bytes("too early"), start);
    one.closed(start);
    one.connected(Endpoint::v4(0x0A000002, 40000), Endpoint::v4(0x7F000001, 7050), start);
    one.received(as_bytes("abc"), start);
    one.sent(as_bytes("de"), start);
    one.closed(start);
    one.received(as_bytes("too late"), start);
    one.closed(start); // once more
    (*writer)->finish();
    CHECK_FALSE((*writer)->is_behind());
    CHECK_FALSE((*writer)->is_busy());
    CHECK_FALSE((*writer)->has_reader());
  }
  std::string packets; // who sends, its flags, how many bytes: sequence and acknowledgement
  std::map<std::uint16_t, std::uint32_t> first;
  auto file = InputFile::open(path.string());
  REQUIRE(read_capture(*file, [&](const CapturedFrame& captured) {
    constexpr std::size_t ip = 20;
    const auto tcp = captured.bytes.subspan(ip);
    const auto from = load_be<std::uint16_t>(tcp);
    const auto to = load_be<std::uint16_t>(tcp.subspan(2));
    const auto sequence = load_be<std::uint32_t>(tcp.subspan(4));
    const auto acknowledged = load_be<std::uint32_t>(tcp.subspan(8));
    first.try_emplace(from, sequence);
    const bool acknowledges = (std::to_integer<unsigned>(tcp[13]) & 0x10) != 0;
    packets += std::to_string(from) + ' ' + to_hex(tcp.subspan(13, 1)) + ' ' +
               std::to_string(tcp.size() - 20) + ": " + std::to_string(sequence - first[from]) +
               ' ' + (acknowledges ? std::to_string(acknowledged - first[to]) : "-") + '\n';
  }));
  CHECK(packets == "40000 02 0: 0 -\n7050 12 0: 0 1\n40000 10 0: 1 1\n"
                   "40000 18 3: 1 1\n7050 18 2: 1 4\n"
                   "40000 11 0: 4 3\n7050 11 0: 3 5\n40000 10 0: 5 4\n");
}

TEST_CASE("pcap writer: what was torn anywhere is cut off, and gone on behind") {
  const Folder folder;
  const auto path = folder.path / "capture.pcap";
  const auto write = [&] {
    auto writer = PcapWriter::open(path);
    REQUIRE(writer);
    CapturedConnection one(**writer);
    one.connected(Endpoint::v4(0x0A000002, 40000), Endpoint::v4(0x7F000001, 7050), start);
    (*writer)->finish();
    return std::filesystem::file_size(path);
  };
  const auto once = write();
  CHECK(once == 24 + 3 * (16 + 40));
  for (const auto torn : {1U, 39U, 40U, 41U, 55U}) {
    std::filesystem::resize_file(path, once - torn);
    CHECK(write() == once - (16 + 40) + 3 * (16 + 40));
    std::filesystem::resize_file(path, once);
  }
  CHECK(write() == once + 3 * (16 + 40)); // whole: nothing goes
  for (const auto size : {1U, 23U}) {     // not even a header
    std::filesystem::resize_file(path, size);
    CHECK_FALSE(PcapWriter::open(path));
    CHECK(std::filesystem::file_size(path) == size);
  }
}

TEST_CASE("pcap writer: whether a file can be gone on in is told, and the file stays") {
  const Folder folder;
  const auto path = folder.path / "capture";
  const auto written = [&](std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
    const auto checked = PcapWriter::check(path);
    std::ifstream file(path, std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == content);
    return checked.has_value();
  };
  CHECK_FALSE(PcapWriter::check(path)); // there is none
  CHECK(written(""));
  CHECK_FALSE(written("no capture, but a text that is longer than its header"));
  CHECK_FALSE(written("short"));
  std::filesystem::remove(path);
  REQUIRE(PcapWriter::open(path)); // has a header
  CHECK(PcapWriter::check(path));
  CHECK_FALSE(PcapWriter::check(folder.path / "no folder" / "capture"));
}

} // namespace dualcam::pcap_writer_test
