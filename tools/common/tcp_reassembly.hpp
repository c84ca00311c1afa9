// TCP segments, as captured -> the byte streams of each connection, gaps included.
//
// Reassembly is written here because libtins 4.0's StreamFollower, the kept library in Debian, was
// tried and proves wrong for captures with losses, which are what dcam-crc is for:
// - a lost segment holds back everything behind it, and at the connection's end that is dropped
//   without a word; after 512 segments the stream is forgotten and taken up as a new one, and
//   nowhere is the gap's size told;
// - a capture that begins in mid-stream with two segments in the wrong order loses the earlier one;
// - a device that comes back from the same port (a SYN within a connection) is not seen at all;
// - a packet cut off by the snapshot length stalls the stream;
// - it knows no Linux cooked captures of version 2.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "common/tcp_segment.hpp"

namespace dualcam::inline tools {

/// One TCP connection; `a` is who opened it, where its SYN was captured, else who was seen first.
struct TcpConnection {
  std::uint64_t number; ///< in the capture, from 1
  Endpoint a;
  Endpoint b;
  bool opened; ///< a SYN was captured: `a` is the client
  /// Sequence numbers of the first byte of each side that was told of: from there on they count.
  std::uint32_t first_a = 0;
  std::uint32_t first_b = 0;
};

/// A piece of one direction's stream.
struct TcpPiece {
  bool from_a;
  Bytes bytes;           ///< valid during the call
  std::uint64_t missing; ///< bytes lost before `bytes`
};

/// Memory: at most `most_connections`, of which beyond that the one that has been silent longest is
/// ended, those without any data first; of segments that wait for an earlier one 512 and 4 MiB a
/// direction, `most_held_bytes` in all, then what they wait for is taken as lost; of what tells
/// other bytes from the ones before, 4 KiB a direction, `most_traces`, those of the latest
/// connections. What a RST ended is read on until another connection begins between the same ports,
/// or `most_reset` others have been reset.
class TcpReassembly {
public:
  static constexpr std::size_t most_connections = 16384;
  static constexpr std::size_t most_held_bytes = 16 << 20;
  static constexpr std::size_t most_traces = 6000;
  static constexpr std::size_t most_reset = 1024; ///< connections

  class Listener {
  public:
    virtual ~Listener() = default;
    /// A piece of a connection's stream, in order.
    virtual void piece(const TcpConnection& connection, const TcpPiece& piece) = 0;
    /// Nothing more comes of this connection.
    virtual void over(const TcpConnection& connection) = 0;
  };

  /// `listener` must outlive the reassembly.
  explicit TcpReassembly(Listener& listener);
  ~TcpReassembly();

  /// Where a segment belongs.
  struct Place {
    std::uint64_t connection; ///< its number
    bool from_a;
  };
  Place segment(const TcpSegment& segment);
  /// The capture ends: whatever is held back comes out, in the order of the connections.
  void finish();

  /// Ends the connection that has been silent longest and is not the last segment's; false: there
  /// is none.
  bool give_up_one();
  /// How many were ended before their time.
  std::uint64_t given_up() const { return given_up_; }
  /// How many segments brought something that had been taken as lost.
  std::uint64_t late() const { return late_; }
  /// How many brought other bytes than had come before in their place, which are not used, as far
  /// as was found when their connections were over: one of the two was damaged on its way, or the
  /// port was used again and no SYN or FIN says so.
  std::uint64_t differing() const { return differing_; }
  /// How many brought something new when the connection had been over for long: they are not used.
  std::uint64_t behind_end() const { return behind_end_; }

private:
  struct Connection;
  using Key = std::pair<Endpoint, Endpoint>; ///< the smaller one first
  using Order = std::list<Connection*>;

  Connection& connection_of(const TcpSegment& segment);
  void tell(Connection& connection, const TcpPiece& piece);
  void touch(Connection& connection, bool has_data);
  void give_up(Connection& connection);
  void take_lost(Connection& connection);
  void bound_held(Connection& current);
  void bound_traces();
  void reset(Connection& connection);
  void end(Connection& connection);

  Listener& listener_;
  std::uint64_t connections_ = 0;
  std::map<Key, std::unique_ptr<Connection>> open_;
  Order quiet_; ///< without data, or over; the one silent longest first
  Order reset_; ///< not over: the last segments may have been captured behind the RST
  Order busy_;
  std::uint64_t given_up_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t differing_ = 0;
  std::uint64_t behind_end_ = 0;
  std::size_t held_bytes_ = 0; ///< of all flows
  std::size_t new_traces_ = 0; ///< since their number was last bounded
};

} // namespace dualcam::inline tools
