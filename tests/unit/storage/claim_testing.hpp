// Two claims of one part, and how they stand in its checkpoint.
#pragma once

#include <string>

#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/wire/crc64.hpp"
#include "testing.hpp"

namespace dualcam::claimed {

inline constexpr std::uint64_t part = 0x0123'4567'89ab'cdef;

inline constexpr Claim claim_a{.sequence = 8,
                               .held = {338, 346112, 1024, 0x1a2b},
                               .crc64 = 0x995d'c9bb'df19'39fa,
                               .from = {337, 345088, 0x90c4, 0x1122'3344'5566'7788},
                               .proved = {}};
inline constexpr Claim claim_b{.sequence = 7,
                               .held = {337, 345088, 1024, 0x90c4},
                               .crc64 = 0x1122'3344'5566'7788,
                               .from = {300, 306176, 0x0001, 0x0000'0000'0000'0002},
                               .proved = Place{330, 336896, 0xffff, 0xffff'ffff'ffff'ffff}};

inline std::string block_of(const Claim& claim, const std::string& header) {
  return claim_block(claim, crc64(as_bytes(header)));
}

/// Without the NUL that fill it up.
inline std::string line_of(const std::string& block) { return block.substr(0, block.find('\0')); }

} // namespace dualcam::claimed
