// How many places there are, and who keeps theirs: the limits, each from both sides.
#include "tools/dcam-serve/guests.hpp"

namespace dualcam::serve::admission_places_test {

using namespace guests;
namespace {

constexpr std::uint64_t camera = 1;
constexpr std::uint64_t newcomer = 2;

/// The one connection that has a place, and the camera that wants it.
struct Rivals {
  Standing shown{};
  std::chrono::milliseconds age = 1s;
  bool is_known = false;
  bool newcomer_is_known = false;

  /// Whether that takes the place.
  bool newcomer_gets_it() const {
    House house(1);
    if (is_known) {
      house.admission.is_known(camera);
    }
    if (newcomer_is_known) {
      house.admission.is_known(newcomer);
    }
    auto& first = house.come(camera);
    house.now += age;
    first.shown.recent_bytes = shown.recent_bytes;
    first.shown.proved = shown.proved;
    first.shown.overdue_at = house.now + (shown.overdue_at - TimePoint{});
    const bool admitted = house.come(newcomer).reason.empty();
    CHECK(first.shown.leaving == admitted);
    return admitted;
  }
};

/// Owes a step in that time.
Standing sends(std::uint64_t bytes, std::chrono::milliseconds owes = 10s) {
  return {.opened = {}, .stepped = {}, .overdue_at = TimePoint{owes}, .recent_bytes = bytes};
}

Standing proved(std::chrono::milliseconds owes = 10s) {
  auto standing = sends(0, owes);
  standing.proved = true;
  return standing;
}

} // namespace

TEST_CASE("places: two descriptors each, some for who is about to come, and some besides") {
  for (const auto& [descriptors, places] : std::vector<std::pair<std::uint64_t, std::uint32_t>>{
           {0, 0}, {47, 0}, {48, 3}, {60, 6}, {256, 55}, {1024, 436}, {65'536, 32'442}}) {
    CAPTURE(descriptors);
    CHECK(places_for(descriptors) == places);
  }
}

TEST_CASE(
    "places: who sends, or has not been there for a minute, keeps its place from a stranger") {
  CHECK(Rivals{.shown = sends(0)}.newcomer_gets_it());
  CHECK_FALSE(Rivals{.shown = sends(1)}.newcomer_gets_it());
  CHECK_FALSE(Rivals{.shown = sends(1), .age = 1min - 1ms}.newcomer_gets_it());
  CHECK(Rivals{.shown = sends(1), .age = 1min}.newcomer_gets_it());
  CHECK(Rivals{.shown = sends(65'535), .age = 1min}.newcomer_gets_it());
  CHECK_FALSE(Rivals{.shown = sends(65'536), .age = 1min}.newcomer_gets_it());
}

TEST_CASE("places: who owes a step gives way to everybody") {
  for (const bool known : {false, true}) {
    for (const auto& standing : {sends(65'536, 0ms), proved(0ms)}) {
      CHECK(Rivals{.shown = standing, .is_known = known}.newcomer_gets_it());
    }
    CHECK_FALSE(Rivals{.shown = proved(1ms), .is_known = known}.newcomer_gets_it());
  }
}

TEST_CASE("places: a known camera takes them from unknown ones only") {
  CHECK(Rivals{.shown = sends(65'536), .newcomer_is_known = true}.newcomer_gets_it());
  CHECK_FALSE(Rivals{.shown = sends(65'536), .is_known = true, .newcomer_is_known = true}
                  .newcomer_gets_it());
  CHECK_FALSE(
      Rivals{.shown = sends(0), .is_known = true, .newcomer_is_known = true}.newcomer_gets_it());
  CHECK_FALSE(Rivals{.shown = sends(0), .is_known = true}.newcomer_gets_it());
  CHECK_FALSE(Rivals{.shown = proved(), .newcomer_is_known = true}.newcomer_gets_it());
}

TEST_CASE("places: of several that could go it is who sends least, then who stepped first") {
  House house(3);
  auto& sends_more = house.come(1);
  auto& stepped_last = house.come(2);
  auto& stepped_first = house.come(3);
  house.now += 2min;
  for (auto& guest : house.guests) {
    guest.shown.overdue_at = house.now + 10s;
    guest.shown.recent_bytes = 10;
  }
  sends_more.shown.recent_bytes = 11;
  sends_more.shown.stepped = start;
  stepped_first.shown.stepped = start + 1s;
  stepped_last.shown.stepped = start + 2s;
  house.come(4).shown.recent_bytes = 1000;
  CHECK(stepped_first.shown.leaving);
  CHECK_FALSE(stepped_last.shown.leaving);
  house.come(5).shown.recent_bytes = 1000;
  CHECK(stepped_last.shown.leaving);
  CHECK_FALSE(sends_more.shown.leaving);
  house.come(6);
  CHECK(sends_more.shown.leaving);
}

TEST_CASE("places: there is room for 16 that are about to say who they are, and one more for 64") {
  for (const auto& [places, room] : std::vector<std::pair<std::size_t, std::ptrdiff_t>>{
           {1, 16}, {63, 16}, {64, 17}, {128, 18}}) {
    House house(places);
    for (std::uint64_t imei = 1; imei <= places; ++imei) {
      house.come(imei).shown.proved = true;
    }
    for (int count = 0; count < 30; ++count) {
      house.enter();
    }
    const auto staying = std::ranges::count_if(house.guests, [](const TestGuest& guest) {
      return !guest.shown.proved && !guest.shown.leaving;
    });
    CHECK(staying == room);
  }
}

TEST_CASE("places: nobody in the lobby goes before it is 2 s old, or where a place is free") {
  for (const auto& [age, goes] : {std::pair{2000ms - 1ms, false}, {2000ms, true}}) {
    House house(1);
    house.come(1).shown.proved = true;
    auto& silent = house.enter();
    house.now += age;
    house.enter();
    CHECK(silent.shown.leaving == goes);
  }
  House free(2);
  free.come(1).shown.proved = true;
  auto& silent = free.enter();
  free.now += 1h;
  free.enter(); // two of three that stay: there was a place for one
  CHECK(silent.shown.leaving);
  House roomy(3);
  auto& unhurried = roomy.enter();
  roomy.now += 1h;
  roomy.enter();
  roomy.enter();
  CHECK_FALSE(unhurried.shown.leaving);
}

TEST_CASE("holders: who waits looks again when the holder owes a step, in 50 ms to a second") {
  for (const auto& [owes, look] : {std::pair{-5ms, 50ms},
                                   {0ms, 50ms},
                                   {50ms, 50ms},
                                   {51ms, 51ms},
                                   {999ms, 999ms},
                                   {1000ms, 1000ms},
                                   {1001ms, 1000ms}}) {
    House house(10);
    house.come(1).shown.overdue_at = house.now + owes;
    CHECK(house.holders().look_at(1, house.now) == house.now + look);
  }
  House house(10);
  CHECK(house.holders().look_at(7, house.now) == house.now + 50ms); // nobody holds that
}

} // namespace dualcam::serve::admission_places_test
