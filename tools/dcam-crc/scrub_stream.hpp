// How the bytes of one direction of a connection are replaced, wherever they lie in frames.
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "dcam-crc/scrub_key.hpp"

namespace dualcam::crc {

/// What no part describes is disguised, so nothing of a stream is told by mistake. A byte that is
/// captured twice becomes the same both times, and of two of a file that differ different ones.
///
/// Memory: 32 bytes a part, and what is put in place of others.
class ScrubStream {
public:
  /// `number`: none of another stream's, nor 0.
  explicit ScrubStream(std::uint64_t number) : number_(number) {}

  /// Parts are added in the order of the stream.
  /// Bytes that stay.
  void keep(std::uint64_t offset, std::size_t size);
  /// Others stand in their place.
  void put(std::uint64_t offset, ByteBuffer bytes);
  /// A packet: its header stays, its payload is disguised as that at `place`, and of the payload's
  /// last two bytes, and of the CRC, each bit is changed that is set in these.
  struct Packet {
    std::uint64_t offset;
    std::uint64_t place;
    std::uint16_t header;
    std::uint16_t payload;
    std::uint16_t tail_change;
    std::uint16_t crc_change;
    bool has_crc;
  };
  void packet(const Packet& packet);
  /// The two bytes before `offset` are a CRC, whatever part they were taken for, of which these
  /// bits are changed: what follows goes on from it.
  void crc_before(std::uint64_t offset, std::uint16_t change);
  /// So many zeros, if that is what stands behind the last part, stay.
  void keep_zeros_behind(std::uint8_t count);

  /// Where the last part ends.
  std::uint64_t end() const { return parts_.empty() ? 0 : parts_.back().end(); }

  /// Bytes of the stream, from `offset` on: negative ones lie before its beginning.
  void replace(const ScrubKey& key, std::int64_t offset, std::span<std::byte> bytes) const;

  std::size_t memory() const { return parts_.size() * sizeof(Part) + literal_bytes_; }

private:
  enum class Kind : std::uint8_t { kept, literal, packet };
  struct Part {
    std::uint64_t offset;
    std::uint64_t place; ///< of a literal: which
    std::uint32_t size;  ///< without header and CRC
    std::uint16_t header;
    std::uint16_t tail_change;
    std::uint16_t crc_change;
    Kind kind;
    bool has_crc;
    std::uint8_t zeros; ///< behind it

    std::uint64_t end() const { return offset + header + size + (has_crc ? 2 : 0); }
  };

  void add(const Part& part);
  void disguise(const ScrubKey& key, std::uint64_t offset, std::span<std::byte> bytes) const;
  void replace_in(const Part& part, const ScrubKey& key, std::uint64_t from,
                  std::span<std::byte> bytes) const;

  std::uint64_t number_;
  std::deque<Part> parts_;
  std::deque<ByteBuffer> literals_;
  std::size_t literal_bytes_ = 0;
};

} // namespace dualcam::crc
