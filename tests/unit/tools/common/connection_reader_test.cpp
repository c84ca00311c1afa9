#include "common/connection_reader.hpp"

#include "capture/dump_testing.hpp"

namespace dualcam::connection_reader_test {
namespace {

const auto whole = DeviceStream(3).init(0xF0).start().sync(1).data(3).init(0);
constexpr auto request_rear_photo = "0008 0007 2570686f746f72";

/// The lines of what is found when the pieces come, `a` and `b` being the sides.
class Connection {
public:
  explicit Connection(std::optional<bool> device_is_a) : reader_(device_is_a) {}

  Connection& a(Bytes bytes, std::uint64_t missing = 0) { return piece({true, bytes, missing}); }
  Connection& b(Bytes bytes, std::uint64_t missing = 0) { return piece({false, bytes, missing}); }
  std::vector<std::string> finish() {
    reader_.finish([this](const DumpEvent& event) { log_.add(event); });
    return log_.lines();
  }
  const ConnectionReader& reader() const { return reader_; }

private:
  Connection& piece(const TcpPiece& piece) {
    reader_.piece(piece, [this](const DumpEvent& event) { log_.add(event); });
    return *this;
  }

  ConnectionReader reader_;
  DumpLines log_;
};

bool has(const std::vector<std::string>& lines, std::string_view part) {
  return std::ranges::any_of(lines, [&](const auto& line) { return line.find(part) != line.npos; });
}

} // namespace

TEST_CASE("connection reader: which side is the device's is known, or found by what it says") {
  CHECK(has(Connection(true).a(whole.bytes).finish(), "good 1-3"));
  CHECK(Connection(false).a(whole.bytes).finish().empty());
  CHECK(has(Connection(std::nullopt).a(whole.bytes).finish(), "good 1-3"));
  Connection other(std::nullopt);
  CHECK(has(other.a(from_hex(request_rear_photo)).b(whole.bytes).finish(), "good 1-3"));
  CHECK(other.reader().is_camera());
  CHECK_FALSE(other.reader().device_is_a());
  Connection none(std::nullopt);
  CHECK(none.a(random_bytes(3000, 1)).b(random_bytes(3000, 2)).finish().empty());
  CHECK_FALSE(none.reader().is_camera());
}

TEST_CASE(
    "connection reader: what the server asks for tells the kind, until bytes of it are lost") {
  const auto request = from_hex(request_rear_photo);
  const auto init = Bytes(whole.bytes).first(16);
  const auto rest = Bytes(whole.bytes).subspan(16);
  CHECK(has(Connection(true).a(init).b(request).a(rest).finish(), "began photor"));
  CHECK_FALSE(has(Connection(true).a(init).b({}, 3).b(request).a(rest).finish(), "photor"));
  CHECK_FALSE(has(Connection(std::nullopt).a(init).b({}, 3).b(request).a(rest).finish(), "photor"));
}

TEST_CASE("connection reader: bytes of the device that the capture lacks are told") {
  const auto cut = whole.starts[1] + 200;
  for (const auto device_is_a : {std::optional(true), std::optional<bool>()}) {
    const auto lines = Connection(device_is_a)
                           .a(Bytes(whole.bytes).first(cut))
                           .a({}, 100)
                           .a(Bytes(whole.bytes).subspan(cut + 100))
                           .finish();
    CHECK(has(lines, "cut 2"));
    CHECK(has(lines, "missing 100"));
  }
}

TEST_CASE("connection reader: what is lost before anything telling is told where it was") {
  const auto lines = Connection(std::nullopt)
                         .a(random_bytes(40, 1))
                         .a({}, 100)
                         .b(from_hex(request_rear_photo))
                         .a(whole.bytes)
                         .finish();
  CHECK(has(lines, "good 1-3"));
  const auto known = Connection(true)
                         .a(random_bytes(40, 1))
                         .a({}, 100)
                         .b(from_hex(request_rear_photo))
                         .a(whole.bytes)
                         .finish();
  CHECK(lines == known);
}

TEST_CASE(
    "connection reader: a side that says nothing telling is given up when it is long enough") {
  Connection long_one(std::nullopt);
  const auto noise = random_bytes(100'000, 3);
  for (std::size_t held = 0; held <= ConnectionReader::most_held; held += noise.size()) {
    long_one.a(noise);
  }
  long_one.a(noise);
  CHECK(long_one.reader().memory() < noise.size());
  CHECK(long_one.a(whole.bytes).finish().empty()); // too late
}

TEST_CASE("connection reader: a few bytes of the device tell at the end what it is") {
  const auto init = DeviceStream(3).init();
  for (const bool device_is_a : {true, false}) {
    Connection connection(std::nullopt);
    device_is_a ? connection.a(init.bytes) : connection.b(init.bytes);
    CHECK(has(connection.finish(), "init 350612071913857"));
    CHECK(connection.reader().device_is_a() == device_is_a);
  }
}

TEST_CASE("connection reader: a balancer's header tells who the device is, and is passed over") {
  const std::string_view header = "PROXY TCP4 192.0.2.7 198.51.100.1 54321 7050\r\n";
  const auto damaged = DeviceStream(3).init(0xF0).start().sync(1).data(3).init(0).flip(100).bytes;
  ByteBuffer stream(as_bytes(header).begin(), as_bytes(header).end());
  append(stream, damaged);
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, header.size(), stream.size()}) {
    for (const auto device_is_a : {std::optional(true), std::optional<bool>()}) {
      CAPTURE(size);
      Connection connection(device_is_a);
      for (std::size_t at = 0; at < stream.size(); at += size) {
        connection.a(Bytes(stream).subspan(at).first(std::min(size, stream.size() - at)));
      }
      const auto lines = connection.finish();
      CHECK(lines.front() == std::to_string(header.size()) + " init 350612071913857");
      CHECK(has(lines, "good 2-3"));
      CHECK_FALSE(has(lines, "skipped"));
      REQUIRE(connection.reader().proxy());
      CHECK(format_endpoint(connection.reader().proxy()->ends->source) == "192.0.2.7:54321");
    }
  }
}

TEST_CASE("connection reader: what only begins like a balancer's header is the device's") {
  for (const std::uint64_t missing : {0U, 30U}) {
    Connection connection(true);
    connection.a(as_bytes("PROXY TC")).a({}, missing).a(whole.bytes);
    const auto lines = connection.finish();
    CHECK(has(lines, "good 1-3"));
    CHECK(has(lines, "skipped " + std::to_string(8 + missing)));
    CHECK_FALSE(connection.reader().proxy());
  }
  Connection cut(true);
  cut.a(Bytes(whole.bytes).first(16)).a(as_bytes("PROXY TC"));
  CHECK(has(cut.finish(), "skipped 8"));
}

TEST_CASE("connection reader: a balancer may pass on what is encrypted") {
  Connection connection(true);
  connection.a(as_bytes("PROXY UNKNOWN\r\n")).a(from_hex("1603010100 01"));
  CHECK(connection.finish().empty());
  CHECK(connection.reader().is_tls());
}

TEST_CASE("connection reader: greetings of TLS are told from what a camera says") {
  for (const auto& [hex, is_tls] : {std::pair("1603010100 01", true),
                                    {"1603030100 02", true},
                                    {"1603010100 0b", false},
                                    {"1603010100", false},
                                    {"1603050100 01", false},
                                    {"1703030100 01", false},
                                    {"0000000500 01", false}}) {
    CAPTURE(hex);
    for (const bool from_a : {true, false}) {
      Connection connection(std::nullopt);
      from_a ? connection.a(from_hex(hex)) : connection.b(from_hex(hex));
      connection.a(from_hex("1603010100 01")); // no beginning
      CHECK(connection.reader().is_tls() == is_tls);
    }
  }
}

} // namespace dualcam::connection_reader_test
