#include "dcam-serve/refusals.hpp"

#include "testing.hpp"

namespace dualcam::serve::refusals_test {
namespace {

using namespace std::chrono_literals;

} // namespace

TEST_CASE("refusals: what differs in each is left out of their kind") {
  for (const auto& [why, kind] :
       {std::pair("", ""),
        {"busy with 350612071913857; -k serves several cameras",
         "busy with # -k serves several cameras"},
        {"no camera: 16 bytes deadbeef", "no camera: # bytes #"},
        {"the face of a bee", "the # of a bee"}, // an odd number of letters is no bytes
        {"abcg", "abcg"},
        {"x1", "#"},
        {"two  spaces ", "two  spaces"}}) {
    CAPTURE(why);
    CHECK(kind_of_refusal(why) == kind);
  }
}

TEST_CASE("refusals: sixty of a kind are told in a minute, all are counted") {
  Refusals refusals;
  const TimePoint now{1h};
  for (int number = 1; number <= 60; ++number) {
    CHECK(refusals.tells("it sent " + std::to_string(number) + " bytes", now));
  }
  CHECK_FALSE(refusals.tells("it sent 61 bytes", now));
  CHECK(refusals.tells("a browser", now)); // another kind
  CHECK(refusals.counts() ==
        std::map<std::string, std::uint64_t>{{"it sent # bytes", 61}, {"a browser", 1}});
  CHECK(refusals.rest(now + 59s).empty());
  const auto rest = refusals.rest(now + 60s);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].lines == 1);
  CHECK(refusals.tells("it sent 62 bytes", now + 60s));
}

TEST_CASE("refusals: of a hundred kinds each is known, what comes behind them is others") {
  Refusals refusals;
  const TimePoint now{1h};
  const auto letters = [](int number) {
    return std::string{static_cast<char>('g' + number / 10), static_cast<char>('g' + number % 10)};
  };
  for (int number = 0; number < 99; ++number) {
    CHECK(refusals.tells(letters(number), now));
  }
  CHECK(refusals.tells("the hundredth", now));
  CHECK(refusals.tells("one more", now));
  CHECK(refusals.tells("and another", now));
  CHECK(refusals.tells(letters(5), now));
  CHECK(refusals.counts().size() == 101);
  CHECK(refusals.counts().at("others") == 2);
  CHECK(refusals.counts().at(letters(5)) == 2);
}

} // namespace dualcam::serve::refusals_test
