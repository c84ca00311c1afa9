// How much a log keeps of what was captured, before it tells what is there.
#include "dualcam/capture/transfer_log.hpp"

#include "testing.hpp"

namespace dualcam::transfer_log_room_test {

TEST_CASE("transfer log: files wait for their rest as long as all have room") {
  TransferLog log(4);
  const auto packets = [&](std::uint64_t camera, int count) {
    const DumpStream stream{camera, "", ""};
    log.event(stream, DumpInit{0, Init{5, camera, 0}});
    log.event(stream, DumpTransferBegan{0, FileKind::front_video, 9, std::nullopt});
    for (int i = 0; i < count; ++i) {
      DumpPacket packet{};
      packet.number = static_cast<std::uint32_t>(i + 1);
      log.event(stream, packet);
    }
    log.over(stream);
  };
  packets(1, 2);
  packets(2, 2);
  CHECK_FALSE(log.poll()); // there is just room for both
  packets(3, 1);
  const auto first = log.poll();
  REQUIRE(first);
  CHECK(std::get<CapturedTransfer>(*first).imei == 1);
  CHECK_FALSE(log.poll());
}

TEST_CASE(
    "transfer log: what waits is bounded over all cameras, and what never came costs nothing") {
  TransferLog log;
  const auto transfer = [&](std::uint64_t imei, std::uint32_t start, bool with_packet) {
    const DumpStream stream{1, "", ""};
    log.event(stream, DumpInit{0, Init{5, imei, 0}});
    log.event(stream, DumpTransferBegan{0, FileKind::front_video, start, std::nullopt});
    if (with_packet) {
      DumpPacket packet{};
      packet.number = 1;
      log.event(stream, packet);
    }
    DumpTransferEnded ended{};
    ended.kind = FileKind::front_video;
    log.event(stream, ended);
  };
  for (std::uint32_t i = 0; i < TransferLog::most_parts; ++i) {
    transfer(i, 9, true);
  }
  CHECK_FALSE(log.poll());
  transfer(0, 8, true);
  REQUIRE(log.poll());
  CHECK_FALSE(log.poll());
  for (std::uint32_t i = 0; i < 2 * TransferLog::most_parts; ++i) { // one file, offered for ever
    transfer(0, 8, false);
  }
  CHECK_FALSE(log.poll());
}

TEST_CASE("transfer log: what was said in connections that are over takes no room") {
  TransferLog log(35);
  const DumpStream first{1, "", ""};
  log.event(first, DumpInit{0, Init{5, 1, 0}});
  log.event(first, DumpTransferBegan{0, FileKind::front_video, 9, std::nullopt});
  log.event(first, DumpPacket{});
  log.over(first);
  const std::string path(240, 'p'); // as 10 records
  for (std::uint64_t camera = 2; camera < 20; ++camera) {
    const DumpStream stream{camera, "", ""};
    log.event(stream, DumpInit{0, Init{6, camera, 0}});
    log.event(stream, DumpPath{0, path});
    log.event(stream, DumpMetadata{0, ByteBuffer(path.size()), false});
    if (camera % 2 == 0) { // it begins anew
      log.event(stream, DumpInit{0, Init{6, camera, 0}});
    }
    log.over(stream);
  }
  CHECK_FALSE(log.poll()); // the file still waits for its rest
}

TEST_CASE("transfer log: METADATA and PATH take room, too") {
  const std::string path(240, 'p'); // as 10 records
  const ByteBuffer metadata(path.size());
  TransferLog log(35);
  const auto file = [&](std::uint64_t camera, bool over) {
    const DumpStream stream{camera, "", ""};
    log.event(stream, DumpInit{0, Init{6, camera, 0}});
    log.event(stream, DumpPath{0, path});
    log.event(stream, DumpMetadata{0, metadata, false});
    log.event(stream, DumpTransferBegan{0, std::nullopt, 1, 9, 0, true});
    DumpTransferEnded ended{};
    ended.in_bytes = true;
    log.event(stream, ended);
    if (over) {
      log.over(stream);
    }
  };
  const auto next = [&] {
    const auto finding = log.poll();
    REQUIRE(finding);
    return std::get<CapturedTransfer>(*finding);
  };
  file(1, true);
  CHECK_FALSE(log.poll());
  for (std::uint64_t camera = 2; camera < 1000; ++camera) {
    file(camera, true); // makes the one before go
    const auto before = next();
    CHECK(before.imei == camera - 1);
    CHECK(before.file == FileRef::of_path(path));
    CHECK(before.metadata == metadata);
    CHECK(before.not_kept == 0);
    CHECK_FALSE(log.poll());
  }
  file(1000, false); // its connection goes on, and has the PATH still
  CHECK(next().imei == 999);
  file(1001, true);
  CHECK(next().imei == 1000);
  log.finish();
  const auto last = next();
  CHECK(last.imei == 1001);
  CHECK_FALSE(last.file);
  CHECK(last.not_kept == 1);
  CHECK_FALSE(log.poll());
}

} // namespace dualcam::transfer_log_room_test
