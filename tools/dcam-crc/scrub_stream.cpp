#include "dcam-crc/scrub_stream.hpp"

#include <algorithm>
#include <utility>

#include "dualcam/wire/command.hpp"

namespace dualcam::crc {

void ScrubStream::add(const Part& part) {
  if (part.offset >= end()) { // otherwise something overlaps, and is disguised
    parts_.push_back(part);
  }
}

void ScrubStream::keep(std::uint64_t offset, std::size_t size) {
  add({.offset = offset,
       .place = 0,
       .size = static_cast<std::uint32_t>(size),
       .header = 0,
       .tail_change = 0,
       .crc_change = 0,
       .kind = Kind::kept,
       .has_crc = false,
       .zeros = 0});
}

void ScrubStream::put(std::uint64_t offset, ByteBuffer bytes) {
  add({.offset = offset,
       .place = literals_.size(),
       .size = static_cast<std::uint32_t>(bytes.size()),
       .header = 0,
       .tail_change = 0,
       .crc_change = 0,
       .kind = Kind::literal,
       .has_crc = false,
       .zeros = 0});
  literal_bytes_ += bytes.size() + sizeof(ByteBuffer);
  literals_.push_back(std::move(bytes));
}

void ScrubStream::packet(const Packet& packet) {
  add({.offset = packet.offset,
       .place = packet.place,
       .size = packet.payload,
       .header = packet.header,
       .tail_change = packet.tail_change,
       .crc_change = packet.crc_change,
       .kind = Kind::packet,
       .has_crc = packet.has_crc,
       .zeros = 0});
}

void ScrubStream::crc_before(std::uint64_t offset, std::uint16_t change) {
  constexpr std::uint64_t size = sizeof change;
  if (!parts_.empty() && parts_.back().kind == Kind::packet) {
    auto& last = parts_.back();
    if (last.has_crc && last.end() == offset) {
      return; // that is the one
    }
    last.has_crc = last.has_crc && last.end() + size <= offset;
    if (last.end() + size > offset) {
      last.size -= static_cast<std::uint32_t>(
          std::min<std::uint64_t>(last.size, last.end() + size - offset));
      last.tail_change = 0;
    }
  }
  packet({.offset = offset - size,
          .place = 0,
          .header = 0,
          .payload = 0,
          .tail_change = 0,
          .crc_change = change,
          .has_crc = true});
}

void ScrubStream::keep_zeros_behind(std::uint8_t count) {
  if (!parts_.empty()) {
    parts_.back().zeros = count;
  }
}

/// No byte becomes 0, with which every command begins: there are none where there were none.
void ScrubStream::disguise(const ScrubKey& key, std::uint64_t offset,
                           std::span<std::byte> bytes) const {
  key.disguise(number_, offset, bytes);
  std::ranges::replace(bytes, std::byte{0}, std::byte{0xA5});
}

void ScrubStream::replace(const ScrubKey& key, std::int64_t offset,
                          std::span<std::byte> bytes) const {
  if (offset < 0) { // before the beginning there are no parts
    const auto count = std::min(bytes.size(), static_cast<std::size_t>(-offset));
    disguise(key, static_cast<std::uint64_t>(offset), bytes.first(count));
    bytes = bytes.subspan(count);
  }
  auto at = static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 0));
  auto part = std::ranges::upper_bound(parts_, at, {}, &Part::offset);
  part = part == parts_.begin() ? part : std::prev(part);
  while (!bytes.empty()) {
    while (part != parts_.end() && part->end() + part->zeros <= at) {
      ++part;
    }
    const bool within = part != parts_.end() && part->offset <= at;
    const auto end = part == parts_.end() ? UINT64_MAX
                     : within             ? part->end() + part->zeros
                                          : part->offset;
    const auto piece =
        bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), end - at)));
    if (within) {
      replace_in(*part, key, at - part->offset, piece);
    } else {
      disguise(key, at, piece);
    }
    at += piece.size();
    bytes = bytes.subspan(piece.size());
  }
}

/// Bytes of a part, and of the zeros behind it, from `from` on in it.
void ScrubStream::replace_in(const Part& part, const ScrubKey& key, std::uint64_t from,
                             std::span<std::byte> bytes) const {
  const std::uint64_t header{part.header};
  const auto body = header + part.size;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto at = from + i;
    const auto rest = bytes.subspan(i);
    if (at < header || (at < body && part.kind == Kind::kept)) {
      ++i;
    } else if (at < body) {
      const auto count = std::min<std::uint64_t>(rest.size(), body - at);
      const auto piece = rest.first(static_cast<std::size_t>(count));
      if (part.kind == Kind::literal) {
        std::ranges::copy_n(literals_[part.place].begin() + static_cast<std::ptrdiff_t>(at),
                            static_cast<std::ptrdiff_t>(count), piece.begin());
      } else {
        key.disguise(0, part.place + (at - header), piece);
        for (std::size_t each = 0; each < piece.size(); ++each) {
          const auto rest_of_body = body - (at + each); // 2 and 1 are the last two
          const auto change =
              rest_of_body > 2 ? 0 : part.tail_change >> (rest_of_body == 2 ? 8 : 0);
          piece[each] ^= static_cast<std::byte>(change & 0xFF);
        }
      }
      i += piece.size();
    } else if (at < part.end() - part.offset) {
      const auto change = part.crc_change >> (at == body ? 8 : 0);
      rest[0] ^= static_cast<std::byte>(change & 0xFF);
      ++i;
    } else { // behind it: zeros stay
      if (rest[0] != std::byte{0}) {
        disguise(key, part.offset + at, rest.first(1));
      }
      ++i;
    }
  }
}

} // namespace dualcam::crc
