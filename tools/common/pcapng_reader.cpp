#include "common/pcapng_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/capture_time.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::uint32_t section_header = 0x0A0D'0D0A;
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t packet = 2; // obsolete, still met
constexpr std::uint32_t simple_packet = 3;
constexpr std::uint32_t enhanced_packet = 6;

constexpr std::uint32_t byte_order_magic = 0x1A2B'3C4D;
constexpr std::size_t block_frame = 12; ///< type and length before a block's body, length behind it
constexpr std::size_t read_at_once = 1 << 18;
constexpr std::size_t most_interfaces = 65536;

} // namespace

std::uint16_t PcapngReader::u16(Bytes bytes) const {
  return big_endian_ ? load_be<std::uint16_t>(bytes) : load_le<std::uint16_t>(bytes);
}

std::uint32_t PcapngReader::u32(Bytes bytes) const {
  return big_endian_ ? load_be<std::uint32_t>(bytes) : load_le<std::uint32_t>(bytes);
}

std::unexpected<Error> PcapngReader::error(const std::string& what) const {
  return std::unexpected(Error{ErrorCategory::malformed, offset_,
                               fmt::format("{}, in the block at byte {}", what, offset_)});
}

/// The next bytes, or as many as there are. Valid until the next call.
Result<Bytes> PcapngReader::fetch(std::size_t count) {
  if (buffer_.size() - position_ < count) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(position_));
    position_ = 0;
    for (auto fill = buffer_.size(); fill < count;) {
      buffer_.resize(std::max(count, fill + read_at_once));
      const auto got = file_.read(std::span(buffer_).subspan(fill));
      fill += got.value_or(0);
      buffer_.resize(fill);
      if (!got) {
        return std::unexpected(got.error());
      }
      if (*got == 0) {
        break;
      }
    }
  }
  return Bytes(buffer_).subspan(position_, std::min(count, buffer_.size() - position_));
}

Result<void> PcapngReader::read() {
  for (;;) {
    const auto more = read_block();
    if (!more) {
      return std::unexpected(more.error());
    }
    if (!*more) {
      return {};
    }
  }
}

/// False: there is none.
Result<bool> PcapngReader::read_block() {
  auto block = fetch(block_frame);
  if (!block || block->empty()) {
    return block ? Result<bool>(false) : std::unexpected(block.error());
  }
  if (block->size() < block_frame) {
    return error("the file is cut off");
  }
  if (load_be<std::uint32_t>(*block) ==
      section_header) { // its byte order is told behind its length
    const auto magic = block->subspan(8);
    big_endian_ = load_be<std::uint32_t>(magic) == byte_order_magic;
    if (u32(magic) != byte_order_magic) {
      return error("no byte order is given");
    }
  }
  const auto type = u32(*block);
  const auto length = u32(block->subspan(4));
  if (length < block_frame || length % 4 != 0 || length > largest_block) {
    return error(fmt::format("its length cannot be {}", length));
  }
  block = fetch(length);
  if (!block) {
    return std::unexpected(block.error());
  }
  if (block->size() < length) {
    return error("the file is cut off");
  }
  if (u32(block->last(4)) != length) {
    return error("it has two lengths");
  }
  const auto taken = take_block(type, block->first(length - 4).subspan(8));
  if (!taken) {
    return std::unexpected(taken.error());
  }
  position_ += length;
  offset_ += length;
  return true;
}

Result<void> PcapngReader::take_block(std::uint32_t type, Bytes body) {
  switch (type) {
  case section_header:
    return begin_section(body);
  case interface_description:
    return add_interface(body);
  case enhanced_packet:
  case packet: {
    constexpr std::size_t header = 20;
    if (body.size() < header) {
      return error("a packet's header is cut off");
    }
    const auto interface = type == packet ? u16(body) : u32(body);
    const auto time = std::uint64_t{u32(body.subspan(4))} << 32 | u32(body.subspan(8));
    return take_frame(interface, u32(body.subspan(12)), u32(body.subspan(16)), time,
                      body.subspan(header));
  }
  case simple_packet: {
    constexpr std::size_t header = 4;
    if (body.size() < header || interfaces_.empty()) {
      return error("a packet without an interface");
    }
    const auto most = interfaces_[0].most;
    const auto original = u32(body);
    return take_frame(0, most == 0 ? original : std::min(most, original), original, 0,
                      body.subspan(header));
  }
  default:
    return {};
  }
}

Result<void> PcapngReader::begin_section(Bytes body) {
  constexpr std::size_t header = 16;
  interfaces_.clear();
  if (body.size() < header || u16(body.subspan(4)) != 1) {
    return error("not version 1 of the format");
  }
  return {};
}

Result<void> PcapngReader::add_interface(Bytes body) {
  constexpr std::size_t header = 8;
  if (body.size() < header || interfaces_.size() == most_interfaces) {
    return error(body.size() < header ? "an interface is cut off" : "too many interfaces");
  }
  interfaces_.push_back({static_cast<LinkType>(u16(body)), u32(body.subspan(4)),
                         time_resolution_in(body.subspan(header), big_endian_)});
  return {};
}

Result<void> PcapngReader::take_frame(std::uint32_t interface, std::uint32_t captured,
                                      std::uint32_t length, std::uint64_t time, Bytes rest) {
  if (interface >= interfaces_.size()) {
    return error("a packet of an interface that is not described");
  }
  if (captured > rest.size()) {
    return error("a packet is longer than its block");
  }
  const auto& from = interfaces_[interface];
  take_({from.link, rest.first(captured), std::max(captured, length),
         nanoseconds_of(time, from.resolution)});
  return {};
}

} // namespace dualcam::inline tools
