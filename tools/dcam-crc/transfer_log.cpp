#include "dcam-crc/transfer_log.hpp"

#include <algorithm>
#include <functional>
#include <set>
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

using Contents = std::multimap<std::size_t, std::uint32_t>;

/// Good packets with stated numbers, by content.
Contents stated_contents(const Transfer& transfer) {
  Contents contents;
  for (const auto& packet : transfer.packets) {
    if (packet.verdict == DumpVerdict::good && packet.numbering == DumpNumbering::stated) {
      contents.emplace(packet.content, packet.number);
    }
  }
  return contents;
}

/// By how much the numbers of `run` are off, as most of its packets that came again have it.
std::int64_t shift_of(std::span<const PacketRecord> run, const Contents& contents) {
  std::map<std::int64_t, std::size_t> votes;
  for (const auto& packet : run) {
    std::set<std::int64_t> shifts;
    const auto [from, to] = contents.equal_range(packet.content);
    for (auto same = from; packet.verdict == DumpVerdict::good && same != to; ++same) {
      shifts.insert(std::int64_t{same->second} - packet.number);
    }
    for (const auto shift : shifts) {
      ++votes[shift];
    }
  }
  const auto most =
      std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() || votes[0] == most->second ? 0 : most->first;
}

/// Packets whose numbers were inferred may have come again with stated ones, which settles theirs.
/// Numbers are equally uncertain from one lost stretch to the next.
void settle_inferred_numbers(Transfer& transfer) {
  const auto contents = stated_contents(transfer);
  auto rest = std::span(transfer.packets);
  bool settled = false;
  while (!rest.empty()) {
    std::size_t size = 1;
    const auto goes_on = [&] {
      return rest[size].numbering != DumpNumbering::stated &&
             rest[size - 1].verdict != DumpVerdict::cut &&
             rest[size].number == rest[size - 1].number + 1;
    };
    if (rest[0].numbering != DumpNumbering::stated) {
      while (size < rest.size() && goes_on()) {
        ++size;
      }
      const auto shift = shift_of(rest.first(size), contents);
      for (auto& packet : rest.first(size)) {
        packet.number = static_cast<std::uint32_t>(packet.number + shift);
        packet.file_offset += static_cast<std::uint64_t>(shift) * transfer.packet_size;
        packet.numbering = shift != 0 ? DumpNumbering::inferred : packet.numbering;
      }
      settled = settled || shift != 0;
    }
    rest = rest.subspan(size);
  }
  if (settled) {
    transfer.corrections.emplace_back("packets came again with stated numbers");
  }
}

/// A number is a repeat if it came before, whatever the order of the others.
void mark_repeats(Transfer& transfer) {
  std::set<std::uint32_t> came;
  for (auto& packet : transfer.packets) {
    packet.repeat = !came.insert(packet.number).second;
  }
}

} // namespace

// --- one transfer ---

std::map<std::uint32_t, const PacketRecord*> Transfer::best() const {
  std::map<std::uint32_t, const PacketRecord*> best;
  for (const auto& packet : packets) {
    if (packet.verdict == DumpVerdict::cut || packet.number > announced.value_or(UINT32_MAX)) {
      continue;
    }
    auto& chosen = best[packet.number];
    if (chosen == nullptr || rank(packet) > rank(*chosen)) {
      chosen = &packet;
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
  std::vector<NumberRange> ranges;
  std::uint64_t next = 1;
  for (const auto number : came) {
    if (number > next) {
      ranges.push_back({static_cast<std::uint32_t>(next), number - 1});
    }
    next = std::max<std::uint64_t>(next, std::uint64_t{number} + 1);
  }
  if (next <= expected()) {
    ranges.push_back({static_cast<std::uint32_t>(next), expected()});
  }
  return ranges;
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
  return announced && all.size() == *announced && std::ranges::all_of(all, [&](const auto& entry) {
           return entry.second->verdict == DumpVerdict::good && entry.first <= *announced;
         });
}

bool Transfer::is_flawless() const { return is_complete() && skipped.empty() && bad() == 0; }

std::uint64_t Transfer::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [number, packet] : best()) {
    bytes += packet->size;
  }
  return bytes;
}

std::uint16_t Transfer::crc() const {
  std::uint16_t crc = 0;
  for (const auto& [number, packet] : best()) {
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
    if (open.transfer) {
      open.transfer->skipped.push_back(*skip);
    } else if (skipped) {
      skipped(stream, *skip);
    }
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

void TransferLog::on(Open& open, const DumpPacket& packet) {
  open.transfer->packets.push_back({packet.number, packet.numbering, packet.verdict, packet.repeat,
                                    packet.offset, packet.file_offset,
                                    static_cast<std::uint32_t>(packet.payload.size()),
                                    packet.stored, packet.computed, crc16(packet.payload),
                                    std::hash<std::string_view>()(as_text(packet.payload))});
  if (spool && packet.verdict != DumpVerdict::cut) {
    open.transfer->packets.back().spooled = spool(packet.payload);
  }
}

void TransferLog::on(Open& open, const DumpRenumbered& renumbered) {
  auto& transfer = *open.transfer;
  const auto end = std::min<std::uint64_t>(renumbered.end, transfer.packets.size());
  for (auto i = renumbered.first; i < end; ++i) {
    auto& packet = transfer.packets[i];
    packet.number = static_cast<std::uint32_t>(packet.number + renumbered.shift);
    packet.file_offset += static_cast<std::uint64_t>(renumbered.shift) * transfer.packet_size;
    packet.numbering = DumpNumbering::inferred;
  }
  // Packets were lost before the first one: that is why its CRC did not fit.
  if (renumbered.first < end && transfer.packets[renumbered.first].verdict == DumpVerdict::bad) {
    transfer.packets[renumbered.first].verdict = DumpVerdict::unchecked;
    transfer.packets[renumbered.first].computed.reset();
  }
  transfer.corrections.emplace_back(renumbered.reason);
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
  close(std::move(transfer));
}

void TransferLog::over(const DumpStream& stream) { open_.erase(stream.number); }

/// Whether `later` is the rest of `earlier`.
bool TransferLog::resumes(const Transfer& earlier, const Transfer& later) const {
  const bool same =
      earlier.imei && earlier.imei == later.imei && later.announced &&
      earlier.announced == later.announced && may_be_same(earlier.kind, later.kind) &&
      earlier.path == later.path &&
      (earlier.metadata.empty() || later.metadata.empty() || earlier.metadata == later.metadata);
  if (!same || later.packets.empty() || later.packets.front().number == 1) {
    return false;
  }
  const auto before = earlier.best();
  return std::ranges::all_of(later.best(), [&](const auto& entry) {
    const auto found = before.find(entry.first);
    return found == before.end() || found->second->verdict != DumpVerdict::good ||
           entry.second->verdict != DumpVerdict::good ||
           found->second->content == entry.second->content;
  });
}

void TransferLog::close(Transfer transfer) {
  const auto earlier = std::ranges::find_if(
      suspended_, [&](const Transfer& each) { return resumes(each, transfer); });
  if (earlier != suspended_.end()) {
    std::ranges::copy(transfer.packets, std::back_inserter(earlier->packets));
    std::ranges::copy(transfer.skipped, std::back_inserter(earlier->skipped));
    std::ranges::copy(transfer.corrections, std::back_inserter(earlier->corrections));
    ++earlier->parts;
    earlier->kind = earlier->kind ? earlier->kind : transfer.kind;
    if (earlier->metadata.empty()) {
      earlier->metadata = std::move(transfer.metadata);
    }
    transfer = std::move(*earlier);
    mark_repeats(transfer);
    suspended_.erase(earlier);
  }
  if (transfer.imei && transfer.announced && !transfer.is_complete()) {
    suspended_.push_back(std::move(transfer));
    if (suspended_.size() > most_suspended) { // nobody comes back after so many others
      done(suspended_.front());
      suspended_.erase(suspended_.begin());
    }
  } else {
    done(transfer);
  }
}

void TransferLog::finish() {
  for (const auto& transfer : std::exchange(suspended_, {})) {
    done(transfer);
  }
}

} // namespace dualcam::crc
