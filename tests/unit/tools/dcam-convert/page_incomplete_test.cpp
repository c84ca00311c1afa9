// What the page tells of a file that is still coming is what its checkpoint says.
#include "dcam-convert/page/incomplete.hpp"

#include "storage/claim_testing.hpp"
#include "temporary_folder.hpp"

namespace dualcam::convert::page_incomplete_test {
namespace {

FileIdentity identity_of(const FileRef& file, bool in_packets = false) {
  return {350612071913857, file, 584, 1730205822000, {}, in_packets};
}

/// Of a part that has a checkpoint of these pieces.
Entry entry_of(const std::string& checkpoint) {
  const TemporaryFolder folder;
  write_file(folder / "a.part.checkpoint", checkpoint);
  Entry entry;
  entry.path = folder / "a.part";
  take_checkpoint(entry);
  return entry;
}

/// What it is going to be, by a checkpoint with a claim of 1024 bytes a packet.
std::uint64_t announced_of(const FileIdentity& identity) {
  const auto header = checkpoint_header(claimed::part, identity);
  return entry_of(header + claimed::block_of(claimed::claim_b, header)).announced;
}

const FileRef by_path = *FileRef::of_path("dsm/video/1");

} // namespace

TEST_CASE("page incomplete: what is announced are packets of the size of the first, or bytes") {
  CHECK(announced_of(identity_of(FileKind::front_video)) == 584 * 1024);
  CHECK(announced_of(identity_of(by_path, true)) == 584 * 1024);
  auto in_bytes = identity_of(by_path);
  in_bytes.announced = 1'000'000;
  CHECK(announced_of(in_bytes) == 1'000'000);
}

TEST_CASE("page incomplete: before any packet has come nobody knows how many bytes it will be") {
  CHECK(entry_of(checkpoint_header(claimed::part, identity_of(FileKind::front_video))).announced ==
        0);
  CHECK(entry_of(checkpoint_header(claimed::part, identity_of(by_path))).announced == 584);
}

TEST_CASE("page incomplete: a checkpoint tells whose file it is, and one that is none nothing") {
  auto identity = identity_of(FileKind::front_video);
  identity.metadata = from_hex("0310 00000192d84dac30 00 0003 14 012c "
                               "404b59a74e8e028d 403947973bf147d6");
  const auto entry = entry_of(checkpoint_header(claimed::part, identity));
  CHECK(entry.sidecar.imei == "350612071913857");
  CHECK(entry.sidecar.kind == "videof");
  CHECK(entry.sidecar.frame_rate == 20);
  CHECK_FALSE(entry_of(checkpoint_header(claimed::part, identity_of(by_path))).sidecar.kind);
  for (const auto* other : {"", "dualcam checkpoint 2"}) {
    const auto unknown = entry_of(other);
    CHECK(unknown.announced == 0);
    CHECK_FALSE(unknown.sidecar.imei);
  }
}

} // namespace dualcam::convert::page_incomplete_test
