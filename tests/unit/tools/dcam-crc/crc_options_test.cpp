#include "dcam-crc/options.hpp"

#include "tools/parsed.hpp"

namespace dualcam::crc::crc_options_test {
namespace {

const CommandLine line(parse_crc_options);

} // namespace

TEST_CASE("crc options: standard input is read where no file is named") {
  const auto plain = line.good({});
  CHECK(plain.files == std::vector<std::string>{"-"});
  CHECK_FALSE((plain.initial || plain.check || plain.dump || plain.port || plain.map));
  CHECK(plain.extract_folder.empty());
  CHECK(plain.max_file_size == std::uint64_t{1} << 30);
  CHECK(line.good({"a", "-", "b"}).files == std::vector<std::string>{"a", "-", "b"});
  CHECK(line.good({"--check", "list"}).check);
}

TEST_CASE("crc options: whatever only a capture has implies --dump, which excludes --check") {
  CHECK(line.good({"--dump"}).dump);
  CHECK(line.good({"--port", "7050"}).dump);
  CHECK(line.good({"-x", "d"}).dump);
  CHECK(line.good({"--map"}).dump);
  CHECK_FALSE(line.good({"--max-file-size", "1M"}).dump);
  CHECK(line.good({"--port", "7050"}).port == 7050);
  CHECK(line.good({"-x", "d"}).extract_folder == "d");
  for (const auto* option : {"--dump", "--map"}) {
    CHECK_THAT(line.bad({"-c", option}), ContainsSubstring("exclude each other"));
  }
}

TEST_CASE("crc options: a CRC is one to four hex digits, a port a number above 0") {
  for (const auto& [given, value] :
       {std::pair("0", 0), {"2189", 0x2189}, {"0x2189", 0x2189}, {"0XfFfF", 0xFFFF}}) {
    CHECK(line.good({"--init", given}).initial == value);
  }
  for (const auto* given : {"", "0x", "21890", "00000", "x", "218g", "-1"}) {
    CAPTURE(given);
    CHECK_THAT(line.bad({"--init", given}), ContainsSubstring("1 to 4 hex digits"));
  }
  CHECK(line.good({"--port", "65535"}).port == 65535);
  for (const auto* given : {"", "0", "65536", "-1", "7x"}) {
    CAPTURE(given);
    CHECK_THAT(line.bad({"--port", given}), ContainsSubstring("a whole number from 1 to 65535"));
  }
  CHECK_THAT(line.bad({"-x", ""}), ContainsSubstring("the name of a folder"));
}

TEST_CASE("crc options: --scrub writes a capture of captures, and does nothing else") {
  const auto scrub = line.good({"--scrub", "out", "a", "b"});
  CHECK(scrub.scrub == "out");
  CHECK(scrub.dump);
  CHECK(line.good({"--scrub", "-", "--port", "7050", "a"}).port == 7050);
  CHECK_THAT(line.bad({"--scrub", ""}), ContainsSubstring("the name of a new file"));
  CHECK_THAT(line.bad({"--scrub", "out", "-c"}), ContainsSubstring("exclude each other"));
  for (const auto& other :
       std::vector<std::vector<const char*>>{{"--map"}, {"-x", "d"}, {"--init", "0"}}) {
    std::vector<const char*> words{"--scrub", "out"};
    words.insert(words.end(), other.begin(), other.end());
    CHECK_THAT(line.bad(words), ContainsSubstring("it goes with none of --map, -x and --init"));
  }
}

TEST_CASE("crc options: a list of no files is none, where standard input would be read else") {
  CHECK(line.printed({"--files-from", "/dev/null"}).empty());
  CHECK(line.good({"--files-from", "/dev/null", "a"}).files == std::vector<std::string>{"a"});
}

} // namespace dualcam::crc::crc_options_test
