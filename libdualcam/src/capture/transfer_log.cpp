#include "dualcam/capture/transfer_log.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "capture/file_parts.hpp"
#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

CapturedPacket captured_packet(const DumpPacket& packet, std::uint64_t kept_at) {
  CapturedPacket captured{};
  captured.offset = packet.offset;
  captured.file_offset = packet.file_offset;
  captured.kept_at = kept_at;
  captured.number = packet.number;
  captured.content =
      static_cast<std::uint32_t>(std::hash<std::string_view>()(as_text(packet.payload)));
  captured.received_crc = packet.received_crc;
  captured.computed_crc = packet.computed_crc;
  captured.size = static_cast<std::uint16_t>(packet.payload.size());
  captured.crc = crc16(packet.payload);
  captured.numbering = packet.numbering;
  captured.verdict = packet.verdict;
  captured.origin = packet.origin;
  captured.repeat = packet.repeat;
  return captured;
}

std::optional<FileRef> file_of(std::optional<FileKind> kind) {
  return kind ? std::optional<FileRef>(*kind) : std::nullopt;
}

} // namespace

class TransferLog::Implementation {
public:
  explicit Implementation(std::uint64_t most_entries) : most_entries_(most_entries) {}

  void event(const DumpStream& stream, const DumpEvent& event, std::uint64_t kept_at);
  void over(std::uint64_t stream);
  void finish();
  std::optional<CaptureFinding> poll();
  bool has_room() const { return entries_ < most_entries_ || !files_.empty(); }

private:
  using Files = std::map<std::uint64_t, FileParts>; ///< by when they began
  using File = Files::iterator;

  /// A stream.
  struct Open {
    std::optional<std::uint64_t> imei;
    ByteBuffer metadata;
    std::optional<FileRef> named; ///< by PATH
    std::uint64_t not_kept = 0;   ///< of these
    std::uint64_t began = 0;
    std::optional<CapturedTransfer> transfer;
  };

  void on(Open& open, const DumpStream& stream, const DumpTransferBegan& began);
  void on(Open& open, const DumpPacket& packet, std::uint64_t kept_at);
  void on(Open& open, const DumpMetadata& metadata);
  void on(Open& open, const DumpStream& stream, const DumpSkipped& skipped);
  void on(Open& open, const DumpTransferEnded& ended);
  bool make_room(std::uint64_t entries = 1);
  template <class What> void forget(What& what);
  template <class What> bool keep(What& kept, const What& what);
  void close(std::uint64_t began, CapturedTransfer closed);
  std::vector<File> candidates(std::optional<std::uint64_t> imei);
  void keep(FileParts file);
  FileParts take(File file);
  void report(File which);

  std::uint64_t most_entries_;
  std::map<std::uint64_t, Open> open_; ///< by stream number
  Files files_;
  std::map<std::optional<std::uint64_t>, std::vector<File>> files_of_; ///< of each camera
  std::size_t parts_ = 0;                                              ///< of all files
  std::deque<CaptureFinding> findings_;
  std::uint64_t entries_ = 0; ///< of all transfers under way
  std::uint64_t began_ = 0;   ///< how many transfers have
};

// --- what comes ---

void TransferLog::Implementation::event(const DumpStream& stream, const DumpEvent& event,
                                        std::uint64_t kept_at) {
  auto& open = open_[stream.number];
  if (const auto* init = std::get_if<DumpInit>(&event)) {
    open.imei = init->init.imei;
    forget(open.metadata);
    forget(open.named);
  } else if (const auto* began = std::get_if<DumpTransferBegan>(&event)) {
    on(open, stream, *began);
  } else if (const auto* status = std::get_if<DumpStatus>(&event); status && open.transfer) {
    open.transfer->status = status->code;
  } else if (const auto* command = std::get_if<DumpServerCommand>(&event);
             command && open.transfer) {
    open.transfer->asked = command->text;
  } else if (const auto* path = std::get_if<DumpPath>(&event)) {
    open.not_kept += !keep(open.named, FileRef::of_path(path->path));
  } else if (const auto* metadata = std::get_if<DumpMetadata>(&event)) {
    on(open, *metadata);
  } else if (const auto* skipped = std::get_if<DumpSkipped>(&event)) {
    on(open, stream, *skipped);
  } else if (const auto* packet = std::get_if<DumpPacket>(&event); packet && open.transfer) {
    on(open, *packet, kept_at);
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
  transfer.start = began.bytes ? began.bytes : began.packets;
  transfer.start_rest = began.start_rest;
  transfer.announced = began.packets;
  transfer.announced_bytes = began.bytes;
  transfer.offset = began.offset;
  transfer.metadata = std::exchange(open.metadata, {});
  transfer.not_kept = std::exchange(open.not_kept, 0) +
                      !keep(transfer.file, began.by_path ? open.named : file_of(began.kind));
  open.transfer = std::move(transfer);
  open.began = ++began_;
}

/// For more entries, which are counted; false: there is none.
bool TransferLog::Implementation::make_room(std::uint64_t entries) {
  while (entries_ + entries > most_entries_ && !files_.empty()) {
    report(files_.begin());
  }
  if (entries_ + entries > most_entries_) {
    return false;
  }
  entries_ += entries;
  return true;
}

/// What the device says of a file.
template <class What> void TransferLog::Implementation::forget(What& what) {
  entries_ -= entries_of(what);
  what = What();
}

/// In place of what was kept. False: there is no room.
template <class What> bool TransferLog::Implementation::keep(What& kept, const What& what) {
  forget(kept);
  const bool room = make_room(entries_of(what));
  kept = room ? what : What();
  return room;
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

void TransferLog::Implementation::on(Open& open, const DumpPacket& packet, std::uint64_t kept_at) {
  if (make_room()) {
    open.transfer->packets.push_back(captured_packet(packet, kept_at));
  } else {
    ++open.transfer->not_kept;
  }
}

void TransferLog::Implementation::on(Open& open, const DumpMetadata& metadata) {
  const ByteBuffer payload(metadata.payload.begin(), metadata.payload.end());
  if (metadata.of_current && open.transfer) {
    open.transfer->not_kept += !keep(open.transfer->metadata, payload);
  } else {
    open.not_kept += !keep(open.metadata, payload);
  }
}

void TransferLog::Implementation::on(Open& open, const DumpTransferEnded& ended) {
  auto transfer = *std::exchange(open.transfer, std::nullopt);
  transfer.packet_size = std::max<std::size_t>(ended.packet_size, 1);
  transfer.in_bytes = ended.in_bytes;
  transfer.regular_end = ended.regular;
  transfer.file = transfer.file ? transfer.file : file_of(ended.kind);
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
  forget(open->second.metadata);
  forget(open->second.named);
  open_.erase(open);
}

void TransferLog::Implementation::finish() {
  while (!open_.empty()) {
    over(open_.begin()->first);
  }
  while (!files_.empty()) {
    report(files_.begin());
  }
}

// --- the parts of a file ---

/// Those that a part may belong to.
std::vector<TransferLog::Implementation::File>
TransferLog::Implementation::candidates(std::optional<std::uint64_t> imei) {
  constexpr std::size_t most_looked_at = 256; // where nothing tells which camera it was
  if (imei) {
    auto files = files_of_[imei];
    files.insert(files.end(), files_of_[std::nullopt].begin(), files_of_[std::nullopt].end());
    return files;
  }
  std::vector<File> latest;
  for (auto file = files_.end(); file != files_.begin() && latest.size() < most_looked_at;) {
    latest.push_back(--file);
  }
  return latest;
}

/// A part of a file is all there is of it, as far as is known: with others it may be more. That
/// holds for whole files, too, which a camera may offer again.
void TransferLog::Implementation::close(std::uint64_t began, CapturedTransfer closed) {
  FileParts part(began, std::move(closed));
  std::optional<File> best;
  auto nearest = FileParts::Kinship::none;
  for (const auto file : candidates(part.imei())) {
    const auto kinship = file->second.kinship(part);
    const bool later = best && file->first > (*best)->first;
    if (kinship > nearest || (kinship == nearest && later)) {
      nearest = kinship;
      best = file;
    }
  }
  if (best) {
    auto file = take(*best);
    if (part.began() < file.began()) {
      std::swap(part, file);
    }
    entries_ -= file.entries() + part.entries();
    file.add(std::move(part));
    entries_ += file.entries();
    part = std::move(file);
  }
  keep(std::move(part));
}

void TransferLog::Implementation::keep(FileParts file) {
  parts_ += file.parts();
  const auto began = file.began();
  const auto kept = files_.emplace(began, std::move(file)).first;
  auto& others = files_of_[kept->second.imei()];
  others.push_back(kept);
  if (others.size() > most_suspended) {
    report(std::ranges::min(others, {}, [](File each) { return each->first; }));
  }
  while (parts_ > most_parts && files_.size() > 1) {
    report(files_.begin());
  }
}

FileParts TransferLog::Implementation::take(File file) {
  const auto camera = files_of_.find(file->second.imei());
  std::erase(camera->second, file);
  if (camera->second.empty()) {
    files_of_.erase(camera);
  }
  auto taken = std::move(file->second);
  parts_ -= taken.parts();
  files_.erase(file);
  return taken;
}

void TransferLog::Implementation::report(File which) {
  auto file = take(which);
  entries_ -= file.entries();
  findings_.emplace_back(file.joined());
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

TransferLog::TransferLog(std::uint64_t most_entries)
    : implementation_(std::make_unique<Implementation>(most_entries)) {}
TransferLog::~TransferLog() = default;
TransferLog::TransferLog(TransferLog&&) noexcept = default;
TransferLog& TransferLog::operator=(TransferLog&&) noexcept = default;

void TransferLog::event(const DumpStream& stream, const DumpEvent& event, std::uint64_t kept_at) {
  implementation_->event(stream, event, kept_at);
}
void TransferLog::over(const DumpStream& stream) { implementation_->over(stream.number); }
void TransferLog::finish() { implementation_->finish(); }
std::optional<CaptureFinding> TransferLog::poll() { return implementation_->poll(); }
bool TransferLog::has_room() const { return implementation_->has_room(); }

} // namespace dualcam
