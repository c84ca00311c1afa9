#include "dcam-convert/clip.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

namespace dualcam::convert {
namespace {

constexpr std::uint32_t longest_silence = 320;

/// Puts the times of one track right.
template <class Item> class TimeMender {
public:
  TimeMender(std::vector<Item>& items, std::uint64_t period) : items_(items), period_(period) {}

  std::uint64_t run() {
    while (current_ + 1 < items_.size() && !follows(current_, current_ + 1) &&
           !follows(current_, current_ + 2)) {
      ++current_;
    }
    last_ = current_ = current_ + 1 < items_.size() ? current_ : 0;
    extrapolate_back();
    for (++current_; current_ < items_.size(); ++current_) {
      if (is_credible() || clock_has_jumped()) {
        items_[current_].time += shift_;
        interpolate(current_);
        last_ = current_;
      }
    }
    interpolate(items_.size());
    for (std::size_t i = 1; i < items_.size(); ++i) {
      items_[i].time = std::max(items_[i].time, items_[i - 1].time + 1);
    }
    return mended_;
  }

private:
  std::uint64_t steps(std::size_t from, std::size_t to) const {
    return static_cast<std::uint64_t>(items_[to].number - items_[from].number);
  }

  /// From `current_` on the jumps of the clock are still in the times.
  std::uint64_t time(std::size_t i) const {
    return i < current_ ? items_[i].time : items_[i].time + shift_;
  }

  /// Whether item `b` is later than `a`, but not by much more than the numbers say.
  bool follows(std::size_t a, std::size_t b) const {
    return b < items_.size() && time(b) > time(a) &&
           time(b) - time(a) <= longest_pause + 2 * steps(a, b) * period_;
  }

  bool is_credible() const { // and does not keep the next one from following
    return follows(last_, current_) &&
           (!follows(last_, current_ + 1) || follows(current_, current_ + 1));
  }

  /// The next ones agree with this one: takes the jump out of all of them.
  bool clock_has_jumped() {
    if (!follows(current_, current_ + 1) || !follows(current_ + 1, current_ + 2) ||
        follows(last_, current_ + 1) || follows(last_, current_ + 2)) {
      return false;
    }
    shift_ = items_[last_].time + period_ * steps(last_, current_) - items_[current_].time;
    ++mended_;
    return true;
  }

  void extrapolate_back() {
    for (auto i = last_; i-- > 0; ++mended_) {
      const auto later = items_[i + 1].time;
      items_[i].time = later - std::min(later, period_ * steps(i, i + 1));
    }
  }

  /// The times between `last_` and `next`, which may be the end.
  void interpolate(std::size_t next) {
    const bool open = next == items_.size();
    for (auto i = last_ + 1; i < next; ++i, ++mended_) {
      items_[i].time = items_[last_].time + (open ? period_ * steps(last_, i)
                                                  : (items_[next].time - items_[last_].time) /
                                                        steps(last_, next) * steps(last_, i));
    }
  }

  std::vector<Item>& items_;
  std::uint64_t period_;
  std::uint64_t shift_ = 0;
  std::size_t last_ = 0; ///< the latest item with a credible time
  std::size_t current_ = 0;
  std::uint64_t mended_ = 0;
};

} // namespace

double exact_frame_rate(double rate) {
  const auto whole = std::ceil(rate);
  const auto exact = whole * 1000 / 1001;
  constexpr double most_rounded = 0.006;
  return rate != whole && std::abs(rate - exact) < most_rounded ? exact : rate;
}

double nominal_frame_rate(double counted) {
  constexpr double hundredths = 100;
  constexpr double uneven = 0.02;
  const auto rounded = std::round(counted * hundredths) / hundredths;
  const auto exact = exact_frame_rate(rounded);
  const auto whole = std::round(counted);
  return exact == rounded && std::abs(counted - whole) < uneven * whole ? whole : exact;
}

std::optional<double> parse_frame_rate(std::string_view text) {
  const auto number = [](std::string_view digits) -> std::optional<double> {
    double value = 0;
    const auto* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, value, std::chars_format::fixed);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional(value) : std::nullopt;
  };
  const auto slash = text.find('/');
  const auto above = number(text.substr(0, slash));
  const auto below = slash == text.npos ? std::optional(1.0) : number(text.substr(slash + 1));
  if (!above || !below || !(*below > 0)) {
    return std::nullopt;
  }
  const auto rate = exact_frame_rate(*above / *below);
  return rate >= 1 && rate <= highest_frame_rate ? std::optional(rate) : std::nullopt;
}

std::uint64_t period_of(double frame_rate) {
  return static_cast<std::uint64_t>(1e6 / (frame_rate > 0 ? frame_rate : usual_frame_rate));
}

void Losses::list(PtmfDamage one) {
  if (damage.size() < most_listed) {
    damage.push_back(std::move(one));
  } else {
    ++unlisted;
  }
}

template <class Item> std::uint64_t mend_times(std::vector<Item>& items, std::uint64_t period) {
  return items.size() < 2 ? 0 : TimeMender(items, period).run();
}

template std::uint64_t mend_times(std::vector<ClipPicture>&, std::uint64_t);
template std::uint64_t mend_times(std::vector<ClipSound>&, std::uint64_t);

std::uint64_t Clip::duration() const {
  const auto latest = std::ranges::max_element(pictures, {}, &ClipPicture::time);
  const auto pictures_end = pictures.empty() ? 0 : latest->time + period;
  return std::max(pictures_end, sounds.empty() ? 0 : sounds.back().end());
}

std::vector<SizeChange> size_changes_in(const std::vector<ClipPicture>& pictures,
                                        const std::map<std::uint64_t, PictureSize>& sizes) {
  std::vector<SizeChange> changes;
  std::optional<PictureSize> latest;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto& picture = pictures[i];
    const auto size = picture.sets_size == 0 ? sizes.find(picture.offset) : sizes.end();
    if (size == sizes.end()) {
      continue;
    }
    if (latest && *latest != size->second) {
      changes.push_back({.picture = i, .time = picture.time, .from = *latest, .to = size->second});
    }
    latest = size->second;
  }
  return changes;
}

std::uint32_t silence_between(std::uint64_t end, std::uint64_t next, bool begun) {
  if (next < end + (begun ? microseconds_a_sample : shortest_hole)) {
    return 0;
  }
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>((next - end) / microseconds_a_sample, longest_silence));
}

} // namespace dualcam::convert
