// The secret by which a capture is scrubbed, made anew for each run and kept nowhere.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include <openssl/types.h>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::crc {

/// Equal things become equal ones; what they were cannot be found out without the key. Used by one
/// thread at a time.
class ScrubKey {
public:
  ScrubKey();
  ~ScrubKey();
  ScrubKey(const ScrubKey&) = delete;
  ScrubKey& operator=(const ScrubKey&) = delete;

  /// What a number is drawn for.
  enum class Use : std::uint8_t { imei, coordinate, text, stream, table, crc };

  /// A number that follows from the bytes.
  std::uint64_t number(Use use, Bytes of) const;

  /// Each byte becomes another one, or itself, as its position in `stream` has it: of two equal
  /// bytes at one position the same, of two different ones different ones. Stream 0 is that of all
  /// files.
  void disguise(std::uint64_t stream, std::uint64_t position, std::span<std::byte> bytes) const;

  /// The CRC that one becomes, as if so many zeros, which nobody knows, were behind: 0 stays 0, and
  /// what went on from what still does. A packet's CRC goes on from another's if, and only if, it
  /// does so here, once the CRC of its payload alone has become this one, too.
  std::uint16_t crc(std::uint16_t crc) const;

private:
  void fill(std::uint64_t stream, std::uint64_t block, std::span<unsigned char> out) const;

  std::array<unsigned char, 32> key_{};
  struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* cipher) const;
  };
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> cipher_;
  std::array<std::byte, 256> table_{}; ///< a permutation
  std::uint64_t zeros_ = 0;            ///< behind each CRC
};

/// Numbers that follow from one.
class ScrubDraw {
public:
  explicit ScrubDraw(std::uint64_t seed) : state_(seed) {}
  /// From 0 to below `limit`.
  std::uint64_t below(std::uint64_t limit);

private:
  std::uint64_t state_;
};

} // namespace dualcam::crc
