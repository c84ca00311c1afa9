// Carry-less multiplication and bit matrices on x86.
//
// What does not fill a kernel's vectors is taken off the front by a narrower kernel, so that the
// end needs no treatment.
#include "wire/crc16_kernels.hpp"

#if defined(__x86_64__)

#include <array>

#include <immintrin.h>

#include "wire/crc16_folding.hpp"
#include "wire/crc16_polynomial.hpp"

#if !defined(                                                                                      \
    __clang__) // GCC 12 takes the deliberately undefined vectors of its own header for ours
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define TARGET_AVX2 __attribute__((target("avx2,pclmul,vpclmulqdq")))
#define TARGET_AVX512 __attribute__((target("avx512bw,pclmul,vpclmulqdq,gfni")))

namespace dualcam::crc16_kernels {
namespace {

using carry_less::has_pclmul;
using carry_less::load_128;
using carry_less::multiply;

/// Barrett reduction of 80 bits.
TARGET_PCLMUL inline std::uint16_t finish(__m128i value) {
  const auto constants = load_128(&barrett);
  const auto multiple = _mm_clmulepi64_si128(value, constants, 0x00);
  const auto product = _mm_clmulepi64_si128(multiple, constants, 0x10);
  return static_cast<std::uint16_t>(_mm_extract_epi16(_mm_xor_si128(value, product), 4));
}

TARGET_PCLMUL std::uint16_t pclmul(Bytes bytes, std::uint16_t initial) {
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
  auto d = _mm_xor_si128(load_128(bytes.data()), _mm_cvtsi32_si128(initial));
  bytes = bytes.subspan(16);
  for (; bytes.size() % 64 != 0; bytes = bytes.subspan(16)) {
    d = _mm_xor_si128(load_128(bytes.data()), multiply(d, load_128(&by_16)));
  }
  if (bytes.empty()) {
    return finish(multiply(d, load_128(&remainders[3])));
  }
  auto a = _mm_setzero_si128();
  auto b = a;
  auto c = a;
  const auto fold = load_128(&by_64);
  for (; !bytes.empty(); bytes = bytes.subspan(64)) {
    a = _mm_xor_si128(load_128(bytes.data()), multiply(a, fold));
    b = _mm_xor_si128(load_128(bytes.data() + 16), multiply(b, fold));
    c = _mm_xor_si128(load_128(bytes.data() + 32), multiply(c, fold));
    d = _mm_xor_si128(load_128(bytes.data() + 48), multiply(d, fold));
  }
  a = multiply(a, load_128(&remainders[0]));
  b = multiply(b, load_128(&remainders[1]));
  c = multiply(c, load_128(&remainders[2]));
  d = multiply(d, load_128(&remainders[3]));
  return finish(_mm_xor_si128(_mm_xor_si128(a, b), _mm_xor_si128(c, d)));
}

TARGET_AVX2 inline __m256i load_256(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

TARGET_AVX2 inline __m256i multiply(__m256i lanes, __m256i by) {
  return _mm256_xor_si256(_mm256_clmulepi64_epi128(lanes, by, 0x00),
                          _mm256_clmulepi64_epi128(lanes, by, 0x11));
}

TARGET_AVX2 std::uint16_t vpclmul_avx2(Bytes bytes, std::uint16_t initial) {
  if (bytes.size() < 128) {
    return pclmul(bytes, initial);
  }
  if (const auto front = bytes.size() % 128; front != 0) {
    initial = pclmul(bytes.first(front), initial);
    bytes = bytes.subspan(front);
  }
  static constexpr auto by_128 = fold_by(128);
  static constexpr auto remainders = remainders_of_last<8>();
  const auto fold = _mm256_broadcastsi128_si256(load_128(&by_128));
  auto a =
      _mm256_xor_si256(load_256(bytes.data()), _mm256_zextsi128_si256(_mm_cvtsi32_si128(initial)));
  auto b = load_256(bytes.data() + 32);
  auto c = load_256(bytes.data() + 64);
  auto d = load_256(bytes.data() + 96);
  for (bytes = bytes.subspan(128); !bytes.empty(); bytes = bytes.subspan(128)) {
    a = _mm256_xor_si256(load_256(bytes.data()), multiply(a, fold));
    b = _mm256_xor_si256(load_256(bytes.data() + 32), multiply(b, fold));
    c = _mm256_xor_si256(load_256(bytes.data() + 64), multiply(c, fold));
    d = _mm256_xor_si256(load_256(bytes.data() + 96), multiply(d, fold));
  }
  a = _mm256_xor_si256(multiply(a, load_256(&remainders[0])),
                       multiply(b, load_256(&remainders[2])));
  c = _mm256_xor_si256(multiply(c, load_256(&remainders[4])),
                       multiply(d, load_256(&remainders[6])));
  a = _mm256_xor_si256(a, c);
  return finish(_mm_xor_si128(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1)));
}

TARGET_AVX512 inline __m512i load_512(const void* from) { return _mm512_loadu_si512(from); }

TARGET_AVX512 inline __m512i load_first_512(Bytes bytes, std::uint16_t initial) {
  return _mm512_xor_si512(load_512(bytes.data()),
                          _mm512_zextsi128_si512(_mm_cvtsi32_si128(initial)));
}

TARGET_AVX512 inline __m512i xor_of(__m512i a, __m512i b, __m512i c) {
  return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/// `lanes` * `by` + `sum`.
TARGET_AVX512 inline __m512i multiply_add(__m512i lanes, __m512i by, __m512i sum) {
  return xor_of(_mm512_clmulepi64_epi128(lanes, by, 0x00),
                _mm512_clmulepi64_epi128(lanes, by, 0x11), sum);
}

/// An 80-bit remainder in four parts, to one.
TARGET_AVX512 inline __m128i sum_of_lanes(__m512i lanes) {
  const auto half =
      _mm256_xor_si256(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64(lanes, 1));
  return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

TARGET_AVX512 std::uint16_t vpclmul_avx512(Bytes bytes, std::uint16_t initial) {
  if (bytes.size() < 256) {
    return vpclmul_avx2(bytes, initial);
  }
  if (const auto front = bytes.size() % 256; front != 0) {
    initial = vpclmul_avx2(bytes.first(front), initial);
    bytes = bytes.subspan(front);
  }
  static constexpr auto remainders = remainders_of_last<16>();
  static constexpr auto by_256 = fold_by(256);
  const auto fold = _mm512_broadcast_i32x4(load_128(&by_256));
  auto a = load_first_512(bytes, initial);
  auto b = load_512(bytes.data() + 64);
  auto c = load_512(bytes.data() + 128);
  auto d = load_512(bytes.data() + 192);
  for (bytes = bytes.subspan(256); !bytes.empty(); bytes = bytes.subspan(256)) {
    a = multiply_add(a, fold, load_512(bytes.data()));
    b = multiply_add(b, fold, load_512(bytes.data() + 64));
    c = multiply_add(c, fold, load_512(bytes.data() + 128));
    d = multiply_add(d, fold, load_512(bytes.data() + 192));
  }
  a = multiply_add(a, load_512(&remainders[0]), _mm512_setzero_si512());
  b = multiply_add(b, load_512(&remainders[4]), _mm512_setzero_si512());
  c = multiply_add(c, load_512(&remainders[8]), a);
  d = multiply_add(d, load_512(&remainders[12]), b);
  return finish(sum_of_lanes(_mm512_xor_si512(c, d)));
}

TARGET_AVX512 inline __m512i apply(std::uint64_t matrix, __m512i bytes) {
  return _mm512_gf2p8affine_epi64_epi8(bytes, _mm512_set1_epi64(static_cast<std::int64_t>(matrix)),
                                       0);
}

/// Folds by bit matrices: half the cost of carry-less multiplication, as measured on Zen 4.
TARGET_AVX512 std::uint16_t gfni_avx512(Bytes bytes, std::uint16_t initial) {
  if (bytes.size() < 256) {
    return vpclmul_avx2(bytes, initial);
  }
  if (const auto front = bytes.size() % 256; front != 0) {
    initial = vpclmul_avx2(bytes.first(front), initial);
    bytes = bytes.subspan(front);
  }
  // All four vectors go into the first and the last of the next turn; their bytes lie far enough
  // apart to span the remainders, those of neighbours do not.
  static constexpr auto from_a = split(256, 448);
  static constexpr auto from_b = split(192, 384);
  static constexpr auto from_c = split(128, 320);
  static constexpr auto from_d = split(64, 256);
  static constexpr auto last_from_b = split(-64, 128);
  static constexpr auto last_from_c = split(-128, 64);
  static constexpr auto remainders = remainders_of_last<16>();
  auto a = load_first_512(bytes, initial);
  auto b = load_512(bytes.data() + 64);
  auto c = load_512(bytes.data() + 128);
  auto d = load_512(bytes.data() + 192);
  for (bytes = bytes.subspan(256); !bytes.empty(); bytes = bytes.subspan(256)) {
    const auto next_a =
        xor_of(apply(from_b.first, b), apply(from_c.first, c), load_512(bytes.data()));
    const auto next_d =
        xor_of(apply(from_b.second, b), apply(from_c.second, c), load_512(bytes.data() + 192));
    b = load_512(bytes.data() + 64);
    c = load_512(bytes.data() + 128);
    const auto old_a = a;
    a = xor_of(apply(from_a.first, a), apply(from_d.first, d), next_a);
    d = xor_of(apply(from_a.second, old_a), apply(from_d.second, d), next_d);
  }
  a = xor_of(apply(last_from_b.first, b), apply(last_from_c.first, c), a);
  d = xor_of(apply(last_from_b.second, b), apply(last_from_c.second, c), d);
  a = multiply_add(a, load_512(&remainders[0]), _mm512_setzero_si512());
  return finish(sum_of_lanes(multiply_add(d, load_512(&remainders[12]), a)));
}

bool has_vpclmul_avx2() {
  return has_pclmul() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq");
}

bool has_vpclmul_avx512() { return has_vpclmul_avx2() && __builtin_cpu_supports("avx512bw"); }

bool has_gfni_avx512() { return has_vpclmul_avx512() && __builtin_cpu_supports("gfni"); }

constexpr std::array kernels{
    Kernel{"pclmul", pclmul, has_pclmul},
    Kernel{"vpclmul-avx2", vpclmul_avx2, has_vpclmul_avx2},
    Kernel{"vpclmul-avx512", vpclmul_avx512, has_vpclmul_avx512},
    Kernel{"gfni-avx512", gfni_avx512, has_gfni_avx512},
};

} // namespace

std::span<const Kernel> vector_kernels() {
  __builtin_cpu_init(); // a CRC may be computed before the constructor that does this
  return kernels;
}

} // namespace dualcam::crc16_kernels

#endif
