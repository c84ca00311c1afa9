// Where START is lost, what follows looks like the file that was sent before.
#include "capture/captured.hpp"
#include "capture/dump_testing.hpp"
#include "testing.hpp"

namespace dualcam::other_files_test {
namespace {

/// START and the first 15 packets of a file of 20.
DeviceStream begun() {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(15);
  return s;
}

/// The last packets of a file, from one on.
ByteBuffer rest(unsigned first, std::uint32_t seed) {
  DeviceStream s(20, 300, seed);
  s.sync(first).data(21 - first).init(0);
  return s.bytes;
}

} // namespace

TEST_CASE("other files: the rest of another one does not make a file complete") {
  constexpr std::uint64_t start_lost = 10;
  const auto file =
      CapturedStream().received(begun().bytes).missing(start_lost).received(rest(16, 2)).finished();
  CHECK(file.packets.size() == 20);
  CHECK_FALSE(file.is_complete());
  CHECK(file.numbering() == DumpNumbering::inferred);
  CHECK(file.count(DumpVerdict::unchecked) == 5);
}

TEST_CASE("other files: a damaged START is as good as a lost one") {
  auto s = begun();
  append(s.bytes, ByteBuffer(10, std::byte{0xee}));
  append(s.bytes, rest(16, 2));
  const auto file = captured(s.bytes);
  CHECK(file.packets.size() == 20);
  CHECK_FALSE(file.is_complete());
}

TEST_CASE("other files: packets that came again prove that it is the same one") {
  const auto again =
      CapturedStream().received(begun().bytes).missing(10).received(rest(15, 1)).finished();
  CHECK(again.is_complete());
  CHECK(again.numbering() == DumpNumbering::stated);
}

TEST_CASE("other files: no START is lost where nothing, or packets alone, are missing") {
  auto s = begun();
  append(s.bytes, rest(16, 1));
  CHECK(captured(s.bytes).is_complete());
  constexpr std::uint64_t packet = full_packet + data_header + data_trailer;
  CHECK(CapturedStream()
            .received(begun().bytes)
            .missing(packet) // the device had gone on before it was asked again
            .received(rest(16, 1))
            .finished()
            .is_complete());
}

TEST_CASE("other files: a device that reports an error and goes on is at the same one") {
  auto s = begun().message(Status{17});
  append(s.bytes, rest(16, 1));
  const auto file = captured(s.bytes);
  CHECK(file.is_complete());
  CHECK(file.numbering() == DumpNumbering::stated);
}

} // namespace dualcam::other_files_test
