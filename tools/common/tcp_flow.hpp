// One direction of a TCP connection: segments in any order -> its bytes, gaps included.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/content_trace.hpp"
#include "common/tcp_segment.hpp"

namespace dualcam::inline tools {

class TcpFlow {
public:
  using Deliver = std::function<void(Bytes, std::uint64_t missing)>;

  void add(const TcpSegment& segment, const Deliver& deliver);
  /// The other side has this flow's bytes up to here.
  void acknowledged(std::uint32_t number, const Deliver& deliver);
  /// Whatever is held back comes out.
  void flush(const Deliver& deliver);

  /// Whether it brings something that has been taken as lost. Of what it brings that is told once.
  bool is_late(const TcpSegment& segment);
  /// Whether it brings again what came before, but other bytes.
  bool differs(const TcpSegment& segment);
  /// How many of those that were added did.
  std::uint64_t differing() const { return differing_; }
  /// Whether it comes at once behind all that came, or is the first one.
  bool is_next(const TcpSegment& segment) const {
    return segment.sequence == next_.value_or(segment.sequence);
  }
  /// Whether it brings something behind all that came.
  bool goes_on(const TcpSegment& segment) const;
  /// A RST that lies far from what it is to end, as somebody sends who does not know the numbers:
  /// the receiver ignores it.
  bool is_far(const TcpSegment& segment) const;
  /// A SYN of this connection, rather than of a new one between the same ports: no SYN comes behind
  /// data.
  bool is_own_syn(std::uint32_t sequence) const;
  /// Data of a new connection between the same ports, whose SYN was not captured: it lies before
  /// this one's first byte, or behind its last one. `over`: this one has ended, or has been reset.
  bool is_of_another(const TcpSegment& segment, bool over) const;
  /// Whether the other side may say that it has this flow's bytes up to there: it is near to what
  /// this side said, or to what the other side said before, or ahead by what the capture may have
  /// lost. The numbers of two connections are not.
  bool may_be_acknowledged(std::uint32_t number, bool over) const;
  /// The same of what answers a SYN, which may have brought data with it.
  bool may_have_begun_with(std::uint32_t number) const;

  /// This side has sent a RST: it says nothing behind it. Where it goes on at the very next byte
  /// somebody else has, in its name, or the RST was an old one.
  void reset(std::uint32_t sequence) { reset_ = sequence; }
  /// Its FIN has come, and everything before it.
  bool finished() const { return end_ && held_.empty(); }
  /// Its first byte's number, once one has been delivered.
  std::uint32_t first() const { return first_.value_or(0); }
  /// Whether it keeps what tells other bytes from the ones before: some 4 KiB.
  bool is_traced() const { return trace_ != nullptr; }
  /// It keeps that no longer, of what has come so far.
  void forget() { trace_.reset(); }
  /// What it costs to keep segments that wait.
  std::size_t held_bytes() const;

private:
  using Gaps = std::vector<std::pair<std::uint32_t, std::uint32_t>>; ///< from, to

  struct Held {
    std::uint32_t sequence;
    ByteBuffer bytes;
    std::size_t length;
  };

  bool differs(std::uint32_t sequence, Bytes bytes);
  bool is_keep_alive(const TcpSegment& segment) const;
  void remember(Bytes bytes);
  void start_at(std::uint32_t sequence);
  void take(std::uint32_t sequence, Bytes bytes, std::size_t length, const Deliver& deliver);
  void hold(std::uint32_t sequence, const TcpSegment& segment);
  void release(const Deliver& deliver);
  void skip_gap(const Deliver& deliver);
  bool first_is_acknowledged() const;
  bool waits_too_long() const;

  std::optional<std::uint32_t> first_;
  std::optional<std::uint32_t> next_;  ///< sequence number of the next byte to deliver
  std::optional<std::uint32_t> end_;   ///< behind the last byte, as a FIN says
  std::optional<std::uint32_t> reset_; ///< behind the last byte, as a RST says
  std::optional<std::uint32_t> acknowledged_;
  std::vector<Held> held_; ///< in order
  std::size_t held_bytes_ = 0;
  std::unique_ptr<Gaps> gaps_; ///< taken as lost; of most flows nothing is
  /// Of what was delivered; most flows say little.
  std::unique_ptr<ContentTrace> trace_;
  std::uint32_t differing_ = 0;
  bool is_long_ = false; ///< its numbers wrap before long: they tell nothing about others
};

} // namespace dualcam::inline tools
