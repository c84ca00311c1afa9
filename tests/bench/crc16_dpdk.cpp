#include "crc16_dpdk.hpp"

// rte_vect.h does not say that it is C.
extern "C" {
#include <rte_cpuflags.h>
#include <rte_net_crc.h>
#include <rte_vect.h>
}

namespace dualcam::dpdk {

namespace {

/// Without EAL the width allowed is 0, and DPDK then falls back to slower code without a word. It
/// looks at the width once, so it has to be the largest from the start.
void allow_all_widths() { rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_512); }

} // namespace

bool use_sse() {
  allow_all_widths();
  rte_net_crc_set_alg(RTE_NET_CRC_SSE42);
  return rte_cpu_get_flag_enabled(RTE_CPUFLAG_PCLMULQDQ) == 1;
}

bool use_avx512() {
  allow_all_widths();
  rte_net_crc_set_alg(RTE_NET_CRC_AVX512);
  return rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512BW) == 1 &&
         rte_cpu_get_flag_enabled(RTE_CPUFLAG_VPCLMULQDQ) == 1;
}

std::uint16_t crc16(Bytes bytes) {
  return static_cast<std::uint16_t>(rte_net_crc_calc(
      bytes.data(), static_cast<std::uint32_t>(bytes.size()), RTE_NET_CRC16_CCITT));
}

} // namespace dualcam::dpdk
