// DPDK's rte_net_crc: the same polynomial, initial value and final XOR 0xFFFF.
#pragma once

#include <cstdint>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::dpdk {

/// Choose what crc16() runs from now on; false where DPDK or the processor does not have it.
bool use_sse();
bool use_avx512();

std::uint16_t crc16(Bytes bytes);

} // namespace dualcam::dpdk
