#include "dcam-serve/destination.hpp"

#include <csignal>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam::serve {
namespace {

/// A pipe in place of standard output.
class Output {
public:
  Output() : before_(::dup(STDOUT_FILENO)) {
    std::signal(SIGPIPE, SIG_IGN);
    REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
    REQUIRE(::dup2(ends_[1], STDOUT_FILENO) >= 0);
    ::close(ends_[1]);
  }
  ~Output() {
    restore();
    close_reader();
  }
  void restore() {
    if (before_ >= 0) {
      ::dup2(before_, STDOUT_FILENO);
      ::close(std::exchange(before_, -1));
    }
  }
  void close_reader() {
    if (ends_[0] >= 0) {
      ::close(std::exchange(ends_[0], -1));
    }
  }
  /// What has been written; standard output is what it was.
  ByteBuffer all() {
    restore();
    ByteBuffer bytes;
    std::byte piece[4096];
    for (ssize_t count = 0; (count = ::read(ends_[0], piece, sizeof piece)) > 0;) {
      append(bytes, Bytes(piece).first(static_cast<std::size_t>(count)));
    }
    return bytes;
  }

private:
  int before_;
  int ends_[2] = {-1, -1};
};

std::vector<ByteBuffer> packets(std::uint32_t count) {
  std::vector<ByteBuffer> result;
  for (std::uint32_t number = 1; number <= count; ++number) {
    result.push_back(random_bytes(100, number));
  }
  return result;
}

TEST_CASE("destination: what goes to standard output is compared with when the camera comes back") {
  const auto sent = packets(20);
  StreamDestination stream;
  CHECK(stream.resume_point().overlap.empty());
  ByteBuffer all;
  ByteBuffer got;
  {
    Output output;
    for (const auto& packet : sent) {
      const std::array piece{Bytes(packet)};
      REQUIRE(stream.append(piece));
      append(all, packet);
    }
    got = output.all();
  }
  CHECK(got == all);
  CHECK(stream.data().packets == 20);
  CHECK(stream.data().crc == crc16(all));
  const auto from = stream.resume_point(); // the last packets are kept in memory
  CHECK(from.offset + from.overlap.size() == all.size());
  CHECK(from.crc == crc16(Bytes(all).first(from.offset)));
  CHECK(from.overlap ==
        ByteBuffer(all.begin() + static_cast<std::ptrdiff_t>(from.offset), all.end()));
  CHECK(stream.unsaved() == 0);
}

TEST_CASE("destination: nobody reads standard output any more, which is told from other failures") {
  const auto packet = random_bytes(100, 1);
  const std::array piece{Bytes(packet)};
  StreamDestination stream;
  bool failed = false;
  {
    Output output;
    output.close_reader();
    failed = !stream.append(piece);
  }
  CHECK(failed);
  CHECK(stream.reader_gone());
  CHECK(stream.data().packets == 0);
}

TEST_CASE("destination: a reader who takes nothing is not waited for once that is interrupted") {
  const auto block = random_bytes(1 << 20, 1);
  const std::array piece{Bytes(block)};
  StreamDestination stream;
  Result<void> appended;
  {
    Output output;
    std::thread writer([&] { appended = stream.append(piece); });
    stream.interrupt();
    writer.join();
  }
  CHECK_FALSE(appended);
  CHECK_FALSE(stream.reader_gone());
}

TEST_CASE("destination: standard output that is not what was verified is no file, nor taken back") {
  StreamDestination stream;
  Finish how;
  how.verified = {1, 5, 0, 7};
  CHECK(stream.finish(how, {}).error().category == ErrorCategory::crc);
  CHECK_FALSE(stream.set_aside());
  how.verified = {};
  const auto stored = stream.finish(how, {});
  REQUIRE((stored && *stored));
  CHECK((*stored)->path == "-");
}

} // namespace
} // namespace dualcam::serve
