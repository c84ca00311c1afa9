#include "dcam-convert/input.hpp"

#include <array>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "full_disk.hpp"
#include "temporary_folder.hpp"

namespace dualcam::convert::input_test {
namespace {

struct Place {
  TemporaryFolder folder;
  StopSignal stop;

  std::string path(const char* name) const { return (folder / name).string(); }
  Input open(const char* name) const {
    auto input = Input::open(path(name), stop);
    REQUIRE(input);
    return std::move(*input);
  }
};

std::string content_of(const Input& input) {
  ByteBuffer bytes(input.size());
  REQUIRE(input.read(0, bytes));
  return std::string(as_text(bytes));
}

const std::string jpeg = "\xff\xd8\xff\xe0 and more of it";

} // namespace

TEST_CASE("input: a file is read in place, at any offset, and not beyond its end") {
  const Place place;
  write_file(place.path("a"), jpeg);
  auto input = place.open("a");
  CHECK(input.has_path());
  CHECK(input.path() == place.path("a"));
  CHECK(input.size() == jpeg.size());
  CHECK(input.format() == VideoFormat::jpeg);
  ByteBuffer bytes(4);
  REQUIRE(input.read(5, bytes));
  CHECK(as_text(bytes) == "and ");
  REQUIRE(::truncate(place.path("a").c_str(), 7) == 0);
  const auto read = input.read(5, bytes);
  REQUIRE_FALSE(read);
  CHECK_THAT(read.error().message, ContainsSubstring("has become shorter while it was read"));
  write_file(place.path("b"), "other");
  input = place.open("b");
  CHECK(content_of(input) == "other");
  CHECK(input.format() == VideoFormat::unknown);
}

TEST_CASE("input: a pipe is copied to a file that leaves nothing behind") {
  const Place place;
  REQUIRE(::mkfifo(place.path("pipe").c_str(), 0600) == 0);
  std::string much = jpeg;
  for (int i = 0; i < 30'000; ++i) {
    much += std::to_string(i);
  }
  for (const auto& temporary : {std::string(), place.folder.path().string()}) {
    ::setenv("TMPDIR", temporary.c_str(), 1);
    const int keep = ::open(place.path("pipe").c_str(), O_RDWR); // so that no opening waits
    std::thread writer([&] {
      write_file(place.path("pipe"), much);
      ::close(keep);
    });
    const auto input = place.open("pipe");
    writer.join();
    CHECK_FALSE(input.has_path());
    CHECK(input.format() == VideoFormat::jpeg);
    CHECK((content_of(input) == much));
    CHECK(place.folder.names() == std::set<std::string>{"pipe"});
  }
  ::setenv("TMPDIR", "/no/such/folder", 1);
  const auto refused = Input::open("/dev/null", place.stop);
  ::unsetenv("TMPDIR");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("cannot make a temporary file"));
}

TEST_CASE("input: what is known of a pipe's beginning is copied, too, or nothing is read") {
  const Place place;
  const auto copied = [&] {
    return Input::open("/dev/null", place.stop, Input::most_copied_bytes, as_bytes("begin"));
  };
  const auto whole = copied();
  REQUIRE(whole);
  CHECK(content_of(*whole) == "begin");
  const FullDisk full(3);
  const auto refused = copied();
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("cannot write a temporary file"));
}

TEST_CASE("input: so much of a pipe is copied, and no more") {
  const Place place;
  REQUIRE(::mkfifo(place.path("pipe").c_str(), 0600) == 0);
  for (const std::uint64_t most : {9U, 10U}) {
    const int keep = ::open(place.path("pipe").c_str(), O_RDWR); // so that no opening waits
    write_file(place.path("pipe"), "0123456789");
    std::thread closer([&] {
      ::usleep(1000);
      ::close(keep);
    });
    const auto input = Input::open(place.path("pipe"), place.stop, most);
    closer.join();
    CHECK(input.has_value() == (most == 10));
  }
}

TEST_CASE("input: a file that cannot be read any more is an error") {
  const Place place;
  write_file(place.path("a"), jpeg);
  const auto input = place.open("a");
  REQUIRE(::dup3(::open("/", O_RDONLY | O_CLOEXEC), input.descriptor(), O_CLOEXEC) >= 0);
  ByteBuffer bytes(4);
  const auto read = input.read(0, bytes);
  REQUIRE_FALSE(read);
  CHECK(read.error().category == ErrorCategory::io);
}

TEST_CASE("input: what is no file that can be read is an error") {
  const Place place;
  for (const auto& [path, why] : {std::pair(place.path("none"), "cannot open"),
                                  {place.folder.path().string(), "cannot read"}}) {
    const auto input = Input::open(path, place.stop);
    REQUIRE_FALSE(input);
    CHECK(input.error().category == ErrorCategory::io);
    CHECK_THAT(input.error().message, ContainsSubstring(why));
  }
  write_file(place.path("empty"), "");
  CHECK(place.open("empty").size() == 0);
}

TEST_CASE("input: a file made of parts of another has its name and its format, but no path") {
  const Place place;
  std::string letters;
  for (int i = 0; i < 200'000; ++i) {
    letters += static_cast<char>('a' + i % 23);
  }
  write_file(place.path("a"), letters);
  const auto input = place.open("a");
  const std::array parts{Input::Part{100'000, 90'000}, Input::Part{3, 0}, Input::Part{3, 2}};
  const auto made = input.rearranged(as_bytes(jpeg), parts, place.stop);
  REQUIRE(made);
  CHECK((content_of(*made) == jpeg + letters.substr(100'000, 90'000) + letters.substr(3, 2)));
  CHECK(made->path() == input.path());
  CHECK_FALSE(made->has_path());
  CHECK(made->format() == VideoFormat::jpeg);
  const std::array beyond{Input::Part{199'999, 2}};
  CHECK_FALSE(input.rearranged({}, beyond, place.stop));
}

TEST_CASE("input: a pipe is read to its end once it is known what it is, and no farther before") {
  constexpr std::size_t more = 70'000;
  for (const bool is_known : {true, false}) {
    const Place place;
    REQUIRE(::mkfifo(place.path("pipe").c_str(), 0600) == 0);
    std::string content(thorough_detection_size + more, 'x');
    content.replace(0, jpeg.size(), is_known ? jpeg : std::string(jpeg.size(), 'x'));
    std::thread writer([&] {
      const int pipe = ::open(place.path("pipe").c_str(), O_WRONLY | O_CLOEXEC);
      for (std::string_view rest = content; !rest.empty();) {
        const auto count = ::write(pipe, rest.data(), rest.size());
        if (count <= 0) {
          break;
        }
        rest.remove_prefix(static_cast<std::size_t>(count));
      }
      ::close(pipe);
    });
    const auto input = place.open("pipe");
    writer.join();
    CHECK(input.format() == (is_known ? VideoFormat::jpeg : VideoFormat::unknown));
    CHECK((input.size() == content.size()) == is_known);
    CHECK(input.size() >= thorough_detection_size);
  }
}

} // namespace dualcam::convert::input_test
