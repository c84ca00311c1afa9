#include "dcam-crc/checksum.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>
#include <vector>

#include <unistd.h>

#include "dualcam/wire/crc16.hpp"

namespace dualcam::crc {
namespace {

constexpr std::size_t buffer_size = 256 << 10; // stays in the second-level cache
constexpr std::uint64_t worth_a_thread = 16 << 20;
constexpr unsigned most_threads = 4;

/// One thread's part of a file.
struct Stretch {
  std::uint64_t offset;
  std::uint64_t size;
  Checksum sum{};
  int error = 0;
};

/// Ends early if the file does.
void read_stretch(int descriptor, Stretch& stretch,
                  const std::function<void(std::size_t)>& progress) {
  ByteBuffer buffer(buffer_size);
  while (stretch.sum.bytes < stretch.size) {
    const auto want = std::min<std::uint64_t>(buffer.size(), stretch.size - stretch.sum.bytes);
    const auto got = ::pread(descriptor, buffer.data(), want,
                             static_cast<off_t>(stretch.offset + stretch.sum.bytes));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      stretch.error = got < 0 ? errno : 0;
      return;
    }
    const auto count = static_cast<std::size_t>(got);
    stretch.sum.crc = crc16(Bytes(buffer).first(count), stretch.sum.crc);
    stretch.sum.bytes += count;
    progress(count);
  }
}

Result<Checksum> combined(std::span<const Stretch> stretches, std::uint16_t initial) {
  Checksum sum{initial, 0};
  for (const auto& stretch : stretches) {
    if (stretch.error != 0) {
      return std::unexpected(Error{ErrorCategory::io, stretch.offset + stretch.sum.bytes,
                                   std::generic_category().message(stretch.error)});
    }
    sum.crc = crc16_combine(sum.crc, stretch.sum.crc, stretch.sum.bytes);
    sum.bytes += stretch.sum.bytes;
    if (stretch.sum.bytes < stretch.size) {
      break; // the file has shrunk meanwhile
    }
  }
  return sum;
}

Result<Checksum> read_in_parallel(InputFile& file, std::uint64_t size, unsigned threads,
                                  std::uint16_t initial,
                                  const std::function<void(std::uint64_t)>& progress) {
  std::vector<Stretch> stretches;
  for (unsigned i = 0; i < threads; ++i) {
    const auto offset = size / threads * i;
    stretches.push_back({offset, i + 1 == threads ? size - offset : size / threads});
  }
  std::atomic<std::uint64_t> done = 0;
  {
    std::vector<std::jthread> workers;
    for (auto& stretch : std::span(stretches).subspan(1)) {
      workers.emplace_back([&] {
        read_stretch(file.descriptor(), stretch, [&](std::size_t count) { done += count; });
      });
    }
    read_stretch(file.descriptor(), stretches[0],
                 [&](std::size_t count) { progress(done += count); });
  }
  return combined(stretches, initial);
}

} // namespace

Result<Checksum> checksum(InputFile& file, std::uint16_t initial,
                          const std::function<void(std::uint64_t)>& progress) {
  const auto size = file.size().value_or(0);
  const auto threads = static_cast<unsigned>(std::min<std::uint64_t>(
      std::clamp(std::thread::hardware_concurrency(), 1U, most_threads), size / worth_a_thread));
  // What another program has read from a shared standard input is not read again.
  if (threads > 1 && ::lseek(file.descriptor(), 0, SEEK_CUR) == 0) {
    return read_in_parallel(file, size, threads, initial, progress);
  }
  Checksum sum{initial, 0};
  ByteBuffer buffer(buffer_size);
  for (;;) {
    const auto count = file.read(buffer);
    if (!count) {
      return std::unexpected(count.error());
    }
    if (*count == 0) {
      return sum;
    }
    sum.crc = crc16(Bytes(buffer).first(*count), sum.crc);
    progress(sum.bytes += *count);
  }
}

} // namespace dualcam::crc
