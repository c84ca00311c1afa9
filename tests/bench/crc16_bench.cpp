// CRC-16 in bytes a second: each kernel and the public entry, against the loop of the vendor's
// page, DPDK (where it was found) and merely reading the memory. Compare within one run only.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>

#include "dualcam/wire/crc16.hpp"
#include "wire/crc16_bitwise.hpp"
#include "wire/crc16_kernels.hpp"

#ifdef DUALCAM_DPDK
#include "crc16_dpdk.hpp"
#endif

namespace dualcam {
namespace {

struct alignas(64) Input {
  std::byte bytes[1 << 20];
};

/// The first `size` bytes of the same input for all.
Bytes input(std::size_t size) {
  static const Input whole = [] {
    Input result;
    for (std::uint32_t k = 0; auto& byte : result.bytes) {
      byte = static_cast<std::byte>(k++ * 2654435761U >> 13);
    }
    return result;
  }();
  return Bytes(whole.bytes).first(size);
}

/// The sum of the bytes as 64-bit words.
#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
std::uint64_t
read_memory(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < count; ++k) {
    sum += words[k];
  }
  return sum;
}

/// Measures `function` at each size, after `prepare` once for each.
template <class Function>
void measure(const std::string& name, Function function, void (*prepare)() = [] {}) {
  const auto run = [function, prepare](benchmark::State& state) {
    prepare();
    const auto bytes = input(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
      benchmark::DoNotOptimize(function(bytes));
      benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
  };
  auto* registered = benchmark::RegisterBenchmark(name.c_str(), run);
  for (const auto size : {64, 1 << 10, 64 << 10, 1 << 20}) {
    registered->Arg(size);
  }
}

#ifdef DUALCAM_DPDK
template <bool (*use)()> void measure_dpdk(const std::string& name) {
  if (!use()) {
    return;
  }
  const auto bytes = input(1023);
  if (dpdk::crc16(bytes) != static_cast<std::uint16_t>(~crc16(bytes, 0xFFFF))) {
    std::fprintf(stderr, "%s and dualcam disagree\n", name.c_str());
    std::exit(1);
  }
  measure(name, dpdk::crc16, [] { use(); });
}
#endif

} // namespace
} // namespace dualcam

int main(int argc, char** argv) {
  using namespace dualcam;
  measure("page", [](Bytes bytes) { return crc16_bitwise(bytes, 0); });
  measure("tables", [](Bytes bytes) { return crc16_kernels::tables(bytes, 0); });
  for (const auto& kernel : crc16_kernels::vector_kernels()) {
    if (kernel.is_supported()) {
      measure(kernel.name,
              [function = kernel.function](Bytes bytes) { return function(bytes, 0); });
    }
  }
  measure("crc16", [](Bytes bytes) { return crc16(bytes); });
#ifdef DUALCAM_DPDK
  measure_dpdk<dpdk::use_sse>("dpdk-sse");
  measure_dpdk<dpdk::use_avx512>("dpdk-avx512");
#endif
  measure("read", [](Bytes bytes) {
    return read_memory(reinterpret_cast<const std::uint64_t*>(bytes.data()), bytes.size() / 8);
  });
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
}
