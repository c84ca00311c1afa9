#include "dualcam/session/deadlines.hpp"

#include <algorithm>

namespace dualcam {

void Deadlines::stop_all_but(Timer timer) {
  const auto when = at(timer);
  stop_all();
  start(timer, when);
}

TimePoint Deadlines::next() const { return *std::ranges::min_element(due_); }

std::optional<Timer> Deadlines::due(TimePoint now) const {
  const auto* first = std::ranges::find_if(
      due_, [&](TimePoint when) { return when != TimePoint::max() && now >= when; });
  return first == due_.end() ? std::nullopt
                             : std::optional(static_cast<Timer>(first - due_.begin()));
}

} // namespace dualcam
