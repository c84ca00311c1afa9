#include "dcam-serve/unsaid.hpp"

#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::serve {
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
  auto claimed = one.claim(shared.state, imei, shared.number);
  REQUIRE(claimed);
  CHECK_FALSE(other.claim(shared.state, imei, shared.number));
  one.queued({std::move(*claimed), shared.number, 100});
  CHECK_FALSE(one.claim(shared.state, imei, shared.number)); // its line is on its way
  CHECK_FALSE(other.claim(shared.state, imei, shared.number));
  CHECK(one.written(99).empty());
  {
    const auto lines = one.written(100);
    REQUIRE(lines.size() == 1);
    CHECK(lines.at(0).record == shared.number);
    CHECK_FALSE(other.claim(shared.state, imei, shared.number)); // until it is said
    REQUIRE(shared.state.mark_said(shared.number));
  }
  CHECK_FALSE(other.claim(shared.state, imei, shared.number));
}

TEST_CASE("unsaid: what a server that has ended did not tell another one does") {
  Shared shared;
  Unsaid other(shared.folder.path());
  {
    Unsaid one(shared.folder.path());
    one.queued({*one.claim(shared.state, imei, shared.number), shared.number, 100});
    CHECK_FALSE(other.claim(shared.state, imei, shared.number));
  }
  CHECK(other.claim(shared.state, imei, shared.number).has_value());
  CHECK(other.claim(shared.state, imei, shared.number).has_value()); // it was let go
}

TEST_CASE("unsaid: a camera's lock is held as long as any of its files is on its way") {
  Shared shared;
  Unsaid one(shared.folder.path());
  Unsaid other(shared.folder.path());
  auto first = std::optional(one.hold(imei));
  auto second = std::optional(one.hold(imei));
  auto another_camera = one.hold(imei + 1);
  CHECK_FALSE(other.claim(shared.state, imei, shared.number));
  first.reset();
  CHECK_FALSE(other.claim(shared.state, imei, shared.number));
  second.reset();
  CHECK(other.claim(shared.state, imei, shared.number).has_value());
}

TEST_CASE("unsaid: without a folder nothing is locked, and nothing fails") {
  Unsaid unsaid("/proc/missing");
  const StateFolder state("/proc/missing", imei);
  CHECK_FALSE(unsaid.claim(state, imei, 1));
  unsaid.queued({unsaid.hold(imei), 1, 5});
  CHECK(unsaid.written(5).size() == 1);
}

} // namespace
} // namespace dualcam::serve
