#include "common/content_trace.hpp"

#include <algorithm>

namespace dualcam::inline tools {
namespace {

constexpr std::uint32_t step_of_sums = 512;
constexpr std::size_t first_points = 128; // that stay

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

bool ContentTrace::is_due(std::uint32_t least) const {
  return points_.empty() || end_.place - points_.back().place >=
                                (points_.size() > first_points ? std::max(least, spacing_) : least);
}

void ContentTrace::keep() {
  if (points_.size() == most_points) {
    thin();
  }
  points_.push_back(end_);
}

/// Every second one goes.
void ContentTrace::thin() {
  auto kept = first_points;
  for (auto i = first_points + 1; i < points_.size(); i += 2) {
    points_[kept++] = points_[i];
  }
  points_.resize(kept);
  spacing_ *= 2;
}

void ContentTrace::add(Bytes bytes) {
  if (points_.empty() || (bytes.size() >= least_step && is_due(1))) {
    keep();
  }
  while (!bytes.empty()) {
    const auto piece =
        bytes.first(std::min<std::size_t>(bytes.size(), step_of_sums - end_.place % step_of_sums));
    end_.sum += sum_of(piece, end_.place);
    end_.place += static_cast<std::uint32_t>(piece.size());
    if (is_due(least_step)) {
      keep();
    }
    bytes = bytes.subspan(piece.size());
  }
}

void ContentTrace::skip(std::uint32_t count) {
  points_.clear();
  spacing_ = least_step;
  lead_.reset();
  end_.place += count;
}

void ContentTrace::repeat(Bytes bytes) {
  again_.sum += sum_of(bytes, again_.place);
  again_.place += static_cast<std::uint32_t>(bytes.size());
}

bool ContentTrace::differs(std::uint32_t place, Bytes again) {
  if (again.empty()) {
    return false;
  }
  if (place != again_.place) {
    again_ = {place, 0};
    lead_.reset();
  }
  const auto end = place + static_cast<std::uint32_t>(again.size());
  bool differs = false;
  for (auto point = std::ranges::lower_bound(points_, place, {}, &Point::place);
       point != points_.end() && point->place <= end; ++point) {
    repeat(again.subspan(again_.place - place, point->place - again_.place));
    const auto lead = point->sum - again_.sum;
    differs = differs || (lead_ && *lead_ != lead);
    lead_ = lead;
  }
  repeat(again.subspan(again_.place - place));
  return differs;
}

} // namespace dualcam::inline tools
