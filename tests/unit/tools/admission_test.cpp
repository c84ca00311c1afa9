#include "dcam-serve/admission.hpp"

#include <algorithm>
#include <list>

#include "testing.hpp"

namespace dualcam::serve {
namespace {

using namespace std::chrono_literals;
using Claim = Admission::Claim;

constexpr TimePoint start{1h};

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
      admission.claim(guest, now);
    } else {
      guest.reason = "no place";
    }
    return guest;
  }
  void leave(TestGuest& guest) { admission.leave(guest); }

  Admission admission;
  TimePoint now = start;
  std::list<TestGuest> guests;
};

TEST_CASE("each place has its descriptors, and so has who is about to take one") {
  for (const std::uint64_t descriptors : {0, 1, 5, 30, 40, 64, 100, 1000, 20'000, 1'048'576}) {
    const std::uint64_t places = places_for(descriptors);
    CHECK(places >= 1);
    if (places > 1) {
      CHECK(3 * places + places / 8 + 16 + 10 <= descriptors);
      CHECK(3 * (places + 1) + places / 8 + 16 + 64 + 3 > descriptors);
    }
  }
  CHECK(places_for(1'000'000'000) == 1'000'000);
  CHECK(places_for(~std::uint64_t{0}) == 1'000'000);
}

TEST_CASE("a camera's second connection waits for the end of the first") {
  House house(10);
  auto& first = house.come(1);
  auto& other = house.come(2);
  auto& second = house.enter();
  REQUIRE(house.admission.identify(second, 1, house.now));
  CHECK(house.admission.claim(second, house.now) == Claim::waits);
  house.leave(other);
  CHECK(second.looks == 0);
  house.leave(first);
  CHECK(second.looks == 1);
  CHECK(first.reason.empty());
  CHECK(house.admission.claim(second, house.now) == Claim::granted);
  house.leave(second);
  CHECK_FALSE(house.admission.serves_anybody());
}

TEST_CASE("a connection gives way to another one of its camera when it owes a step, not before") {
  House house(10);
  auto& first = house.come(1);
  auto& second = house.come(1);
  first.shown.overdue_at = house.now + 5s;
  CHECK(house.admission.look_at(second, house.now) == house.now + 1s); // that may change
  house.now += 5s - 1ms;
  CHECK(house.admission.claim(second, house.now) == Claim::waits);
  CHECK_FALSE(first.shown.leaving);
  CHECK(house.admission.look_at(second, house.now) == house.now + 50ms);
  house.now += 1ms;
  CHECK(house.admission.claim(second, house.now) == Claim::waits);
  CHECK(first.reason == "another connection of this camera takes over");
  house.leave(first);
  CHECK(house.admission.claim(second, house.now) == Claim::granted);
}

TEST_CASE("a waiting connection that has gone evicts nobody and is passed over") {
  House house(10);
  auto& first = house.come(1);
  auto& second = house.come(1);
  auto& third = house.come(1);
  first.shown.overdue_at = house.now;
  second.gone = true;
  CHECK(house.admission.claim(second, house.now) == Claim::waits);
  CHECK_FALSE(first.shown.leaving);
  CHECK(house.admission.claim(third, house.now) == Claim::waits);
  CHECK(first.shown.leaving); // for one that lives
  house.leave(first);
  CHECK(second.looks == 0);
  CHECK(third.looks == 1);
  CHECK(house.admission.claim(third, house.now) == Claim::granted);
}

TEST_CASE("who waited longest is next, and who gives up is not") {
  House house(10);
  auto& first = house.come(1);
  auto& second = house.come(1);
  auto& third = house.come(1);
  CHECK(house.admission.claim(third, house.now) == Claim::waits);
  house.admission.give_up(second);
  house.leave(first);
  CHECK(second.looks == 0);
  CHECK(house.admission.claim(third, house.now) == Claim::granted);
}

TEST_CASE("a few connections may wait for one camera, those that have gone not counted") {
  House house(100);
  house.come(1);
  std::vector<TestGuest*> waiting;
  for (int count = 0; count < 8; ++count) {
    waiting.push_back(&house.come(1));
    CHECK(house.admission.claim(*waiting.back(), house.now) == Claim::waits);
  }
  auto& late = house.enter();
  REQUIRE(house.admission.identify(late, 1, house.now));
  CHECK(house.admission.claim(late, house.now) == Claim::crowded);
  waiting[3]->gone = true;
  CHECK(house.admission.claim(late, house.now) == Claim::waits);
}

TEST_CASE("made-up INITs give way to a camera, longest without a step first") {
  House house(3);
  auto& oldest = house.come(1);
  house.now += 1s;
  auto& middle = house.come(2);
  house.now += 1s;
  auto& newest = house.come(3);
  house.now += 1s;
  oldest.shown.stepped = house.now;
  CHECK(house.come(4).reason.empty());
  CHECK(middle.reason == "made room for another camera");
  CHECK(house.come(5).reason.empty());
  CHECK(newest.shown.leaving);
  CHECK_FALSE(oldest.shown.leaving);
}

TEST_CASE("the order in which connections give way") {
  House house(5);
  house.admission.is_known(1);
  auto& known = house.come(1);
  auto& proved = house.come(2);
  proved.shown.proved = true;
  auto& sends_little = house.come(3);
  sends_little.shown.recent_bytes = 1024;
  auto& overdue = house.come(4);
  overdue.shown.overdue_at = house.now;
  auto& mute = house.come(5);
  house.now += 1s;
  auto& sixth = house.come(6);
  CHECK(overdue.shown.leaving);
  auto& seventh = house.come(7);
  CHECK(mute.shown.leaving);
  // What sends for less than a minute is left alone by those of whom nothing is known ...
  sixth.shown.recent_bytes = seventh.shown.recent_bytes = 2048;
  CHECK(house.come(8).reason == "no place");
  CHECK_FALSE(sends_little.shown.leaving);
  // ... but not by a camera that is known, and not by anybody when it keeps on sending little.
  house.now += 61s;
  for (auto& guest : house.guests) {
    guest.shown.overdue_at = house.now + 10s;
  }
  CHECK(house.come(9).reason.empty());
  CHECK(sends_little.shown.leaving);
  house.admission.is_known(10);
  CHECK(house.come(10).reason.empty());
  CHECK_FALSE(known.shown.leaving);
  CHECK_FALSE(proved.shown.leaving);
}

TEST_CASE("a camera that has brought files gives way when it owes a step, and to nobody before") {
  House house(1);
  auto& proved = house.come(1);
  proved.shown.proved = true;
  proved.shown.overdue_at = house.now + 5s;
  house.admission.is_known(1);
  house.admission.is_known(2);
  CHECK(house.come(2).reason == "no place");
  house.leave(house.guests.back());
  house.now += 5s;
  CHECK(house.come(2).reason.empty());
  CHECK(proved.shown.leaving);
}

TEST_CASE("who waits for another connection's end has only the word of its IMEI") {
  House house(2);
  house.admission.is_known(1);
  auto& serving = house.come(1);
  auto& waiting = house.come(1);
  CHECK(house.come(2).reason.empty());
  CHECK(waiting.shown.leaving);
  CHECK_FALSE(serving.shown.leaving);
}

TEST_CASE("peers that say nothing give way to newcomers, but have time to say who they are") {
  House house(2);
  house.come(1).shown.proved = true;
  auto& silent = house.enter();
  house.now += 1s;
  CHECK(house.enter().reason.empty());
  CHECK_FALSE(silent.shown.leaving); // there is a little room for those
  house.now += 1s;
  house.enter();
  CHECK(silent.reason == "made room for another connection");

  House crowd(8); // and the room is little
  for (std::uint64_t imei = 1; imei <= 8; ++imei) {
    crowd.come(imei).shown.proved = true;
  }
  for (int count = 0; count < 100; ++count) {
    crowd.enter();
  }
  CHECK(std::ranges::count_if(crowd.guests, [](auto& guest) { return guest.shown.leaving; }) ==
        100 - 17);
  CHECK(std::ranges::all_of(
      crowd.guests, [](auto& guest) { return !(guest.shown.proved && guest.shown.leaving); }));
}

TEST_CASE("a waiting connection that leaves takes nothing with it and is not called any more") {
  House house(10);
  auto& first = house.come(1);
  auto& second = house.come(1);
  house.leave(second);
  auto& third = house.enter();
  REQUIRE(house.admission.identify(third, 1, house.now));
  CHECK(house.admission.claim(third, house.now) == Claim::waits);
  house.leave(third);
  house.leave(first);
  CHECK(second.looks + third.looks == 0);
}

TEST_CASE("only cameras that stay take places") {
  House house(1);
  auto& silent = house.enter();
  auto& first = house.come(1); // the only one to have said which camera it is
  CHECK(first.reason.empty());
  first.give_way("it leaves");
  CHECK(house.come(2).reason.empty());
  CHECK_FALSE(silent.shown.leaving);

  House larger(2);
  auto& mute = larger.enter();
  for (const std::uint64_t imei : {1U, 2U}) {
    larger.come(imei).give_way("it leaves");
  }
  larger.now += 3s;
  larger.enter(); // there is a place for it
  CHECK_FALSE(mute.shown.leaving);
}

TEST_CASE("a camera takes the place of another camera, not of one that is about to say who it is") {
  House house(1);
  auto& silent = house.enter();
  house.now += 1s;
  auto& first = house.come(1);
  CHECK(house.come(2).reason.empty());
  CHECK(first.shown.leaving);
  CHECK_FALSE(silent.shown.leaving);
}

TEST_CASE("a camera that is known takes the place of an unknown one, even if that sends") {
  House house(1);
  auto& first = house.come(1);
  first.shown.recent_bytes = 1'000'000;
  CHECK(house.come(2).reason == "no place");
  house.leave(house.guests.back());
  house.admission.is_known(3);
  CHECK(house.come(3).reason.empty());
  CHECK(first.shown.leaving);
}

TEST_CASE("recent bytes are those of about a minute") {
  RecentBytes recent;
  CHECK(recent.value(start) == 0);
  recent.add(100, start);
  recent.add(100, start + 29s);
  CHECK(recent.value(start + 29s) == 200);
  recent.add(7, start + 31s);
  CHECK(recent.value(start + 59s) == 207);
  CHECK(recent.value(start + 62s) == 7);
  CHECK(recent.value(start + 10min) == 0);
  recent.add(1, start + 10min);
  CHECK(recent.value(start + 10min) == 1);
}

} // namespace
} // namespace dualcam::serve
