// Frames of captures -> the TCP segments in them, through tunnels and fragments.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/captured_frame.hpp"
#include "common/ip_reassembly.hpp"
#include "common/tcp_segment.hpp"

namespace dualcam::inline tools {

class SegmentFinder {
public:
  /// The segment that the frame brings, or of which it brings the last fragment; nullopt: none. Its
  /// payload is valid as long as the frame, and until the next call. `time`: CapturedFrame::time.
  std::optional<TcpSegment> find(LinkType link, Bytes frame, std::uint64_t time = 0);

  /// The IP packets, and fragments, in the last frame, from the outermost on. Their bytes are valid
  /// as long as the frame, or as the segment.
  const std::vector<IpPayload>& packets() const { return packets_; }
  /// The fragment that the last frame brought; null: a whole packet, or none.
  const IpPayload* fragment() const;

  /// Frames in which no TCP was found though there may be some, by what they are: the first few
  /// types, then all others as one.
  std::map<std::string, std::uint64_t> not_read() const;
  /// Segments of which the capture keeps the beginning only.
  std::uint64_t cut_off() const { return cut_off_; }

private:
  void count_unread(const std::string& type);

  IpReassembly fragments_;
  std::vector<IpPayload> packets_;
  std::map<std::string, std::uint64_t> not_read_;
  std::uint64_t cut_off_ = 0;
};

} // namespace dualcam::inline tools
