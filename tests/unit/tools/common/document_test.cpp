#include "common/document.hpp"

#include "testing.hpp"

namespace dualcam::document_test {

TEST_CASE("document: where it is wrong is told in the bytes as they are, of UTF-8 and of Latin-1") {
  for (const std::string whole : {R"({"a":"plain","b":[1,2]})", "{\"a\":\"\xC5\xBE\",\"b\":[1]}",
                                  "{\"a\":\"\xE9\xE8\",\"b\":[1]}"}) {
    CAPTURE(whole);
    REQUIRE(parse_document(whole));
    const auto stray = parse_document(whole + "}");
    REQUIRE_FALSE(stray);
    CHECK(stray.error().offset == whole.size());
    CHECK(stray.error().message == "this is no well-formed JSON");
    const auto early = parse_document(std::string_view(whole).substr(0, whole.size() - 1));
    REQUIRE_FALSE(early);
    CHECK(early.error().offset == whole.size() - 1);
    CHECK(early.error().message == "the JSON ends early");
  }
}

} // namespace dualcam::document_test
