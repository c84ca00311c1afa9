#include "dcam-crc/scrub_key.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "dualcam/wire/crc16.hpp"

namespace dualcam::crc {
namespace {

void require(bool done) {
  if (!done) {
    throw std::runtime_error("OpenSSL has no ChaCha20, or no random numbers");
  }
}

std::uint64_t first_number(const std::array<unsigned char, SHA256_DIGEST_LENGTH>& digest) {
  return load_be<std::uint64_t>(std::as_bytes(std::span(digest)));
}

} // namespace

void ScrubKey::FreeCipher::operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }

ScrubKey::ScrubKey() : cipher_(EVP_CIPHER_CTX_new()) {
  require(cipher_ && RAND_bytes(key_.data(), static_cast<int>(key_.size())) == 1);
  std::array<std::uint8_t, 256> values{};
  std::iota(values.begin(), values.end(), std::uint8_t{0});
  ScrubDraw draw(number(Use::table, {}));
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[static_cast<std::size_t>(draw.below(i))]);
  }
  std::ranges::transform(values, table_.begin(), [](std::uint8_t each) { return std::byte{each}; });
  constexpr std::uint64_t period = 32'767; // so many zeros change nothing
  zeros_ = 1 + ScrubDraw(number(Use::crc, {})).below(period - 1);
}

ScrubKey::~ScrubKey() = default;

std::uint64_t ScrubKey::number(Use use, Bytes of) const {
  std::vector<unsigned char> text(key_.begin(), key_.end());
  text.push_back(static_cast<unsigned char>(use));
  std::ranges::transform(of, std::back_inserter(text),
                         [](std::byte each) { return std::to_integer<unsigned char>(each); });
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(text.data(), text.size(), digest.data());
  return first_number(digest);
}

/// ChaCha20's bytes from a block of 64 on.
void ScrubKey::fill(std::uint64_t stream, std::uint64_t block, std::span<unsigned char> out) const {
  std::array<unsigned char, 16> start{}; // the counter, of which 32 bits count, and a nonce
  for (unsigned i = 0; i < 8; ++i) {
    start[i] = static_cast<unsigned char>(block >> 8 * i);
    start[8 + i] = static_cast<unsigned char>(stream >> 8 * i);
  }
  std::ranges::fill(out, static_cast<unsigned char>(0));
  int written = 0;
  require(EVP_EncryptInit_ex(cipher_.get(), EVP_chacha20(), nullptr, key_.data(), start.data()) ==
              1 &&
          EVP_EncryptUpdate(cipher_.get(), out.data(), &written, out.data(),
                            static_cast<int>(out.size())) == 1);
}

void ScrubKey::disguise(std::uint64_t stream, std::uint64_t position,
                        std::span<std::byte> bytes) const {
  constexpr std::size_t in_block = 32; // positions: each takes two bytes of 64
  constexpr std::size_t at_once = 4096;
  std::vector<unsigned char> pads;
  while (!bytes.empty()) {
    const auto behind = static_cast<std::size_t>(position % in_block);
    const auto piece = bytes.first(std::min(bytes.size(), at_once));
    pads.resize((behind + piece.size() + in_block - 1) / in_block * in_block * 2);
    fill(stream, position / in_block, pads);
    auto pad = pads.begin() + static_cast<std::ptrdiff_t>(2 * behind);
    for (auto& byte : piece) {
      byte = table_[std::to_integer<std::size_t>(byte ^ std::byte{*pad++})];
      byte = table_[std::to_integer<std::size_t>(byte ^ std::byte{*pad++})];
    }
    bytes = bytes.subspan(piece.size());
    position += piece.size();
  }
}

std::uint16_t ScrubKey::crc(std::uint16_t crc) const { return crc16_combine(crc, 0, zeros_); }

/// SplitMix64.
std::uint64_t ScrubDraw::below(std::uint64_t limit) {
  auto bits = state_ += 0x9E3779B97F4A7C15;
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
  return (bits ^ bits >> 31) % limit;
}

} // namespace dualcam::crc
