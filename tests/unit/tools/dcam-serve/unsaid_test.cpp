#include "dcam-serve/unsaid.hpp"

#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::serve::unsaid_test {
namespace {

constexpr std::uint64_t imei = 350612071913857;

/// A folder that several servers share, with a record that is not said; its number.
struct Shared {
  Shared() {
    FileRecord record;
    record.identity = {imei, FileKind::front_photo, 1, 0, {}};
    record.name = "a.jpg";
    record.part = "a.jpg.part";
    record.data = {1, 9, 9, 0};
    record.tail = {1, 0, 9, 0};
    record.id = number;
    Barrier barrier;
    REQUIRE(state.add(record, barrier));
    REQUIRE(state.settle(record).has_value());
  }

  TemporaryFolder folder;
  StateFolder state{folder.path(), imei};
  std::uint64_t number = 5;
};

TEST_CASE("unsaid: a file that was found is told by one server of several, and once") {
  Shared shared;
  Unsaid one(shared.folder.path());
  Unsaid other(shared.folder.path());
  auto taken = one.take(shared.state, imei, shared.number);
  REQUIRE(taken);
  CHECK_FALSE(other.take(shared.state, imei, shared.number));
  one.queued({std::move(*taken), shared.number, 100});
  CHECK_FALSE(one.take(shared.state, imei, shared.number)); // its line is on its way
  CHECK_FALSE(other.take(shared.state, imei, shared.number));
  CHECK_FALSE(one.has_written(99));
  int noted = 0;
  const auto note = [&](const Unsaid::Line& line) {
    ++noted;
    CHECK(line.record == shared.number);
    CHECK_FALSE(one.take(shared.state, imei, shared.number)); // until it is said
    CHECK_FALSE(other.take(shared.state, imei, shared.number));
    REQUIRE(shared.state.mark_said(shared.number));
  };
  one.note_written(99, note);
  CHECK(noted == 0);
  one.note_written(100, note);
  CHECK(noted == 1);
  CHECK_FALSE(one.has_written(100));
  CHECK_FALSE(one.take(shared.state, imei, shared.number));
  CHECK_FALSE(other.take(shared.state, imei, shared.number));
}

TEST_CASE("unsaid: what a server that has ended did not tell another one does") {
  Shared shared;
  Unsaid other(shared.folder.path());
  {
    Unsaid one(shared.folder.path());
    one.queued({*one.take(shared.state, imei, shared.number), shared.number, 100});
    CHECK_FALSE(other.take(shared.state, imei, shared.number));
  }
  CHECK(other.take(shared.state, imei, shared.number).has_value());
  CHECK(other.take(shared.state, imei, shared.number).has_value()); // it was let go
}

TEST_CASE("unsaid: a camera's lock is held as long as any of its files is on its way") {
  Shared shared;
  Unsaid one(shared.folder.path());
  Unsaid other(shared.folder.path());
  auto first = std::optional(one.hold(imei));
  auto second = std::optional(one.hold(imei));
  auto another_camera = one.hold(imei + 1);
  CHECK_FALSE(other.take(shared.state, imei, shared.number));
  first.reset();
  CHECK_FALSE(other.take(shared.state, imei, shared.number));
  second.reset();
  CHECK(other.take(shared.state, imei, shared.number).has_value());
}

TEST_CASE("unsaid: without a folder nothing is locked, and nothing fails") {
  Unsaid unsaid("/proc/missing");
  const StateFolder state("/proc/missing", imei);
  CHECK_FALSE(unsaid.take(state, imei, 1));
  unsaid.queued({unsaid.hold(imei), 1, 5});
  int noted = 0;
  unsaid.note_written(5, [&](const Unsaid::Line& line) { noted += line.record == 1 ? 1 : 0; });
  CHECK(noted == 1);
}

} // namespace
} // namespace dualcam::serve::unsaid_test
