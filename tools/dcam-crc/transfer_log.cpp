#include "dcam-crc/transfer_log.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "dualcam/wire/crc16.hpp"

namespace dualcam::crc {
namespace {

constexpr std::size_t most_suspended = 64;

/// Which of several copies is to be believed: a stated number before an inferred one.
int rank(const PacketRecord& packet) {
  const int stated = packet.numbering == DumpNumbering::stated ? 1 : 0;
  switch (packet.verdict) {
  case DumpVerdict::good:
    return 4 + stated;
  case DumpVerdict::unchecked:
    return 2 + stated;
  case DumpVerdict::bad:
    return stated;
  case DumpVerdict::cut:
    return -1;
  }
  return -1;
}

template <class T> bool may_be_same(const std::optional<T>& a, const std::optional<T>& b) {
  return !a || !b || *a == *b;
}

/// What a packet holds, and its number.
struct Content {
  std::uint32_t hash;
  std::uint16_t crc;
  std::uint16_t size;
  std::uint32_t number;
  auto key() const { return std::tuple(hash, crc, size); }
};

/// Good packets with stated numbers, ordered by content.
std::vector<Content> stated_contents(const Transfer& transfer) {
  std::vector<Content> contents;
  for (const auto& packet : transfer.packets) {
    if (packet.verdict == DumpVerdict::good && packet.numbering == DumpNumbering::stated) {
      contents.push_back({packet.content, packet.crc, packet.size, packet.number});
    }
  }
  std::ranges::sort(contents, {}, &Content::key);
  return contents;
}

/// By how much the numbers of packets `first` to `end` are off, as most of those that came again
/// have it.
std::int64_t shift_of(const Transfer& transfer, std::size_t first, std::size_t end,
                      const std::vector<Content>& contents) {
  constexpr std::ptrdiff_t most_alike = 16; // blank stretches tell nothing
  std::map<std::int64_t, std::size_t> votes;
  for (auto i = first; i < end; ++i) {
    const auto& packet = transfer.packets[i];
    const auto same = std::ranges::equal_range(
        contents, std::tuple(packet.content, packet.crc, packet.size), {}, &Content::key);
    if (packet.verdict != DumpVerdict::good || std::ranges::ssize(same) > most_alike) {
      continue;
    }
    std::set<std::int64_t> shifts;
    for (const auto& each : same) {
      shifts.insert(std::int64_t{each.number} - packet.number);
    }
    for (const auto shift : shifts) {
      ++votes[shift];
    }
  }
  const auto most =
      std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() || votes[0] == most->second ? 0 : most->first;
}

/// How far numbers are equally uncertain: from one lost stretch to the next.
std::size_t end_of_run(const Transfer& transfer, std::size_t first) {
  const auto& packets = transfer.packets;
  auto end = first + 1;
  while (end < packets.size() && packets[first].numbering != DumpNumbering::stated &&
         packets[end].numbering != DumpNumbering::stated &&
         packets[end - 1].verdict != DumpVerdict::cut &&
         packets[end].number == packets[end - 1].number + 1) {
    ++end;
  }
  return end;
}

void correct(Transfer& transfer, std::string_view reason) {
  if (std::ranges::find(transfer.corrections, reason) == transfer.corrections.end()) {
    transfer.corrections.emplace_back(reason);
  }
}

void renumber(PacketRecord& packet, std::int64_t shift) {
  packet.number = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(packet.number + shift, 1, std::int64_t{UINT32_MAX}));
  packet.numbering = DumpNumbering::inferred;
}

/// Packets whose numbers were inferred may have come again with stated ones, which settles theirs.
void settle_inferred_numbers(Transfer& transfer) {
  if (transfer.numbering() == DumpNumbering::stated) {
    return;
  }
  const auto contents = stated_contents(transfer);
  for (std::size_t first = 0; first < transfer.packets.size();) {
    const auto end = end_of_run(transfer, first);
    const auto shift = transfer.packets[first].numbering == DumpNumbering::stated
                           ? 0
                           : shift_of(transfer, first, end, contents);
    for (auto i = first; shift != 0 && i < end; ++i) {
      renumber(transfer.packets[i], shift);
    }
    if (shift != 0) {
      correct(transfer, "packets came again with stated numbers");
    }
    first = end;
  }
}

/// A number is a repeat if it came before, whatever the order of the others.
void mark_repeats(Transfer& transfer) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> order;
  order.reserve(transfer.packets.size());
  for (auto& packet : transfer.packets) {
    order.emplace_back(packet.number, static_cast<std::uint32_t>(order.size()));
  }
  std::ranges::sort(order);
  for (std::size_t i = 0; i < order.size(); ++i) {
    transfer.packets[order[i].second].repeat = i > 0 && order[i - 1].first == order[i].first;
  }
}

/// What ordered numbers leave out of 1 to `last`.
std::vector<NumberRange> gaps(const std::vector<std::uint32_t>& numbers, std::uint32_t last) {
  std::vector<NumberRange> ranges;
  std::uint64_t next = 1;
  for (const auto number : numbers) {
    if (number > next) {
      ranges.push_back({static_cast<std::uint32_t>(next), number - 1});
    }
    next = std::max<std::uint64_t>(next, std::uint64_t{number} + 1);
  }
  if (next <= last) {
    ranges.push_back({static_cast<std::uint32_t>(next), last});
  }
  return ranges;
}

/// The packet of this number among the best ones, or null.
const PacketRecord* find(const std::vector<const PacketRecord*>& best, std::uint32_t number) {
  const auto found =
      std::ranges::lower_bound(best, number, {}, [](const auto* packet) { return packet->number; });
  return found != best.end() && (*found)->number == number ? *found : nullptr;
}

} // namespace

// --- one transfer ---

std::vector<const PacketRecord*> Transfer::best() const {
  std::vector<std::size_t> order;
  for (std::size_t at = 0; at < packets.size(); ++at) {
    const auto& packet = packets[at];
    if (packet.verdict != DumpVerdict::cut && packet.number <= announced.value_or(UINT32_MAX)) {
      order.push_back(at);
    }
  }
  // Of several the first that is as good as any.
  std::ranges::sort(order, {}, [this](std::size_t at) {
    return std::tuple(packets[at].number, -rank(packets[at]), at);
  });
  std::vector<const PacketRecord*> best;
  for (const auto at : order) {
    if (best.empty() || best.back()->number != packets[at].number) {
      best.push_back(&packets[at]);
    }
  }
  return best;
}

std::uint32_t Transfer::expected() const {
  if (announced) {
    return *announced;
  }
  const auto highest = std::ranges::max_element(packets, {}, &PacketRecord::number);
  return highest == packets.end() ? 0 : highest->number;
}

std::uint64_t Transfer::count(DumpVerdict verdict) const {
  return static_cast<std::uint64_t>(std::ranges::count(packets, verdict, &PacketRecord::verdict));
}

std::uint64_t Transfer::repeated() const {
  return static_cast<std::uint64_t>(std::ranges::count(packets, true, &PacketRecord::repeat));
}

/// A number of which only damaged copies came is bad, not missing.
std::vector<NumberRange> Transfer::missing() const {
  std::vector<std::uint32_t> came;
  came.reserve(packets.size());
  for (const auto& packet : packets) {
    came.push_back(packet.number);
  }
  std::ranges::sort(came);
  return gaps(came, expected());
}

std::vector<NumberRange> Transfer::holes() const {
  std::vector<std::uint32_t> whole;
  for (const auto* packet : best()) {
    whole.push_back(packet->number);
  }
  return gaps(whole, expected());
}

std::uint64_t Transfer::missing_count() const {
  std::uint64_t count = 0;
  for (const auto& range : missing()) {
    count += std::uint64_t{range.last} - range.first + 1;
  }
  return count;
}

DumpNumbering Transfer::numbering() const {
  auto least = DumpNumbering::stated;
  for (const auto& packet : packets) {
    least = std::max(least, packet.numbering);
  }
  return least;
}

bool Transfer::is_complete() const {
  const auto all = best();
  return announced && all.size() == *announced && std::ranges::all_of(all, [](const auto* packet) {
           return packet->verdict == DumpVerdict::good;
         });
}

bool Transfer::is_flawless() const {
  return is_complete() && skipped.empty() && not_kept == 0 && bad() == 0;
}

std::uint64_t Transfer::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto* packet : best()) {
    bytes += packet->size;
  }
  return bytes;
}

std::uint16_t Transfer::crc() const {
  std::uint16_t crc = 0;
  for (const auto* packet : best()) {
    crc = crc16_combine(crc, packet->crc, packet->size);
  }
  return crc;
}

// --- all of a dump ---

void TransferLog::event(const DumpStream& stream, const DumpEvent& event) {
  if (trace) {
    trace(stream, event);
  }
  auto& open = open_[stream.number];
  commands_ += !std::holds_alternative<DumpSkipped>(event);
  if (const auto* init = std::get_if<DumpInit>(&event)) {
    open.imei = init->init.imei;
    open.metadata.clear();
    open.path.clear();
  } else if (const auto* began = std::get_if<DumpTransferBegan>(&event)) {
    on(open, stream, *began);
  } else if (const auto* path = std::get_if<DumpPath>(&event)) {
    open.path = path->path;
  } else if (const auto* metadata = std::get_if<DumpMetadata>(&event)) {
    on(open, *metadata);
  } else if (const auto* skip = std::get_if<DumpSkipped>(&event)) {
    this->skip(open, stream, *skip);
  } else if (const auto* packet = std::get_if<DumpPacket>(&event)) {
    on(open, *packet);
  } else if (const auto* renumbered = std::get_if<DumpRenumbered>(&event)) {
    on(open, *renumbered);
  } else if (const auto* ended = std::get_if<DumpTransferEnded>(&event)) {
    on(open, *ended);
  }
}

void TransferLog::on(Open& open, const DumpStream& stream, const DumpTransferBegan& began) {
  Transfer transfer;
  transfer.stream = stream;
  transfer.imei = open.imei;
  transfer.kind = began.kind;
  transfer.announced = began.packets;
  transfer.announced_bytes = began.bytes;
  transfer.offset = began.offset;
  transfer.metadata = std::exchange(open.metadata, {});
  transfer.path = open.path;
  open.transfer = std::move(transfer);
}

/// Whether one more record may be kept; it counts.
bool TransferLog::has_room() {
  while (records_ >= most_records && !suspended_.empty()) {
    report(suspended_.front().transfer);
    suspended_.pop_front();
  }
  if (records_ >= most_records) {
    return false;
  }
  ++records_;
  return true;
}

void TransferLog::skip(Open& open, const DumpStream& stream, const DumpSkipped& skip) {
  if (!open.transfer) {
    if (skipped) {
      skipped(stream, skip);
    }
  } else if (has_room()) {
    open.transfer->skipped.push_back(skip);
  } else {
    ++open.transfer->not_kept;
  }
}

void TransferLog::on(Open& open, const DumpPacket& packet) {
  if (!has_room()) {
    ++open.transfer->not_kept;
    return;
  }
  PacketRecord record{};
  record.offset = packet.offset;
  record.file_offset = packet.file_offset;
  record.number = packet.number;
  record.content =
      static_cast<std::uint32_t>(std::hash<std::string_view>()(as_text(packet.payload)));
  record.stored = packet.stored;
  record.computed = packet.computed;
  record.size = static_cast<std::uint16_t>(packet.payload.size());
  record.crc = crc16(packet.payload);
  record.numbering = packet.numbering;
  record.verdict = packet.verdict;
  record.repeat = packet.repeat;
  open.transfer->packets.push_back(record);
  if (spool && packet.verdict != DumpVerdict::cut) {
    open.transfer->packets.back().spooled = spool(packet.payload);
  }
}

void TransferLog::on(Open& open, const DumpRenumbered& renumbered) {
  auto& transfer = *open.transfer;
  const auto end = std::min<std::uint64_t>(renumbered.end, transfer.packets.size());
  for (auto i = renumbered.first; i < end; ++i) {
    renumber(transfer.packets[i], renumbered.shift);
  }
  // Packets were lost before the first one: that is why its CRC did not fit.
  if (renumbered.first < end && transfer.packets[renumbered.first].verdict == DumpVerdict::bad) {
    transfer.packets[renumbered.first].verdict = DumpVerdict::unchecked;
    transfer.packets[renumbered.first].computed.reset();
  }
  correct(transfer, renumbered.reason);
}

void TransferLog::on(Open& open, const DumpMetadata& metadata) {
  ByteBuffer payload(metadata.payload.begin(), metadata.payload.end());
  (metadata.of_current && open.transfer ? open.transfer->metadata : open.metadata) =
      std::move(payload);
}

void TransferLog::on(Open& open, const DumpTransferEnded& ended) {
  if (!open.transfer) {
    return;
  }
  open.transfer->kind = ended.kind;
  open.transfer->packet_size = ended.packet_size;
  auto transfer = *std::exchange(open.transfer, std::nullopt);
  settle_inferred_numbers(transfer);
  mark_repeats(transfer);
  if (!ended.by_path) { // the packet size is known at last, and so are the numbers
    for (auto& packet : transfer.packets) {
      packet.file_offset = std::uint64_t{packet.number - 1} * transfer.packet_size;
    }
  }
  close(std::move(transfer));
}

void TransferLog::over(const DumpStream& stream) { open_.erase(stream.number); }

/// Whether `later` is the rest of `suspended`.
bool TransferLog::resumes(const Suspended& suspended, const Transfer& later) {
  const auto& earlier = suspended.transfer;
  const bool same =
      earlier.imei && earlier.imei == later.imei && later.announced &&
      earlier.announced == later.announced && may_be_same(earlier.kind, later.kind) &&
      earlier.path == later.path &&
      (earlier.metadata.empty() || later.metadata.empty() || earlier.metadata == later.metadata);
  if (!same || later.packets.empty() || later.packets.front().number == 1) {
    return false;
  }
  return std::ranges::all_of(later.best(), [&](const auto* packet) {
    const auto* before = find(suspended.best, packet->number);
    return before == nullptr || before->verdict != DumpVerdict::good ||
           packet->verdict != DumpVerdict::good || before->content == packet->content;
  });
}

void TransferLog::close(Transfer transfer) {
  const auto earlier =
      std::ranges::find_if(suspended_, [&](const auto& each) { return resumes(each, transfer); });
  if (earlier != suspended_.end()) {
    auto joined = std::move(earlier->transfer);
    suspended_.erase(earlier);
    std::ranges::copy(transfer.packets, std::back_inserter(joined.packets));
    std::ranges::copy(transfer.skipped, std::back_inserter(joined.skipped));
    for (const auto& reason : transfer.corrections) {
      correct(joined, reason);
    }
    joined.not_kept += transfer.not_kept;
    ++joined.parts;
    joined.kind = joined.kind ? joined.kind : transfer.kind;
    if (joined.metadata.empty()) {
      joined.metadata = std::move(transfer.metadata);
    }
    transfer = std::move(joined);
    mark_repeats(transfer);
  }
  if (!transfer.imei || !transfer.announced || transfer.is_complete()) {
    report(transfer);
    return;
  }
  suspended_.push_back({std::move(transfer), {}});
  suspended_.back().best = suspended_.back().transfer.best();
  if (suspended_.size() > most_suspended) { // nobody comes back after so many others
    report(suspended_.front().transfer);
    suspended_.pop_front();
  }
}

void TransferLog::report(const Transfer& transfer) {
  done(transfer);
  records_ -= transfer.packets.size() + transfer.skipped.size();
}

void TransferLog::finish() {
  for (; !suspended_.empty(); suspended_.pop_front()) {
    report(suspended_.front().transfer);
  }
}

} // namespace dualcam::crc
