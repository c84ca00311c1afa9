#include "dcam-convert/page/text.hpp"

#include "testing.hpp"

namespace dualcam::convert::page_text_test {

TEST_CASE("page text: nothing that HTML interprets is left of a string") {
  CHECK(html("a<b>&\"'c") == "a&lt;b&gt;&amp;&quot;&#39;c");
  CHECK(html_of_any("\x1b<\xFF") == "\\x1b&lt;\\xff");
  const auto text = html_of_any(as_text(random_bytes(50'000, 3)));
  CHECK(text.find_first_of("<>\"'") == text.npos);
}

TEST_CASE("page text: a link is relative, and nothing in it is a scheme, a query or a fragment") {
  CHECK(relative_link("/a/b/c.jpg", "/a") == "b/c.jpg");
  CHECK(relative_link("/a/b.jpg", "/a/c/d") == "../../b.jpg");
  CHECK(relative_link("/a/javascript:x", "/a") == "javascript%3Ax");
  CHECK(relative_link("/a/ #?%&\"'<\n\xFF", "/a") == "%20%23%3F%25%26%22%27%3C%0A%FF");
}

TEST_CASE("page text: JSON does not end the element it stands in") {
  const auto text = script_json({{"a", "</script><!--&\xFF\n"}});
  CHECK(text == R"({"a":"\u003c/script\u003e\u003c!--\u0026\ufffd\n"})");
  CHECK(Json::parse(text)["a"] == "</script><!--&\xEF\xBF\xBD\n");
}

} // namespace dualcam::convert::page_text_test
