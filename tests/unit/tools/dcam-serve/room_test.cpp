#include "dcam-serve/room.hpp"

#include "temporary_folder.hpp"

namespace dualcam::serve::room_test {
namespace {

constexpr std::uint64_t more_than_any_disk = ~std::uint64_t{0} >> 1;

/// A front photo of three packets.
struct Photo {
  TemporaryFolder folder;
  ServeOptions options;
  std::uint32_t announced = 3;
  fs::path place = folder.path();

  /// What is said against it when so much of it is there.
  std::string refused(std::uint64_t min_free, const HeldData& held = {}) {
    options.output = folder.path();
    options.min_free = min_free;
    const Room room{options, FileKind::front_photo, announced, false, place};
    const auto result = room.check(held);
    return result ? "" : result.error().message;
  }
};

} // namespace

TEST_CASE("room: the rest of a file has to leave --min-free") {
  Photo photo;
  CHECK(photo.refused(0).empty());
  CHECK(photo.refused(1).empty());
  const auto why = photo.refused(more_than_any_disk);
  CHECK(why.starts_with("3.0 KiB more do not fit: "));
  CHECK_THAT(why,
             ContainsSubstring(" are free in " + photo.folder.path().string() +
                               ", of which 8589934592.0 GiB are to stay free (--min-free); make "
                               "room, then run the same command again"));
  CHECK(photo.refused(more_than_any_disk, {2, 2048, 0, 0}).starts_with("1.0 KiB more "));
  CHECK(photo.refused(more_than_any_disk, {3, 3000, 0, 0}).empty()); // all of it is there
}

TEST_CASE("room: more may have come than START let expect") {
  Photo photo;
  photo.announced = 1;
  CHECK(photo.refused(1, {2, 2048, 0, 0}).empty());
  CHECK(photo.refused(more_than_any_disk, {2, 2048, 0, 0}).starts_with("0 B more "));
}

TEST_CASE("room: a folder that is yet to be made is on the disk of what it will be in") {
  Photo photo;
  photo.place = photo.folder / "camera/2024";
  CHECK(photo.refused(1).empty());
  CHECK_THAT(photo.refused(more_than_any_disk),
             ContainsSubstring(" are free in " + photo.folder.path().string() + ", "));
  photo.place = "relative/2024"; // below a folder that is not there either
  photo.options.output = "relative";
  const Room room{photo.options, FileKind::front_photo, 3, false, photo.place};
  CHECK(room.check({})); // what cannot be told refuses nothing
}

TEST_CASE("room: why no file at all can be stored") {
  const TemporaryFolder folder;
  CHECK(why_no_room(folder.path(), 0).empty());
  CHECK(why_no_room(folder.path(), 1).empty());
  CHECK(why_no_room("/no/such/folder", more_than_any_disk).empty());
  CHECK(why_no_room("/proc", more_than_any_disk).empty()); // where nothing has a size
  const auto space = fs::space(folder.path());
  const auto why = why_no_room(folder.path(), space.capacity);
  CHECK(why.starts_with("the disk of " + folder.path().string() + " has "));
  CHECK(
      why.ends_with(" in all, and " +
                    why.substr(why.find(" has ") + 5, why.find(" in all") - why.find(" has ") - 5) +
                    " are to stay free: no file can be stored; give a smaller --min-free"));
  if (space.available + 1 < space.capacity) {
    const auto full = why_no_room(folder.path(), space.capacity - 1);
    CHECK_THAT(full, ContainsSubstring(" are free in " + folder.path().string() + ", and "));
    CHECK(full.ends_with(
        " are to stay free (--min-free): no file can be stored until there is room"));
  }
}

} // namespace dualcam::serve::room_test
