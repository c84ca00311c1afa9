#include "capture/file_parts.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/settle_numbers.hpp"

namespace dualcam {
namespace {

template <class T> bool agree(const std::optional<T>& a, const std::optional<T>& b) {
  return !a || !b || *a == *b;
}
bool agree(const ByteBuffer& a, const ByteBuffer& b) { return a.empty() || b.empty() || a == b; }

/// A file by path is also known by its kind alone, where PATH is lost and METADATA tells it.
bool agree(const std::optional<FileRef>& a, const std::optional<FileRef>& b) {
  return !a || !b || *a == *b || a->path().empty() != b->path().empty();
}

/// A device keeps its address over connections, but not its port.
std::string_view host_of(const DumpStream& stream) {
  return std::string_view(stream.device).substr(0, stream.device.rfind(':'));
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
void number_by_place(CapturedTransfer& transfer) {
  for (auto& packet : transfer.packets) {
    packet.number = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(packet.file_offset / transfer.packet_size, UINT32_MAX - 1) + 1);
  }
}

/// Packets need not be of one size: each lies behind those before it, of which what is not there,
/// or not whole, is taken to have the usual one.
void place_by_number(CapturedTransfer& transfer) {
  struct Moved {
    std::uint32_t from; ///< a number
    std::uint64_t by;   ///< modulo 2^64
  };
  std::vector<Moved> moved;
  const auto usual = [&](std::uint32_t number) {
    return std::uint64_t{number - 1} * transfer.packet_size;
  };
  std::uint64_t shift = 0;
  for (const auto* packet : transfer.best()) {
    if (packet->verdict == DumpVerdict::good && packet->size != transfer.packet_size &&
        packet->number != transfer.announced && packet->number != UINT32_MAX) {
      shift += packet->size - std::uint64_t{transfer.packet_size};
      moved.push_back({packet->number + 1, shift});
    }
  }
  for (auto& packet : transfer.packets) {
    const auto behind = std::ranges::upper_bound(moved, packet.number, {}, &Moved::from);
    packet.file_offset =
        usual(packet.number) + (behind == moved.begin() ? 0 : std::prev(behind)->by);
  }
}

/// What a later part says of the file, for which an earlier one has room. `later` has no packets
/// in the end.
void append_part(CapturedTransfer& file, CapturedTransfer& later) {
  if (later.packets.size() > file.packets.size()) { // what more packets tell is more certain
    file.packet_size = later.packet_size;
  }
  file.packets.insert(file.packets.end(), later.packets.begin(), later.packets.end());
  std::deque<CapturedPacket>().swap(later.packets);
  file.skipped.insert(file.skipped.end(), later.skipped.begin(), later.skipped.end());
  for (const auto& reason : later.corrections) {
    note_correction(file, reason);
  }
  file.not_kept += later.not_kept;
  file.regular_end = later.regular_end;
  file.status = later.status ? later.status : file.status;
}

/// Behind what is there of its file.
PartBegin begin_of(const CapturedTransfer& part, std::size_t packets, std::size_t skipped) {
  return {part.stream_of_packet(0).number, packets, skipped, part.offset, part.start.has_value()};
}

} // namespace

void settle(CapturedTransfer& transfer, std::span<const PartBegin> parts) {
  if (!transfer.in_bytes) {
    settle_packet_size(transfer);
  }
  settle_numbers(transfer, parts);
  mark_repeats(transfer);
  transfer.in_bytes ? number_by_place(transfer) : place_by_number(transfer);
}

void settle(CapturedTransfer& transfer) {
  const auto part = begin_of(transfer, 0, 0);
  settle(transfer, {&part, 1});
}

std::uint64_t entries_of(const CapturedTransfer& transfer) {
  return transfer.packets.size() + transfer.skipped.size() + entries_of(transfer.metadata) +
         entries_of(transfer.file);
}

std::uint64_t entries_of(const ByteBuffer& metadata) {
  return 2 * metadata.size() / sizeof(CapturedPacket);
}

std::uint64_t entries_of(const std::optional<FileRef>& file) {
  return file ? 2 * file->path().size() / sizeof(CapturedPacket) : 0;
}

FileParts::FileParts(std::uint64_t began, CapturedTransfer part)
    : parts_([&] {
        std::list<Part> one;
        one.push_back({began, std::move(part)});
        return one;
      }()),
      index_(first()), entries_(entries_of(first())),
      has_unknown_places_(first().numbering() == DumpNumbering::unknown),
      last_stream_(first().stream.number), imei_(first().imei), file_(first().file),
      start_(first().start), metadata_(first().metadata) {}

/// Whether all that is said of both may be said of one file.
bool FileParts::may_be_same(const FileParts& other) const {
  return first().in_bytes == other.first().in_bytes && agree(imei_, other.imei_) &&
         agree(start_, other.start_) && agree(file_, other.file_) &&
         agree(metadata_, other.metadata_);
}

/// What tells the good packets' payloads apart, in order; none of very large files.
const std::vector<std::uint64_t>& FileParts::contents() const {
  constexpr std::uint16_t least = 32; // smaller ones are alike in many files
  constexpr std::uint64_t most = 1 << 16;
  if (contents_.empty() && entries() <= most) {
    for (const auto& part : parts_) {
      for (const auto& packet : part.transfer.packets) {
        if (packet.verdict == DumpVerdict::good && packet.size >= least) {
          contents_.push_back(std::uint64_t{packet.content} << 32 |
                              std::uint64_t{packet.crc} << 16 | packet.size);
        }
      }
    }
    std::ranges::sort(contents_);
  }
  return contents_;
}

/// Wherever the packets lie.
bool FileParts::shares_content_with(const FileParts& other) const {
  const auto& mine = contents();
  const auto& its = other.contents();
  const auto& fewer = mine.size() < its.size() ? mine : its;
  const auto& more = mine.size() < its.size() ? its : mine;
  return std::ranges::any_of(
      fewer, [&](std::uint64_t content) { return std::ranges::binary_search(more, content); });
}

FileParts::Kinship FileParts::kinship(const FileParts& other) const {
  if (!may_be_same(other)) {
    return Kinship::none;
  }
  const auto overlap = index_.overlap(other.index_);
  if (overlap.differ != 0) {
    return Kinship::none;
  }
  const bool same_camera = imei_ && other.imei_;
  const bool same_host =
      !first().stream.device.empty() && host_of(first().stream) == host_of(other.first().stream);
  if (overlap.equal > (same_camera || same_host ? 0 : 1)) {
    return Kinship::proved;
  }
  if ((has_unknown_places_ || other.has_unknown_places_) && shares_content_with(other)) {
    return Kinship::proved;
  }
  if (!same_camera && !same_host) {
    return Kinship::none;
  }
  if (!metadata_.empty() && !other.metadata_.empty()) {
    return Kinship::described; // with the same ones: otherwise they would not agree
  }
  const auto& later = began() < other.began() ? other.first() : first();
  const bool resumes =
      later.packets.empty() || (later.place_of(later.packets.front()) != later.first_place() &&
                                later.packets.front().numbering != DumpNumbering::unknown);
  const bool empty = index_.good() == 0 || other.index_.good() == 0;
  return resumes || (same_camera && empty) ? Kinship::goes_on : Kinship::none;
}

void FileParts::add(FileParts&& other) {
  imei_ = imei_ ? imei_ : other.imei_;
  if (!file_ || (file_->path().empty() && other.file_)) {
    file_ = std::move(other.file_);
  }
  start_ = start_ ? start_ : other.start_;
  metadata_ = metadata_.empty() ? std::move(other.metadata_) : metadata_;
  has_unknown_places_ = has_unknown_places_ || other.has_unknown_places_;
  connections_ += other.connections_ - (other.first().stream.number == last_stream_ ? 1 : 0);
  last_stream_ = other.last_stream_;
  contents_.clear();
  entries_ += other.entries_;
  index_.add(std::move(other.index_));
  while (!other.parts_.empty()) {
    auto& [began, part] = other.parts_.front();
    if (part.packets.empty() && part.skipped.empty()) {
      add_empty(std::move(part), began);
      other.parts_.pop_front();
      continue;
    }
    const auto before = std::find_if(parts_.rbegin(), parts_.rend(),
                                     [&](const Part& each) { return each.began < began; });
    parts_.splice(before.base(), other.parts_, other.parts_.begin());
  }
}

/// What it says is known by now.
void FileParts::add_empty(CapturedTransfer part, std::uint64_t began) {
  entries_ -= entries_of(part);
  auto& [first_began, first] = parts_.front();
  first.not_kept += part.not_kept;
  if (began < first_began) {
    first_began = began;
    if (first.where.empty()) {
      first.where.push_back({first.stream, 0, 0});
    }
    first.stream = std::move(part.stream);
    first.offset = part.offset;
  }
}

CapturedTransfer FileParts::joined() {
  auto file = std::move(parts_.front().transfer);
  parts_.pop_front();
  file.connections = connections_;
  if (parts_.empty()) {
    return file;
  }
  std::vector<PartBegin> begins{begin_of(file, 0, 0)};
  if (file.where.empty()) {
    file.where.push_back({file.stream, 0, 0});
  }
  for (auto& [began, part] : std::exchange(parts_, {})) {
    begins.push_back(begin_of(part, file.packets.size(), file.skipped.size()));
    if (const auto& stream = part.stream_of_packet(0);
        file.where.back().stream.number != stream.number) {
      file.where.push_back({stream, file.packets.size(), file.skipped.size()});
    }
    append_part(file, part);
  }
  if (file.where.size() == 1 && file.where[0].stream.number == file.stream.number) {
    file.where.clear();
  }
  file.imei = imei_;
  file.file = std::move(file_);
  file.start = start_;
  file.metadata = std::move(metadata_);
  settle(file, begins);
  return file;
}

} // namespace dualcam
