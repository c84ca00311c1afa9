#include "dualcam/files/wishes.hpp"

#include "testing.hpp"

namespace dualcam::wishes_test {
namespace {

FileRef by_path(std::string_view path) {
  const auto file = FileRef::of_path(path);
  REQUIRE(file);
  return *file;
}

constexpr std::array paths{"mdas9/picture/1.jpg",       "dsm/video/1.mp4",
                           "dashcam/video/1.mp4",       "dualcam_front/picture/1.jpg",
                           "dualcam_rear/video/1.h265", "dualcam_front/1",
                           "dashcam/picture/1",         "other/thing"};

Wishes wish_for(std::initializer_list<Wish> list) {
  Wishes wishes;
  for (const auto wish : list) {
    wishes.add(wish);
  }
  return wishes;
}

/// A letter for each of `paths`, and for each kind.
std::string wanted(const Wishes& wishes) {
  std::string result;
  for (const auto* path : paths) {
    result += wishes.wants(by_path(path)) ? 'x' : '-';
  }
  result += ' ';
  for (const auto kind : all_file_kinds) {
    result += wishes.wants(kind) ? 'x' : '-';
    CHECK(wishes.kinds().contains(kind) == wishes.wants(kind));
  }
  return result;
}

Wishes shown(Wishes wishes, Camera camera) {
  wishes.show_only(camera);
  return wishes;
}

} // namespace

TEST_CASE("wishes: what is wanted of every family") {
  using enum Wish;
  CHECK(wanted(Wishes::all()) == "xxxxxxxx xxxx");
  CHECK(wanted(Wishes()) == "-------- ----");
  CHECK(wanted(FileKinds::all()) == "--xxxxx- xxxx");
  CHECK(wanted(wish_for({adas})) == "x------- ----");
  CHECK(wanted(wish_for({dsm})) == "-x------ ----");
  CHECK(wanted(wish_for({dashcam})) == "--x---x- ----");
  CHECK(wanted(wish_for({path})) == "xxxxxxxx ----");
  CHECK(wanted(wish_for({front_photo})) == "---x-xx- x---");
  CHECK(wanted(wish_for({rear_video})) == "----x--- ---x");
  CHECK(wanted(wish_for({front_video, dsm})) == "-xx--x-- --x-");
}

TEST_CASE("wishes: a camera that is to be shown hides all others, but for unknown ones") {
  const auto all = Wishes::all();
  CHECK(wanted(shown(all, Camera::adas)) == "x------x ----");
  CHECK(wanted(shown(all, Camera::dsm)) == "-x-----x ----");
  CHECK(wanted(shown(all, Camera::dashcam)) == "--x---xx x-x-");
  CHECK(wanted(shown(all, Camera::dualcam)) == "---xxx-x xxxx");
  CHECK(wanted(shown(wish_for({Wish::dsm}), Camera::adas)) == "-------- ----");
}

TEST_CASE("wishes: kinds are asked for in the order of the wishes") {
  using enum Wish;
  const auto offered = FileKinds::all();
  CHECK(Wishes::all().first(offered) == FileKind::front_photo);
  CHECK(wish_for({path}).first(offered) == std::nullopt);
  const auto order = wish_for({rear_video, adas, front_photo, rear_video});
  CHECK(order.first(offered) == FileKind::rear_video);
  CHECK(order.first(offered - FileRef(FileKind::rear_video).kinds()) == FileKind::front_photo);
  CHECK(order.first(FileRef(FileKind::rear_photo).kinds()) == std::nullopt);
  CHECK(shown(order, Camera::dashcam).first(offered) == FileKind::front_photo);
}

TEST_CASE("wishes: a path is asked for where one may be wanted, in its turn") {
  using enum Wish;
  CHECK(Wishes::all().want_paths(5));
  CHECK(Wishes::all().want_path_before(FileKind::front_photo, 5));
  CHECK_FALSE(Wishes(FileKinds::all()).want_paths(5));
  CHECK(Wishes(FileKinds::all()).want_paths(6)); // there a DualCam has paths
  CHECK(wish_for({dsm}).want_paths(1));
  CHECK_FALSE(Wishes().want_paths(7));
  const auto order = wish_for({rear_video, adas, front_photo});
  CHECK_FALSE(order.want_path_before(FileKind::rear_video, 5));
  CHECK(order.want_path_before(FileKind::front_photo, 5));
  CHECK_FALSE(shown(Wishes::all(), Camera::dualcam).want_paths(5));
  CHECK(shown(Wishes::all(), Camera::dualcam).want_paths(6));
  CHECK(shown(Wishes::all(), Camera::adas).want_paths(5));
  for (const auto wish : {adas, dsm, dashcam}) {
    CHECK_FALSE(shown(wish_for({wish}), Camera::dualcam).want_paths(6));
  }
  CHECK(shown(wish_for({dashcam}), Camera::dashcam).want_paths(5));
  CHECK_FALSE(shown(wish_for({front_photo}), Camera::adas).want_paths(6));
}

} // namespace dualcam::wishes_test
