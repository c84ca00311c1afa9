#include "dualcam/session/file_receiver.hpp"

#include <algorithm>
#include <functional>

#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"

namespace dualcam {

FileReceiver::FileReceiver(std::uint32_t packets, const ResumePoint& from)
    : packets_(packets), wanted_(from.packet), position_(from.packet), bytes_(from.offset),
      crc_(from.crc), chain_(from.crc), held_(from.held), overlap_(from.overlap),
      known_(from.known) {
  for (const auto& tail : known_) {
    as_known_.push_back({.packet = tail.packet});
  }
}

void FileReceiver::synchronise(std::uint32_t packet) {
  position_ = std::max(packet, std::uint32_t{1}); // 0 is used for 1 by some
  after_sync_ = true;
}

FileReceiver::Verdict FileReceiver::take(const Data& data) {
  if (!chains(data)) {
    return Verdict::bad_crc;
  }
  if (position_ < wanted_ ? !is_as_before(data.payload) : !may_be_wanted(data.payload)) {
    return Verdict::out_of_step;
  }
  chain_ = data.crc;
  after_sync_ = false;
  return position_++ < wanted_ ? Verdict::repeated : take_wanted(data.payload);
}

/// Whether the packet's CRC continues the chain. Behind a SYNC that may be the one before it, or
/// that of the file up to here, or a new one.
bool FileReceiver::chains(const Data& data) const {
  if (crc16(data.payload, chain_) == data.crc) {
    return true;
  }
  const auto before = crc_before_position();
  return after_sync_ && (crc16(data.payload, 0) == data.crc ||
                         (before && crc16(data.payload, *before) == data.crc));
}

std::optional<std::uint16_t> FileReceiver::crc_before_position() const {
  const auto& seen = seen_[position_ % most_seen];
  return position_ == wanted_       ? std::optional(crc_)
         : seen.number == position_ ? std::optional(seen.crc_before)
                                    : std::nullopt;
}

/// Bytes that were handed over are not here to compare with; their CRC is. What came too long ago
/// is taken on trust: it is dropped.
bool FileReceiver::is_as_before(Bytes payload) const {
  const auto& seen = seen_[position_ % most_seen];
  return seen.number != position_ ||
         (seen.size == payload.size() && crc16(payload, seen.crc_before) == seen.crc_behind);
}

/// Nothing proves nothing: only the file may end with it.
bool FileReceiver::may_be_wanted(Bytes payload) const {
  return !payload.empty() || (position_ == packets_ && compared_ == overlap_.size());
}

FileReceiver::Verdict FileReceiver::take_wanted(Bytes payload) {
  const bool is_known = is_comparing();
  if (wanted_ <= held_ && !matches_overlap(payload)) {
    return Verdict::different;
  }
  add_to_tails(payload);
  auto& seen = seen_[wanted_ % most_seen];
  seen = {wanted_, static_cast<std::uint16_t>(payload.size()), crc_, crc16(payload, crc_)};
  crc_ = seen.crc_behind;
  bytes_ += payload.size();
  whole_ = wanted_ == packets_;
  wanted_ += whole_ ? 0 : 1;
  if (whole_ && looks_for_known() && !known()) {
    return Verdict::different;
  }
  return is_known ? Verdict::repeated : Verdict::fresh;
}

void FileReceiver::add_to_tails(Bytes payload) {
  for (auto& tail : as_known_) {
    if (wanted_ >= tail.packet) {
      tail.bytes += payload.size();
      tail.crc64 = crc64(payload, tail.crc64);
    }
  }
}

std::optional<std::size_t> FileReceiver::known() const {
  const auto same = std::ranges::mismatch(known_, as_known_, std::not_equal_to()).in1;
  return same != known_.end() ? std::optional<std::size_t>(same - known_.begin()) : std::nullopt;
}

/// What is held ends where its last packet does.
bool FileReceiver::matches_overlap(Bytes payload) {
  const auto held = Bytes(overlap_).subspan(compared_);
  const bool is_last = wanted_ == held_ || wanted_ == packets_;
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
