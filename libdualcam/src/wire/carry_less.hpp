// Multiplication without carries, for the kernels of all CRCs here: a lane of 16 bytes is moved to
// a later place of the message by multiplying its two halves by powers of x (crc16_folding.hpp).
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace dualcam::carry_less {

/// Multipliers for the two halves of a 16-byte lane; the half with the higher powers comes first.
struct alignas(16) Multipliers {
  std::uint64_t high;
  std::uint64_t low;
};

#if defined(__x86_64__)

#define TARGET_PCLMUL __attribute__((target("sse4.1,pclmul")))

/// Whether the processor has it; `__builtin_cpu_init` has been called.
inline bool has_pclmul() {
  return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("pclmul");
}

TARGET_PCLMUL inline __m128i load_128(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

TARGET_PCLMUL inline __m128i multiply(__m128i lane, __m128i by) {
  return _mm_xor_si128(_mm_clmulepi64_si128(lane, by, 0x00), _mm_clmulepi64_si128(lane, by, 0x11));
}

#endif

} // namespace dualcam::carry_less
