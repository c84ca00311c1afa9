#include "dcam-sim/line.hpp"

#include <algorithm>

namespace dualcam {
namespace {

constexpr std::uint64_t longest_random_chunk = 2000;
constexpr std::uint64_t longest_loss = 600;

} // namespace

Line::Line(const SimOptions& options, std::uint32_t device)
    : options_(options), random_(options.seed + device),
      cuts_(options.cuts.begin(), options.cuts.end()) {}

void Line::connected(std::uint64_t packets) {
  sent_ = 0;
  stall_at_.reset();
  cut_at_.reset();
  if (packets == 0) {
    return;
  }
  if (options_.stall) {
    stall_at_ = draw(packets);
  }
  if (!cuts_.empty() && cuts_.front() == 0) {
    cut_at_ = 1 + draw(packets);
  }
}

void Line::damage(ByteBuffer& packet) {
  constexpr double scale = 1.0 / 18446744073709551616.0; // 2^-64
  if (static_cast<double>(random_()) * scale >= options_.corrupt) {
    return;
  }
  const auto at = draw(packet.size());
  const auto position = packet.begin() + static_cast<std::ptrdiff_t>(at);
  switch (draw(4)) {
  case 0: { // bytes lost, as seen on a real line
    const auto length = std::min<std::uint64_t>(1 + draw(longest_loss), packet.size() - at);
    packet.erase(position, position + static_cast<std::ptrdiff_t>(length));
    break;
  }
  case 1: // bytes that nobody sent
    packet.insert(position, 1 + draw(longest_loss), static_cast<std::byte>(draw(256)));
    break;
  default:
    *position ^= static_cast<std::byte>(1 + draw(255));
  }
}

std::size_t Line::next_chunk(std::size_t rest) {
  const auto chunk = options_.random_chunks ? 1 + draw(longest_random_chunk)
                     : options_.chunk != 0  ? options_.chunk
                                            : rest;
  return std::min<std::size_t>(chunk, rest);
}

std::chrono::milliseconds Line::stall_before_packet() {
  return stall_at_ == sent_++ ? *options_.stall : std::chrono::milliseconds(0);
}

bool Line::cuts_after(std::uint32_t number) {
  const bool cut = cut_at_ == sent_ || (!cuts_.empty() && cuts_.front() == number);
  if (cut) {
    cuts_.pop_front();
    cut_at_.reset();
  }
  return cut;
}

} // namespace dualcam
