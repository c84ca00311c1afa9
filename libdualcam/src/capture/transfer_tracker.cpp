#include "capture/transfer_tracker.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

constexpr std::size_t no_packet = 32; // less than this between two commands holds no packet

std::uint32_t plus(std::uint32_t number, std::int64_t shift) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(number + shift, 1, std::int64_t{UINT32_MAX}));
}

} // namespace

TransferTracker::TransferTracker(std::optional<FileKind> kind,
                                 std::optional<std::uint32_t> announced, bool in_bytes,
                                 std::optional<std::uint16_t> initial)
    : kind_(kind), announced_(announced), in_bytes_(in_bytes) {
  if (announced) {
    starts_ = {0, DumpStart::zero};
    numbering_ = DumpNumbering::inferred; // until SYNC
  } else if (initial) {
    starts_ = {*initial, DumpStart::unknown};
  }
}

void TransferTracker::Starts::add(const Starts& others, std::size_t most) {
  for (std::size_t i = 0; i < others.crcs.size() && crcs.size() < most; ++i) {
    add(others.crcs[i], others.kinds[i]);
  }
}

std::optional<std::uint32_t> TransferTracker::highest_sync() const {
  return in_bytes_ ? std::nullopt : announced_;
}

DumpTransferBegan TransferTracker::began(std::uint64_t offset) const {
  if (!in_bytes_) {
    return {offset, kind_, announced_, std::nullopt, start_rest_};
  }
  const auto packets = announced_
                           ? std::optional(static_cast<std::uint32_t>(
                                 (std::uint64_t{*announced_} + full_packet - 1) / full_packet))
                           : std::nullopt;
  return {offset, kind_, packets, announced_, start_rest_, true};
}

DumpTransferEnded TransferTracker::ended(std::uint64_t offset, bool regular) const {
  auto ended = counts_;
  ended.offset = offset;
  ended.kind = kind_;
  ended.packets = began(offset).packets;
  ended.highest = highest_;
  ended.packet_size = packet_size_;
  ended.in_bytes = in_bytes_;
  ended.regular = regular && !(lost_ && lost_->length_known); // the last packets may be missing
  return ended;
}

void TransferTracker::metadata(std::optional<FileKind> kind) {
  has_metadata_ = true;
  kind_ = kind_ ? kind_ : kind;
}

void TransferTracker::sync(std::uint32_t number) {
  in_bytes_ = in_bytes_ && !(number == 1 && ordinal_ == 0); // it counts packets after all
  const auto wanted = in_bytes_ ? number_at(number) : std::max(number, std::uint32_t{1});
  constexpr std::size_t most_starts = 4;
  const auto last = std::exchange(starts_, {0, DumpStart::zero});
  behind_bad_ = false;
  if (const auto before = recent_.received_crc(wanted - 1)) {
    starts_.add(*before, DumpStart::earlier);
  }
  starts_.add(last, most_starts);
  behind_sync_ = true;
  sync_ordinal_ = ordinal_;
  sync_byte_ = number;
  next_ = wanted;
  next_byte_ = number;
  numbering_ = DumpNumbering::stated;
  lost_.reset();
}

/// A SYNC was asked for, may be among what is lost, and the packet's CRC begins anew: 0 does that
/// wherever it stands.
bool TransferTracker::is_behind_lost_sync(std::uint32_t asked, Bytes payload,
                                          std::uint16_t received_crc) const {
  return asked <= highest_sync().value_or(UINT32_MAX) && (lost_ || ordinal_ == 0) &&
         received_crc != 0 && crc16(payload) == received_crc;
}

/// As the lost SYNC would, if it said what it was asked for.
void TransferTracker::sync_as_asked(std::uint32_t number) {
  next_byte_ = number;
  next_ = in_bytes_ ? number_at(number) : std::max(number, std::uint32_t{1});
  numbering_ = DumpNumbering::inferred;
  starts_ = {0, DumpStart::zero};
  lost_.reset();
  behind_sync_ = false;
  behind_lost_sync_ = true;
}

/// The number of the first packet behind a lost stretch.
void TransferTracker::find_place_behind_loss(Bytes payload, std::uint16_t received_crc) {
  const auto lost = *std::exchange(lost_, std::nullopt);
  const auto goes_on_from = [&](std::uint16_t start) {
    return crc16(payload, start) == received_crc;
  };
  const bool packets_are_missing = lost.length_known && lost.bytes % wire_size() == 0;
  if (!lost.damaged_packet && !packets_are_missing &&
      std::ranges::any_of(starts_.crcs, goes_on_from)) {
    return; // the chain proves it: only garbage stood there
  }
  behind_sync_ = false; // what was lost may have been packets, or another SYNC
  const bool restarted = !lost.damaged_packet && lost.bytes < no_packet && goes_on_from(0);
  if (!restarted) { // otherwise a SYNC was damaged: its number is not known, but no packet is lost
    const auto rounding = lost.length_known ? wire_size() / 2 : wire_size() - 1;
    const auto packets = (lost.bytes + rounding) / wire_size();
    const auto skipped = std::clamp<std::uint64_t>(packets, 1, UINT32_MAX);
    next_ = plus(next_, static_cast<std::int64_t>(skipped));
    next_byte_ += skipped * packet_size_;
  }
  if (numbering_ == DumpNumbering::stated) {
    numbering_ = DumpNumbering::inferred;
  }
  starts_.clear();
  if (restarted) {
    starts_ = {0, DumpStart::zero};
  }
}

/// What goes on from it: from its CRC, or, if that is what was damaged, from what it should be.
TransferTracker::Starts TransferTracker::starts_behind(const DumpPacket& packet) {
  Starts starts(*packet.received_crc, DumpStart::packet_before);
  if (packet.verdict == DumpVerdict::bad && packet.computed_crc) {
    starts.add(*packet.computed_crc, DumpStart::packet_before);
  }
  return starts;
}

/// Behind a packet.
void TransferTracker::advance(std::size_t bytes) {
  next_byte_ += bytes;
  next_ = in_bytes_ ? number_at(next_byte_) : plus(next_, 1);
}

/// Of a byte of the file.
std::uint32_t TransferTracker::number_at(std::uint64_t byte) const {
  return plus(
      static_cast<std::uint32_t>(std::min<std::uint64_t>(byte / packet_size_, UINT32_MAX - 1)), 1);
}

DumpPacket TransferTracker::packet(std::uint64_t offset, Bytes payload, DumpVerdict verdict) {
  DumpPacket packet{};
  packet.ordinal = ordinal_++;
  packet.number = next_;
  packet.numbering = numbering_;
  packet.offset = offset;
  packet.header = data_header;
  packet.file_offset = in_bytes_ ? next_byte_ : std::uint64_t{next_ - 1} * packet_size_;
  packet.payload = payload;
  packet.verdict = verdict;
  packet.origin = behind_sync_ && packet.ordinal == sync_ordinal_ ? DumpOrigin::sync
                  : behind_lost_sync_                             ? DumpOrigin::resume
                  : packet.ordinal == 0                           ? DumpOrigin::nothing
                                                                  : DumpOrigin::packet_before;
  behind_lost_sync_ = false;
  packet.repeat = next_ <= highest_;
  highest_ = std::max(highest_, next_);
  counts_.good += verdict == DumpVerdict::good;
  counts_.unchecked += verdict == DumpVerdict::unchecked;
  counts_.bad += verdict == DumpVerdict::bad || verdict == DumpVerdict::cut;
  counts_.repeats += packet.repeat;
  return packet;
}

DumpPacket TransferTracker::data(std::uint64_t offset, Bytes payload, std::uint16_t received_crc,
                                 std::optional<std::uint16_t> before,
                                 std::optional<std::uint32_t> asked) {
  if (asked && is_behind_lost_sync(*asked, payload, received_crc)) {
    sync_as_asked(*asked);
  } else if (lost_) {
    find_place_behind_loss(payload, received_crc);
  }
  if (starts_.empty()) { // the packet before may still show its CRC, or a SYNC have stood there
    if (before && crc16(payload, *before) == received_crc) {
      starts_ = {*before, DumpStart::bytes_before};
    } else if (crc16(payload) == received_crc) {
      starts_ = {0, DumpStart::zero};
    }
  }
  const auto start = std::ranges::find_if(
      starts_.crcs, [&](std::uint16_t each) { return crc16(payload, each) == received_crc; });
  const bool good = start != starts_.crcs.end();
  packets_are_ = good ? CommandId::data : packets_are_;
  if (good && !packet_size_known_ && !payload.empty() && next_ != announced_ &&
      !(in_bytes_ && next_byte_ + payload.size() == announced_)) {
    packet_size_ = payload.size();
    packet_size_known_ = true;
  }
  auto event = packet(offset, payload,
                      good              ? DumpVerdict::good
                      : starts_.empty() ? DumpVerdict::unchecked
                                        : DumpVerdict::bad);
  event.received_crc = received_crc;
  if (!starts_.empty()) {
    const auto which = good ? static_cast<std::size_t>(start - starts_.crcs.begin()) : 0;
    event.computed_crc = good ? received_crc : crc16(payload, starts_.crcs[which]);
    event.start = starts_.kinds[which];
  }
  starts_ = starts_behind(event);
  advance(payload.size());
  remember(event);
  return event;
}

/// Where it belongs. Its header has no CRC: a packet that goes on from the one before, with another
/// place in its header, has a damaged header, unless the one before is two of which the rest is
/// lost, and this one goes on from the second's CRC, or anew.
std::uint64_t TransferTracker::place_of(const EnhancedData& data, bool chained) const {
  const bool behind_joined = behind_bad_ && (crc16(data.payload, starts_.crcs[0]) == data.crc ||
                                             crc16(data.payload) == data.crc);
  const bool fits = data.offset == next_byte_ || data.offset == told_byte_ ||
                    data.offset == sync_byte_ || lost_ || starts_.empty() || behind_joined;
  const auto end = data.offset + std::uint64_t{data.payload.size()};
  const bool believed = chained ? fits : end <= announced_.value_or(UINT32_MAX);
  return believed ? data.offset : next_byte_;
}

/// Its CRC goes on from the packet before or, as some devices have it, begins anew. If it does not,
/// the header shows whether packets are missing before it.
DumpPacket TransferTracker::enhanced_data(std::uint64_t offset, const EnhancedData& data,
                                          std::optional<std::uint16_t> before) {
  in_bytes_ = true;
  if (lost_ && before) { // the packet before may still show its CRC
    starts_ = {*before, DumpStart::bytes_before};
  }
  const auto fits = [&](std::uint16_t start) { return crc16(data.payload, start) == data.crc; };
  const auto start = std::ranges::find_if(starts_.crcs, fits);
  const bool fitted = start != starts_.crcs.end();
  const bool blank = data.crc == 0 && goes_on_; // fits whatever was before
  const bool chained = fitted || (fits(0) && !blank);
  goes_on_ = goes_on_ || (fitted && *start != 0);
  const auto place = place_of(data, chained);
  const bool gap = !chained && (place > next_byte_ || lost_ || starts_.empty());
  const auto end = data.offset + std::uint64_t{data.payload.size()};
  packets_are_ = chained ? CommandId::enhanced_data : packets_are_;
  if (chained && !packet_size_known_ && end != announced_ && !data.payload.empty()) {
    packet_size_ = data.payload.size();
    packet_size_known_ = true;
  }
  lost_.reset();
  told_byte_ = (place == data.offset ? next_byte_ : data.offset) + data.payload.size();
  next_byte_ = place;
  next_ = number_at(next_byte_);
  const bool in_place = place == data.offset;
  numbering_ = in_place ? DumpNumbering::stated : DumpNumbering::inferred;
  auto event = packet(offset, data.payload,
                      chained && in_place ? DumpVerdict::good
                      : gap               ? DumpVerdict::unchecked
                                          : DumpVerdict::bad);
  event.header += sizeof data.offset;
  event.origin = in_place ? DumpOrigin::header : event.origin;
  event.received_crc = data.crc;
  if (!gap) {
    const auto which = fitted ? static_cast<std::size_t>(start - starts_.crcs.begin()) : 0;
    const bool from_zero = !fitted && (starts_.empty() || chained);
    event.computed_crc = crc16(data.payload, from_zero ? std::uint16_t{0} : starts_.crcs[which]);
    event.start = from_zero ? DumpStart::zero : starts_.kinds[which];
  }
  starts_ = {data.crc, DumpStart::packet_before};
  if (!chained && !gap) {
    starts_.add(*event.computed_crc, DumpStart::packet_before);
  }
  behind_sync_ = false;
  behind_bad_ = event.verdict == DumpVerdict::bad && !chained;
  advance(data.payload.size());
  remember(event);
  return event;
}

/// What comes behind it is found by `lost`, so the next number stays.
DumpPacket TransferTracker::cut(std::uint64_t offset, Bytes payload,
                                std::optional<std::uint16_t> received_crc,
                                std::optional<std::uint32_t> place) {
  const auto next = std::pair(next_, next_byte_);
  const bool in_place = place && *place + payload.size() <= announced_.value_or(UINT32_MAX);
  if (in_place) {
    next_byte_ = *place;
    next_ = number_at(next_byte_);
  }
  auto event = packet(offset, payload, DumpVerdict::cut);
  std::tie(next_, next_byte_) = next;
  event.header += place ? sizeof *place : 0;
  event.origin = in_place ? DumpOrigin::header : event.origin;
  event.received_crc = received_crc;
  if (!starts_.empty()) {
    event.computed_crc = crc16(payload, starts_.crcs.front());
    event.start = starts_.kinds.front();
  }
  return event;
}

void TransferTracker::remember(const DumpPacket& packet) {
  if (packet.verdict == DumpVerdict::bad) {
    return;
  }
  recent_.add(packet.ordinal, packet.number, *packet.received_crc);
}

} // namespace dualcam
