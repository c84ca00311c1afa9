#include "common/ip_reassembly.hpp"

#include <algorithm>

namespace dualcam::inline tools {
namespace {

constexpr std::size_t longest = 65535;
constexpr std::size_t most_stretches = 64;             // of one packet, apart from each other
constexpr std::size_t packet_cost = 256;               // beside its bytes
constexpr std::uint64_t longest_wait = 60'000'000'000; // RFC 8200; of IPv4, hosts wait less

} // namespace

std::optional<IpPayload> IpReassembly::add(const IpPayload& piece, std::uint64_t time) {
  const auto& fragment = *piece.fragment;
  const Key key{piece.source, piece.destination, fragment.identification, piece.protocol};
  if (piece.bytes.size() < piece.length || piece.length == 0 ||
      fragment.offset + piece.length > longest) {
    ++given_up_;
    return std::nullopt;
  }
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    const auto began = found->second->began;
    const bool is_stale = began != 0 && time > began && time - began > longest_wait;
    if (is_stale || contradicts(*found->second, piece)) {
      forget(found->second);
    }
  }
  auto& packet = packet_of(key, time);
  if (packet.is_whole()) {
    return std::nullopt; // it has come before
  }
  bytes_ -= packet.bytes.size();
  put(packet, piece);
  bytes_ += packet.bytes.size();
  const bool is_whole = packet.is_whole();
  const auto place = by_key_.find(key)->second;
  if (is_whole) {
    ++whole_;
    packets_.splice(packets_.end(), packets_, place); // what is handed out stays
  } else if (packet.covered.size() > most_stretches) {
    forget(place);
  }
  while (packets_.size() > most_packets || bytes_ > most_bytes) {
    forget(packets_.begin());
  }
  if (!is_whole) {
    return std::nullopt;
  }
  auto payload = piece;
  payload.bytes = packet.bytes;
  payload.length = packet.bytes.size();
  payload.fragment.reset();
  return payload;
}

IpReassembly::Packet& IpReassembly::packet_of(const Key& key, std::uint64_t time) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    packets_.push_back({key, time, {}, {}, std::nullopt});
    found = by_key_.emplace(key, std::prev(packets_.end())).first;
    bytes_ += packet_cost;
  }
  return *found->second;
}

void IpReassembly::forget(Order::iterator packet) {
  if (packet->is_whole()) {
    --whole_;
  } else {
    ++given_up_;
  }
  bytes_ -= packet->bytes.size() + packet_cost;
  by_key_.erase(packet->key);
  packets_.erase(packet);
}

/// Whether the piece belongs to a later packet of the same number.
bool IpReassembly::contradicts(const Packet& packet, const IpPayload& piece) {
  const auto begin = piece.fragment->offset;
  const auto end = begin + piece.length;
  if (piece.fragment->last ? packet.bytes.size() > end || packet.length.value_or(end) != end
                           : packet.length && end > *packet.length) {
    return true;
  }
  return std::ranges::any_of(packet.covered, [&](const auto& stretch) {
    const auto from = std::max(begin, stretch.first);
    const auto to = std::min(end, stretch.second);
    return from < to && !std::ranges::equal(Bytes(packet.bytes).subspan(from, to - from),
                                            piece.bytes.subspan(from - begin, to - from));
  });
}

void IpReassembly::put(Packet& packet, const IpPayload& piece) {
  auto begin = piece.fragment->offset;
  auto end = begin + piece.length;
  if (piece.fragment->last) {
    packet.length = end;
  }
  packet.bytes.resize(std::max(packet.bytes.size(), end));
  std::ranges::copy(piece.bytes, packet.bytes.begin() + static_cast<std::ptrdiff_t>(begin));
  auto next = packet.covered.upper_bound(begin);
  if (next != packet.covered.begin() && std::prev(next)->second >= begin) {
    --next;
  }
  while (next != packet.covered.end() && next->first <= end) {
    begin = std::min(begin, next->first);
    end = std::max(end, next->second);
    next = packet.covered.erase(next);
  }
  packet.covered.emplace(begin, end);
}

} // namespace dualcam::inline tools
