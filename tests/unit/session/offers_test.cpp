#include "dualcam/session/offers.hpp"

#include "testing.hpp"

namespace dualcam::offers_test {
namespace {

using Step = Offers::Step;

const FileRef by_path = *FileRef::of_path("dsm/picture/231020/231452.jpg");

/// INIT with these settings.
Init init(std::uint8_t settings, std::uint16_t protocol = 5) {
  return {protocol, 1, std::uint32_t{settings} << 24};
}

Offers offers(const Init& first, const Wishes& wanted = Wishes::all()) {
  Offers result(wanted);
  result.begin_round(first);
  return result;
}

} // namespace

TEST_CASE("offers: a DualCam's kinds come one after the other, then the next round may have more") {
  auto device = offers(init(0x24));
  REQUIRE(device.next() == Step::ask_for_kind);
  CHECK(device.kind() == FileKind::front_photo);
  CHECK_FALSE(device.has_all());
  device.stored(FileKind::front_photo);
  CHECK(device.is_round_over());
  REQUIRE(device.next() == Step::ask_for_kind); // it waits for no INIT
  CHECK(device.kind() == FileKind::rear_video);
  device.stored(FileKind::rear_video);
  CHECK(device.has_all());
  CHECK(device.next() == Step::repeat_init);
  CHECK_FALSE(device.has_all()); // behind that it cannot be told
  device.begin_round(init(0));
  CHECK_FALSE(device.is_round_over());
  CHECK(device.next() == Step::leave);
}

TEST_CASE("offers: what was dropped is not asked for again, what is to be last comes last") {
  auto device = offers(init(0x0C));
  device.ask_last({.kinds = FileRef(FileKind::front_photo).kinds()});
  REQUIRE(device.next() == Step::ask_for_kind);
  CHECK(device.kind() == FileKind::rear_photo);
  device.drop(FileKind::rear_photo);
  REQUIRE(device.next() == Step::ask_for_kind);
  CHECK(device.kind() == FileKind::front_photo);
  CHECK(device.has_more_kinds());
  device.drop(FileKind::front_photo);
  CHECK_FALSE(device.has_more_kinds());
  CHECK(device.next() == Step::leave);
  CHECK_FALSE(device.has_all());
  device.begin_round(init(0x0C));
  CHECK(device.next() == Step::leave);
}

TEST_CASE(
    "offers: of files by path there is one a round, and a DualCam's kinds wait for the next") {
  auto device = offers(init(0x06));
  CHECK(device.path_is_told());
  REQUIRE(device.next() == Step::ask_for_path);
  device.stored(by_path);
  REQUIRE(device.next() == Step::repeat_init);
  device.begin_round(init(0x04));
  CHECK_FALSE(device.path_is_told());
  REQUIRE(device.next() == Step::ask_for_kind);
  device.stored(FileKind::front_photo);
  CHECK_FALSE(device.has_all()); // who was asked for a path is not told so
  CHECK(device.path_failure().empty());
}

TEST_CASE("offers: three rounds without a file by path are enough") {
  auto device = offers(init(0x02));
  for (int round = 1; round <= 3; ++round) {
    REQUIRE(device.next() == Step::ask_for_path);
    device.is_empty(by_path);
    if (round < 3) {
      CHECK(device.path_failure().empty());
      REQUIRE(device.next() == Step::repeat_init);
      device.begin_round(init(0x02));
    }
  }
  CHECK(device.next() == Step::leave);
  CHECK_FALSE(device.path_failure().empty());

  auto unwanted = offers(init(0x02)); // nothing has failed then
  for (int round = 1; round <= 3; ++round) {
    REQUIRE(unwanted.next() == Step::ask_for_path);
    unwanted.pass(by_path);
    if (round < 3) {
      REQUIRE(unwanted.next() == Step::repeat_init);
      unwanted.begin_round(init(0x02));
    }
  }
  CHECK(unwanted.next() == Step::leave);
  CHECK(unwanted.path_failure().empty());

  auto tells_others = offers(init(0x06)); // a wanted one may be behind any number of them
  for (int round = 1; round <= 1'002; ++round) {
    CAPTURE(round);
    if (round == 2) { // but the kinds go first
      REQUIRE(tells_others.next() == Step::ask_for_kind);
      tells_others.drop(tells_others.kind());
    }
    REQUIRE(tells_others.next() == Step::ask_for_path);
    tells_others.pass(*FileRef::of_path("dsm/" + std::to_string(round)));
    if (round < 1'002) {
      REQUIRE(tells_others.next() == Step::repeat_init);
      tells_others.begin_round(init(0x06));
    }
  }
  CHECK(tells_others.next() == Step::leave);
}

TEST_CASE(
    "offers: from protocol 6 on kinds alone are asked for as a path, in vain without harm once "
    "one was had") {
  auto device = offers(init(0x04, 6));
  CHECK_FALSE(device.path_is_told());
  REQUIRE(device.next() == Step::ask_for_path);
  device.stored(by_path);
  REQUIRE(device.next() == Step::repeat_init);
  device.begin_round(init(0x04, 5)); // the protocol is that of the first INIT
  REQUIRE(device.next() == Step::ask_for_path);
  device.path_failed("it is refused");
  CHECK(device.path_failure().empty());
  CHECK(device.next() == Step::leave);

  auto other = offers(init(0x04, 7));
  REQUIRE(other.next() == Step::ask_for_path);
  other.path_failed("it is refused");
  CHECK(other.path_failure().ends_with("it is refused"));
}

TEST_CASE("offers: what the device refuses is left alone, three rounds of it are enough") {
  const auto other = *FileRef::of_path("dsm/picture/231020/231453.jpg");
  auto device = offers(init(0x02));
  for (const auto& file : {by_path, other}) {
    REQUIRE(device.next() == Step::ask_for_path);
    CHECK_FALSE(device.was_refused(file));
    device.is_refused(file);
    CHECK(device.was_refused(file));
    REQUIRE(device.next() == Step::repeat_init);
    device.begin_round(init(0x02));
  }
  CHECK_FALSE(device.was_refused(by_path)); // which it may open now
  REQUIRE(device.next() == Step::ask_for_path);
  device.is_refused(other);
  CHECK(device.next() == Step::leave);
  CHECK(device.path_failure() == "the device refuses the files by path that it offers");
  auto kinds = offers(init(0x0C));
  REQUIRE(kinds.next() == Step::ask_for_kind);
  kinds.is_refused(kinds.kind());
  REQUIRE(kinds.next() == Step::ask_for_kind);
  CHECK(kinds.kind() == FileKind::rear_photo);
}

TEST_CASE("offers: what is not wanted is not asked for, what nobody knows is no offer") {
  auto device = offers(init(0x3E), FileRef(FileKind::rear_video).kinds());
  REQUIRE(device.next() == Step::ask_for_kind);
  CHECK(device.kind() == FileKind::rear_video);
  device.stored(FileKind::rear_video);
  CHECK_FALSE(device.has_more_kinds());
  CHECK_FALSE(device.has_all()); // it has others

  CHECK(offers(init(0x80)).is_unknown());
  CHECK_FALSE(offers(init(0x84)).is_unknown());
  CHECK_FALSE(offers(init(0)).is_unknown());
  CHECK(offers(init(0)).has_all());
  CHECK_FALSE(offers(init(0x80)).has_all());
}

} // namespace dualcam::offers_test
