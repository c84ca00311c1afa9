#include "dualcam/storage/state_folder.hpp"

#include <atomic>
#include <random>
#include <thread>

#include <fcntl.h>

#include "dualcam/storage/durable.hpp"
#include "storage/hooked_files.hpp"
#include "storage/memory_disk.hpp"
#include "storage/record_testing.hpp"
#include "temporary_folder.hpp"

namespace dualcam::state_folder_test {
namespace {

using namespace recorded;

std::vector<std::string> names(const StateFolder& state) {
  std::vector<std::string> result;
  for (const auto& each : read(state).records) {
    result.push_back(each.name);
  }
  return result;
}

bool add(StateFolder& state, const auto& what) {
  Barrier barrier;
  return state.add(what, barrier) && barrier.sync();
}

} // namespace

TEST_CASE("state folder: the last files are remembered, and so are the last parts") {
  const TemporaryFolder folder;
  StateFolder state(folder.path(), imei);
  CHECK(names(state).empty());
  CHECK(folder.names().empty());
  for (unsigned i = 1; i <= 11; ++i) {
    REQUIRE(add(state, record(std::to_string(i), i)));
  }
  CHECK(names(state) == std::vector<std::string>{"4", "5", "6", "7", "8", "9", "10", "11"});
  CHECK(names(state.of(1)).empty());
  for (unsigned i = 0; i < 2000; ++i) {
    REQUIRE(add(state, part(i)));
  }
  CHECK(read(state).parts.size() == remembered_parts);
  CHECK(read(state).parts.back().id == 1999);
  CHECK(names(state).size() == remembered_files);
  CHECK(fs::file_size(folder / ".dcam-serve/350612071913857") < 100'000);
  CHECK(fs::exists(folder / ".dcam-serve/350612071913857"));
}

TEST_CASE("state folder: a path is below its root however both are spelled, or is an error") {
  for (const auto& [root, path] : {std::pair("q", "./q/x.jpg"),
                                   {"./q/", "q//x.jpg"},
                                   {"q", "q/../q/x.jpg"},
                                   {"/q", "/q/./x.jpg"},
                                   {".", "./x.jpg"},
                                   {"", "./x.jpg"}}) {
    CAPTURE(root, path);
    const StateFolder state(root, imei);
    CHECK(state.check_below(path));
    CHECK(state.relative(path) == "x.jpg");
  }
  for (const auto& [root, path] : {std::pair("q", "/q/x.jpg"),
                                   {"/q", "q/x.jpg"},
                                   {"q", "x.jpg"},
                                   {"q", "q/../x.jpg"},
                                   {"q", "q"},
                                   {"q", "qq/x.jpg"},
                                   {"", "/x.jpg"}}) {
    CAPTURE(root, path);
    const auto below = StateFolder(root, imei).check_below(path);
    REQUIRE_FALSE(below);
    CHECK(below.error().category == ErrorCategory::io);
  }
}

TEST_CASE("state folder: what has not been told is not dropped before it is") {
  const TemporaryFolder folder;
  StateFolder state(folder.path(), imei);
  for (unsigned i = 1; i <= 300; ++i) {
    REQUIRE(add(state, record(std::to_string(i), i)));
    REQUIRE(state.mark_named(i));
  }
  CHECK(names(state).size() == 300);
  REQUIRE(add(state, record("next", 301))); // not named yet
  CHECK(names(state).back() == "next");
  for (unsigned i = 1; i <= 300; ++i) {
    REQUIRE(state.mark_said(i));
  }
  CHECK(names(state).size() == remembered_files);
  CHECK(names(state).back() == "next");
}

TEST_CASE("state folder: what became of a file is remembered") {
  const TemporaryFolder folder;
  StateFolder state(folder.path(), imei);
  REQUIRE(add(state, record("a", 1)));
  REQUIRE(add(state, record("b", 2)));
  CHECK(state.settle(record("a", 1)) == false); // it has moved on
  REQUIRE(state.mark_said(1));
  CHECK(state.settle(record("b", 2)) == false);
  const auto records = read(StateFolder(folder.path(), imei)).records;
  CHECK(records.at(0).said);
  CHECK_FALSE(records.at(1).said);
  CHECK(records.at(1).named);
  REQUIRE(state.forget(2));
  CHECK(names(state) == std::vector<std::string>{"a"});
  CHECK(state.mark_said(2)); // dropped meanwhile
  CHECK(names(state) == std::vector<std::string>{"a"});
  CHECK(StateFolder(folder.path(), 1).mark_said(5)); // there is none
  CHECK_FALSE(fs::exists(folder / ".dcam-serve/000000000000001"));
}

TEST_CASE("state folder: what a power cut has torn costs no line that comes behind it") {
  const TemporaryFolder folder;
  StateFolder state(folder.path(), imei);
  REQUIRE(add(state, record("a", 1)));
  const auto path = folder / ".dcam-serve/350612071913857";
  const auto text = content_of(path);
  for (const auto& torn :
       {std::string(), std::string(30, '\0'), std::string("\0\0\n", 3), text + "stored 00",
        text + std::string(300, '\0'), text.substr(0, 20), std::string(text.size(), '\0')}) {
    write_file(path, torn);
    REQUIRE(add(state, record("b", 2)));
    REQUIRE(state.mark_said(2));
    CHECK(names(state).back() == "b");
    CHECK(names(state).size() == (torn.starts_with(text) ? 2 : 1));
    CHECK(read(state).records.back().said);
  }
}

TEST_CASE("state folder: what cannot be read is an error") {
  const TemporaryFolder folder;
  fs::create_directory(folder / ".dcam-serve");
  fs::create_symlink("loop", folder / ".dcam-serve/350612071913857");
  StateFolder state(folder.path(), imei);
  CHECK_FALSE(state.read());
  CHECK_FALSE(add(state, record()));
  CHECK_FALSE(state.mark_said(1));
}

TEST_CASE("state folder: what is longer than 64 KiB is written anew") {
  constexpr std::size_t limit = 65'536;
  const auto after_adding = [](std::size_t size) {
    const TemporaryFolder folder;
    StateFolder state(folder.path(), 1);
    const auto add_part = [&](std::uint64_t id) {
      Barrier barrier;
      const PartEntry part{id, FileKind::front_photo, 3, {}, "a" + std::to_string(id)};
      REQUIRE(state.add(part, barrier));
      REQUIRE(barrier.sync());
    };
    add_part(1);
    const auto path = folder.path() / state_folder_name / "000000000000001";
    auto text = content_of(path);
    while (text.size() + 200 < size) { // of a part that has gone
      text += gone_line(7) + '\n';
    }
    text += std::string(size - text.size() - 1, 'x') + '\n';
    write_file(path, text);
    add_part(2);
    const auto parts = state.read()->parts;
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].path == "a1");
    CHECK(parts[1].path == "a2");
    CHECK(folder.names() == std::set<std::string>{std::string(state_folder_name)});
    return content_of(path).size();
  };
  const auto added = after_adding(limit / 2) - limit / 2;
  CHECK(after_adding(limit - added) == limit);
  CHECK(after_adding(limit - added + 1) < 1000);
}

namespace {

/// How often a file was put in the place of another, and how much was read.
struct Counted : FileSystem {
  unsigned renames = 0;
  std::uint64_t bytes = 0;
  int rename(const char* from, const char* to, unsigned flags) override {
    ++renames;
    return FileSystem::rename(from, to, flags);
  }
  ssize_t pread(int descriptor, void* into, std::size_t count, off_t offset) override {
    bytes += count;
    return FileSystem::pread(descriptor, into, count, offset);
  }
};

void store_unsaid(const StateFolder& where, std::uint64_t id, const std::string& in = {}) {
  auto state = where; // nothing is remembered outside the file
  Barrier barrier;
  REQUIRE(state.add(part(id), barrier));
  REQUIRE(state.add(record(in + std::to_string(id), id), barrier));
  REQUIRE(state.mark_gone(id));
  REQUIRE(state.mark_named(id));
}

} // namespace

TEST_CASE("state folder: what cannot be made shorter is not written anew before it is twice as "
          "long") {
  const TemporaryFolder folder;
  const StateFolder state(folder.path(), imei);
  Counted files;
  const FileSystem::Use use(files);
  for (unsigned id = 1; id <= 2000; ++id) {
    store_unsaid(state, id);
  }
  CHECK(files.renames <= 10);
  CHECK(files.renames >= 3);
  CHECK(files.bytes <= 2000 * 65'536);
  CHECK(names(state).size() == 2000);
}

TEST_CASE("state folder: where there is room for no more than a line, none is lost") {
  struct Narrow : FileSystem {
    ssize_t append(int descriptor, const iovec* pieces, int count) override {
      if (pieces[0].iov_len <= 1000) {
        return FileSystem::append(descriptor, pieces, count);
      }
      const iovec some{pieces[0].iov_base, 1000};
      if (FileSystem::append(descriptor, &some, 1) == 1000) {
        errno = ENOSPC;
      }
      return -1;
    }
  } files;
  const TemporaryFolder folder;
  const StateFolder state(folder.path(), imei);
  const FileSystem::Use use(files);
  for (unsigned id = 1; id <= 200; ++id) {
    store_unsaid(state, id, std::string(200, 'd') + '/');
  }
  CHECK(names(state).size() == 200);
  const auto text = content_of(folder / ".dcam-serve/350612071913857");
  CHECK(text.size() > 2 * 65'536); // it would have been written anew
  CHECK_FALSE(text.contains("summary"));
  CHECK(text.ends_with("\n"));
  CHECK_FALSE(fs::exists(folder / ".dcam-serve/350612071913857.new")); // it would take up room
}

TEST_CASE("state folder: what is recent is what all of it says, whatever a power cut has torn") {
  std::mt19937_64 random(11);
  const TemporaryFolder folder;
  StateFolder state(folder.path(), imei);
  const auto path = folder / ".dcam-serve/350612071913857";
  for (unsigned id = 1; id <= 400; ++id) {
    Barrier barrier;
    REQUIRE(state.add(part(id), barrier));
    if (random() % 4 != 0) {
      REQUIRE(state.mark_gone(id));
    }
    REQUIRE(state.add(record(std::to_string(id), id), barrier));
    REQUIRE(state.mark_named(id));
    if (random() % 4 != 0) {
      REQUIRE(state.mark_said(id - random() % std::min(id, 12U)));
    }
    if (random() % 16 == 0) {
      fs::resize_file(path, fs::file_size(path) - random() % 1000);
    }
    const auto all = read(state);
    const auto recent = state.recent();
    REQUIRE(recent);
    CHECK(recent->parts == all.parts);
    const auto known = std::min(remembered_files, all.records.size());
    REQUIRE(recent->records.size() >= known);
    for (std::size_t back = 1; back <= known; ++back) {
      const auto& one = recent->records[recent->records.size() - back];
      const auto& other = all.records[all.records.size() - back];
      CHECK(record_line(one) == record_line(other));
      CHECK(one.named == other.named);
      CHECK(one.said == other.said);
    }
  }
}

TEST_CASE(
    "state folder: while it is written anew any call fails, and the power goes: what was known "
    "stays known") {
  const std::string folder = "/out/" + std::string(state_folder_name);
  const std::string path = folder + "/350612071913857";
  const auto error = GENERATE(EIO, ENOSPC, 0);
  unsigned calls = 0;
  for (unsigned failing = 0; failing <= calls; ++failing) {
    INFO("call " << failing << " fails with " << error);
    MemoryDisk disk;
    disk.error = error;
    const FileSystem::Use use(disk);
    REQUIRE(disk.mkdir("/out", 0777) == 0);
    StateFolder state("/out", imei);
    REQUIRE(add(state, record()));
    {
      auto file = File::open(path, O_RDWR);
      REQUIRE(file);
      REQUIRE(file->append(as_bytes(std::string(65'536, 'x') + '\n')));
      REQUIRE(file->sync());
    }
    REQUIRE(sync_folder("/"));
    REQUIRE(sync_folder("/out"));
    const auto before = disk.calls;
    disk.failing = failing == 0 ? 0 : before + failing;
    const bool added = add(state, part());
    calls = failing == 0 ? disk.calls - before : calls;
    CHECK((added || failing != 0));
    disk.failing = 0;
    CHECK(disk.files(folder) == std::vector{path});
    for (const bool keeps : {false, true}) {
      const auto after = disk.after_cut([&] { return keeps; }, false);
      const FileSystem::Use then(*after);
      CHECK(names(state) == std::vector<std::string>{record().name.string()});
      CHECK((read(state).parts == std::vector{part()} || !added));
    }
  }
  CHECK(calls > 10);
}

TEST_CASE(
    "state folder: what one writer has made durable another one's writing anew does not lose") {
  const std::string path = "/out/" + std::string(state_folder_name) + "/350612071913857";
  unsigned changes = 1;
  for (unsigned at = 1; at <= changes; ++at) {
    INFO("my barrier passes behind change " << at << " of the other one");
    MemoryDisk disk;
    const FileSystem::Use use(disk);
    REQUIRE(disk.mkdir("/out", 0777) == 0);
    StateFolder state("/out", imei);
    REQUIRE(add(state, part(1)));
    REQUIRE(sync_folder("/"));
    Barrier mine;
    REQUIRE(state.add(record("mine", 1), mine));
    {
      auto file = File::open(path, O_RDWR | O_APPEND);
      REQUIRE(file);
      REQUIRE(file->append(as_bytes(std::string(65'536, 'x') + '\n')));
    }
    changes = 0;
    disk.after_change = [&] {
      if (++changes == at) {
        REQUIRE(Barrier(mine).sync());
        const auto after = disk.after_cut([] { return false; }, false);
        const FileSystem::Use then(*after);
        CHECK(names(state) == std::vector<std::string>{"mine"});
      }
    };
    Barrier other;
    REQUIRE(state.add(part(2), other));
    CHECK(disk.content(path).size() < 2000);
    disk.after_change = nullptr;
    REQUIRE(add(state, record("next", 2)));
    const auto after = disk.after_cut([] { return false; }, false);
    const FileSystem::Use then(*after);
    CHECK(names(state) == std::vector<std::string>{"mine", "next"});
  }
  CHECK(changes > 3);
}

TEST_CASE("state folder: several writers share it, also while it is written anew") {
  const TemporaryFolder folder;
  std::vector<std::thread> writers;
  std::atomic<unsigned> added = 0;
  for (unsigned writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      StateFolder state(folder.path(), imei);
      for (unsigned i = 0; i < 400; ++i) {
        const auto id = writer * 1000 + i;
        auto mine = part(id);
        added += add(state, mine);
        const auto seen = state.read();
        added += seen && std::ranges::count(seen->parts, mine) == 1;
        added += state.mark_gone(id).has_value();
      }
    });
  }
  for (auto& writer : writers) {
    writer.join();
  }
  CHECK(added == 4 * 400 * 3);
  CHECK(read(StateFolder(folder.path(), imei)).parts.empty());
}

TEST_CASE("state folder: old states are removed unless a part is left, and what is empty then") {
  const TemporaryFolder folder;
  StateFolder first(folder.path(), 1);
  StateFolder second(folder.path(), 2);
  StateFolder third(folder.path(), 3);
  REQUIRE(add(first, record("old")));
  REQUIRE(add(second, record("new")));
  REQUIRE(add(third, part()));
  fs::create_directory(folder / "350612071913857");
  write_file(folder / "350612071913857/b.jpg.part", "");
  const auto all = folder / ".dcam-serve";
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(48);
  fs::last_write_time(all / "000000000000001", long_ago);
  fs::last_write_time(all / "000000000000003", long_ago);
  remove_old_records(folder.path(), std::chrono::hours(24));
  CHECK(names(first).empty());
  CHECK(names(second) == std::vector<std::string>{"new"});
  CHECK(read(third).parts.size() == 1);
  fs::remove_all(folder / "350612071913857");
  remove_old_records(folder.path(), std::chrono::hours(0));
  CHECK(folder.names().empty());
  REQUIRE(add(first, record("again")));
}

TEST_CASE("state folder: a first file comes while what is empty is being removed") {
  const TemporaryFolder folder;
  const auto all = folder / ".dcam-serve";
  fs::create_directory(all);
  fs::last_write_time(all, fs::file_time_type::clock::now() - std::chrono::hours(48));
  HookedFiles files;
  const FileSystem::Use use(files);
  files.before_open = [&] {
    remove_old_records(folder.path(), std::chrono::hours(24));
    CHECK_FALSE(fs::exists(all));
  };
  StateFolder state(folder.path(), imei);
  REQUIRE(add(state, record("a")));
  CHECK_FALSE(files.before_open);
  CHECK(names(state) == std::vector<std::string>{"a"});
}

TEST_CASE("state folder: an empty one is removed a minute after it was made") {
  const TemporaryFolder folder;
  const auto all = folder / ".dcam-serve";
  const auto made = [&](std::chrono::seconds ago) {
    fs::create_directory(all);
    fs::last_write_time(all, fs::file_time_type::clock::now() - ago);
  };
  const auto stays = [&](std::chrono::seconds age) {
    remove_old_records(folder.path(), age);
    return fs::exists(all);
  };
  made(std::chrono::seconds(50));
  CHECK(stays(std::chrono::hours(24)));
  CHECK(stays(std::chrono::seconds(55)));
  CHECK_FALSE(stays(std::chrono::seconds(45)));
  made(std::chrono::seconds(61));
  CHECK_FALSE(stays(std::chrono::hours(24)));
}

TEST_CASE("state folder: paths are relative to the folder it is in") {
  const StateFolder state("out/x", 1);
  CHECK(state.relative("out/x/y/z.jpg") == "y/z.jpg");
  CHECK(state.absolute("y/z.jpg") == "out/x/y/z.jpg");
  const StateFolder here("", 1);
  CHECK(here.relative("y/z.jpg") == "y/z.jpg");
  CHECK(here.absolute("y/z.jpg") == "y/z.jpg");
}

} // namespace dualcam::state_folder_test
