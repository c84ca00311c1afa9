#include "dualcam/session/file_receiver.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"

namespace dualcam {

namespace {

std::uint64_t place_of(const Geometry& geometry, std::uint32_t packet, std::uint64_t offset) {
  return geometry.behind_all(packet - 1, offset);
}

} // namespace

bool FileReceiver::begins_in(const Geometry& geometry, const ResumePoint& from) {
  const auto place = place_of(geometry, from.packet, from.offset);
  return from.packet != 0 && place <= std::numeric_limits<std::uint32_t>::max() &&
         geometry.has(geometry.number_of(place));
}

FileReceiver::FileReceiver(const Geometry& geometry, const ResumePoint& from)
    : geometry_(geometry), first_packet_(from.packet),
      position_(place_of(geometry, from.packet, from.offset)), chain_(from.crc),
      held_(geometry.behind_all(from.held, from.offset + from.overlap.size())),
      overlap_(from.overlap), known_(from.known) {
  geometry_.begin_at({position_, from.offset, from.crc});
  for (const auto& tail : known_) {
    as_known_.push_back({.packet = tail.packet, .offset = tail.offset});
  }
}

void FileReceiver::synchronise(std::uint32_t number) {
  position_ = geometry_.synchronise(number);
  after_sync_ = true;
  on_trust_ = false;
}

FileReceiver::Taken FileReceiver::take(const Packet& packet) {
  auto taken = judge(packet);
  taken.odd = oddity_of(packet, taken.verdict);
  return taken;
}

FileReceiver::Taken FileReceiver::judge(const Packet& packet) {
  const auto [wanted, offset, crc] = geometry_.last();
  const auto size = packet.payload.size();
  auto chain = chain_of(packet);
  if (!chain && after_sync_ && !geometry_.at(position_) &&
      geometry_.behind(position_, size) <= wanted) {
    chain = packet.crc;
    on_trust_ = true;
  }
  if (!chain) {
    return {Verdict::bad_crc};
  }
  const auto repeated = packet.payload.first(geometry_.before(wanted, position_, size));
  const auto rest = packet.payload.subspan(repeated.size());
  const bool is_old = position_ < wanted && rest.empty();
  if (!is_in_place(packet) || (position_ < wanted && !is_as_before(repeated)) ||
      (!is_old && !may_be_wanted(rest))) {
    return {Verdict::out_of_step};
  }
  const bool is_known_again = geometry_.behind(position_, size) >= wanted;
  if (on_trust_ && is_known_again && (rest.empty() ? packet.crc : crc16(repeated, *chain)) != crc) {
    return {Verdict::bad_crc};
  }
  if (!geometry_.admit(position_, size)) {
    return {Verdict::out_of_step};
  }
  on_trust_ = on_trust_ && !is_known_again;
  chain_ = packet.crc;
  after_sync_ = false;
  position_ = geometry_.behind(position_, size);
  if (is_old) {
    return {Verdict::repeated};
  }
  const bool is_chained = *chain == crc && repeated.empty(); // then the packet tells the file's CRC
  return take_wanted(rest, is_chained ? packet.crc : crc16(rest, crc));
}

/// Of a file by path, START may count otherwise than the packets do, and a packet that is right in
/// itself may not be the one due.
std::optional<Odd> FileReceiver::oddity_of(const Packet& packet, Verdict verdict) const {
  const bool is_taken = verdict == Verdict::fresh || verdict == Verdict::repeated;
  if (is_taken && geometry_.is_unexpected()) {
    return Odd{Oddity::start_in_packets, "START of this file counts packets, not bytes"};
  }
  if (verdict != Verdict::out_of_step || geometry_.in_packets()) {
    return std::nullopt;
  }
  if (packet.offset && *packet.offset != bytes()) {
    return Odd{Oddity::other_offset, "a packet is for byte " + std::to_string(*packet.offset) +
                                         ", byte " + std::to_string(bytes()) + " was due"};
  }
  if (bytes() + packet.payload.size() > geometry_.announced()) {
    return Odd{Oddity::too_many_bytes, "more bytes came than the " +
                                           std::to_string(geometry_.announced()) +
                                           " that START announced"};
  }
  return std::nullopt;
}

/// The CRC that the packet's goes on from: the chain's. Behind a SYNC that may be the one before
/// it, or that of the file up to here, or a new one. nullopt: none of these.
std::optional<std::uint16_t> FileReceiver::chain_of(const Packet& packet) const {
  const auto goes_on_from = [&](std::uint16_t crc) {
    return crc16(packet.payload, crc) == packet.crc;
  };
  if (goes_on_from(chain_)) {
    return chain_;
  }
  if (after_sync_ && goes_on_from(0)) {
    return std::uint16_t{0};
  }
  const auto before = after_sync_ ? geometry_.at(position_) : std::nullopt;
  return before && goes_on_from(before->crc) ? std::optional(before->crc) : std::nullopt;
}

/// Whether it lies where the SYNC and the packets since then have led. Where that was too long ago
/// to be known, it is taken on trust: such a packet is dropped.
bool FileReceiver::is_in_place(const Packet& packet) const {
  const auto here = packet.offset ? geometry_.at(position_) : std::nullopt;
  return !here || here->offset == *packet.offset;
}

/// Bytes that were handed over are not here to compare with; their CRC is. What came too long ago,
/// or in other packets, is taken on trust: it is dropped.
bool FileReceiver::is_as_before(Bytes repeated) const {
  const auto begin = geometry_.at(position_);
  const auto end = geometry_.at(geometry_.behind(position_, repeated.size()));
  return !begin || !end ||
         (end->offset - begin->offset == repeated.size() &&
          crc16(repeated, begin->crc) == end->crc);
}

/// Nothing proves nothing: only the file may end with it.
bool FileReceiver::may_be_wanted(Bytes payload) const {
  return !payload.empty() || (geometry_.ends_at(geometry_.behind(geometry_.last().place, 0)) &&
                              compared_ == overlap_.size());
}

FileReceiver::Taken FileReceiver::take_wanted(Bytes payload, std::uint16_t crc) {
  const auto from = geometry_.last();
  const auto held = payload.first(geometry_.before(held_, from.place, payload.size()));
  const bool is_known = looks_for_known();
  const bool is_held = from.place < held_ && held.size() == payload.size();
  if (from.place < held_ && !matches_overlap(held)) {
    return {Verdict::different};
  }
  add_to_tails(payload);
  geometry_.came(payload.size(), crc);
  attempts_ = 0;
  whole_ = geometry_.ends_at(geometry_.last().place);
  const bool is_shorter = compared_ < overlap_.size(); // than what is held
  if (whole_ && (is_shorter || (is_known && !known()))) {
    return {Verdict::different};
  }
  if (is_known || is_held) {
    return {Verdict::repeated};
  }
  return {Verdict::fresh, geometry_.number_of(from.place + held.size()), from.offset + held.size(),
          payload.subspan(held.size())};
}

void FileReceiver::add_to_tails(Bytes payload) {
  for (auto& tail : as_known_) {
    const auto begin = place_of(geometry_, tail.packet, tail.offset);
    const auto part =
        payload.subspan(geometry_.before(begin, geometry_.last().place, payload.size()));
    tail.bytes += part.size();
    tail.crc64 = crc64(part, tail.crc64);
  }
}

std::optional<std::size_t> FileReceiver::known() const {
  const auto same = std::ranges::mismatch(known_, as_known_, std::not_equal_to()).in1;
  return same != known_.end() ? std::optional<std::size_t>(same - known_.begin()) : std::nullopt;
}

FileReceiver::Position FileReceiver::compared() const {
  const auto last = geometry_.last();
  const auto from = last.place == held_ ? geometry_.before_last().value_or(last) : last;
  return {geometry_.packet_of(from.place).value_or(first_packet_), from.offset};
}

/// What is held ends where its last packet does.
bool FileReceiver::matches_overlap(Bytes payload) {
  const auto held = Bytes(overlap_).subspan(compared_);
  const auto end = geometry_.behind(geometry_.last().place, payload.size());
  const bool is_last = end == held_ || geometry_.ends_at(end);
  if (is_last ? payload.size() != held.size() : payload.size() > held.size()) {
    return false;
  }
  compared_ += payload.size();
  const bool equal = std::ranges::equal(payload, held.first(payload.size()));
  if (is_last) {
    overlap_ = ByteBuffer();
    compared_ = 0;
  }
  return equal;
}

} // namespace dualcam
