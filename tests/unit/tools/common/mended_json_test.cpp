#include "common/mended_json.hpp"

#include "testing.hpp"

namespace dualcam::mended_json_test {

TEST_CASE("mended JSON: what is right stays as it is") {
  for (const auto* json :
       {"", " \t\r\n", "{}", "[ ]", R"({"a": [1, -2.5e3, true, false, null, "b"], "c": {}})",
        R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")", "{\"a\" :\n\t1}",
        "{\"\xC3\xA9\": \"\xC3\xA9\"}"}) {
    CHECK(mended_json(json) == json);
  }
}

TEST_CASE("mended JSON: a value that is none becomes text, a missing one null") {
  for (const auto& [json, mended] : {std::pair{R"({"a": nan})", R"({"a": "nan"})"},
                                     {R"({"a":-inf,"b":007})", R"({"a":"-inf","b":"007"})"},
                                     {R"({"a":1e400})", R"({"a":"1e400"})"},
                                     {R"({"a":)"
                                      "\x01}",
                                      R"({"a":"\u0001"})"},
                                     {R"({"a":})", R"({"a":null})"},
                                     {R"({"a": ,"b":1})", R"({"a": null,"b":1})"},
                                     {R"([{"a":]])", R"([{"a":null]])"},
                                     {R"([1e400, 1e300, 5])", R"(["1e400", 1e300, 5])"},
                                     {R"([nan])", R"([nan])"}}) {
    CAPTURE(json);
    CHECK(mended_json(json) == mended);
  }
}

TEST_CASE("mended JSON: a comma before a closing bracket goes") {
  for (const auto& [json, mended] : {std::pair{"[1,]", "[1]"},
                                     {"[1 , ]", "[1  ]"},
                                     {"{\"a\":1,}", "{\"a\":1}"},
                                     {"[1,2]", "[1,2]"},
                                     {"[[1,],[2,],]", "[[1],[2]]"},
                                     {"[,]", "[]"},
                                     {"[1,,2]", "[1,,2]"},
                                     {"[\",\"]", "[\",\"]"}}) {
    CAPTURE(json);
    CHECK(mended_json(json) == mended);
  }
}

TEST_CASE("mended JSON: text has no control characters, stray backslashes or half characters") {
  for (const auto& [json, mended] : {std::pair{"\"a\nb\x1f \"", "\"a\\u000ab\\u001f \""},
                                     {R"("\x")", R"("\\x")"},
                                     {R"("C:\dir")", R"("C:\\dir")"},
                                     {R"("\u12")", R"("\\u12")"},
                                     {R"("\u12g4")", R"("\\u12g4")"},
                                     {R"("\u12e4")", R"("\u12e4")"},
                                     {R"("\ud83d")", R"("\ufffd")"},
                                     {R"("\ude00")", R"("\ufffd")"},
                                     {R"("\ud83dx\ude00")", R"("\ufffdx\ufffd")"},
                                     {R"("\ud83d\ud83d\ude00")", R"("\ufffd\ud83d\ude00")"},
                                     {R"("\ud83d\u0041")", R"("\ufffd\u0041")"},
                                     {R"("\ud83dxxde00")", R"("\ufffdxxde00")"},
                                     {R"("\ud83d\xde00")", R"("\ufffd\\xde00")"},
                                     {R"("\ud7ff\ue000")", R"("\ud7ff\ue000")"}}) {
    CAPTURE(json);
    CHECK(mended_json(json) == mended);
  }
  CHECK(mended_json("\"a") == "\"a"); // cut: no parser takes it
  CHECK(mended_json("\"a\\") == "\"a\\\\");
  for (const auto size : {2U, 3U, 4U, 5U, 6U}) { // what is behind the text's end is none of it
    const std::string cut(R"("\u12ab)", size);
    CHECK(mended_json(std::string_view(R"("\u12ab)").substr(0, size)) == "\"\\" + cut.substr(1));
  }
}

TEST_CASE("mended JSON: a string ends at the quote that is not escaped") {
  for (const auto& [json, end] : {std::pair{R"("")", 2},
                                  {R"("a"b)", 3},
                                  {R"("\"")", 4},
                                  {R"("\\"")", 4},
                                  {R"("a)", 2},
                                  {R"("a\)", 3}}) {
    CAPTURE(json);
    CHECK(behind_json_string(json, 0) == static_cast<std::size_t>(end));
  }
  CHECK(behind_json_string(R"({"a":"b"})", 5) == 8);
}

} // namespace dualcam::mended_json_test
