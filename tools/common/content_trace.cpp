#include "common/content_trace.hpp"

#include <algorithm>

namespace dualcam::inline tools {
namespace {

constexpr std::uint32_t step_of_sums = 512;
constexpr std::uint32_t least_step = 64; ///< where pieces are small
constexpr std::ptrdiff_t first_points = 128;

/// Every place has an odd weight, so that one changed byte changes the sum.
std::uint32_t sum_of(Bytes bytes, std::uint32_t place) {
  constexpr std::uint32_t places = 32'768; // no product is larger than the type
  std::uint32_t sum = 0;
  for (const auto byte : bytes) {
    sum += std::to_integer<std::uint32_t>(byte) * (place++ % places * 2 + 1);
  }
  return sum;
}

} // namespace

void ContentTrace::keep() {
  if (points_.size() == most_points) {
    points_.erase(points_.begin() + first_points, points_.begin() + most_points / 2);
  }
  points_.push_back(end_);
}

void ContentTrace::add(Bytes bytes) {
  if (points_.empty() || (bytes.size() >= least_step && points_.back().place != end_.place)) {
    keep();
  }
  while (!bytes.empty()) {
    const auto piece =
        bytes.first(std::min<std::size_t>(bytes.size(), step_of_sums - end_.place % step_of_sums));
    end_.sum += sum_of(piece, end_.place);
    end_.place += static_cast<std::uint32_t>(piece.size());
    if (end_.place - points_.back().place >= least_step) {
      keep();
    }
    bytes = bytes.subspan(piece.size());
  }
}

void ContentTrace::skip(std::uint32_t count) {
  points_.clear();
  end_.place += count;
}

bool ContentTrace::differs(std::uint32_t place, Bytes again) const {
  const auto end = place + static_cast<std::uint32_t>(again.size());
  auto from = std::ranges::lower_bound(points_, place, {}, &Point::place);
  const auto behind = std::ranges::upper_bound(points_, end, {}, &Point::place);
  if (behind - from < 2) {
    return false;
  }
  const auto& to = behind[-1];
  const auto compared = again.subspan(from->place - place, to.place - from->place);
  return sum_of(compared, from->place) != to.sum - from->sum;
}

} // namespace dualcam::inline tools
