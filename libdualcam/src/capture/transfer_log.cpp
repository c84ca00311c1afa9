#include "dualcam/capture/transfer_log.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include "capture/packet_index.hpp"
#include "capture/settle_numbers.hpp"
#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

template <class T> bool may_be_same(const std::optional<T>& a, const std::optional<T>& b) {
  return !a || !b || *a == *b;
}

/// Whether all that is said of two transfers may be said of one file.
bool may_be_same_file(const CapturedTransfer& a, const CapturedTransfer& b) {
  return a.imei && a.imei == b.imei && a.by_path == b.by_path && a.start && a.start == b.start &&
         may_be_same(a.kind, b.kind) && a.path == b.path &&
         (a.metadata.empty() || b.metadata.empty() || a.metadata == b.metadata);
}

/// The later one's records behind the earlier one's, copying those of which there are fewer:
/// `later` has the originals of these in the end.
template <class Record> void join(std::deque<Record>& earlier, std::deque<Record>& later) {
  if (earlier.size() < later.size()) {
    later.insert(later.begin(), earlier.begin(), earlier.end());
    earlier.swap(later);
  } else {
    earlier.insert(earlier.end(), later.begin(), later.end());
  }
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
  record.origin = packet.origin;
  record.repeat = packet.repeat;
  return record;
}

/// A number is a repeat if it came before, whatever the order of the others.
void mark_repeats(CapturedTransfer& transfer) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(transfer.packets.size());
  for (auto& packet : transfer.packets) {
    order.emplace_back(transfer.place_of(packet), static_cast<std::uint32_t>(order.size()));
  }
  std::ranges::sort(order);
  for (std::size_t i = 0; i < order.size(); ++i) {
    transfer.packets[order[i].second].repeat = i > 0 && order[i - 1].first == order[i].first;
  }
}

/// Once packet size and numbers are known. Files by path say their places themselves.
void place_in_file(CapturedTransfer& transfer) {
  for (auto& packet : transfer.packets) {
    if (transfer.by_path) {
      packet.number = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(packet.file_offset / transfer.packet_size, UINT32_MAX - 1) + 1);
    } else {
      packet.file_offset = std::uint64_t{packet.number - 1} * transfer.packet_size;
    }
  }
}

/// What its packets together say of each.
void settle(CapturedTransfer& transfer) {
  settle_numbers(transfer);
  mark_repeats(transfer);
  place_in_file(transfer);
}

/// A part of a file: what came of it in one connection, or in several that were joined.
struct Part {
  Part(std::uint64_t when, CapturedTransfer all)
      : began(when), transfer(std::move(all)), index(transfer) {}

  bool goes_with(const Part& other) const {
    const auto& later = began < other.began ? other.transfer : transfer;
    return may_be_same_file(transfer, other.transfer) && !later.packets.empty() &&
           later.place_of(later.packets.front()) != (later.by_path ? 0 : 1) &&
           !index.differs_from(other.index);
  }

  bool waits_for_rest() const {
    constexpr unsigned most_looked_through = 64; // that costs all packets each time
    if (!transfer.imei || !transfer.announced) {
      return false;
    }
    return transfer.by_path ? transfer.parts > most_looked_through || !transfer.is_complete()
                            : index.good() != *transfer.announced;
  }

  /// Their packets are repeats of each other only in the end.
  void join(Part&& later) {
    const bool copies_earlier = transfer.packets.size() < later.transfer.packets.size();
    dualcam::join(transfer.packets, later.transfer.packets);
    const auto& originals = later.transfer.packets;
    const auto copies = copies_earlier ? transfer.packets.cbegin()
                                       : transfer.packets.cend() - std::ssize(originals);
    (copies_earlier ? index : later.index).copied(originals, copies);
    dualcam::join(transfer.skipped, later.transfer.skipped);
    for (const auto& reason : later.transfer.corrections) {
      note_correction(transfer, reason);
    }
    transfer.not_kept += later.transfer.not_kept;
    transfer.parts += later.transfer.parts;
    transfer.regular_end = later.transfer.regular_end;
    transfer.kind = transfer.kind ? transfer.kind : later.transfer.kind;
    if (transfer.metadata.empty()) {
      transfer.metadata = std::move(later.transfer.metadata);
    }
    index.add(std::move(later.index));
  }

  std::uint64_t began; ///< which of two was first
  CapturedTransfer transfer;
  PacketIndex index;
};

} // namespace

class TransferLog::Implementation {
public:
  explicit Implementation(std::uint64_t most_records) : most_records_(most_records) {}

  void event(const DumpStream& stream, const DumpEvent& event, std::uint64_t place);
  void over(std::uint64_t stream);
  void finish();
  std::optional<CaptureFinding> poll();
  bool has_room() const { return records_ < most_records_ || !suspended_.empty(); }

private:
  /// A stream.
  struct Open {
    std::optional<std::uint64_t> imei;
    ByteBuffer metadata;
    std::string path;
    std::uint64_t began = 0;
    std::optional<CapturedTransfer> transfer;
  };

  void on(Open& open, const DumpStream& stream, const DumpTransferBegan& began);
  void on(Open& open, const DumpPacket& packet, std::uint64_t place);
  void on(Open& open, const DumpMetadata& metadata);
  void on(Open& open, const DumpStream& stream, const DumpSkipped& skipped);
  void on(Open& open, const DumpTransferEnded& ended);
  bool make_room();
  void close(std::uint64_t began, CapturedTransfer closed);
  void report(Part part);
  void report_oldest();

  std::uint64_t most_records_;
  std::map<std::uint64_t, Open> open_; ///< by stream number
  std::deque<Part> suspended_;
  std::deque<CaptureFinding> findings_;
  std::uint64_t records_ = 0; ///< of all transfers under way
  std::uint64_t began_ = 0;   ///< how many transfers have
};

// --- what comes ---

void TransferLog::Implementation::event(const DumpStream& stream, const DumpEvent& event,
                                        std::uint64_t place) {
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
  } else if (const auto* ended = std::get_if<DumpTransferEnded>(&event); ended && open.transfer) {
    on(open, *ended);
  }
}

void TransferLog::Implementation::on(Open& open, const DumpStream& stream,
                                     const DumpTransferBegan& began) {
  if (open.transfer) { // whoever feeds this left out its end
    close(open.began, *std::exchange(open.transfer, std::nullopt));
  }
  CapturedTransfer transfer;
  transfer.stream = stream;
  transfer.imei = open.imei;
  transfer.kind = began.kind;
  transfer.start = began.bytes ? began.bytes : began.packets;
  transfer.start_rest = began.start_rest;
  transfer.announced = began.packets;
  transfer.announced_bytes = began.bytes;
  transfer.offset = began.offset;
  transfer.metadata = std::exchange(open.metadata, {});
  transfer.path = open.path;
  open.transfer = std::move(transfer);
  open.began = ++began_;
}

/// For one more record, which is counted; false: there is none.
bool TransferLog::Implementation::make_room() {
  while (records_ >= most_records_ && !suspended_.empty()) {
    report_oldest();
  }
  if (records_ >= most_records_) {
    return false;
  }
  ++records_;
  return true;
}

void TransferLog::Implementation::on(Open& open, const DumpStream& stream,
                                     const DumpSkipped& skipped) {
  if (!open.transfer) {
    findings_.emplace_back(CapturedStray{stream, skipped});
  } else if (make_room()) {
    open.transfer->skipped.push_back(skipped);
  } else {
    ++open.transfer->not_kept;
  }
}

void TransferLog::Implementation::on(Open& open, const DumpPacket& packet, std::uint64_t place) {
  if (make_room()) {
    open.transfer->packets.push_back(record_of(packet, place));
  } else {
    ++open.transfer->not_kept;
  }
}

void TransferLog::Implementation::on(Open& open, const DumpMetadata& metadata) {
  ByteBuffer payload(metadata.payload.begin(), metadata.payload.end());
  (metadata.of_current && open.transfer ? open.transfer->metadata : open.metadata) =
      std::move(payload);
}

void TransferLog::Implementation::on(Open& open, const DumpTransferEnded& ended) {
  auto transfer = *std::exchange(open.transfer, std::nullopt);
  transfer.kind = ended.kind;
  transfer.packet_size = std::max<std::size_t>(ended.packet_size, 1);
  transfer.by_path = ended.by_path;
  transfer.regular_end = ended.regular;
  if (!transfer.by_path) {
    transfer.path.clear(); // of an earlier file in the same round
  }
  settle(transfer);
  close(open.began, std::move(transfer));
}

void TransferLog::Implementation::over(std::uint64_t stream) {
  const auto open = open_.find(stream);
  if (open == open_.end()) {
    return;
  }
  if (open->second.transfer) { // whoever feeds this left out its end
    close(open->second.began, std::move(*open->second.transfer));
  }
  open_.erase(open);
}

void TransferLog::Implementation::finish() {
  while (!open_.empty()) {
    over(open_.begin()->first);
  }
  while (!suspended_.empty()) {
    report_oldest();
  }
}

// --- the parts of a file ---

/// A part of a file is all there is of it, as far as is known: with others it may be more.
void TransferLog::Implementation::close(std::uint64_t began, CapturedTransfer closed) {
  Part part(began, std::move(closed));
  const auto found =
      std::ranges::find_if(suspended_, [&](const Part& other) { return other.goes_with(part); });
  if (found != suspended_.end()) {
    auto earlier = std::move(*found);
    suspended_.erase(found);
    if (part.began < earlier.began) {
      std::swap(part, earlier);
    }
    earlier.join(std::move(part));
    part = std::move(earlier);
  }
  if (part.waits_for_rest()) {
    suspended_.push_back(std::move(part));
  } else {
    report(std::move(part));
  }
  if (suspended_.size() > most_suspended) { // nobody comes back after so many others
    report_oldest();
  }
}

void TransferLog::Implementation::report_oldest() {
  auto oldest = std::move(suspended_.front());
  suspended_.pop_front();
  report(std::move(oldest));
}

void TransferLog::Implementation::report(Part part) {
  auto& transfer = part.transfer;
  if (transfer.parts > 1) {
    settle(transfer);
  }
  records_ -= transfer.packets.size() + transfer.skipped.size();
  findings_.emplace_back(std::move(transfer));
}

std::optional<CaptureFinding> TransferLog::Implementation::poll() {
  if (findings_.empty()) {
    return std::nullopt;
  }
  auto finding = std::move(findings_.front());
  findings_.pop_front();
  return finding;
}

// --- the public face ---

TransferLog::TransferLog(std::uint64_t most_records)
    : implementation_(std::make_unique<Implementation>(most_records)) {}
TransferLog::~TransferLog() = default;
TransferLog::TransferLog(TransferLog&&) noexcept = default;
TransferLog& TransferLog::operator=(TransferLog&&) noexcept = default;

void TransferLog::event(const DumpStream& stream, const DumpEvent& event, std::uint64_t place) {
  implementation_->event(stream, event, place);
}
void TransferLog::over(const DumpStream& stream) { implementation_->over(stream.number); }
void TransferLog::finish() { implementation_->finish(); }
std::optional<CaptureFinding> TransferLog::poll() { return implementation_->poll(); }
bool TransferLog::has_room() const { return implementation_->has_room(); }

} // namespace dualcam
