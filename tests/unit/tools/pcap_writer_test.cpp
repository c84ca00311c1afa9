#include "common/pcap_writer.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "common/pcap_reader.hpp"
#include "common/tcp_reassembly.hpp"
#include "testing.hpp"

namespace dualcam {
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

} // namespace dualcam
