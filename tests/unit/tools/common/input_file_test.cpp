#include "common/input_file.hpp"

#include "common/compression.hpp"
#include "common/decompressor.hpp"
#include "common/process.hpp"
#include "standard_input.hpp"

namespace dualcam::input_file_test {
namespace {

std::string rest_of(InputFile& file) {
  std::string text;
  ByteBuffer buffer(7);
  for (auto count = file.read(buffer); count && *count != 0; count = file.read(buffer)) {
    text += as_text(Bytes(buffer).first(*count));
  }
  return text;
}

/// What a tool makes of bytes.
std::string made_by(const std::vector<std::string>& command, std::string_view text) {
  const auto made = run_process(command, as_bytes(text));
  REQUIRE(made);
  REQUIRE(made->status == 0);
  return std::string(as_text(made->output));
}

} // namespace

TEST_CASE("input file: what is looked at is read all the same, and a file may begin anew") {
  const TemporaryFolder folder;
  write_file(folder / "a", "0123456789");
  auto file = InputFile::open((folder / "a").string());
  REQUIRE(file);
  CHECK(file->size() == 10U);
  CHECK(as_text(*file->peek(4)) == "0123");
  CHECK(as_text(*file->peek(2)) == "01");
  ByteBuffer buffer(3);
  CHECK(file->read(buffer) == 3U);
  CHECK(as_text(buffer) == "012");
  CHECK(file->read(buffer) == 1U);
  CHECK(as_text(*file->peek(100)) == "456789");
  CHECK(rest_of(*file) == "456789");
  CHECK(file->peek(1)->empty());
  CHECK(file->rewind());
  CHECK(as_text(*file->peek(4)) == "0123");
  CHECK(file->rewind()); // what was looked at does not come twice
  CHECK(rest_of(*file) == "0123456789");
  auto moved = std::move(*file);
  CHECK(moved.rewind());
  auto other = InputFile::open((folder / "a").string());
  other = std::move(moved);
  CHECK(rest_of(*other) == "0123456789");
}

TEST_CASE("input file: what is no file has no size, and no beginning to go back to") {
  auto ends = make_pipe();
  REQUIRE(ends);
  REQUIRE(write_all(ends->write.get(), as_bytes("0123")));
  ends->write.close();
  auto pipe = InputFile::of(std::move(ends->read));
  CHECK_FALSE(pipe.size());
  CHECK(as_text(*pipe.peek(2)) == "01");
  CHECK_FALSE(pipe.rewind());
  CHECK(rest_of(pipe) == "0123");
  const TemporaryFolder folder;
  CHECK(InputFile::open(folder.path().string()).error().message == "Is a directory");
  CHECK(InputFile::open((folder / "none").string()).error().message == "No such file or directory");
  const StandardInput input("abc");
  auto standard = InputFile::open("-");
  REQUIRE(standard);
  CHECK(rest_of(*standard) == "abc");
}

TEST_CASE("input file: text is read up to a limit") {
  const TemporaryFolder folder;
  const auto path = (folder / "a").string();
  const std::string text(std::size_t{2} << 20, 'x');
  write_file(path, text);
  CHECK((read_text(path, text.size()) == text)); // not printed
  CHECK(read_text(path, text.size() - 1).error().message == "longer than 1 MiB");
  CHECK(read_text(path, std::size_t{1} << 20).error().message == "longer than 1 MiB");
  CHECK(read_text((folder / "none").string(), 1).error().message == "No such file or directory");
  CHECK_FALSE(read_text(InputFile::of(Descriptor(::open(folder.path().c_str(), O_RDONLY))), 1));
}

TEST_CASE("decompressor: the first bytes tell the tool") {
  CHECK(compression_tool(from_hex("1f8b08 00")) == "gzip");
  CHECK(compression_tool(from_hex("28b52ffd")) == "zstd");
  CHECK(compression_tool(from_hex("fd377a585a00")) == "xz");
  CHECK(compression_tool(from_hex("04224d18")) == "lz4");
  for (const auto* other : {"", "1f8b", "1f8b09", "28b52ffe", "fd377a585a01", "fd377a585a"}) {
    CHECK(compression_tool(from_hex(other)) == "");
  }
}

TEST_CASE("decompressor: content comes out whole, and what is not all there says so") {
  const TemporaryFolder folder;
  const auto path = (folder / "a").string();
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += std::to_string(i) + '\n';
  }
  const auto compressed = made_by({"gzip", "-c"}, text);
  for (const bool by_pipe : {false, true}) {
    CAPTURE(by_pipe);
    write_file(path, compressed);
    std::optional<StandardInput> input;
    if (by_pipe) { // standard input is read from where it stands
      input.emplace(compressed);
    }
    auto file = ContentFile::open(by_pipe ? "-" : path);
    REQUIRE(file);
    CHECK(file->can_be_opened_again() == !by_pipe);
    CHECK((rest_of(file->content()) == text)); // not printed
    CHECK(file->finish());
  }
  write_file(path, compressed.substr(0, compressed.size() / 2));
  auto cut = ContentFile::open(path);
  REQUIRE(cut);
  CHECK((text.starts_with(rest_of(cut->content()))));
  const auto finished = cut->finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().category == ErrorCategory::malformed);
  CHECK_THAT(finished.error().message, ContainsSubstring("is not all there: gzip: "));
  CHECK_THAT(finished.error().message, ContainsSubstring("unexpected end of file"));
  write_file(path, "plain");
  auto plain = ContentFile::open(path);
  REQUIRE(plain);
  CHECK(plain->can_be_opened_again());
  CHECK(rest_of(plain->content()) == "plain");
  CHECK(plain->finish());
  CHECK_FALSE(ContentFile::open((folder / "none").string()));
}

TEST_CASE("decompressor: what comes through a pipe is passed on, and need not be read") {
  const auto compressed = made_by({"gzip", "-c"}, std::string(1'000'000, 'x'));
  for (const bool read : {true, false}) {
    auto ends = make_pipe();
    REQUIRE(ends);
    REQUIRE(write_all(ends->write.get(), as_bytes(compressed)));
    ends->write.close();
    auto decompressor = Decompressor::start("gzip", InputFile::of(std::move(ends->read)));
    REQUIRE(decompressor);
    if (read) {
      CHECK(rest_of(decompressor->output()) == std::string(1'000'000, 'x'));
      CHECK(decompressor->finish());
    }
  }
  auto ends = make_pipe();
  const auto none = Decompressor::start("no-such-tool", InputFile::of(std::move(ends->read)));
  REQUIRE_FALSE(none);
  CHECK(none.error().message ==
        "is compressed, and no-such-tool cannot be run: No such file or directory");
}

TEST_CASE("process: a program's last words are its last lines that say something") {
  CHECK(last_lines("1\n2\n3\n", 2) == std::vector<std::string>{"2", "3"});
  CHECK(last_lines("1\n\n \r\n2\r\n\n", 5) == std::vector<std::string>{"1", "2"});
  CHECK(last_lines("one", 1) == std::vector<std::string>{"one"});
  CHECK(last_lines("1\n2\n", 0).empty());
  CHECK(last_line("\n\n") == "");
  CHECK(last_line("a\nb\x1b[0m\n") == "b\\x1b[0m");
}

} // namespace dualcam::input_file_test
