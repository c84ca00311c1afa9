#include "common/event_log.hpp"
#include "common/line_queue.hpp"

#include <fstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "common/descriptor.hpp"
#include "full_disk.hpp"
#include "quiet.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::line_queue_test {
namespace {

using namespace std::chrono_literals;
using Weight = LineWriter::Weight;

/// A pipe of the smallest size, whose reader takes nothing until it is told to.
class Pipe {
public:
  Pipe() {
    REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends_[1], F_SETPIPE_SZ, 4096) > 0);
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  int writer() const { return ends_[1]; }
  void close_reader() { close(0); }
  void close_writer() { close(1); }
  /// All that comes, until the writing end is closed.
  std::string read_all() {
    std::string all;
    char piece[4096];
    for (ssize_t count = 0; (count = ::read(ends_[0], piece, sizeof piece)) > 0;) {
      all.append(piece, static_cast<std::size_t>(count));
    }
    return all;
  }

private:
  void close(int end) {
    if (ends_[end] >= 0) {
      ::close(std::exchange(ends_[end], -1));
    }
  }

  int ends_[2] = {-1, -1};
};

LineQueue::Settings settings(std::size_t most_waiting) {
  return {.most_waiting = most_waiting,
          .folder = std::filesystem::temp_directory_path(),
          .dropped_line = [](std::uint64_t lines) { return std::to_string(lines) + " dropped\n"; }};
}

auto soon() { return std::chrono::steady_clock::now() + 20ms; }

/// A line of 100 bytes.
std::string line(int number) {
  auto text = std::to_string(number);
  return text + std::string(99 - text.size(), '.') + '\n';
}

TEST_CASE("lines that nobody reads wait, the product all of it, and come in their order") {
  Pipe pipe;
  LineQueue queue(pipe.writer(), settings(10'000));
  std::string expected;
  for (int number = 0; number < 5000; ++number) {
    REQUIRE(queue.write(line(number), Weight::product));
    expected += line(number);
  }
  CHECK_FALSE(queue.flush(soon()));
  CHECK(queue.waiting() > 4900);
  std::string got;
  std::thread reader([&] { got = pipe.read_all(); });
  CHECK(queue.flush(std::nullopt));
  CHECK(queue.waiting() == 0);
  CHECK(queue.write("the last\n", Weight::product));
  CHECK(queue.flush(std::nullopt));
  CHECK(queue.written() == queue.taken());
  pipe.close_writer();
  reader.join();
  CHECK(got.size() == expected.size() + 9);
  CHECK(got == expected + "the last\n");
  CHECK(queue.error() == 0);
}

TEST_CASE("news beyond the bound are dropped and counted in one line, and are news again then") {
  Pipe pipe;
  LineQueue queue(pipe.writer(), settings(10'000));
  std::uint64_t dropped = 0;
  std::string expected;
  for (int number = 0; number < 1000; ++number) {
    const bool is_product = number % 10 == 0;
    if (queue.write(line(number), is_product ? Weight::product : Weight::news)) {
      expected += line(number);
    } else {
      REQUIRE_FALSE(is_product);
      ++dropped;
    }
  }
  CHECK(dropped > 750);
  std::string got;
  std::thread reader([&] { got = pipe.read_all(); });
  queue.flush(std::nullopt);
  CHECK(queue.write("again\n", Weight::news));
  queue.flush(std::nullopt);
  pipe.close_writer();
  reader.join();
  CHECK(got == expected + std::to_string(dropped) + " dropped\nagain\n");
}

TEST_CASE("what is of interest now or never does not wait") {
  Pipe pipe;
  LineQueue queue(pipe.writer(), settings(10'000));
  REQUIRE(queue.write(std::string(5000, 'x'), Weight::news)); // fills the pipe
  queue.flush(soon());
  for (int count = 0; count < 100; ++count) {
    CHECK_FALSE(queue.write("\r50%", Weight::passing));
  }
  std::string got;
  std::thread reader([&] { got = pipe.read_all(); });
  queue.flush(std::nullopt);
  CHECK(queue.write("\r60%", Weight::passing));
  queue.flush(std::nullopt);
  pipe.close_writer();
  reader.join();
  CHECK(got == std::string(5000, 'x') + "\r60%");
}

TEST_CASE("a stream that fails is given up, or each line tries its luck") {
  for (const bool gives_up : {true, false}) {
    Pipe pipe;
    pipe.close_reader();
    auto how = settings(10'000);
    how.gives_up = gives_up;
    LineQueue queue(pipe.writer(), how);
    CHECK(queue.error() == 0);
    queue.write("a\n", Weight::product);
    CHECK(queue.flush(std::nullopt));
    CHECK(queue.error() == EPIPE);
    CHECK(queue.waiting() == 0);
    CHECK(queue.write("b\n", Weight::product) == !gives_up);
    CHECK(queue.flush(std::nullopt));
  }
}

TEST_CASE("a full disk is an error, and where nothing can be put off memory has to do") {
  Pipe pipe;
  auto how = settings(1'000);
  how.folder = "/proc/missing";
  LineQueue queue(pipe.writer(), how);
  std::string expected;
  for (int number = 0; number < 1000; ++number) {
    REQUIRE(queue.write(line(number), Weight::product));
    expected += line(number);
  }
  std::string got;
  std::thread reader([&] { got = pipe.read_all(); });
  queue.flush(std::nullopt);
  pipe.close_writer();
  reader.join();
  CHECK(got == expected);

  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  LineQueue other(full, settings(1'000));
  other.write("a\n", Weight::product);
  other.flush(std::nullopt);
  CHECK(other.error() == ENOSPC);
  ::close(full);
}

TEST_CASE("a disk that is full for a moment cuts no line, and one that another left cut is ended") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lines";
  std::ofstream(path) << "cut";
  auto how = settings(1'000);
  how.whole_lines = true;
  const auto text = [&path] {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const bool appends = GENERATE(true, false);
  const bool is_emptied = GENERATE(true, false);
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | (appends ? O_APPEND : 0)));
  ::lseek(file.get(), 0, SEEK_END);
  LineQueue queue(file.get(), how);
  std::string expected = is_emptied ? "" : "cut\n" + line(0);
  {
    const FullDisk full(150);
    CHECK(queue.write(line(0), Weight::product));
    CHECK(queue.flush(std::nullopt));
    const auto owed = queue.taken();
    for (int number = 1; number < 100; ++number) { // in memory and put off
      CHECK(queue.write(line(number), Weight::product));
      expected += line(number);
    }
    CHECK_FALSE(queue.flush(std::nullopt));
    CHECK(queue.no_room() == EFBIG);
    CHECK(queue.error() == 0);
    CHECK((queue.written() == owed && queue.waiting() == 99));
    CHECK(text() == "cut\n" + line(0) + line(1).substr(0, 46));
    if (is_emptied) {
      std::filesystem::resize_file(path, 0);
    }
  }
  CHECK(queue.flush(std::nullopt));
  CHECK((queue.no_room() == 0 && queue.waiting() == 0 && queue.written() == queue.taken()));
  auto got = text();
  std::erase(got, '\0'); // where a file is emptied that is not appended to
  CHECK(got == expected);
}

TEST_CASE("lines keep their order though the disk has no room to put off all of them") {
  Pipe pipe;
  LineQueue queue(pipe.writer(), settings(1'000));
  std::optional<FullDisk> disk(3'000);
  std::string expected;
  for (int number = 0; number < 300; ++number) {
    REQUIRE(queue.write(line(number), Weight::product));
    expected += line(number);
  }
  CHECK(queue.taken() == expected.size());
  std::string got;
  std::thread reader([&] { got = pipe.read_all(); });
  queue.flush(std::nullopt);
  disk.reset();
  CHECK(queue.written() == expected.size());
  CHECK(queue.waiting() == 0);
  pipe.close_writer();
  reader.join();
  CHECK(got == expected);
}

TEST_CASE("what was written whole is told, and nothing behind a failure") {
  Pipe pipe;
  LineQueue queue(pipe.writer(), settings(10'000));
  CHECK((queue.taken() == 0 && queue.written() == 0));
  for (int number = 0; number < 300; ++number) { // in the pipe, in memory and put off
    const auto before = queue.taken();           // of what is passing, too, where nothing waited
    REQUIRE(queue.write(line(number), Weight::product));
    CHECK(queue.taken() == before + 100);
    const bool passes = queue.write("\rpassing", Weight::passing);
    CHECK(queue.taken() == before + 100 + (passes ? 8 : 0));
  }
  queue.flush(soon());
  CHECK(queue.written() <= 4096); // the pipe has room for no more
  pipe.close_reader();
  CHECK(queue.flush(std::nullopt));
  CHECK(queue.error() == EPIPE);
  const auto written = queue.written();
  CHECK(written <= 4096);
  CHECK_FALSE(queue.write("more\n", Weight::product));
  CHECK(queue.taken() > written); // so that no later line is taken for written
}

TEST_CASE("a queue ends though its reader does not read") {
  Pipe pipe;
  const auto before = std::chrono::steady_clock::now();
  {
    LineQueue queue(pipe.writer(), settings(10'000));
    for (int number = 0; number < 1000; ++number) {
      queue.write(line(number), Weight::product);
    }
  }
  CHECK(std::chrono::steady_clock::now() - before < 10s);
}

TEST_CASE("the first failure is the stream's error, whatever comes behind it") {
  const int stream = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  auto how = settings(10'000);
  how.gives_up = false;
  LineQueue queue(stream, how);
  queue.write("a\n", Weight::product);
  queue.flush(std::nullopt);
  CHECK(queue.error() == ENOSPC);
  CHECK(queue.waiting() == 0);
  ::dup3(::open("/", O_RDONLY | O_CLOEXEC), stream, O_CLOEXEC); // nothing can be written to it
  queue.write("b\n", Weight::product);
  queue.flush(std::nullopt);
  CHECK(queue.error() == ENOSPC);
  CHECK(queue.written() == 0);
  ::close(stream);
}

TEST_CASE("events and errors go to their streams, or in order to the one that is both") {
  const auto all_of = [](bool one) {
    const Quiet quiet;
    if (one) {
      ::dup2(STDOUT_FILENO, STDERR_FILENO);
    }
    EventLog log({.folder = "/tmp", .dropped_output = {}, .dropped_errors = {}});
    for (int i = 0; i < 100; ++i) {
      log.output().write("o", Weight::product);
      log.errors().write("e", Weight::product);
    }
    log.flush(std::nullopt);
    CHECK((&log.output() == &log.errors()) == one);
    return std::pair(quiet.output(), quiet.errors());
  };
  CHECK(all_of(false) == std::pair(std::string(100, 'o'), std::string(100, 'e')));
  std::string both;
  for (int i = 0; i < 100; ++i) {
    both += "oe";
  }
  CHECK(all_of(true).first == both);
}

} // namespace
} // namespace dualcam::line_queue_test
