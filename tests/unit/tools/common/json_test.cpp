#include "common/json.hpp"

#include "testing.hpp"

namespace dualcam::json_test {
TEST_CASE("json: a line is one line of ASCII, whatever was put into it") {
  CHECK(to_line(Json{{"name", "a\n\xC5\xBE\xFF"}}) == "{\"name\":\"a\\n\\u017e\\ufffd\"}");
}

} // namespace dualcam::json_test
