// Every call of a file's way to disk fails, one after the other, and the power goes after each of
// them: in process, against a disk in memory.
#include <cerrno>

#include "dualcam/wire/hex.hpp"
#include "figures.hpp"
#include "storage/memory_disk.hpp"
#include "storage/resumable_testing.hpp"

namespace dualcam::storage_faults_test {

using namespace resumable;
namespace {

const std::string folder = "/out/cam";
const std::string name = folder + "/a.jpg";
constexpr std::string_view sidecar = "{\"kind\":\"photof\"}\n";

/// What its camera and its user have been told so far.
struct Told {
  FileIdentity file;         ///< which one
  Tail tail = Tail::written; ///< of what comes of it
  std::uint64_t saved = 0;   ///< bytes
  std::string stored = {};   ///< under which name; empty: it is not
};

/// A device that counts packets, and one that counts bytes.
std::vector<FileIdentity> files() {
  auto by_path = identity();
  by_path.file = *FileRef::of_path("dsm/picture/231020/231452.jpg");
  by_path.announced = static_cast<std::uint32_t>(content().size());
  return {identity(), by_path};
}

/// A camera's connection that brings so many bytes of the file, or all of it: as a host does.
/// False: something failed.
bool connect(std::uint64_t end, Told& told) {
  const auto& bytes = content();
  const std::size_t packet_size = told.file.file.kind() ? full_packet : 700;
  const StateFolder state("/out", told.file.imei);
  const auto all = state.read();
  auto found = all ? ResumableFile::find(state, *all, told.file, name)
                   : Result<std::optional<ResumableFile>>(std::unexpected(all.error()));
  const auto stored = found && !*found ? state.known(*all, told.file)
                                       : Result<std::vector<FileRecord>>(std::vector<FileRecord>());
  if (!found || !stored) {
    return false;
  }
  if (!stored->empty()) {
    auto known = state;
    const auto path = state.absolute(stored->front().name);
    const bool settled = known.settle(stored->front()) && renew_sidecar(path, sidecar);
    told.stored = settled ? path.native() : "";
    return settled;
  }
  Barrier folders;
  const auto created = create_folders("/out", folder, folders);
  auto file = !created ? Result<ResumableFile>(std::unexpected(created.error()))
              : *found ? Result<ResumableFile>(std::move(**found))
                       : ResumableFile::create(name, told.file, state, std::move(folders));
  if (!file) {
    return false;
  }
  CHECK(file->data().bytes >= told.saved);
  while (file->data().bytes < std::min(end, bytes.size())) {
    const auto rest = Bytes(bytes).subspan(file->data().bytes);
    const auto piece = rest.first(std::min(rest.size(), packet_size));
    if (!file->append({&piece, 1}, told.tail)) {
      (void)file->save();
      return false;
    }
    if (file->data().packets % 3 == 0) {
      if (!file->save()) {
        return false;
      }
      told.saved = file->data().bytes;
    }
  }
  if (end < bytes.size()) {
    const bool saved = file->save().has_value();
    told.saved = saved ? file->data().bytes : told.saved;
    return saved;
  }
  Barrier again;
  const bool made = create_folders("/out", folder, again).has_value();
  const auto finished = made ? file->finish({.name = name,
                                             .bytes = bytes.size(),
                                             .crc = crc16(bytes),
                                             .metadata = {},
                                             .sidecar = std::string(sidecar)},
                                            std::move(again))
                             : Result<std::optional<StoredFile>>();
  told.stored = finished && *finished ? (*finished)->path.native() : "";
  return !told.stored.empty();
}

/// Whatever can be read there is true, and what was told is there.
void check(const MemoryDisk& disk, const Told& told) {
  const auto whole = text_of_file(content());
  for (const auto& path : disk.files()) {
    const auto bytes = disk.content(path);
    if (path.ends_with(".jpg")) {
      CHECK(bytes == whole);
      CHECK(disk.content("/out/.dcam-serve/000000000000001")
                .contains(" path:" + path.substr(std::string("/out/").size()) + " path:"));
    } else if (path.ends_with(".json")) {
      CHECK(bytes == sidecar);
    } else if (path.ends_with(".part.checkpoint")) {
      const auto read = decode_checkpoint(as_bytes(bytes));
      const auto part = path.substr(0, path.rfind('.'));
      const auto held = disk.has(part) ? disk.content(part) : disk.content(name);
      for (const auto& claim : read ? read->claims : decltype(read->claims)()) {
        CHECK((!claim || is_true(*claim, held, whole)));
      }
    }
  }
  if (!told.stored.empty()) {
    CHECK(disk.has(told.stored));
    CHECK(disk.has(told.stored + ".json"));
  }
}

/// The camera comes until it is told, on a disk that works.
void complete(MemoryDisk& disk, Told told) {
  disk.failing = 0;
  disk.after_change = nullptr;
  const FileSystem::Use use(disk);
  if (told.stored.empty()) {
    REQUIRE(connect(content().size(), told));
  }
  check(disk, told);
  for (const auto& path : disk.files()) { // nothing is left over but what nobody could know
    INFO(path);
    CHECK((path == told.stored || path == told.stored + ".json" || path.ends_with("_1.jpg.part") ||
           path == "/out/.dcam-serve/000000000000001"));
  }
}

/// `by_links`: a file gets its name by a link and an unlink.
std::unique_ptr<MemoryDisk> empty_disk(bool by_links) {
  auto disk = std::make_unique<MemoryDisk>();
  disk->no_rename_flags = by_links;
  REQUIRE(disk->mkdir("/out", 0777) == 0);
  const FileSystem::Use use(*disk);
  REQUIRE(sync_folder("/"));
  disk->calls = 0;
  return disk;
}

/// One connection that brings seven packets, one that brings the rest.
void both(Told& told) {
  if (connect(7 * full_packet, told)) {
    (void)connect(content().size(), told);
  }
}

} // namespace

TEST_CASE("storage faults: a disk without any stores the file") {
  for (const auto& file : files()) {
    for (const bool by_links : {false, true}) {
      const auto disk = empty_disk(by_links);
      Told told{file, by_links ? Tail::held_back : Tail::written};
      {
        const FileSystem::Use use(*disk);
        both(told);
      }
      CHECK(told.stored == name);
      check(*disk, told);
      CHECK(disk->calls > 100);
      CHECK(disk->files().size() == 3);
    }
  }
}

namespace {

/// On a disk whose calls fail, if any, as it was told.
unsigned calls_of_both(MemoryDisk& disk, Told& told) {
  const FileSystem::Use use(disk);
  both(told);
  return disk.calls;
}

void fail_each_call(const FileIdentity& file, bool by_links, Tail tail) {
  Told all{file, tail};
  const auto calls = calls_of_both(*empty_disk(by_links), all);
  CHECK(calls > 100);
  for (const int error : {EIO, EINTR, 0}) {
    for (const bool for_good : {false, true}) {
      if (for_good && error == EINTR) {
        continue; // it would go on for ever
      }
      for (unsigned failing = 1; failing <= calls; failing += one_in(3)) {
        INFO("error " << error << " at call " << failing << (for_good ? " and all later" : ""));
        const auto disk = empty_disk(by_links);
        disk->failing = failing;
        disk->for_good = for_good;
        disk->error = error;
        Told told{file, tail};
        CHECK(calls_of_both(*disk, told) >= failing);
        CHECK((!told.stored.empty() || error != 0)); // halves go unnoticed
        const auto after_cut = disk->after_cut([] { return false; }, false);
        for (auto* each : {after_cut.get(), disk.get()}) {
          check(*each, told);
          complete(*each, told);
        }
      }
    }
  }
}

void cut_power_after_each_call(const FileIdentity& file, bool by_links, Tail tail) {
  std::mt19937 random(1);
  const auto coin = [&] { return random() % 2 == 0; };
  const auto disk = empty_disk(by_links);
  Told told{file, tail};
  constexpr auto mixtures = tries(12);
  int cuts = 0;
  disk->after_change = [&] {
    for (int mixture = 0; mixture < mixtures; ++mixture) {
      INFO("call " << disk->calls << ", mixture " << mixture);
      const auto after = mixture == 0   ? disk->after_cut([] { return false; }, false)
                         : mixture == 1 ? disk->after_cut([] { return true; }, false)
                                        : disk->after_cut(coin, true);
      check(*after, told);
      complete(*after, told);
      ++cuts;
    }
  };
  const FileSystem::Use use(*disk);
  both(told);
  CHECK(told.stored == name);
  CHECK(12 * cuts > 500 * mixtures);
}

} // namespace

TEST_CASE("storage faults: any call fails, once and for good, and the power goes, too: nothing "
          "wrong, nothing saved lost") {
  for (const auto& file : files()) {
    const bool by_path = file.file.kind() == std::nullopt;
    fail_each_call(file, by_path, Tail::written);
    fail_each_call(file, !by_path, Tail::held_back);
  }
}

TEST_CASE("storage faults: the power goes after any call: every claim is true, all that was told "
          "is there") {
  for (const auto& file : files()) {
    const bool by_path = file.file.kind() == std::nullopt;
    cut_power_after_each_call(file, by_path, Tail::written);
    cut_power_after_each_call(file, !by_path, Tail::held_back);
  }
}

} // namespace dualcam::storage_faults_test
