#include "dualcam/wire/crc64.hpp"

#include <array>
#include <atomic>

#include "wire/carry_less.hpp"

namespace dualcam {
namespace {

// Here as in crc16_polynomial.hpp: the lowest bit is the highest power of x.

constexpr std::uint64_t polynomial = 0xc96c'5795'd787'0f42;

constexpr std::size_t slices = 8; ///< bytes at a time

/// `tables[n][value]`: what `value` becomes behind n more bytes of 0.
constexpr auto tables = [] {
  std::array<std::array<std::uint64_t, 256>, slices> result{};
  for (std::uint64_t value = 0; value < 256; ++value) {
    auto crc = value;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    }
    result[0][value] = crc;
  }
  for (std::size_t n = 1; n < slices; ++n) {
    for (std::size_t value = 0; value < 256; ++value) {
      const auto before = result[n - 1][value];
      result[n][value] = (before >> 8) ^ result[0][before & 0xFF];
    }
  }
  return result;
}();

/// `crc` goes on over `bytes`.
std::uint64_t sliced(Bytes bytes, std::uint64_t crc) {
  for (; bytes.size() >= slices; bytes = bytes.subspan(slices)) {
    crc ^= load<std::uint64_t, std::endian::little>(bytes);
    std::uint64_t next = 0;
    for (std::size_t n = 0; n < slices; ++n) {
      next ^= tables[slices - 1 - n][(crc >> (8 * n)) & 0xFF];
    }
    crc = next;
  }
  for (const auto byte : bytes) {
    crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint64_t>(byte)) & 0xFF];
  }
  return crc;
}

#if defined(__x86_64__)

/// x^exponent modulo the polynomial.
constexpr std::uint64_t power_of_x(unsigned exponent) {
  std::uint64_t power = std::uint64_t{1} << 63;
  for (; exponent > 0; --exponent) {
    power = (power >> 1) ^ ((power & 1) != 0 ? polynomial : 0);
  }
  return power;
}

using carry_less::load_128;

/// Moves a lane so many bytes further: as in crc16_folding.hpp.
constexpr carry_less::Multipliers fold_by(unsigned bytes) {
  return {power_of_x(8 * bytes + 64 - 1), power_of_x(8 * bytes - 1)};
}

TARGET_PCLMUL inline __m128i multiply_add(__m128i lane, __m128i by, __m128i sum) {
  return _mm_xor_si128(sum, carry_less::multiply(lane, by));
}

/// Carry-less multiplication makes 16 bytes of any number of them, which have the same CRC.
TARGET_PCLMUL std::uint64_t folded(Bytes bytes, std::uint64_t crc) {
  if (bytes.size() < 64) {
    return sliced(bytes, crc);
  }
  static constexpr auto by_16 = fold_by(16);
  static constexpr auto by_64 = fold_by(64);
  const auto next = load_128(&by_16);
  const auto far = load_128(&by_64);
  auto a = _mm_xor_si128(load_128(bytes.data()), _mm_cvtsi64_si128(static_cast<long long>(crc)));
  auto b = load_128(bytes.data() + 16);
  auto c = load_128(bytes.data() + 32);
  auto d = load_128(bytes.data() + 48);
  for (bytes = bytes.subspan(64); bytes.size() >= 64; bytes = bytes.subspan(64)) {
    a = multiply_add(a, far, load_128(bytes.data()));
    b = multiply_add(b, far, load_128(bytes.data() + 16));
    c = multiply_add(c, far, load_128(bytes.data() + 32));
    d = multiply_add(d, far, load_128(bytes.data() + 48));
  }
  d = multiply_add(multiply_add(multiply_add(a, next, b), next, c), next, d);
  for (; bytes.size() >= 16; bytes = bytes.subspan(16)) {
    d = multiply_add(d, next, load_128(bytes.data()));
  }
  std::array<std::byte, 16> rest;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest.data()), d);
  return sliced(bytes, sliced(rest, 0));
}

bool can_fold() {
  __builtin_cpu_init(); // a CRC may be computed before the constructor that does this
  return carry_less::has_pclmul();
}

#else

constexpr auto folded = sliced;
constexpr bool can_fold() { return false; }

#endif

std::uint64_t choose_and_run(Bytes bytes, std::uint64_t crc);

constinit std::atomic<std::uint64_t (*)(Bytes, std::uint64_t)> in_use = choose_and_run;

std::uint64_t choose_and_run(Bytes bytes, std::uint64_t crc) {
  const auto best = can_fold() ? folded : sliced;
  in_use.store(best, std::memory_order_relaxed);
  return best(bytes, crc);
}

} // namespace

std::uint64_t crc64(Bytes bytes, std::uint64_t before) {
  return ~in_use.load(std::memory_order_relaxed)(bytes, ~before);
}

} // namespace dualcam
