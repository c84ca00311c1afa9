// Connections as admission and holders see them, on a clock set by hand.
#pragma once

#include <list>

#include "dcam-serve/admission.hpp"
#include "testing.hpp"

namespace dualcam::serve::guests {

using namespace std::chrono_literals;

inline constexpr TimePoint start{1h};

struct TestGuest : Guest {
  Standing standing(TimePoint) const override { return shown; }
  bool has_gone() override { return gone; }
  void give_way(std::string why) override {
    shown.leaving = true;
    reason = std::move(why);
  }
  void look_again() override { ++looks; }

  Standing shown{.opened = start, .stepped = start, .overdue_at = start + 10s};
  bool gone = false;
  std::string reason;
  int looks = 0;
};

/// Guests of an admission, on a clock set by hand.
struct House {
  explicit House(std::size_t places) : admission(places) {}

  TestGuest& enter() {
    auto& guest = guests.emplace_back();
    guest.shown.opened = guest.shown.stepped = now;
    guest.shown.overdue_at = now + 10s;
    admission.enter(guest, now);
    return guest;
  }
  /// One that says INIT and is served if it can be.
  TestGuest& come(std::uint64_t imei) {
    auto& guest = enter();
    if (admission.identify(guest, imei, now)) {
      holders().ask_for(guest, imei, now);
    } else {
      guest.reason = "no place";
    }
    return guest;
  }
  void leave(TestGuest& guest) { admission.leave(guest); }
  Holders& holders() { return admission.holders(); }

  Admission admission;
  TimePoint now = start;
  std::list<TestGuest> guests;
};

} // namespace dualcam::serve::guests
