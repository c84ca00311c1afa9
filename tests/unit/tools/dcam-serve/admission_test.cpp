#include "dcam-serve/admission.hpp"

#include <algorithm>

#include "tools/dcam-serve/guests.hpp"

namespace dualcam::serve::admission_test {

using namespace guests;
namespace {

TEST_CASE("each place has its descriptors, and so has who is about to take one") {
  for (const std::uint64_t descriptors :
       {0U, 1U, 5U, 30U, 40U, 64U, 100U, 1000U, 20'000U, 1'048'576U}) {
    const std::uint64_t places = places_for(descriptors);
    CHECK((places >= 1) == (descriptors >= least_descriptors));
    if (places > 1) {
      CHECK(2 * places + places / 64 + 16 + 10 <= descriptors);
      CHECK(2 * (places + 1) + places / 64 + 16 + 128 + 3 > descriptors);
    }
  }
  CHECK(places_for(1'000'000'000) == 1'000'000);
  CHECK(places_for(~std::uint64_t{0}) == 1'000'000);
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
        100 - 16);
  CHECK(std::ranges::all_of(
      crowd.guests, [](auto& guest) { return !(guest.shown.proved && guest.shown.leaving); }));
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

TEST_CASE(
    "who only lingers goes at once when there are more than places and lobby, the oldest first") {
  House house(64);
  std::vector<TestGuest*> refused;
  for (std::uint64_t imei = 1; imei <= 200; ++imei) {
    house.now += 1ms;
    auto& guest = house.come(imei);
    guest.shown.proved = guest.reason.empty();
    if (!guest.reason.empty()) { // the connection says so, and waits for its peer
      guest.shown.leaving = true;
      refused.push_back(&guest);
    }
  }
  REQUIRE(refused.size() == 200 - 64);
  const auto sent_off = static_cast<std::size_t>(std::ranges::count(
      refused, "made room for another connection", [](auto* guest) { return guest->reason; }));
  CHECK(sent_off == 200 - 64 - (16 + 1)); // the lobby of 64 places
  CHECK(refused[sent_off - 1]->reason == "made room for another connection");
  CHECK(refused[sent_off]->reason == "no place");
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

} // namespace
} // namespace dualcam::serve::admission_test
