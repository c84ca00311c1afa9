#include "common/clock_word.hpp"

#include <string>

#include "testing.hpp"

namespace dualcam::clock_word_test {

TEST_CASE("clock word: clocks, and days with the whole year, are times") {
  for (const auto* word :
       {"12:43:42", "12:43:42.123456", "12:43:42,123", "12:43:42Z", "12:43:42+02:00", "12:43:42-02",
        "2024-10-29", "29.10.2024", "10/29/2024", "2024-10-29T12:43:42", "2024-10-29T12:43:42.123Z",
        "2024-10-29T12:43:42,123+0200"}) {
    CAPTURE(word);
    CHECK(is_time(word));
  }
  for (const auto* word :
       {"", "1:2:3", "12:43", "12:43:42:01", "12:43:42.", "a12:43:42", "24-10-29", "29.10.24",
        "20241029", "2024-10-29Z", "10.0.0.5", "2024-10-29 12:43:42", "00:04:04:02:05:06"}) {
    CAPTURE(word);
    CHECK_FALSE(is_time(word));
  }
  CHECK(is_time("12:43:42." + std::string(39, '1')));
  CHECK_FALSE(is_time("12:43:42." + std::string(40, '1'))); // longer than any clock tells
}

TEST_CASE("clock word: a date alone has its year first") {
  CHECK(is_date("2024-10-29"));
  for (const auto* word :
       {"29-10-2024", "2024/10/29", "2024-10-2", "20241-0-29", "2024-10-29T", "", "2024-1a-29"}) {
    CAPTURE(word);
    CHECK_FALSE(is_date(word));
  }
}

} // namespace dualcam::clock_word_test
