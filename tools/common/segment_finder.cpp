#include "common/segment_finder.hpp"

#include <algorithm>

#include "common/tunnel.hpp"

namespace dualcam::inline tools {

std::optional<TcpSegment> SegmentFinder::find(LinkType link, Bytes frame, std::uint64_t time) {
  packets_.clear();
  auto inner = ip_packet_in(link, frame);
  for (int depth = 0; inner && depth <= most_tunnels; ++depth) {
    auto payload = decode_ip(*inner);
    if (!payload) {
      count_unread("IP headers that are damaged or cut off");
      return std::nullopt;
    }
    packets_.push_back(*payload);
    payload = payload->fragment ? fragments_.add(*payload, time) : payload;
    if (!payload) {
      return std::nullopt;
    }
    if (auto segment = decode_tcp(*payload)) {
      cut_off_ += segment->payload.size() < segment->length ? 1 : 0;
      return segment;
    }
    if (payload->protocol == protocol_tcp) {
      count_unread("TCP headers that are damaged or cut off");
      return std::nullopt;
    }
    inner = packet_within(*payload);
  }
  count_unread(inner ? "tunnels within tunnels" : inner.error().type);
  return std::nullopt;
}

const IpPayload* SegmentFinder::fragment() const {
  const auto found = std::ranges::find_if(
      packets_, [](const IpPayload& each) { return each.fragment.has_value(); });
  return found == packets_.end() ? nullptr : &*found;
}

void SegmentFinder::count_unread(const std::string& type) {
  constexpr std::size_t most_types = 16;
  if (!type.empty()) {
    ++not_read_[not_read_.contains(type) || not_read_.size() < most_types ? type : "other types"];
  }
}

std::map<std::string, std::uint64_t> SegmentFinder::not_read() const {
  auto all = not_read_;
  if (fragments_.incomplete() != 0) {
    all["IP packets of which fragments are missing"] = fragments_.incomplete();
  }
  return all;
}

} // namespace dualcam::inline tools
