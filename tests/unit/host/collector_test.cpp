// What comes over a camera's connections ends up in a folder, whole and once, wherever the line,
// the host or the disk fails.
#include "dualcam/host/collector.hpp"

#include <algorithm>
#include <set>

#include "dualcam/wire/message.hpp"
#include "host/collector_testing.hpp"
#include "storage/memory_disk.hpp"

namespace dualcam::collector_test {
namespace {

const std::string folder = "/out";

std::unique_ptr<MemoryDisk> empty_disk() {
  auto disk = std::make_unique<MemoryDisk>();
  REQUIRE(disk->mkdir(folder.c_str(), 0777) == 0);
  const FileSystem::Use use(*disk);
  REQUIRE(sync_folder("/"));
  disk->calls = 0;
  return disk;
}

ByteBuffer metadata_of(FileKind kind, std::uint8_t last_of_time = 0x30) {
  auto metadata = from_hex("0100 00000192d84dac30 00 0003");
  metadata[1] = static_cast<std::byte>(kind);
  metadata[9] = static_cast<std::byte>(last_of_time);
  return metadata;
}

/// What a DualCam says until it has opened its file.
ByteBuffer opening_of(FileKind kind, std::uint32_t packets) {
  auto sent = encode(Init{5, 42, std::uint32_t{static_cast<std::uint8_t>(kind)} << 24});
  append(sent, encode(Start{packets}));
  return sent;
}

/// A camera with a photo and a video.
struct TwoFiles {
  Dialect dialect;
  std::vector<ByteBuffer> contents{random_bytes(5'500, 1), random_bytes(2'600, 2)};
  std::vector<CameraFile> files;

  explicit TwoFiles(const Dialect& talks) : dialect(talks) {
    for (std::size_t i = 0; i < contents.size(); ++i) {
      const auto kind = i == 0 ? FileKind::front_photo : FileKind::rear_video;
      files.push_back({dialect.file(kind), contents[i], metadata_of(kind)});
    }
  }

  Came come(MemoryDisk& disk, const Line& line = {}) const {
    const FileSystem::Use use(disk);
    return CameraVisit(dialect.camera(), files, in_folder(folder), line).run();
  }

  /// Every file that has a name is one of them, and those of `taken` have one.
  void check(const MemoryDisk& disk, const std::set<std::size_t>& taken) const {
    std::set<std::size_t> there;
    for (const auto& path : disk.files()) {
      if (path.contains(".part") || path.contains("/.dcam-serve/")) {
        continue;
      }
      const auto bytes = disk.content(path);
      const auto same =
          std::ranges::find_if(contents, [&](const auto& each) { return as_text(each) == bytes; });
      INFO(path);
      REQUIRE(same != contents.end());
      CHECK(there.insert(static_cast<std::size_t>(same - contents.begin())).second);
    }
    CHECK(std::ranges::includes(there, taken));
  }

  /// The camera comes until it has nothing left, on a disk that works.
  void complete(MemoryDisk& disk, std::set<std::size_t> taken = {}) const {
    disk.failing = 0;
    disk.after_change = nullptr;
    if (taken.size() < files.size()) {
      const auto came = come(disk);
      CHECK_FALSE(came.failed);
      taken.insert(came.taken.begin(), came.taken.end());
    }
    CHECK(taken.size() == files.size());
    check(disk, taken);
  }
};

/// A Collector that is told by hand what a device without metadata says.
struct ByHand {
  static CollectorConfig config() {
    auto config = in_folder(folder);
    config.session.metadata = false;
    return config;
  }

  std::unique_ptr<MemoryDisk> disk = empty_disk();
  FileSystem::Use use{*disk};
  TimePoint now{std::chrono::hours(1)};
  Collector collector{config(), now};

  std::vector<CollectorEvent> poll_all() {
    std::vector<CollectorEvent> events;
    while (auto event = collector.poll()) {
      CHECK_FALSE(std::holds_alternative<StorageFailed>(*event));
      events.push_back(std::move(*event));
    }
    return events;
  }
  std::vector<CollectorEvent> receive(Bytes bytes) {
    collector.received(bytes, now);
    return poll_all();
  }
};

std::vector<std::string> names_of(const Came& came) {
  std::vector<std::string> names;
  for (const auto& stored : came.told) {
    names.push_back(stored.path.string());
  }
  return names;
}

} // namespace

// --- what arrives ---

TEST_CASE("collector: files of every family are stored, told and forgotten by the camera") {
  for (const auto& dialect : dialects()) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{700}, std::size_t{65'536}}) {
      INFO(dialect.name << " in pieces of " << piece);
      const TwoFiles camera(dialect);
      const auto disk = empty_disk();
      const auto came = camera.come(*disk, {.piece = piece});
      CHECK(came.told.size() == 2);
      CHECK(came.taken.size() == 2);
      REQUIRE(came.ended);
      CHECK(came.ended->reason == Ended::Reason::finished);
      CHECK(disk->files().size() == 3);
      camera.check(*disk, {0, 1});
    }
  }
}

TEST_CASE("collector: metadata comes with a stored file, and its name may be made of it") {
  const TwoFiles camera(dialects()[0]);
  const auto disk = empty_disk();
  const FileSystem::Use use(*disk);
  auto config = in_folder(folder);
  config.name = [](const FileIdentity& file) {
    return std::to_string(timestamp_of(file.file, file.metadata).value_or(0)) + '_' +
           test_name(file);
  };
  const auto came = CameraVisit(camera.dialect.camera(), camera.files, config).run();
  REQUIRE(came.told.size() == 2);
  for (const auto& stored : came.told) {
    CHECK(stored.identity.metadata == metadata_of(*stored.identity.file.kind()));
    CHECK(stored.path.string().starts_with("/out/1730205822000_"));
  }
}

TEST_CASE("collector: a file without metadata does not get those of the one before it") {
  TwoFiles camera(dialects()[0]);
  camera.files[1].file = camera.files[0].file;
  camera.files[1].metadata.clear();
  const auto disk = empty_disk();
  const auto came = camera.come(*disk);
  REQUIRE(came.told.size() == 2);
  CHECK(came.told[0].identity.metadata == camera.files[0].metadata);
  CHECK(came.told[1].identity.metadata.empty());
}

TEST_CASE("collector: what is not wanted stays with the camera") {
  const TwoFiles camera(dialects()[0]);
  const auto disk = empty_disk();
  const FileSystem::Use use(*disk);
  auto config = in_folder(folder);
  config.session.wanted = FileRef(FileKind::rear_video).kinds();
  const auto came = CameraVisit(camera.dialect.camera(), camera.files, config).run();
  CHECK(came.taken == std::vector<std::size_t>{1});
  camera.check(*disk, {1});
}

TEST_CASE("collector: a path on the device gets nothing into a name but a known ending") {
  const auto name = [](std::string_view path) {
    return plain_file_name({350612071912857, *FileRef::of_path(path), 1, 5, {}});
  };
  CHECK(plain_file_name({7, FileKind::front_photo, 1, 1730205822000, {}}) ==
        "000000000000007_1730205822000_photof.jpg");
  CHECK(plain_file_name({7, FileKind::rear_video, 1, 5, metadata_of(FileKind::rear_video)}) ==
        "000000000000007_1730205822000_videor.h265");
  CHECK(name("dsm/picture/231020/231452.jpg") == "350612071912857_1697843692000_dsm.jpg");
  for (const auto* path :
       {"../../../../tmp/x", "/etc/passwd", "a/\n\x1b[2J/-rf.sh", "x/.jpg/..", "%s%n", "a\\b"}) {
    CHECK(name(path) == "350612071912857_5_unknown");
  }
  CHECK(name("../../x.mp4") == "350612071912857_5_unknown.mp4");
}

// --- who is told, and when ---

TEST_CASE("collector: a file that nobody was told of is told when the camera offers it again") {
  for (const auto& dialect : dialects()) {
    INFO(dialect.name);
    const TwoFiles camera(dialect);
    const auto disk = empty_disk();
    const auto first = camera.come(*disk, {.tells = false});
    REQUIRE(first.told.size() == 1);
    CHECK(first.taken.empty());
    const auto again = camera.come(*disk);
    CHECK(names_of(again).size() == 2);
    CHECK(std::ranges::count(names_of(again), names_of(first)[0]) == 1);
    camera.check(*disk, {0, 1});
    CHECK(camera.come(*disk).told.empty()); // a camera that did not listen
    camera.check(*disk, {0, 1});
  }
}

TEST_CASE("collector: a file is recognised once in a connection, and then left alone") {
  const TwoFiles camera(dialects()[0]);
  const auto disk = empty_disk();
  (void)camera.come(*disk);
  const auto again = camera.come(*disk);
  CHECK(again.taken.size() == 2);
  CHECK(std::ranges::count_if(again.asked,
                              [](const auto& text) { return text.starts_with("RESUME"); }) == 2);
}

TEST_CASE("collector: what is told without a question is the host's mistake") {
  const auto disk = empty_disk();
  const FileSystem::Use use(*disk);
  Collector collector(in_folder(folder), TimePoint());
  CHECK_THROWS_AS(collector.told(TimePoint()), std::logic_error);
}

TEST_CASE("collector: a line that is cut before the host has told costs nothing") {
  const TwoFiles camera(dialects()[0]);
  ByHand host;
  const auto bytes = Bytes(camera.contents[1]);
  auto sent = opening_of(FileKind::rear_video, 3);
  append(sent, encode(Sync{1}));
  append(sent, camera.dialect.packets_from(bytes, 0));
  REQUIRE(std::holds_alternative<FileStored>(host.receive(sent).back()));
  CHECK(host.poll_all().empty());
  host.collector.disconnected();
  CHECK(host.poll_all().empty());
  host.collector.told(host.now);
  const auto last = host.poll_all();
  REQUIRE(last.size() == 1);
  CHECK(std::holds_alternative<Ended>(last[0]));
  CHECK(host.collector.ended());
}

// --- what is cut ---

TEST_CASE("collector: cut or killed at any byte, the next connection goes on") {
  for (const auto& dialect : dialects()) {
    const TwoFiles camera(dialect);
    const auto whole = camera.come(*empty_disk()).sent;
    for (const bool dies : {false, true}) {
      for (std::size_t cut = 0; cut < whole; cut += 127) {
        INFO(dialect.name << (dies ? " killed" : " cut") << " behind byte " << cut);
        const auto disk = empty_disk();
        const auto first = camera.come(*disk, {.bytes = cut, .dies = dies});
        std::set<std::size_t> taken(first.taken.begin(), first.taken.end());
        camera.check(*disk, taken);
        camera.complete(*disk, taken);
      }
    }
  }
}

TEST_CASE("collector: what a cut line has brought is not fetched again but for the overlap") {
  for (const auto& dialect : dialects()) {
    INFO(dialect.name);
    const auto content = random_bytes(200 * dialect.packet, 3);
    const std::vector<CameraFile> files{{dialect.file(FileKind::front_video), content, {}}};
    const auto disk = empty_disk();
    const FileSystem::Use use(*disk);
    auto config = in_folder(folder);
    config.session.metadata = false;
    const auto visit = [&](std::size_t bytes) {
      return CameraVisit(dialect.camera(), files, config, {.bytes = bytes}).run();
    };
    CHECK(visit(150 * dialect.packet).sent == 150 * dialect.packet);
    const auto rest = visit(std::numeric_limits<std::size_t>::max());
    CHECK(rest.told.size() == 1);
    CHECK(rest.sent < (50 + longest_overlap + 10) * dialect.packet);
  }
}

TEST_CASE("collector: what has come is durable a second later, though nothing more comes") {
  const TwoFiles camera(dialects()[0]);
  ByHand host;
  auto sent = opening_of(FileKind::front_photo, 6);
  append(sent, encode(Sync{1}));
  append(sent, camera.dialect.packets_from(Bytes(camera.contents[0]).first(3'072), 0));
  (void)host.receive(sent);
  const auto claimed = [&] {
    const auto after = host.disk->after_cut([] { return false; }, false);
    const auto path = folder + "/photof.jpg.part.checkpoint";
    const auto text = after->content(path);
    const auto read = decode_checkpoint(as_bytes(text));
    const auto slot = read ? read->newest() : std::nullopt;
    return slot ? read->claims.at(*slot)->held.bytes : 0;
  };
  CHECK(claimed() == 0);
  CHECK(host.collector.deadline() <= host.now + Milliseconds(1'000));
  CHECK(host.collector.wait(host.collector.deadline() - std::chrono::nanoseconds(1)) == 1);
  CHECK(host.collector.wait(host.collector.deadline()) == 0);
  CHECK(host.collector.wait(host.collector.deadline() + Milliseconds(9)) == 0);
  CHECK(host.collector.wait(host.collector.deadline() - std::chrono::hours(1)) == 60'000);
  host.now = host.collector.deadline();
  host.collector.tick(host.now);
  (void)host.poll_all();
  CHECK(claimed() == 3'072);
  CHECK(host.collector.deadline() > host.now + Milliseconds(1'000));
}

TEST_CASE("collector: another file than the stored one that it looks like is stored beside it") {
  for (const auto& dialect : dialects()) {
    INFO(dialect.name);
    const auto disk = empty_disk();
    TwoFiles camera(dialect);
    const auto first = camera.come(*disk).told;
    REQUIRE(first.size() == 2);
    const auto old_content = disk->content(first[0].path);
    std::ranges::reverse(camera.contents[0]); // of the same length
    camera.files[0].content = camera.contents[0];
    const auto came = camera.come(*disk);
    CHECK(came.taken.size() == 2);
    REQUIRE(came.told.size() == 1); // the other one is known
    CHECK(came.told[0].path != first[0].path);
    CHECK(disk->content(came.told[0].path) == as_text(camera.contents[0]));
    CHECK(disk->content(first[0].path) == old_content);
  }
}

TEST_CASE("collector: another file behind a cut is neither spliced nor lost") {
  for (const auto& dialect : dialects()) {
    INFO(dialect.name);
    const auto disk = empty_disk();
    TwoFiles camera(dialect);
    const TwoFiles before = camera;
    (void)camera.come(*disk, {.bytes = 4'500});
    std::ranges::reverse(camera.contents[0]); // of the same length
    camera.files[0].content = camera.contents[0];
    const auto came = camera.come(*disk);
    CHECK(came.taken.size() == 2);
    camera.check(*disk, {0, 1});
    const auto parts = disk->files();
    const auto kept =
        std::ranges::find_if(parts, [](const auto& path) { return path.ends_with(".part"); });
    REQUIRE(kept != parts.end());
    CHECK(as_text(before.contents[0]).starts_with(disk->content(*kept)));
  }
}

TEST_CASE(
    "collector: a START that comes twice, and a file that the device gives up, cost no byte") {
  const TwoFiles camera(dialects()[0]);
  ByHand host;
  auto sent = opening_of(FileKind::front_photo, 6);
  append(sent, encode(Start{6}));
  append(sent, encode(Sync{1}));
  append(sent, camera.dialect.packets_from(Bytes(camera.contents[0]).first(3'072), 0));
  append(sent, encode(Status{2}));
  (void)host.receive(sent);
  CHECK(host.disk->content(folder + "/photof.jpg.part").size() == 3'072);
  camera.complete(*host.disk);
  CHECK_FALSE(host.disk->has(folder + "/photof.jpg.part"));
}

// --- what fails ---

TEST_CASE(
    "collector: any call fails, once and for good: no wrong file, nothing forgotten unsaved") {
  for (const auto& dialect : {dialects()[0], dialects()[3]}) {
    const TwoFiles camera(dialect);
    for (const int error : {ENOSPC, 0}) {
      for (const bool for_good : {false, true}) {
        unsigned failing = 0;
        for (auto calls = failing; calls >= failing;) { // until none is left to fail
          ++failing;
          INFO(dialect.name << ": error " << error << " at call " << failing
                            << (for_good ? " and all later" : ""));
          const auto disk = empty_disk();
          disk->failing = failing;
          disk->for_good = for_good;
          disk->error = error;
          const auto first = camera.come(*disk);
          calls = disk->calls;
          CHECK((first.failed || first.ended));
          CHECK((!first.failed || !first.failed->message.empty()));
          const std::set<std::size_t> taken(first.taken.begin(), first.taken.end());
          camera.check(*disk, taken);
          camera.complete(*disk, taken);
        }
        CHECK(failing > 50);
      }
    }
  }
}

TEST_CASE("collector: the power goes after any call: what the camera has forgotten is there") {
  for (const auto& dialect : {dialects()[0], dialects()[3]}) {
    const TwoFiles camera(dialect);
    std::mt19937 random(1);
    const auto disk = empty_disk();
    std::set<std::size_t> taken;
    unsigned cuts = 0;
    disk->after_change = [&] {
      for (int mixture = 0; mixture < 4; ++mixture) {
        INFO(dialect.name << ": call " << disk->calls << ", mixture " << mixture);
        const auto after = disk->after_cut(
            [&] { return mixture > 0 && (mixture == 1 || random() % 2 == 0); }, mixture > 1);
        camera.check(*after, taken);
        camera.complete(*after, taken);
        ++cuts;
      }
    };
    std::size_t forgotten = 0;
    const auto came = camera.come(*disk, {.on_taken = [&] { taken.insert(forgotten++); }});
    CHECK(came.taken == std::vector<std::size_t>{0, 1});
    CHECK(cuts > 100);
  }
}

TEST_CASE("collector: what the disk has changed gets no name, and is not gone on with") {
  const TwoFiles camera(dialects()[0]);
  const auto disk = empty_disk();
  const FileSystem::Use use(*disk);
  (void)camera.come(*disk, {.bytes = 4'000});
  const auto part = folder + "/photof.jpg.part";
  const auto held = disk->content(part);
  REQUIRE(held.size() > 2'048);
  {
    const int descriptor = disk->open(part.c_str(), O_WRONLY, 0);
    char other = static_cast<char>(held[0] ^ 1);
    const iovec piece{&other, 1};
    REQUIRE(disk->pwritev(descriptor, &piece, 1, 0) == 1);
    disk->close(descriptor);
  }
  const auto came = camera.come(*disk);
  CHECK(came.taken.empty());
  CHECK(came.told.empty());
  REQUIRE(came.failed);
  CHECK(came.failed->category == ErrorCategory::crc);
  camera.check(*disk, {});
  camera.complete(*disk);
}

TEST_CASE("collector: a folder that is missing is told, and the camera keeps its files") {
  MemoryDisk disk;
  const TwoFiles camera(dialects()[0]);
  const auto came = camera.come(disk);
  REQUIRE(came.failed);
  CHECK(came.failed->category == ErrorCategory::io);
  CHECK_THAT(came.failed->message, ContainsSubstring(folder));
  CHECK(came.taken.empty());
}

// --- what is left alone ---

TEST_CASE("left alone: metadata of another time tells a file from others of its kind") {
  LeftAlone left_alone;
  const auto file = FileRef(FileKind::rear_video);
  CHECK_FALSE(left_alone.contains(file, {}));
  left_alone.add(file, metadata_of(FileKind::rear_video, 1));
  CHECK(left_alone.contains(file, metadata_of(FileKind::rear_video, 1)));
  CHECK(left_alone.contains(file, {}));
  CHECK_FALSE(left_alone.contains(file, metadata_of(FileKind::rear_video, 2)));
  CHECK_FALSE(left_alone.contains(FileKind::front_video, {}));
}

TEST_CASE("left alone: a device with any number of paths costs a bounded number of them") {
  LeftAlone left_alone;
  const auto path = [](std::size_t number) { return *FileRef::of_path(std::to_string(number)); };
  const auto count = [&] {
    std::size_t held = 0;
    for (std::size_t i = 0; i < 1'000; ++i) {
      held += left_alone.contains(path(i), {}) ? 1 : 0;
    }
    return held;
  };
  for (std::size_t i = 0; i < 1'000; ++i) {
    left_alone.add(path(i), {});
    CHECK(left_alone.contains(path(i), {}));
  }
  CHECK(count() <= LeftAlone::most);
}

} // namespace dualcam::collector_test
