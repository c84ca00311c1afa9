#include "dcam-serve/holders.hpp"

#include <algorithm>

namespace dualcam::serve {
namespace {

constexpr std::size_t most_waiting = 8; // for one camera
constexpr std::chrono::milliseconds soonest_look{50};
constexpr std::chrono::seconds latest_look{1};

} // namespace

Holders::Answer Holders::ask_for(Guest& guest, std::uint64_t imei, TimePoint now) {
  auto& line = waiting_[imei];
  if (std::ranges::find(line, &guest) == line.end()) {
    std::erase_if(line, [](auto* other) { return other->has_gone(); });
    if (line.size() >= most_waiting) {
      return Answer::crowded;
    }
    line.push_back(&guest);
    asked_for_[&guest] = imei;
  }
  if (next_in_line(imei) != &guest) {
    return Answer::waits;
  }
  const auto holder = holders_.find(imei);
  if (holder != holders_.end()) {
    if (holder->second->standing(now).overdue_at <= now) {
      holder->second->give_way("another connection of this camera takes over");
    }
    return Answer::waits;
  }
  holders_[imei] = &guest;
  give_up(guest);
  return Answer::granted;
}

TimePoint Holders::look_at(std::uint64_t imei, TimePoint now) const {
  const auto holder = holders_.find(imei);
  const auto due = holder == holders_.end() ? now : holder->second->standing(now).overdue_at;
  return std::clamp<TimePoint>(due, now + soonest_look, now + latest_look);
}

void Holders::give_up(Guest& guest) {
  const auto asked = asked_for_.find(&guest);
  const auto line = asked == asked_for_.end() ? waiting_.end() : waiting_.find(asked->second);
  if (line == waiting_.end()) {
    return;
  }
  std::erase(line->second, &guest);
  if (line->second.empty()) {
    waiting_.erase(line);
  }
}

void Holders::leave(Guest& guest) {
  give_up(guest);
  const auto asked = asked_for_.find(&guest);
  if (asked == asked_for_.end()) {
    return;
  }
  const auto imei = asked->second;
  asked_for_.erase(asked);
  if (!holds(guest, imei)) {
    return;
  }
  holders_.erase(imei);
  if (auto* next = next_in_line(imei)) {
    next->look_again();
  }
}

bool Holders::holds(const Guest& guest, std::uint64_t imei) const {
  const auto holder = holders_.find(imei);
  return holder != holders_.end() && holder->second == &guest;
}

/// The one that has waited longest and is still there: who has gone gives up its place.
Guest* Holders::next_in_line(std::uint64_t imei) {
  const auto line = waiting_.find(imei);
  if (line == waiting_.end()) {
    return nullptr;
  }
  const auto next =
      std::ranges::find_if(line->second, [](auto* other) { return !other->has_gone(); });
  return next == line->second.end() ? nullptr : *next;
}

} // namespace dualcam::serve
