#include "dcam-serve/file_transfer.hpp"

#include "dcam-serve/destination.hpp"
#include "dualcam/wire/crc16.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tools/dcam-serve/lock_threads.hpp"
#include "tools/dcam-serve/loop.hpp"

namespace dualcam::serve::file_transfer_test {
namespace {

/// Counts how often a file's name is made.
class CountingFolder : public FolderDestination {
public:
  using FolderDestination::FolderDestination;
  std::filesystem::path path_for(const FileFacts& facts) const override {
    ++names;
    return FolderDestination::path_for(facts);
  }
  mutable int names = 0;
};

struct Place {
  Place() {
    options.output = folder.path();
    options.min_free = 0;
    options.name = options.name_by_path = *NameTemplate::parse("{trigger}/{time}{ext}");
  }
  std::unique_ptr<Transfer> begin(const FileFacts& facts) {
    auto transfer = loop.result_of(destination.begin(facts, 3));
    REQUIRE(transfer);
    return std::move(*transfer);
  }
  void append(Transfer& transfer, std::string_view text) {
    REQUIRE(loop.result_of(transfer.append(std::array{as_bytes(text)})));
  }
  /// The name it has in the end.
  std::string finish(Transfer& transfer, std::string_view text) {
    const FileCompleted completed{transfer.facts().file, text.size(), crc16(as_bytes(text)), {}};
    const auto finished = loop.result_of(transfer.finish(completed, unsaid));
    REQUIRE(finished);
    CHECK(finished->what == Finished::What::stored);
    return std::filesystem::relative(finished->path, folder.path()).string();
  }

  TemporaryFolder folder;
  ServeOptions options;
  Loop loop;
  CountingFolder destination{options, loop.disks, Clock::system()};
  Unsaid unsaid{folder.path()};
};

FileFacts facts_with(const FileRef& file, std::string_view metadata = {}) {
  FileFacts facts{.imei = 350612071913857,
                  .file = file,
                  .received = SystemTime(std::chrono::milliseconds(1'730'205'822'000)),
                  .metadata_payload = {}};
  facts.metadata_payload = from_hex(metadata);
  return facts;
}

TEST_CASE("file transfer: the name is made once, as long as nothing new is known") {
  Place place;
  const auto transfer =
      place.begin(facts_with(FileKind::front_photo, "0104 00000192d84dac30 00 0000"));
  place.append(*transfer, "abc");
  place.append(*transfer, "def");
  CHECK(place.finish(*transfer, "abcdef") == "server_request/20241029T124342Z.jpg");
  CHECK(place.destination.names == 1);
}

TEST_CASE("file transfer: metadata that comes later counts for the name") {
  Place place;
  const auto transfer = place.begin(facts_with(FileKind::front_photo));
  transfer->new_facts().metadata_payload = from_hex("0104 00000192d84dac30 00 0000");
  place.append(*transfer, "abc");
  CHECK(place.destination.names == 2);
  transfer->new_facts().metadata_payload = from_hex("0104 00000192d84dc000 00 0000");
  CHECK(place.finish(*transfer, "abc") == "server_request/20241029T124347Z.jpg");
  CHECK(place.destination.names == 3);
}

TEST_CASE("file transfer: a part from an earlier connection brings its time, and its name") {
  Place place;
  auto facts = facts_with(FileKind::front_photo);
  {
    const auto transfer = place.begin(facts);
    place.append(*transfer, "abc");
    REQUIRE(place.loop.result_of(transfer->leave(0, 0)));
  }
  facts.received += std::chrono::hours(1);
  const auto transfer = place.begin(facts);
  CHECK(transfer->packets() == 1);
  place.append(*transfer, "def");
  CHECK(place.finish(*transfer, "abcdef") == "unknown/20241029T124342Z.jpg");
}

TEST_CASE("file transfer: where a name is taken meanwhile the loop does not wait for the disk") {
  LockThreads locks;
  const FileSystem::Use use(locks);
  {
    Place place;
    place.options.if_exists = IfExists::skip;
    const auto transfer =
        place.begin(facts_with(FileKind::front_photo, "0104 00000192d84dac30 00 0000"));
    place.append(*transfer, "abc");
    write_file(place.folder / "server_request/20241029T124342Z.jpg", "mine");
    const FileCompleted completed{transfer->facts().file, 3, crc16(as_bytes("abc")), {}};
    const auto finished = place.loop.result_of(transfer->finish(completed, place.unsaid));
    REQUIRE(finished);
    CHECK(finished->what == Finished::What::skipped);
    place.loop.disks.join();
  }
  CHECK(locks.spared(std::this_thread::get_id()));
}

TEST_CASE("file transfer: what has no extension is named for its content in the end") {
  Place place;
  const auto transfer = place.begin(facts_with(*FileRef::of_path("other/thing")));
  const std::string_view jpeg("\xff\xd8\xff\xe0\0\x10JFIF\0", 11);
  place.append(*transfer, jpeg);
  CHECK(place.destination.names == 1);
  CHECK(place.finish(*transfer, jpeg) == "unknown/20241029T124342Z.jpg");
  CHECK(place.destination.names == 2);
}

} // namespace
} // namespace dualcam::serve::file_transfer_test
