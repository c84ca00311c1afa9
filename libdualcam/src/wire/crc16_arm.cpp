// Carry-less multiplication on 64-bit ARM.
#include "wire/crc16_kernels.hpp"

#if defined(__aarch64__) && defined(__linux__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <array>

#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "wire/crc16_folding.hpp"

#if defined(__clang__)
#define TARGET_PMULL __attribute__((target("aes")))
#else
#define TARGET_PMULL __attribute__((target("+crypto")))
#endif

namespace dualcam::crc16_kernels {
namespace {

using Lane = uint64x2_t;

TARGET_PMULL inline Lane load(const void* from) {
  return vreinterpretq_u64_u8(vld1q_u8(static_cast<const std::uint8_t*>(from)));
}

TARGET_PMULL inline Lane product(std::uint64_t a, std::uint64_t b) {
  return vreinterpretq_u64_p128(vmull_p64(a, b));
}

TARGET_PMULL inline Lane multiply(Lane lane, const Multipliers& by) {
  return veorq_u64(product(vgetq_lane_u64(lane, 0), by.high),
                   product(vgetq_lane_u64(lane, 1), by.low));
}

/// Barrett reduction of 80 bits.
TARGET_PMULL inline std::uint16_t finish(Lane value) {
  const auto multiple = product(vgetq_lane_u64(value, 0), barrett.high);
  const auto multiple_of_p = product(vgetq_lane_u64(multiple, 0), barrett.low);
  return static_cast<std::uint16_t>(vgetq_lane_u64(veorq_u64(value, multiple_of_p), 1));
}

TARGET_PMULL std::uint16_t pmull(Bytes bytes, std::uint16_t initial) {
  if (bytes.size() < 16) {
    return tables(bytes, initial);
  }
  if (const auto front = bytes.size() % 16; front != 0) {
    initial = tables(bytes.first(front), initial);
    bytes = bytes.subspan(front);
  }
  static constexpr auto by_16 = fold_by(16);
  static constexpr auto by_64 = fold_by(64);
  static constexpr auto remainders = remainders_of_last<4>();
  const auto none = vdupq_n_u64(0);
  auto d = veorq_u64(load(bytes.data()), vsetq_lane_u64(initial, none, 0));
  bytes = bytes.subspan(16);
  for (; bytes.size() % 64 != 0; bytes = bytes.subspan(16)) {
    d = veorq_u64(load(bytes.data()), multiply(d, by_16));
  }
  auto a = none;
  auto b = none;
  auto c = none;
  for (; !bytes.empty(); bytes = bytes.subspan(64)) {
    a = veorq_u64(load(bytes.data()), multiply(a, by_64));
    b = veorq_u64(load(bytes.data() + 16), multiply(b, by_64));
    c = veorq_u64(load(bytes.data() + 32), multiply(c, by_64));
    d = veorq_u64(load(bytes.data() + 48), multiply(d, by_64));
  }
  a = veorq_u64(multiply(a, remainders[0]), multiply(b, remainders[1]));
  c = veorq_u64(multiply(c, remainders[2]), multiply(d, remainders[3]));
  return finish(veorq_u64(a, c));
}

bool has_pmull() { return (getauxval(AT_HWCAP) & HWCAP_PMULL) != 0; }

constexpr std::array kernels{Kernel{"pmull", pmull, has_pmull}};

} // namespace

std::span<const Kernel> vector_kernels() { return kernels; }

} // namespace dualcam::crc16_kernels

#elif !defined(__x86_64__)

namespace dualcam::crc16_kernels {

std::span<const Kernel> vector_kernels() { return {}; }

} // namespace dualcam::crc16_kernels

#endif
