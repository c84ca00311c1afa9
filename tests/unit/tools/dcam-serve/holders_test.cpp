#include "dcam-serve/holders.hpp"

#include "tools/dcam-serve/guests.hpp"

namespace dualcam::serve::holders_test {

using namespace guests;
namespace {

using Answer = Holders::Answer;

TEST_CASE("a camera's second connection waits for the end of the first") {
  House house(10);
  auto& first = house.come(1);
  auto& other = house.come(2);
  auto& second = house.enter();
  REQUIRE(house.admission.identify(second, 1, house.now));
  CHECK(house.holders().ask_for(second, 1, house.now) == Answer::waits);
  house.leave(other);
  CHECK(second.looks == 0);
  house.leave(first);
  CHECK(second.looks == 1);
  CHECK(first.reason.empty());
  CHECK(house.holders().ask_for(second, 1, house.now) == Answer::granted);
  house.leave(second);
  CHECK(house.holders().empty());
}

TEST_CASE("a connection gives way to another one of its camera when it owes a step, not before") {
  House house(10);
  auto& first = house.come(1);
  auto& second = house.come(1);
  first.shown.overdue_at = house.now + 5s;
  CHECK(house.holders().look_at(1, house.now) == house.now + 1s); // that may change
  house.now += 5s - 1ms;
  CHECK(house.holders().ask_for(second, 1, house.now) == Answer::waits);
  CHECK_FALSE(first.shown.leaving);
  CHECK(house.holders().look_at(1, house.now) == house.now + 50ms);
  house.now += 1ms;
  CHECK(house.holders().ask_for(second, 1, house.now) == Answer::waits);
  CHECK(first.reason == "another connection of this camera takes over");
  house.leave(first);
  CHECK(house.holders().ask_for(second, 1, house.now) == Answer::granted);
}

TEST_CASE("a waiting connection that has gone evicts nobody and is passed over") {
  House house(10);
  auto& first = house.come(1);
  auto& second = house.come(1);
  auto& third = house.come(1);
  first.shown.overdue_at = house.now;
  second.gone = true;
  CHECK(house.holders().ask_for(second, 1, house.now) == Answer::waits);
  CHECK_FALSE(first.shown.leaving);
  CHECK(house.holders().ask_for(third, 1, house.now) == Answer::waits);
  CHECK(first.shown.leaving); // for one that lives
  house.leave(first);
  CHECK(second.looks == 0);
  CHECK(third.looks == 1);
  CHECK(house.holders().ask_for(third, 1, house.now) == Answer::granted);
}

TEST_CASE("who waited longest is next, and who gives up is not") {
  House house(10);
  auto& first = house.come(1);
  auto& second = house.come(1);
  auto& third = house.come(1);
  CHECK(house.holders().ask_for(third, 1, house.now) == Answer::waits);
  house.holders().give_up(second);
  house.leave(first);
  CHECK(second.looks == 0);
  CHECK(house.holders().ask_for(third, 1, house.now) == Answer::granted);
}

TEST_CASE("a few connections may wait for one camera, those that have gone not counted") {
  House house(100);
  house.come(1);
  std::vector<TestGuest*> waiting;
  for (int count = 0; count < 8; ++count) {
    waiting.push_back(&house.come(1));
    CHECK(house.holders().ask_for(*waiting.back(), 1, house.now) == Answer::waits);
  }
  auto& late = house.enter();
  REQUIRE(house.admission.identify(late, 1, house.now));
  CHECK(house.holders().ask_for(late, 1, house.now) == Answer::crowded);
  waiting[3]->gone = true;
  CHECK(house.holders().ask_for(late, 1, house.now) == Answer::waits);
}

TEST_CASE("a waiting connection that leaves takes nothing with it and is not called any more") {
  House house(10);
  auto& first = house.come(1);
  auto& second = house.come(1);
  house.leave(second);
  auto& third = house.enter();
  REQUIRE(house.admission.identify(third, 1, house.now));
  CHECK(house.holders().ask_for(third, 1, house.now) == Answer::waits);
  house.leave(third);
  house.leave(first);
  CHECK(second.looks + third.looks == 0);
}

} // namespace
} // namespace dualcam::serve::holders_test
