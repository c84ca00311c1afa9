// TCP segments of made-up connections with one server, and what reassembly makes of them.
#pragma once

#include <map>

#include "common/tcp_reassembly.hpp"

#include "testing.hpp"

namespace dualcam::tcp_testing {

inline const auto server = Endpoint::v4(0x0A000001, 7050);

inline Endpoint client(std::uint32_t number) {
  return Endpoint::v4(0x0B000000 + (number >> 15), static_cast<std::uint16_t>(number & 0x7FFF));
}

/// What came of each connection, told by its client.
class Streams : public TcpReassembly::Listener {
public:
  struct Stream {
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    bool over = false;
  };

  void piece(const TcpConnection& connection, const TcpPiece& piece) override {
    auto& stream = streams[connection.a];
    stream.bytes += piece.bytes.size();
    stream.missing += piece.missing;
  }
  void over(const TcpConnection& connection) override {
    streams[connection.a].over = true;
    ++connections;
  }

  std::map<Endpoint, Stream> streams;
  std::uint64_t connections = 0; ///< that are over
};

class Reassembly {
public:
  void syn(const Endpoint& from) { add({from, server, 0, 0, true, false, false, false, {}, 0}); }
  /// Bytes `at` of the stream.
  void data(const Endpoint& from, std::uint32_t at, std::size_t size) {
    bytes_.resize(std::max(bytes_.size(), size));
    add({from, server, at + 1, 0, false, true, false, false, Bytes(bytes_).first(size), size});
  }
  /// The server has got everything before `at`.
  void acknowledge(const Endpoint& by, std::uint32_t at) {
    add({server, by, 1, at + 1, false, true, false, false, {}, 0});
  }
  void fin(const Endpoint& from, std::uint32_t at) {
    add({from, server, at + 1, 0, false, true, true, false, {}, 0});
  }
  void add(const TcpSegment& segment) { reassembly.segment(segment); }
  const Streams::Stream& of(const Endpoint& from) { return streams.streams[from]; }

  Streams streams;
  TcpReassembly reassembly{streams};

private:
  ByteBuffer bytes_;
};

} // namespace dualcam::tcp_testing
