#include "dcam-serve/teller.hpp"

#include "quiet.hpp"
#include "tools/dcam-serve/lock_threads.hpp"
#include "tools/dcam-serve/loop.hpp"

namespace dualcam::serve::teller_test {
namespace {

constexpr std::uint64_t imei = 350612071913857;
constexpr std::uint64_t other_imei = 123456789012345;

/// A folder with stored files that were not told, and who is to tell them.
struct Scene {
  Scene() {
    options.output = folder.path();
    options.name = *NameTemplate::parse("{imei}/{kind}{ext}");
    options.wishes = Wishes::all();
  }
  void store(std::uint64_t whose, const std::string& name) {
    FileRecord record;
    record.identity = {whose, FileKind::front_photo, 1, 0,
                       from_hex("0104 00000192d84dac31 00 0000")};
    record.name = name;
    record.part = name + ".part";
    record.data = {1, 9, 9, 0};
    record.tail = {1, 0, 9, 0};
    record.id = 5;
    StateFolder state{folder.path(), whose};
    Barrier barrier;
    REQUIRE(state.add(record, barrier));
    write_file(folder.path() / name, "123456789");
    REQUIRE(state.settle(record).has_value());
  }
  /// As at a start of dcam-serve; `most`: it is over when so many have been told.
  void tell(const AllowList& allowed = {}, std::uint64_t most = 10) {
    loop.result_of([&]() -> asio::awaitable<bool> {
      co_await teller.tell_untold(allowed, [&] { return reporter.files() >= most; });
      co_return true;
    }());
    teller.flush(std::nullopt);
  }
  std::string path(const std::string& name) const { return (folder.path() / name).string() + '\n'; }

  const Quiet quiet;
  TemporaryFolder folder;
  ServeOptions options;
  Loop loop;
  FolderDestination destination{options, loop.disks, Clock::system()};
  Reporter reporter{options, Clock::system()};
  Outcome outcome{options};
  Unsaid unsaid{folder.path()};
  Keeper keeper;
  Teller teller{{options, destination, reporter, outcome, unsaid, loop.context, keeper}, [] {}};
};

} // namespace

TEST_CASE("teller: what an earlier run did not tell is told once") {
  Scene scene;
  scene.store(imei, "a.jpg");
  scene.tell();
  CHECK(scene.quiet.output() == scene.path("a.jpg"));
  CHECK(content_of(scene.folder / "a.jpg.json").contains("350612071913857"));
  scene.tell();
  CHECK(scene.quiet.output() == scene.path("a.jpg"));
  CHECK(scene.outcome.exit_status() == 0);
}

TEST_CASE("teller: of cameras that may not come nothing is told, nor marked as told") {
  Scene scene;
  scene.store(imei, "a.jpg");
  scene.store(other_imei, "b.jpg");
  scene.tell(*AllowList::load({"350612071913857"}));
  CHECK(scene.quiet.output() == scene.path("a.jpg"));
  scene.tell();
  CHECK(scene.quiet.output() == scene.path("a.jpg") + scene.path("b.jpg"));
}

TEST_CASE("teller: what is left when it is over is for another start") {
  Scene scene;
  scene.store(imei, "a.jpg");
  scene.store(other_imei, "b.jpg");
  scene.tell({}, 1);
  CHECK(scene.reporter.files() == 1);
  scene.tell();
  CHECK(scene.reporter.files() == 2);
}

TEST_CASE("teller: a file that has no sidecar and gets none is an error, and not told") {
  Scene scene;
  scene.store(imei, "a.jpg");
  fs::create_directory(scene.folder / "a.jpg.json");
  scene.store(other_imei, "b.jpg");
  scene.tell();
  CHECK(scene.quiet.output() == scene.path("b.jpg"));
  CHECK(scene.quiet.errors().contains("a.jpg.json"));
  CHECK(scene.outcome.exit_status() == static_cast<int>(ExitCode::io));
}

TEST_CASE("teller: for what it does not tell the loop does not wait for the disk either") {
  LockThreads locks;
  Scene scene;
  scene.store(imei, "a.jpg");
  scene.store(other_imei, "b.jpg");
  scene.loop.result_of(scene.keeper.run([&] {
    const FileSystem::Use use(locks); // the folder keeps to it
    return scene.unsaid.hold(1).imei();
  }));
  const auto nobody = *AllowList::load({"1"});
  const AllowList all;
  scene.loop.result_of([&]() -> asio::awaitable<bool> {
    co_await scene.teller.tell_untold(nobody, [] { return false; });
    co_await scene.teller.tell_untold(all, [] { return true; });
    co_return true;
  }());
  scene.keeper.join();
  CHECK(scene.reporter.files() == 0);
  CHECK(locks.spared(std::this_thread::get_id()));
}

} // namespace dualcam::serve::teller_test
