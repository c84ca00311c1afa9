#include "dualcam/capture/transfer_log.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "capture/settle_numbers.hpp"
#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

template <class T> bool may_be_same(const std::optional<T>& a, const std::optional<T>& b) {
  return !a || !b || *a == *b;
}

/// Whether all that is said of two transfers may be said of one file.
bool may_be_same_file(const CapturedTransfer& a, const CapturedTransfer& b) {
  return a.imei && a.imei == b.imei && a.announced && a.announced == b.announced &&
         may_be_same(a.kind, b.kind) && a.path == b.path &&
         (a.metadata.empty() || b.metadata.empty() || a.metadata == b.metadata);
}

using Best = std::vector<const CapturedPacket*>;

/// Whether some packet came good with two contents. Both are ordered by number.
bool differ(const Best& a, const Best& b) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if ((*i)->number != (*j)->number) {
      (*i)->number < (*j)->number ? ++i : ++j;
      continue;
    }
    if ((*i)->verdict == DumpVerdict::good && (*j)->verdict == DumpVerdict::good &&
        (*i)->content != (*j)->content) {
      return true;
    }
    ++i;
    ++j;
  }
  return false;
}

/// The later one's packets behind the earlier one's.
void join(CapturedTransfer& earlier, CapturedTransfer&& later) {
  std::ranges::copy(later.packets, std::back_inserter(earlier.packets));
  std::ranges::copy(later.skipped, std::back_inserter(earlier.skipped));
  for (const auto& reason : later.corrections) {
    note_correction(earlier, reason);
  }
  earlier.not_kept += later.not_kept;
  earlier.parts += later.parts;
  earlier.kind = earlier.kind ? earlier.kind : later.kind;
  if (earlier.metadata.empty()) {
    earlier.metadata = std::move(later.metadata);
  }
  mark_repeats(earlier);
}

CapturedPacket record_of(const DumpPacket& packet, std::uint64_t place) {
  CapturedPacket record{};
  record.offset = packet.offset;
  record.file_offset = packet.file_offset;
  record.place = place;
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
  return record;
}

} // namespace

TransferLog::TransferLog(std::uint64_t most_records) : most_records_(most_records) {}

// --- what comes ---

void TransferLog::event(const DumpStream& stream, const DumpEvent& event, std::uint64_t place) {
  auto& open = open_[stream.number];
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
  } else if (const auto* skipped = std::get_if<DumpSkipped>(&event)) {
    on(open, stream, *skipped);
  } else if (const auto* packet = std::get_if<DumpPacket>(&event); packet && open.transfer) {
    on(open, *packet, place);
  } else if (const auto* renumbered = std::get_if<DumpRenumbered>(&event);
             renumbered && open.transfer) {
    on(open, *renumbered);
  } else if (const auto* ended = std::get_if<DumpTransferEnded>(&event); ended && open.transfer) {
    on(open, *ended);
  }
}

void TransferLog::on(Open& open, const DumpStream& stream, const DumpTransferBegan& began) {
  if (open.transfer) { // whoever feeds this left out its end
    close({open.began, *std::exchange(open.transfer, std::nullopt), {}});
  }
  CapturedTransfer transfer;
  transfer.stream = stream;
  transfer.imei = open.imei;
  transfer.kind = began.kind;
  transfer.announced = began.packets;
  transfer.announced_bytes = began.bytes;
  transfer.offset = began.offset;
  transfer.metadata = std::exchange(open.metadata, {});
  transfer.path = open.path;
  open.transfer = std::move(transfer);
  open.began = ++began_;
}

/// For one more record, which is counted; false: there is none.
bool TransferLog::make_room() {
  while (records_ >= most_records_ && !suspended_.empty()) {
    report_oldest();
  }
  if (records_ >= most_records_) {
    return false;
  }
  ++records_;
  return true;
}

void TransferLog::on(Open& open, const DumpStream& stream, const DumpSkipped& skipped) {
  if (!open.transfer) {
    findings_.emplace_back(CapturedStray{stream, skipped});
  } else if (make_room()) {
    open.transfer->skipped.push_back(skipped);
  } else {
    ++open.transfer->not_kept;
  }
}

void TransferLog::on(Open& open, const DumpPacket& packet, std::uint64_t place) {
  if (make_room()) {
    open.transfer->packets.push_back(record_of(packet, place));
  } else {
    ++open.transfer->not_kept;
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
  note_correction(transfer, renumbered.reason);
}

void TransferLog::on(Open& open, const DumpMetadata& metadata) {
  ByteBuffer payload(metadata.payload.begin(), metadata.payload.end());
  (metadata.of_current && open.transfer ? open.transfer->metadata : open.metadata) =
      std::move(payload);
}

void TransferLog::on(Open& open, const DumpTransferEnded& ended) {
  auto transfer = *std::exchange(open.transfer, std::nullopt);
  transfer.kind = ended.kind;
  transfer.packet_size = ended.packet_size;
  settle_numbers(transfer);
  mark_repeats(transfer);
  if (!ended.by_path) { // the packet size is known at last, and so are the numbers
    for (auto& packet : transfer.packets) {
      packet.file_offset = std::uint64_t{packet.number - 1} * transfer.packet_size;
    }
  }
  close({open.began, std::move(transfer), {}});
}

void TransferLog::over(const DumpStream& stream) {
  const auto open = open_.find(stream.number);
  if (open == open_.end()) {
    return;
  }
  if (open->second.transfer) { // whoever feeds this left out its end
    close({open->second.began, std::move(*open->second.transfer), {}});
  }
  open_.erase(open);
}

void TransferLog::finish() {
  while (!open_.empty()) {
    over({.number = open_.begin()->first, .device = {}, .server = {}});
  }
  while (!suspended_.empty()) {
    report_oldest();
  }
}

// --- the parts of a file ---

/// A part of a file is all there is of it, as far as is known: with others it may be more.
void TransferLog::close(Part part) {
  const auto best = part.transfer.best();
  const auto goes_with = [&](const Part& other) {
    const auto& later = part.began < other.began ? other.transfer : part.transfer;
    return may_be_same_file(other.transfer, part.transfer) && !later.packets.empty() &&
           later.packets.front().number != 1 && !differ(other.best, best);
  };
  const auto found = std::ranges::find_if(suspended_, goes_with);
  if (found != suspended_.end()) {
    auto other = std::move(*found);
    suspended_.erase(found);
    if (part.began < other.began) {
      std::swap(part, other);
    }
    join(other.transfer, std::move(part.transfer));
    part = std::move(other);
  }
  if (part.transfer.imei && part.transfer.announced && !part.transfer.is_complete()) {
    suspend(std::move(part));
  } else {
    report(std::move(part.transfer));
  }
}

void TransferLog::suspend(Part part) {
  suspended_.push_back(std::move(part));
  suspended_.back().best = suspended_.back().transfer.best();
  if (suspended_.size() > most_suspended) { // nobody comes back after so many others
    report_oldest();
  }
}

void TransferLog::report_oldest() {
  report(std::move(suspended_.front().transfer));
  suspended_.pop_front();
}

void TransferLog::report(CapturedTransfer transfer) {
  records_ -= transfer.packets.size() + transfer.skipped.size();
  findings_.emplace_back(std::move(transfer));
}

std::optional<CaptureFinding> TransferLog::poll() {
  if (findings_.empty()) {
    return std::nullopt;
  }
  auto finding = std::move(findings_.front());
  findings_.pop_front();
  return finding;
}

} // namespace dualcam
