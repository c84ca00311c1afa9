#include "common/yaml_bytes.hpp"

#include "testing.hpp"

namespace dualcam {

TEST_CASE(
    "yaml bytes: the value of a name that bytes have, whatever quotes it and stands before it") {
  for (const auto& [line, value] : {std::pair{"data: 0004", "0004"},
                                    {"  data:  0004 ", "0004"},
                                    {"- data: 0004", "0004"},
                                    {"  - - data: 0004", "0004"},
                                    {"\"data\": 0004", "0004"},
                                    {"'payload' : 0004", "0004"},
                                    {"hex:", ""},
                                    {"hex:\r", ""},
                                    {"data: !!binary AAQE", "!!binary AAQE"},
                                    {"data: a: b", "a: b"}}) {
    CAPTURE(line);
    CHECK(yaml_bytes_value(line) == value);
  }
  for (const auto* line : {"", "data", "port: 7050", "data:0004", "\"data: 0004", "\"data': 0004",
                           "da ta: 0004", "-data: 0004", "x data: 0004"}) {
    CAPTURE(line);
    CHECK_FALSE(yaml_bytes_value(line));
  }
}

} // namespace dualcam
