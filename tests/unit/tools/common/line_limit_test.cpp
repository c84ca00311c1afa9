#include "common/line_limit.hpp"

#include "dcam-serve/refusals.hpp"
#include "dcam-serve/told_metadata.hpp"
#include "testing.hpp"

namespace dualcam::line_limit_test {
namespace {

using namespace std::chrono_literals;

const TimePoint start{1h};

/// Of so many lines of a kind at once, those that are said.
int said(LineLimit& limit, int lines, TimePoint now, std::string_view kind = "k") {
  int count = 0;
  for (int i = 0; i < lines; ++i) {
    count += limit.allows(kind, now) ? 1 : 0;
  }
  return count;
}

} // namespace

TEST_CASE("line limit: some a minute of each kind, then their number") {
  LineLimit limit(3);
  CHECK(said(limit, 5, start) == 3);
  CHECK(said(limit, 5, start, "other") == 3);
  CHECK(limit.rest(start + 59s).empty());
  CHECK(said(limit, 1, start + 59s) == 0);
  const auto rest = limit.rest(start + 60s);
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].kind == "k");
  CHECK(rest[0].lines == 3);
  CHECK(rest[1].kind == "other");
  CHECK(rest[1].lines == 2);
  CHECK(limit.rest(start + 60s).empty());
  CHECK(said(limit, 4, start + 61s) == 3);
  CHECK(limit.whole_rest().size() == 1);
  CHECK(limit.whole_rest().empty());
}

TEST_CASE("line limit: what was counted is not forgotten, whenever it is asked for") {
  LineLimit limit(3);
  CHECK(said(limit, 5, start) == 3);
  CHECK(said(limit, 5, start + 2min) == 0); // the minute ends when its rest is told
  const auto rest = limit.rest(start + 2min);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].lines == 7);
  CHECK(said(limit, 2, start + 3min) == 2);
  CHECK(said(limit, 3, start + 5min) == 3); // with nothing to tell, by itself
}

TEST_CASE("line limit: a thousand kinds are a hundred and one") {
  LineLimit limit(1);
  int all = 0;
  for (int i = 0; i < 1000; ++i) {
    all += said(limit, 2, start, std::to_string(i));
  }
  CHECK(all == 101);
  std::uint64_t untold = 0;
  for (const auto& rest : limit.whole_rest()) {
    untold += rest.lines;
  }
  CHECK(untold == 2000 - 101);
}

TEST_CASE("refusals: those that differ in numbers only are of one kind") {
  using serve::kind_of_refusal;
  CHECK(kind_of_refusal("not a camera: HTTP") == "not a camera: HTTP");
  CHECK(kind_of_refusal("busy with 350612071913857; -k serves several cameras") ==
        "busy with # -k serves several cameras");
  CHECK(kind_of_refusal("not a camera: it opened with 1603010200010001") ==
        kind_of_refusal("not a camera: it opened with abcdefabcdefabcd"));
  CHECK(kind_of_refusal("") == "");
  serve::Refusals refusals;
  int told = 0;
  for (int i = 0; i < 10'000; ++i) {
    told += refusals.tells("it opened with " + std::to_string(i), start) ? 1 : 0;
    const std::string kind(static_cast<std::size_t>(1 + i % 500), 'q');
    told += refusals.tells("a kind of its own: x" + kind, start) ? 1 : 0;
  }
  CHECK(told <= 102 * 60);
  CHECK(refusals.counts().size() <= 101);
  std::uint64_t all = 0;
  for (const auto& [kind, count] : refusals.counts()) {
    all += count;
  }
  CHECK(all == 20'000);
}

TEST_CASE("told metadata: only what is new, and not all the time") {
  serve::ToldMetadata told;
  serve::FileFacts facts;
  facts.imei = 1;
  facts.metadata_payload = from_hex("01");
  CHECK(told.is_news(facts, start));
  CHECK_FALSE(told.is_news(facts, start + 1h));
  auto other = facts;
  other.imei = 2;
  CHECK(told.is_news(other, start));
  facts.file = FileKind::rear_photo;
  CHECK(told.is_news(facts, start));
  facts.metadata_payload = from_hex("02");
  CHECK(told.is_news(facts, start));
  int news = 0;
  for (int i = 0; i < 1000; ++i) {
    facts.metadata_payload = ByteBuffer{static_cast<std::byte>(2 + i % 2)};
    news += told.is_news(facts, start + 5min) ? 1 : 0;
  }
  CHECK(news == 100);
  facts.metadata_payload = from_hex("07");
  CHECK(told.is_news(facts, start + 6min));
}

} // namespace dualcam::line_limit_test
