#include "capture/transfer_tracker.hpp"

#include <algorithm>
#include <utility>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

constexpr unsigned most_tries = 16;   // to find a packet that came again: each looks at many
constexpr std::size_t no_packet = 32; // less than this between two commands holds no packet

std::uint32_t plus(std::uint32_t number, std::int64_t shift) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(number + shift, 1, std::int64_t{UINT32_MAX}));
}

} // namespace

TransferTracker::TransferTracker(std::optional<FileKind> kind,
                                 std::optional<std::uint32_t> announced, bool by_path,
                                 std::optional<std::uint16_t> initial)
    : kind_(kind), announced_(announced), by_path_(by_path) {
  if (announced) {
    starts_ = {0};
    numbering_ = DumpNumbering::inferred; // until SYNC
  } else {
    break_ = Break{0, true};
    if (initial) {
      starts_ = {*initial};
    }
  }
}

std::optional<std::uint32_t> TransferTracker::highest_sync() const {
  return by_path_ ? std::nullopt : announced_;
}

DumpTransferBegan TransferTracker::began(std::uint64_t offset) const {
  if (!by_path_) {
    return {offset, kind_, announced_, std::nullopt};
  }
  const auto packets = announced_
                           ? std::optional(static_cast<std::uint32_t>(
                                 (std::uint64_t{*announced_} + full_packet - 1) / full_packet))
                           : std::nullopt;
  return {offset, kind_, packets, announced_};
}

DumpTransferEnded TransferTracker::ended(std::uint64_t offset) const {
  auto ended = counts_;
  ended.offset = offset;
  ended.kind = kind_;
  ended.packets = began(offset).packets;
  ended.highest = highest_;
  ended.packet_size = packet_size_;
  ended.by_path = by_path_;
  return ended;
}

void TransferTracker::metadata(std::optional<FileKind> kind) {
  has_metadata_ = true;
  kind_ = kind_ ? kind_ : kind;
}

void TransferTracker::sync(std::uint32_t number) {
  const auto wanted = by_path_ ? number_at(number) : std::max(number, std::uint32_t{1});
  const auto last = starts_;
  starts_ = {0};
  if (const auto before = recent_.stored_crc(wanted - 1)) {
    starts_.push_back(*before);
  }
  starts_.insert(starts_.end(), last.begin(), last.end());
  starts_.resize(std::min<std::size_t>(starts_.size(), 4));
  if (!behind_sync_) { // of several SYNCs in a row the first tells what came before
    next_before_sync_ = next_;
    behind_sync_ = true;
  }
  sync_ordinal_ = ordinal_;
  next_ = wanted;
  next_byte_ = number;
  numbering_ = DumpNumbering::stated;
  lost_.reset();
}

/// The number of the first packet behind a lost stretch.
void TransferTracker::find_place_behind_loss(Bytes payload, std::uint16_t stored) {
  const auto lost = *std::exchange(lost_, std::nullopt);
  const auto goes_on_from = [&](std::uint16_t start) { return crc16(payload, start) == stored; };
  if (!lost.damaged_packet && std::ranges::any_of(starts_, goes_on_from)) {
    return; // the chain proves it: only garbage stood there
  }
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
  const bool exact = lost.length_known && lost.bytes % wire_size() == 0;
  if (!exact) {
    break_ = Break{ordinal_, true};
  }
  starts_.clear();
  if (restarted) {
    starts_ = {0};
  }
}

/// Behind damage: a range of bytes may have come twice, or been left out. A packet whose CRC goes
/// on from one that is known follows that one.
void TransferTracker::find_place_by_chain(Bytes payload, std::uint16_t start) {
  const auto before = by_path_ ? std::nullopt : recent_.number_with_crc(start);
  if (!before || start == 0 || *before + 1 == next_ || *before >= next_) {
    return;
  }
  if (recent_.has_content(*before + 1, payload).value_or(*before == highest_good_)) {
    next_ = *before + 1;
    numbering_ = DumpNumbering::inferred;
  }
}

/// Behind a packet.
void TransferTracker::advance(std::size_t bytes) {
  next_byte_ += bytes;
  next_ = by_path_ ? number_at(next_byte_) : plus(next_, 1);
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
  packet.file_offset = by_path_ ? next_byte_ : std::uint64_t{next_ - 1} * packet_size_;
  packet.payload = payload;
  packet.verdict = verdict;
  packet.repeat = next_ <= highest_;
  highest_ = std::max(highest_, next_);
  counts_.good += verdict == DumpVerdict::good;
  counts_.unchecked += verdict == DumpVerdict::unchecked;
  counts_.bad += verdict == DumpVerdict::bad || verdict == DumpVerdict::cut;
  counts_.repeats += packet.repeat;
  return packet;
}

DumpPacket TransferTracker::data(std::uint64_t offset, Bytes payload, std::uint16_t stored,
                                 std::optional<std::uint16_t> before) {
  if (lost_) {
    find_place_behind_loss(payload, stored);
  }
  if (starts_.empty()) { // the packet before may still show its CRC, or a SYNC have stood there
    for (const auto each : {before.value_or(0), std::uint16_t{0}}) {
      if (starts_.empty() && crc16(payload, each) == stored) {
        starts_ = {each};
      }
    }
  }
  const auto start = std::ranges::find_if(
      starts_, [&](std::uint16_t each) { return crc16(payload, each) == stored; });
  const bool good = start != starts_.end();
  if (good && last_ && (last_->verdict == DumpVerdict::bad || last_->verdict == DumpVerdict::cut)) {
    find_place_by_chain(payload, *start);
  }
  highest_good_ = good ? std::max(highest_good_, next_) : highest_good_;
  if (good && !packet_size_known_ && !payload.empty() && next_ != announced_ &&
      !(by_path_ && next_byte_ + payload.size() == announced_)) {
    packet_size_ = payload.size();
    packet_size_known_ = true;
  }
  auto event = packet(offset, payload,
                      good              ? DumpVerdict::good
                      : starts_.empty() ? DumpVerdict::unchecked
                                        : DumpVerdict::bad);
  event.stored = stored;
  if (!starts_.empty()) {
    event.computed = crc16(payload, good ? *start : starts_.front());
  }
  if (event.verdict == DumpVerdict::bad && !(break_ && break_->searched)) {
    break_ = Break{event.ordinal, false};
  }
  starts_ = good || !event.computed ? std::vector{stored} : std::vector{stored, *event.computed};
  advance(payload.size());
  remember(event);
  return event;
}

DumpPacket TransferTracker::enhanced_data(std::uint64_t offset, const EnhancedData& data) {
  lost_.reset();
  by_path_ = true;
  const auto computed = crc16(data.payload);
  const bool good = computed == data.crc;
  const bool last = data.offset + data.payload.size() == announced_;
  if (good && !packet_size_known_ && !last && !data.payload.empty()) {
    packet_size_ = data.payload.size();
    packet_size_known_ = true;
  }
  next_byte_ = data.offset;
  next_ = number_at(next_byte_);
  numbering_ = DumpNumbering::stated;
  auto event = packet(offset, data.payload, good ? DumpVerdict::good : DumpVerdict::bad);
  event.stored = data.crc;
  event.computed = computed;
  advance(data.payload.size());
  last_ = event;
  return event;
}

/// What comes behind it is found by `lost`, so the next number stays.
DumpPacket TransferTracker::cut(std::uint64_t offset, Bytes payload,
                                std::optional<std::uint16_t> stored) {
  auto event = packet(offset, payload, DumpVerdict::cut);
  event.stored = stored;
  if (!starts_.empty()) {
    event.computed = crc16(payload, starts_.front());
  }
  last_ = event;
  return event;
}

void TransferTracker::remember(const DumpPacket& packet) {
  last_ = packet;
  if (packet.verdict == DumpVerdict::bad) {
    return;
  }
  recent_.add(packet.ordinal, packet.number, packet.payload, *packet.stored);
}

std::optional<DumpRenumbered> TransferTracker::shift(std::uint64_t first, std::uint64_t end,
                                                     std::int64_t by, std::string_view reason) {
  break_.reset();
  if (by == 0 || first >= end) {
    return std::nullopt;
  }
  highest_ = std::max(highest_, recent_.renumber({first, end}, by));
  if (end == ordinal_) {
    next_ = plus(next_, by);
    highest_ = std::max(highest_, next_ - 1);
  }
  return DumpRenumbered{first, end, by, reason};
}

/// All packets from the break on. If there are too many, a damaged one keeps its place.
std::optional<DumpRenumbered> TransferTracker::shift_from_break(std::int64_t by,
                                                                std::string_view reason) {
  return shift(break_->ordinal + (by < 0 && !break_->searched ? 1 : 0), ordinal_, by, reason);
}

std::optional<DumpRenumbered> TransferTracker::correction() {
  if (!last_ || by_path_) {
    return std::nullopt;
  }
  if (std::exchange(behind_sync_, false)) {
    return correction_behind_sync();
  }
  const bool is_last = last_->payload.size() < packet_size_ && last_->verdict != DumpVerdict::cut &&
                       last_->verdict != DumpVerdict::bad;
  if (is_last && announced_ && break_) {
    return shift_from_break(std::int64_t{*announced_} - last_->number,
                            "a short packet is the last one");
  }
  return std::nullopt;
}

/// The packet behind a SYNC has a certain number: the same content seen before had it too; and a
/// device never goes on beyond what it has sent.
std::optional<DumpRenumbered> TransferTracker::correction_behind_sync() {
  if (!break_ || break_->ordinal >= sync_ordinal_ || last_->verdict == DumpVerdict::bad ||
      last_->verdict == DumpVerdict::cut) {
    return std::nullopt;
  }
  if (break_->tries++ >= most_tries) {
    return std::nullopt;
  }
  if (const auto seen = recent_.only_one_with(last_->payload, {break_->ordinal, sync_ordinal_})) {
    return shift(break_->ordinal, sync_ordinal_, std::int64_t{last_->number} - *seen,
                 "a packet came again behind SYNC");
  }
  if (last_->number > next_before_sync_ && break_->searched) {
    return shift(break_->ordinal, sync_ordinal_, std::int64_t{last_->number} - next_before_sync_,
                 "SYNC goes on behind it");
  }
  return std::nullopt;
}

/// Unless the end itself is lost: nothing tells then how many packets there were in between.
std::optional<DumpRenumbered> TransferTracker::correction_at_end() {
  if (lost_ || by_path_ || !announced_ || !break_ || sync_ordinal_ > break_->ordinal ||
      !has_packets() || (next_ <= *announced_ && !break_->searched)) {
    return std::nullopt;
  }
  return shift_from_break(std::int64_t{*announced_} - next_ + 1, "what follows it ends the file");
}

} // namespace dualcam
