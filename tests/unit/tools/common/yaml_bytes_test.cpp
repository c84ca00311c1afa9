#include "common/yaml_bytes.hpp"

#include "testing.hpp"

namespace dualcam::yaml_bytes_test {

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

TEST_CASE("yaml bytes: a line of prose within a block is a problem and does not end it") {
  for (const auto* first : {"data: !!binary |", "data: |"}) {
    for (const auto* prose : {"here Bob called", "}"}) {
      CAPTURE(first, prose);
      YamlBytes yaml;
      yaml.line(first);
      yaml.line("  00040004");
      CHECK_FALSE(yaml.line(prose).problem.empty());
      CHECK_FALSE(yaml.line("  00040004").bytes.empty());
    }
  }
}

TEST_CASE("yaml bytes: what may follow a block in YAML ends it") {
  for (const auto* next : {"- index: 1", "# a note", "...", "peers:", "port: 7050", "---"}) {
    CAPTURE(next);
    YamlBytes yaml;
    yaml.line("data: |");
    yaml.line("  00040004");
    CHECK(yaml.line(next).problem.empty());
    CHECK(yaml.line("  00040004").bytes.empty());
  }
}

} // namespace dualcam::yaml_bytes_test
