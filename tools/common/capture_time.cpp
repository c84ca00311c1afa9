#include "common/capture_time.hpp"

#include <cmath>
#include <vector>

#include "common/pcapng_reader.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t pcapng_head = 64 << 10;
constexpr std::size_t pcap_head = 40;
constexpr std::uint64_t a_second = 1'000'000'000;
constexpr unsigned microseconds = 6; // what pcapng has where nothing is said

/// Numbers in the byte order of the machine that captured.
struct Order {
  bool big;
  std::uint32_t u32(Bytes bytes) const {
    return big ? load_be<std::uint32_t>(bytes) : load_le<std::uint32_t>(bytes);
  }
  std::uint16_t u16(Bytes bytes) const {
    return big ? load_be<std::uint16_t>(bytes) : load_le<std::uint16_t>(bytes);
  }
};

std::optional<std::uint64_t> first_in_pcap(Bytes file, Order order, bool nanoseconds) {
  constexpr std::size_t header = 24;
  if (file.size() < header + 8) {
    return std::nullopt;
  }
  const auto part = std::uint64_t{order.u32(file.subspan(header + 4))};
  return order.u32(file.subspan(header)) * a_second + part * (nanoseconds ? 1 : 1000);
}

std::optional<std::uint64_t> first_in_pcapng(Bytes file) {
  constexpr std::size_t frame = 12;
  constexpr std::uint32_t interface = 1;
  constexpr std::uint32_t packet = 2; // obsolete
  constexpr std::uint32_t enhanced = 6;
  Order order{};
  std::vector<unsigned> resolutions;
  while (file.size() >= frame) {
    if (load_be<std::uint32_t>(file) == pcapng_beginning) {
      order.big = load_be<std::uint32_t>(file.subspan(8)) == 0x1A2B'3C4D;
      resolutions.clear();
    }
    const auto type = order.u32(file);
    const std::size_t length = order.u32(file.subspan(4));
    if (length < frame || length > file.size()) {
      return std::nullopt;
    }
    const auto body = file.subspan(8, length - frame);
    if (type == interface && body.size() >= 8) {
      resolutions.push_back(time_resolution_in(body.subspan(8), order.big));
    } else if ((type == enhanced || type == packet) && body.size() >= 12) {
      const auto at = type == packet ? order.u16(body) : order.u32(body);
      const auto time =
          std::uint64_t{order.u32(body.subspan(4))} << 32 | order.u32(body.subspan(8));
      return nanoseconds_of(time, at < resolutions.size() ? resolutions[at] : microseconds);
    }
    file = file.subspan(length);
  }
  return std::nullopt;
}

} // namespace

std::uint64_t nanoseconds_of(std::uint64_t time, unsigned resolution) {
  constexpr unsigned nano = 9;
  const auto exponent = resolution & 0x7FU;
  if ((resolution & 0x80U) != 0) {
    const auto seconds = std::ldexp(static_cast<long double>(time), -static_cast<int>(exponent));
    const auto result = seconds * static_cast<long double>(a_second);
    return result < 1.8e19L ? static_cast<std::uint64_t>(result) : UINT64_MAX;
  }
  for (auto i = exponent; i < nano; ++i) {
    time = time > UINT64_MAX / 10 ? UINT64_MAX : time * 10;
  }
  for (auto i = nano; i < exponent && time != 0; ++i) {
    time /= 10;
  }
  return time;
}

unsigned time_resolution_in(Bytes options, bool big_endian) {
  constexpr std::uint16_t if_tsresol = 9;
  const Order order{big_endian};
  while (options.size() >= 4) {
    const auto code = order.u16(options);
    const std::size_t length = order.u16(options.subspan(2));
    const auto padded = (length + 3) / 4 * 4;
    if (code == 0 || options.size() < 4 + padded) {
      break;
    }
    if (code == if_tsresol && length == 1) {
      return std::to_integer<unsigned>(options[4]);
    }
    options = options.subspan(4 + padded);
  }
  return microseconds;
}

std::optional<std::uint64_t> first_time_of(InputFile& file) {
  auto bytes = file.peek(pcap_head);
  if (bytes && bytes->size() >= 4 && load_be<std::uint32_t>(*bytes) == pcapng_beginning) {
    bytes = file.peek(pcapng_head);
  }
  if (!bytes || bytes->size() < 4) {
    return std::nullopt;
  }
  switch (load_be<std::uint32_t>(*bytes)) {
  case 0xA1B2'C3D4:
    return first_in_pcap(*bytes, {true}, false);
  case 0xD4C3'B2A1:
    return first_in_pcap(*bytes, {false}, false);
  case 0xA1B2'3C4D:
    return first_in_pcap(*bytes, {true}, true);
  case 0x4D3C'B2A1:
    return first_in_pcap(*bytes, {false}, true);
  case pcapng_beginning:
    return first_in_pcapng(*bytes);
  default:
    return std::nullopt;
  }
}

} // namespace dualcam::inline tools
