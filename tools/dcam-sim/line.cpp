#include "dcam-sim/line.hpp"

#include <algorithm>

namespace dualcam::sim {
namespace {

constexpr std::uint64_t longest_random_chunk = 2000;
constexpr std::uint64_t longest_loss = 600;

// What a connection draws once, as opposed to for each packet.
constexpr std::uint64_t for_cut = 1;
constexpr std::uint64_t for_stall = 2;
constexpr std::uint64_t for_replacement = 3;

} // namespace

Line::Line(const SimOptions& options, std::uint32_t device)
    : options_(options), device_(device), cuts_(options.cuts.begin(), options.cuts.end()) {}

void Line::connected(std::span<const std::uint32_t> packets) {
  ++connection_;
  sent_.resize(packets.size());
  stall_at_.reset();
  cut_at_.reset();
  if (options_.stall) {
    stall_at_ = random_unsent(packets, for_stall);
  }
  if (!cuts_.empty() && cuts_.front() == 0) {
    cut_at_ = random_unsent(packets, for_cut);
  }
}

std::optional<Packet> Line::random_unsent(std::span<const std::uint32_t> packets,
                                          std::uint64_t purpose) const {
  const auto unsent = [&](std::size_t file) {
    return packets[file] - std::min(packets[file], sent_[file]);
  };
  std::uint64_t count = 0;
  for (std::size_t file = 0; file < packets.size(); ++file) {
    count += unsent(file);
  }
  if (count == 0) {
    return std::nullopt;
  }
  auto chosen = Random({options_.seed, device_, connection_, purpose}).below(count);
  std::size_t file = 0;
  for (; chosen >= unsent(file); ++file) {
    chosen -= unsent(file);
  }
  return Packet{file, sent_[file] + 1 + static_cast<std::uint32_t>(chosen)};
}

Random Line::random_for(const Packet& packet, std::uint32_t asked) const {
  return Random({options_.seed, device_, connection_, packet.file, packet.number, asked});
}

bool Line::damage(ByteBuffer& packet, Random& random) const {
  if (random.share() >= options_.corrupt) {
    return false;
  }
  const auto at = random.below(packet.size());
  const auto position = packet.begin() + static_cast<std::ptrdiff_t>(at);
  const bool has_offset =
      load_be<std::uint16_t>(packet) == static_cast<std::uint16_t>(CommandId::enhanced_data);
  switch (random.below(has_offset ? 5 : 4)) {
  case 0: { // bytes lost, as seen on a real line
    const auto length = std::min<std::uint64_t>(1 + random.below(longest_loss), packet.size() - at);
    packet.erase(position, position + static_cast<std::ptrdiff_t>(length));
    break;
  }
  case 1: { // bytes that nobody sent
    const auto length = 1 + random.below(longest_loss);
    packet.insert(position, length, static_cast<std::byte>(random.below(256)));
    break;
  }
  case 4: // it does not fit, and no CRC tells
    packet[data_header + at % sizeof(std::uint32_t)] ^=
        static_cast<std::byte>(1 + random.below(255));
    break;
  default:
    *position ^= static_cast<std::byte>(1 + random.below(255));
  }
  return true;
}

std::size_t Line::next_chunk(std::size_t rest, Random& random) const {
  const auto chunk = options_.random_chunks ? 1 + random.below(longest_random_chunk)
                     : options_.chunk != 0  ? options_.chunk
                                            : rest;
  return std::min<std::size_t>(chunk, rest);
}

std::chrono::milliseconds Line::stall_before(const Packet& packet) {
  if (stall_at_ != packet) {
    return std::chrono::milliseconds(0);
  }
  stall_at_.reset();
  return *options_.stall;
}

bool Line::cuts_after(const Packet& packet) {
  sent_[packet.file] = std::max(sent_[packet.file], packet.number);
  const bool cut = cut_at_ == packet || (!cuts_.empty() && cuts_.front() == packet.number);
  if (cut) {
    cuts_.pop_front();
  }
  return cut;
}

Random Line::replaced(std::size_t file) {
  sent_[file] = 0;
  return Random({options_.seed, device_, connection_, for_replacement, file});
}

} // namespace dualcam::sim
