/// \file
/// CRC-64/XZ: reflected polynomial 0xc96c5795d7870f42, initial value and final XOR all ones;
/// "123456789" gives 0x995dc9bbdf1939fa. For what is compared without being held: no camera knows
/// it. May be called from any thread.
#pragma once

#include <cstdint>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// The CRC of `bytes`, going on from `before`: `crc64(b, crc64(a)) == crc64(a + b)`.
std::uint64_t crc64(Bytes bytes, std::uint64_t before = 0);

} // namespace dualcam
