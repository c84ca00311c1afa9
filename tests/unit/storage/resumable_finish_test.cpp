#include "dualcam/wire/crc64.hpp"
#include "storage/hooked_files.hpp"
#include "storage/resumable_testing.hpp"

namespace dualcam::resumable_finish_test {

using namespace resumable;

TEST_CASE("resumable file: a stored file has a record and no checkpoint") {
  const TemporaryFolder folder;
  const auto bytes = content();
  const auto state = store(folder / "a.jpg", bytes);
  CHECK(folder.names() == std::set<std::string>{".dcam-serve", "a.jpg"});
  const auto records = read(state).records;
  REQUIRE(records.size() == 1);
  const auto& record = records.front();
  CHECK(record.named);
  CHECK_FALSE(record.said);
  CHECK(record.name == "a.jpg");
  CHECK(record.part == "a.jpg.part");
  CHECK(record.data == HeldData{packets, bytes.size(), 1024, crc16(bytes)});
  const auto before = Bytes(bytes).first((packets - 5) * full_packet);
  const auto tail = Bytes(bytes).subspan(before.size());
  CHECK(record.crc_before_tail == crc16(before)); // five packets: four are less than 4 KiB
  CHECK(record.tail == FileTail{packets - 4, before.size(), tail.size(), crc64(tail)});
  CHECK_FALSE(found(folder.path()));
}

TEST_CASE("resumable file: padding is no tail, however long") {
  for (const std::size_t padded : {1U, 5U, 9U}) {
    const TemporaryFolder folder;
    auto bytes = content();
    std::fill(bytes.end() - static_cast<std::ptrdiff_t>(padded * full_packet), bytes.end(),
              std::byte{0xFF});
    const auto records = read(store(folder / "a.jpg", bytes)).records;
    const auto& tail = records.front().tail;
    CHECK(tail.packet == std::min(packets - 4, static_cast<std::uint32_t>(packets - padded)));
    CHECK(tail.crc64 == crc64(Bytes(bytes).subspan((tail.packet - 1) * full_packet)));
  }
  const TemporaryFolder folder;
  const auto records = read(store(folder / "a.jpg", ByteBuffer(content().size()))).records;
  CHECK(records.front().tail.packet == 1); // nothing else in it: all of it
}

TEST_CASE("resumable file: a file whose packets are not of one size is compared whole") {
  const TemporaryFolder folder;
  auto who = identity();
  who.announced = 3;
  const auto bytes = random_bytes(1024 + 500 + 1024, 1);
  auto file = begin(folder / "a.jpg", who);
  REQUIRE(file);
  const std::array pieces{Bytes(bytes).first(1024), Bytes(bytes).subspan(1024, 500),
                          Bytes(bytes).subspan(1524)};
  REQUIRE(file->append(pieces));
  StateFolder state(folder.path(), 1);
  REQUIRE(
      file->finish({.name = folder / "a.jpg", .bytes = 2548, .crc = crc16(bytes), .metadata = {}}));
  CHECK(known(state, who).front().tail == FileTail{1, 0, 2548, crc64(bytes)});
}

TEST_CASE("resumable file: what comes behind the reading back is read back, too") {
  const TemporaryFolder folder;
  const auto bytes = content();
  auto file = begin(folder / "a.jpg");
  REQUIRE(file);
  add(*file, bytes, 1, packets - 1);
  REQUIRE(file->read_back());
  add(*file, bytes, packets, packets);
  REQUIRE(file->finish(
      {.name = folder / "a.jpg", .bytes = bytes.size(), .crc = crc16(bytes), .metadata = {}}));
  const auto record = read(StateFolder(folder.path(), 1)).records.front();
  CHECK(record.data == HeldData{packets, bytes.size(), 1024, crc16(bytes)});
}

TEST_CASE("resumable file: what is not what was verified gets no name") {
  const auto bytes = content();
  const bool reads_first = GENERATE(false, true);
  const auto refused = [&](std::uint64_t size, std::uint16_t crc, ByteBuffer change_disk = {}) {
    const TemporaryFolder folder;
    auto file = begin(folder / "a.jpg");
    REQUIRE(file);
    add(*file, bytes, 1, packets);
    auto on_disk = content_of(folder / "a.jpg.part");
    for (std::size_t i = 0; i < change_disk.size(); ++i) {
      on_disk[100 + i] ^= std::to_integer<char>(change_disk[i]);
    }
    write_file(folder / "a.jpg.part", on_disk);
    StateFolder state(folder.path(), 1);
    auto done = reads_first ? file->read_back() : Result<void>();
    if (done) {
      const auto finished = file->finish({.name = folder / "a.jpg",
                                          .if_exists = IfExists::fail,
                                          .bytes = size,
                                          .crc = crc,
                                          .metadata = {}});
      done = finished ? Result<void>() : std::unexpected(finished.error());
    }
    REQUIRE_FALSE(done);
    CHECK(done.error().category == ErrorCategory::crc);
    CHECK(read(state).records.empty());
    CHECK(file->set_aside() == folder / "a_1.jpg.part");
    CHECK(file->path() == folder / "a_1.jpg.part");
    CHECK(content_of(folder / "a_1.jpg.part").size() == bytes.size());
    CHECK_FALSE(fs::exists(folder / "a.jpg"));
    CHECK_FALSE(found(folder.path()));
  };
  const auto crc = crc16(bytes);
  refused(bytes.size(), crc ^ 1);
  refused(bytes.size() + 1, crc);
  refused(bytes.size(), crc, {std::byte{1}});
  refused(bytes.size(), crc, {std::byte{0x11}, std::byte{0x08}, std::byte{0x01}}); // same CRC-16
}

TEST_CASE("resumable file: it is read back while growth is on its way to the disk, and then once") {
  const TemporaryFolder folder;
  const auto bytes = content();
  auto file = begin(folder / "a.jpg");
  REQUIRE(file);
  add(*file, bytes, 1, packets);
  Barrier growth;
  REQUIRE(file->prepare(growth));
  ByteBuffer read;
  REQUIRE(file->read_back([&](Bytes piece) { append(read, piece); }));
  CHECK(read == bytes);
  REQUIRE(growth.sync());
  file->publish(growth);
  REQUIRE(growth.sync());
  file->confirm();
  write_file(folder / "a.jpg.part", std::string(bytes.size(), '-')); // would be noticed
  const auto finished = finish(*file, folder / "a.jpg", bytes, IfExists::fail);
  REQUIRE(finished);
  CHECK((*finished)->path == folder / "a.jpg");
  CHECK(known(state_in(folder.path()), identity()).front().data.crc == crc16(bytes));
}

TEST_CASE(
    "resumable file: what stands under its name, and is another file, never gets the final one") {
  const TemporaryFolder folder;
  const auto bytes = content();
  const auto name = folder / "here/a.jpg";
  const std::string sidecar = GENERATE("", "{}");
  fs::create_directory(folder / "here");
  auto file = begin(name);
  REQUIRE(file);
  add(*file, bytes, 1, packets);
  Barrier barrier;
  const Finish how{
      .name = name, .bytes = bytes.size(), .crc = crc16(bytes), .metadata = {}, .sidecar = sidecar};
  const bool is_prepared = GENERATE(false, true);
  if (is_prepared) {
    REQUIRE(file->prepare_finish(how, barrier));
    REQUIRE(barrier.sync());
  }
  fs::rename(folder / "here", folder / "there"); // to a larger disk, say, while the camera sends
  fs::create_directory(folder / "here");
  write_file(folder / "here/a.jpg.part", "a copy, made a while ago");
  const auto named = is_prepared ? file->publish_finish(barrier) : file->finish(how);
  REQUIRE_FALSE(named);
  CHECK(named.error().category == ErrorCategory::io);
  CHECK_FALSE(fs::exists(name));
  CHECK_FALSE(fs::exists(folder / "here/a.jpg.json"));
  CHECK(content_of(folder / "there/a.jpg.part") == as_text(bytes));
}

TEST_CASE("resumable file: skipping a taken name leaves nothing behind") {
  const TemporaryFolder folder;
  write_file(folder / "a.jpg", "old");
  auto file = begin(folder / "a.jpg");
  REQUIRE(file);
  add(*file, content(), 1, packets);
  const auto skipped = finish(*file, folder / "a.jpg", content(), IfExists::skip);
  REQUIRE(skipped);
  CHECK_FALSE(*skipped);
  CHECK(read(state_in(folder.path())).records.empty());
  CHECK(read(state_in(folder.path())).parts.empty());
  CHECK(folder.names() == std::set<std::string>{".dcam-serve", "a.jpg"});
}

TEST_CASE("resumable: a file system that gives no names (EXDEV) costs nothing but the name") {
  const TemporaryFolder folder;
  const auto bytes = content();
  HookedFiles files;
  const FileSystem::Use use(files);
  {
    auto file = begin(folder / "a.jpg");
    REQUIRE(file);
    add(*file, bytes, 1, packets);
    REQUIRE(file->save());
    files.rename_error = EXDEV;
    const auto stored = finish(*file, folder / "a.jpg", bytes);
    REQUIRE_FALSE(stored);
    CHECK_THAT(stored.error().message, ContainsSubstring("without moving to another file system"));
  }
  files.rename_error = 0;
  auto again = found(folder.path());
  REQUIRE(again);
  CHECK(again->data().packets == packets);
  REQUIRE(finish(*again, folder / "a.jpg", bytes));
  CHECK(content_of(folder / "a.jpg") == text_of_file(bytes));
}

TEST_CASE("resumable file: a file that gets no name is saved all the same") {
  const TemporaryFolder folder;
  write_file(folder / "a.jpg", "old");
  const auto bytes = content();
  {
    auto file = begin(folder / "a.jpg");
    REQUIRE(file);
    add(*file, bytes, 1, packets); // nothing of it is claimed yet
    const auto stored = finish(*file, folder / "a.jpg", bytes, IfExists::fail);
    REQUIRE_FALSE(stored);
    CHECK(stored.error().category == ErrorCategory::io);
    CHECK_THAT(stored.error().message, ContainsSubstring("File exists"));
  }
  CHECK(content_of(folder / "a.jpg") == "old");
  const auto again = found(folder.path());
  REQUIRE(again);
  CHECK(again->data().packets == packets);
}

} // namespace dualcam::resumable_finish_test
