// What a device can make a session hold, by count as well as by size: a bounded number of bytes.
#include <malloc.h>

#include "dualcam/session/server_session.hpp"
#include "dualcam/wire/crc16.hpp"
#include "figures.hpp"
#include "testing.hpp"

#ifdef DUALCAM_ASAN
#include <sanitizer/allocator_interface.h>
#endif

namespace dualcam::session_memory_test {
namespace {

constexpr ServerConfig no_metadata{.metadata = false};
constexpr auto init_front_photo = "0000 0005 00013ee13c001981 44000400";

std::size_t allocated() {
#ifdef DUALCAM_ASAN
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

/// Answers everything with yes and keeps nothing; measures what the session holds.
class Meter {
public:
  explicit Meter(const ServerConfig& config) : session_(config, now_) {}

  void receive(Bytes bytes) {
    session_.received(bytes, now_);
    perform();
  }

  void wait(Milliseconds duration) {
    now_ += duration;
    session_.tick(now_);
    perform();
  }

  std::size_t most() const { return most_; }
  bool ended() const { return session_.ended(); }

private:
  void perform() {
    while (const auto action = session_.poll()) {
      measure();
      if (std::holds_alternative<Identified>(*action)) {
        session_.accept(now_);
      } else if (std::holds_alternative<FileOffered>(*action)) {
        session_.fetch(now_);
      } else if (std::holds_alternative<FileStarted>(*action) ||
                 std::holds_alternative<FileReplaced>(*action)) {
        session_.begin(now_);
      } else if (std::holds_alternative<FileCompleted>(*action)) {
        session_.stored(now_);
      }
    }
    measure();
  }

  void measure() {
    const auto now = allocated();
    most_ = std::max(most_, now > before_ ? now - before_ : 0);
  }

  TimePoint now_{};
  std::size_t before_ = allocated();
  ServerSession session_;
  std::size_t most_ = 0;
};

ByteBuffer repeated(Bytes what, std::size_t count) {
  ByteBuffer bytes;
  bytes.reserve(what.size() * count);
  for (std::size_t i = 0; i < count; ++i) {
    append(bytes, what);
  }
  return bytes;
}

/// The most that a session held while `flood` came many times, whole and in pieces.
std::size_t most_held(const ServerConfig& config, const char* before, Bytes flood) {
  std::size_t most = 0;
  const auto many = repeated(flood, std::max(tries(full(50'000, 200'000)) / flood.size(), 3UL));
  for (const std::size_t size :
       {many.size(), std::size_t{4096}, std::size_t{1031}, std::size_t{1}}) {
    const auto opening = from_hex(before);
    Meter meter(config);
    meter.receive(opening);
    for (Bytes rest = many; !rest.empty() && !meter.ended();) {
      meter.receive(rest.first(std::min(size, rest.size())));
      rest = rest.subspan(std::min(size, rest.size()));
    }
    meter.wait(Milliseconds(10'000));
    meter.wait(Milliseconds(2'000));
    most = std::max(most, meter.most());
  }
  return most;
}

} // namespace

TEST_CASE("memory: nothing that a device sends, however often, makes a session hold much") {
  constexpr std::size_t limit = 32 * 1024;
  const std::string begun = std::string(init_front_photo) + "0001 0006 ffffffff 0000";
  const auto mid_file = begun + "0003 0004 00000001";
  const std::vector<const char*> floods{
      "0004 0002 0000",                                  // DATA of nothing
      "0004 0003 00 0000",                               // tiny packets that are right
      "0004 0003 00 0001",                               // and wrong
      "0003 0004 00000001",                              // SYNC
      "0005 0004 00000000",                              // STATUS
      "0001 0006 00000003 0000",                         // START
      "0001 0006 00000003 0000 0001 0006 00000004 0000", // another one each time
      "0000 0005 00013ee13c001981 7c000400",
      "000b 000d 0204 00000192d84dac30 00 0000", // METADATA, its last byte missing
      "000b 000d 0204 00000192d84dac30 00 0000 19",
      "000d 0002 6100", // PATH
      "000d 00ff",      // the head of the longest that nobody asked for
      "000d ffff",
      "000e 1006 00000000", // the head of a long ENHANCED DATA
      "000b 1000",          // and of a long METADATA
      "deadbeef",
      "00",
  };
  for (const auto* flood : floods) {
    const auto bytes = from_hex(flood);
    CAPTURE(flood);
    CHECK(most_held(no_metadata, init_front_photo, bytes) < limit);
    CHECK(most_held({}, init_front_photo, bytes) < limit);
    CHECK(most_held(no_metadata, begun.c_str(), bytes) < limit);
    CHECK(most_held(no_metadata, mid_file.c_str(), bytes) < limit);
    CHECK(most_held(no_metadata, "", bytes) < limit);
  }
}

TEST_CASE("memory: where paths are asked for, a session holds a few of the longest") {
  constexpr std::size_t limit = 8 * longest_path;
  constexpr ServerConfig by_path{.wanted = Wishes::all()};
  constexpr ServerConfig without_metadata{.wanted = Wishes::all(), .metadata = false};
  const std::string init = "0000 0006 00013ee13c001981 42000400";
  const auto asked = init + "000d 0005 64736d2f61";
  const auto mid_file = asked + "0001 0006 ffffffff 0000 0003 0004 00000000 0004 0003 61 728f";
  auto longest = to_hex(encode(Path{std::string(longest_path, '/')}));
  const std::vector<std::string> floods{
      "000d ffff", // the head of the longest
      longest,
      longest + "0001 0006 00000001 0000 0003 0004 00000000 0004 0003 61 728f", // and its file
      "000d 0005 64736d2f61 0001 0006 00000000 0000",
      init,
      "0001 0006 00000003 0000 0001 0006 00000004 0000",
      "0003 0004 00000000",
      "000e 0007 00000000 61 728f",
      "000e 1006 00000000",
      "0004 1002",
      "0004 0003 61 728f",
      "0005 0004 00000011",
      "0005 0004 00000001",
      "000b 1000",
      "000b 0001 7b",
  };
  for (const auto& flood : floods) {
    const auto bytes = from_hex(flood);
    CAPTURE(flood.substr(0, 100));
    for (const auto& before : {init, asked, mid_file}) {
      CHECK(most_held(by_path, before.c_str(), bytes) < limit);
      CHECK(most_held(without_metadata, before.c_str(), bytes) < limit);
    }
  }
}

} // namespace dualcam::session_memory_test
