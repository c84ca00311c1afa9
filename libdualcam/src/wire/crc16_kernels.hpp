// The ways to compute a CRC-16/KERMIT, for crc16() to choose from and for tests and benchmarks.
#pragma once

#include <cstdint>
#include <span>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::crc16_kernels {

using Function = std::uint16_t (*)(Bytes, std::uint16_t initial);

struct Kernel {
  const char* name;
  Function function;
  /// Whether this processor and operating system can run it.
  bool (*is_supported)();
};

/// Slicing tables: portable, and what the other kernels use for the bytes that fill no vector.
std::uint16_t tables(Bytes bytes, std::uint16_t initial);

/// The others compiled for this architecture, in ascending order of preference; may be empty.
std::span<const Kernel> vector_kernels();

/// The last of `kernels` that runs here, else the tables. What crc16() goes by is that of
/// `vector_kernels`, from the first CRC on.
Function best_of(std::span<const Kernel> kernels);
Function chosen();

} // namespace dualcam::crc16_kernels
