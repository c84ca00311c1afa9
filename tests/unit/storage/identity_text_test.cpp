// Fields, words and checks of what is kept on the disk, each by itself.
#include "storage/identity_text.hpp"

#include "testing.hpp"

namespace dualcam::identity_text_test {
namespace {

const FileIdentity photo{1, FileKind::front_photo, 10, 0, {}};

FileIdentity by_path(std::uint32_t announced, bool in_packets = false) {
  return {1, *FileRef::of_path("dsm/a"), announced, 0, {}, in_packets};
}

HeldData held(std::uint32_t packets, std::uint64_t bytes, std::uint32_t packet_size = 1024) {
  return {packets, bytes, packet_size, 0};
}

} // namespace

TEST_CASE("identity text: a field is its name, a blank, a value and the line's end") {
  struct Case {
    std::string_view text;
    std::optional<std::string_view> value;
    std::string_view rest;
  };
  for (const auto& [text, value, rest] : {Case{"imei 7\nrest", "7", "rest"},
                                          {"imei 7\n", "7", ""},
                                          {"imei \n", "", ""},
                                          {"imei a b\n", "a b", ""},
                                          {"imei 7", {}, "imei 7"},
                                          {"imei\n", {}, "imei\n"},
                                          {"imeix 7\n", {}, "imeix 7\n"},
                                          {"ime 7\n", {}, "ime 7\n"},
                                          {" imei 7\n", {}, " imei 7\n"},
                                          {"", {}, ""}}) {
    CAPTURE(text);
    auto left = text;
    CHECK(take_field(left, "imei") == value);
    CHECK(left == rest);
  }
}

TEST_CASE("identity text: words are what stands between blanks") {
  std::string_view text = "ab  c";
  CHECK(take_word(text) == "ab");
  CHECK(take_word(text).empty());
  CHECK(text == "c");
  CHECK(take_word(text) == "c");
  CHECK(text.empty());
  CHECK(take_word(text).empty());
  Words words("12 ff - from 3");
  CHECK(words.number<std::uint32_t>() == 12);
  CHECK(words.number<std::uint16_t>(16) == 255);
  CHECK(words.text() == "-");
  CHECK(words.next_is("from"));
  CHECK_FALSE(words.next_is("fro"));
  CHECK_FALSE(words.ended());
  CHECK(words.text() == "from");
  CHECK(words.number<std::uint8_t>() == 3);
  CHECK(words.ended());
  CHECK_FALSE(words.next_is(""));
  words.spoil();
  CHECK_FALSE(words.ended());
}

TEST_CASE("identity text: one number that is none spoils the line, whatever follows it") {
  for (const auto* first : {"", "x", "1x", "-1", "+1", "256", "0x1"}) {
    CAPTURE(first);
    const auto line = std::string(first) + " 7";
    Words words(line);
    CHECK(words.number<std::uint8_t>() == 0);
    CHECK(words.number<std::uint8_t>() == 7);
    CHECK_FALSE(words.ended());
  }
}

TEST_CASE("identity text: a line with a check is read back, and no other") {
  for (const auto& line :
       {std::string(), std::string("a"), std::string("a b"), std::string(100, 'x')}) {
    const auto whole = checked(line, 5);
    CHECK(whole.size() == line.size() + 17);
    CHECK(unchecked(whole, 5) == std::string_view(line));
    CHECK_FALSE(unchecked(whole, 6));
    CHECK_FALSE(unchecked(whole));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      auto other = whole;
      other[at] = static_cast<char>(other[at] ^ 1);
      CHECK_FALSE(unchecked(other, 5));
    }
    CHECK_FALSE(unchecked(whole.substr(1), 5));
    CHECK_FALSE(unchecked(whole.substr(0, whole.size() - 1), 5));
  }
  CHECK_FALSE(unchecked(""));
  CHECK_FALSE(unchecked(std::string(16, '0')));
}

TEST_CASE("identity text: numbers have all their digits, metadata is hex or nothing") {
  CHECK(hex16(0x2a) == "002a");
  CHECK(hex64(0x2a) == "000000000000002a");
  CHECK(metadata_text({}) == "-");
  CHECK(metadata_text(from_hex("00ff")) == "00ff");
  CHECK(metadata_of_text("-") == ByteBuffer());
  CHECK(metadata_of_text("00ff") == from_hex("00ff"));
  CHECK_FALSE(metadata_of_text("0"));
  CHECK_FALSE(metadata_of_text("x"));
}

TEST_CASE("identity text: a path leads below where it starts, or is none") {
  for (const auto* path : {"a", "a/b.part", "..a/b..", "a b"}) {
    CHECK(path_of_text(path_text(path)) == std::filesystem::path(path));
  }
  for (const std::filesystem::path& path :
       {std::filesystem::path("/a"), std::filesystem::path("../a"), std::filesystem::path("a/../b"),
        std::filesystem::path("a/.."), std::filesystem::path(std::string("a\0b", 3))}) {
    CHECK_FALSE(path_of_text(path_text(path)));
  }
  CHECK_FALSE(path_of_text("photof"));
  CHECK_FALSE(path_of_text("-"));
}

TEST_CASE("identity text: whole packets of one size, of which the last one may be shorter") {
  CHECK(is_uniform({}, photo));
  CHECK_FALSE(is_uniform(held(0, 1, 0), photo));
  CHECK_FALSE(is_uniform(held(0, 0, 1), photo));
  CHECK_FALSE(is_uniform(held(1, 0, 0), photo));
  CHECK(is_uniform(held(3, 3072), photo));
  CHECK_FALSE(is_uniform(held(3, 3071), photo));
  CHECK_FALSE(is_uniform(held(3, 3073), photo));
  CHECK_FALSE(is_uniform(held(9, 9215), photo));
  CHECK_FALSE(is_uniform(held(10, 9216), photo)); // the last one would be empty
  CHECK(is_uniform(held(10, 9217), photo));
  CHECK(is_uniform(held(10, 10'240), photo));
  CHECK_FALSE(is_uniform(held(10, 10'241), photo));
  CHECK_FALSE(is_uniform(held(11, 11'264), photo));
}

TEST_CASE("identity text: a file by path is counted in bytes, unless its device counts packets") {
  CHECK(counts_packets(photo));
  CHECK_FALSE(counts_packets(by_path(3000)));
  CHECK(counts_packets(by_path(3, true)));
  CHECK(is_uniform(held(2, 2048), by_path(2048)));
  CHECK_FALSE(is_uniform(held(2, 2047), by_path(2047)));
  CHECK(is_uniform(held(3, 2049), by_path(3, true)));
  CHECK_FALSE(is_uniform(held(3, 2048), by_path(3, true)));
}

} // namespace dualcam::identity_text_test
