#include "dualcam/wire/crc16.hpp"

#include <array>
#include <atomic>

#include "wire/crc16_kernels.hpp"
#include "wire/crc16_polynomial.hpp"

namespace dualcam {
namespace crc16_kernels {
namespace {

std::uint16_t choose_and_run(Bytes bytes, std::uint16_t initial);

/// Constant-initialised, so that a CRC may be computed before main().
constinit std::atomic<Function> in_use = choose_and_run;

std::uint16_t choose_and_run(Bytes bytes, std::uint16_t initial) {
  const auto best = best_of(vector_kernels());
  in_use.store(best, std::memory_order_relaxed);
  return best(bytes, initial);
}

} // namespace

Function best_of(std::span<const Kernel> kernels) {
  Function best = tables;
  for (const auto& kernel : kernels) {
    best = kernel.is_supported() ? kernel.function : best;
  }
  return best;
}

Function chosen() { return in_use.load(std::memory_order_relaxed); }

} // namespace crc16_kernels

std::uint16_t crc16(Bytes bytes, std::uint16_t initial) {
  return crc16_kernels::chosen()(bytes, initial);
}

std::uint16_t crc16_combine(std::uint16_t crc_a, std::uint16_t crc_b, std::uint64_t bytes_of_b) {
  // crc_a is carried over b's bytes by multiplying it with x^(8 * bytes_of_b).
  std::uint16_t power = crc16_kernels::power_of_x(8);
  for (; bytes_of_b != 0; bytes_of_b >>= 1) {
    if ((bytes_of_b & 1) != 0) {
      crc_a = crc16_kernels::multiply(crc_a, power);
    }
    power = crc16_kernels::multiply(power, power);
  }
  return crc_a ^ crc_b;
}

} // namespace dualcam
