/// \file
/// CRC-16/KERMIT, the checksum of DATA packets: reflected polynomial 0x8408, initial value 0, no
/// final XOR; "123456789" gives 0x2189. The vendor's page calls it CRC-16/IBM, which is another
/// one.
///
/// Both functions may be called from any thread, before main, too; they allocate nothing and cannot
/// fail. The fastest kernel that the processor has is chosen at the first call.
#pragma once

#include <cstdint>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// The CRC of `bytes`, going on from `initial`. Incremental by construction:
/// `crc16(b, crc16(a)) == crc16(a + b)`.
std::uint16_t crc16(Bytes bytes, std::uint16_t initial = 0);

/// The CRC of a + b from the CRC of a (any initial value), the CRC of b (initial value 0) and the
/// number of bytes of b, in time logarithmic in that number.
std::uint16_t crc16_combine(std::uint16_t crc_a, std::uint16_t crc_b, std::uint64_t bytes_of_b);

} // namespace dualcam
