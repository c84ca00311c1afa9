#include "dcam-serve/stepped_back.hpp"

#include "testing.hpp"

namespace dualcam::serve::stepped_back_test {
namespace {

FileRef by_path(const std::string& path) { return *FileRef::of_path(path); }

} // namespace

TEST_CASE("stepped back: files are known until they have come") {
  SteppedBack files;
  CHECK(files.add(1, FileKind::front_photo, Attempt::in_vain));
  CHECK_FALSE(files.add(1, FileKind::front_photo, Attempt::in_vain));
  CHECK_FALSE(files.add(1, FileKind::rear_video, Attempt::lost));
  CHECK_FALSE(files.add(1, FileKind::rear_photo, Attempt::grew));
  const auto both = FileRef(FileKind::front_photo).kinds() | FileRef(FileKind::rear_video).kinds();
  CHECK(files.of(1).kinds == both);
  CHECK_FALSE(files.of(1).paths);
  CHECK_FALSE(files.add(1, by_path("dsm/a"), Attempt::lost));
  CHECK(files.of(1).paths);
  CHECK(files.of(2).kinds.empty());
  CHECK_FALSE(files.of(2).paths);
  files.remove(2, by_path("dsm/a"));
  files.remove(1, FileKind::front_photo);
  CHECK(files.of(1).kinds == FileRef(FileKind::rear_video).kinds());
  files.remove(1, by_path("dsm/a"));
  files.remove(1, by_path("dsm/a"));
  CHECK_FALSE(files.of(1).paths);
  files.remove(1, FileKind::rear_video);
  CHECK(files.of(1).kinds.empty());
}

TEST_CASE("stepped back: a path is passed over when it was in vain twice, or lost three times") {
  SteppedBack files;
  const auto a = by_path("dsm/a");
  const auto b = by_path("dsm/b");
  CHECK(files.add(1, a, Attempt::in_vain));
  CHECK_FALSE(files.add(1, b, Attempt::lost));
  CHECK_FALSE(files.add(1, b, Attempt::lost));
  CHECK(files.of(1).in_vain.empty());
  SECTION("in vain") {
    CHECK_FALSE(files.add(1, a, Attempt::in_vain));
    CHECK(files.of(1).in_vain == std::set{a});
  }
  SECTION("lost") {
    CHECK(files.add(1, b, Attempt::lost));
    CHECK(files.of(1).in_vain == std::set{b});
  }
  SECTION("one and the other") {
    CHECK_FALSE(files.add(1, a, Attempt::lost));
    CHECK_FALSE(files.add(1, a, Attempt::lost));
    CHECK(files.of(1).in_vain == std::set{a});
  }
  SECTION("lost, but something has come between") {
    CHECK_FALSE(files.add(1, b, Attempt::grew));
    CHECK_FALSE(files.add(1, b, Attempt::lost));
    CHECK_FALSE(files.add(1, b, Attempt::lost));
    CHECK(files.of(1).in_vain.empty());
    CHECK(files.add(1, b, Attempt::lost));
    CHECK(files.of(1).in_vain == std::set{b});
  }
  files.remove(1, a);
  files.remove(1, b);
  CHECK(files.of(1).in_vain.empty());
  CHECK_FALSE(files.of(1).paths);
}

TEST_CASE("stepped back: a path that was passed over is next, and passed over if that is in vain") {
  SteppedBack files;
  const auto a = by_path("dsm/a");
  const auto b = by_path("dsm/b");
  for (int i = 0; i < 5; ++i) {
    files.add(1, a, Attempt::in_vain);
    files.add(1, b, Attempt::lost);
  }
  CHECK(files.of(1).in_vain == std::set{a, b});
  files.passed_over(2, {a});
  files.passed_over(1, {a});
  CHECK(files.of(1).in_vain == std::set{b});
  files.passed_over(1, {b});
  CHECK(files.of(1).in_vain.empty());
  CHECK(files.of(1).paths);
  CHECK_FALSE(files.add(1, a, Attempt::in_vain));
  CHECK_FALSE(files.add(1, b, Attempt::lost));
  CHECK(files.of(1).in_vain == std::set{a, b});
}

TEST_CASE("stepped back: one by path that nobody knows lets the kinds go first, until one comes") {
  SteppedBack files;
  files.add_unnamed(1);
  CHECK(files.of(1).paths);
  files.remove(1, FileKind::front_photo);
  CHECK(files.of(1).paths);
  files.remove(1, by_path("dsm/a"));
  CHECK_FALSE(files.of(1).paths);
}

TEST_CASE("stepped back: a camera that hangs up over requests is asked otherwise") {
  using Owes = ServerSession::Owes;
  SteppedBack files;
  const auto dashcam = by_path("dashcam/a");
  for (unsigned lost = 1; lost <= 6; ++lost) {
    CAPTURE(lost);
    files.add_unanswered(1, dashcam, Owes::start);
    files.add_unanswered(2, by_path("dsm/a"), Owes::start); // which wants the whole path
    files.add_unanswered(3, FileKind::front_photo, Owes::metadata);
    CHECK(files.manner(1).by_first_bytes == (lost % 2 == 0));
    CHECK_FALSE(files.manner(1).without_metadata);
    CHECK_FALSE(files.manner(2).by_first_bytes);
    CHECK(files.manner(3).without_metadata == (lost >= 5));
  }
  files.remove(1, dashcam); // it works
  CHECK(files.manner(1).by_first_bytes);
  files.remove(3, FileKind::front_photo); // it is asked again on the next connection
  CHECK_FALSE(files.manner(3).without_metadata);
  files.add_unanswered(3, FileKind::front_photo, Owes::metadata);
  CHECK(files.manner(3).without_metadata);
  files.tells_metadata(3);
  files.add_unanswered(3, FileKind::front_photo, Owes::metadata);
  CHECK_FALSE(files.manner(3).without_metadata);
  CHECK_FALSE(files.manner(4).without_metadata);
}

TEST_CASE("stepped back: as many cameras and paths as anybody claims cost a bounded memory") {
  SteppedBack files;
  std::size_t kept = 0;
  for (std::uint32_t number = 0; number < 600; ++number) {
    const auto path = by_path(std::to_string(number) + std::string(60'000, 'x'));
    files.add(number % 3, path, Attempt::in_vain);
    files.add(number % 3, path, Attempt::in_vain);
    kept += path.request().size();
  }
  std::size_t bytes = 0;
  for (const std::uint64_t imei : {0U, 1U, 2U}) {
    for (const auto& path : files.of(imei).in_vain) {
      bytes += path.request().size();
    }
  }
  CHECK(kept > 2 * bytes);
  CHECK(bytes < 17'000'000);
  CHECK(files.of(2).in_vain.size() > 1);
  for (std::uint64_t imei = 10; imei < 70'000; ++imei) {
    files.add(imei, FileKind::front_photo, Attempt::lost);
  }
  CHECK_FALSE(files.of(2).paths);
  CHECK_FALSE(files.of(69'999).kinds.empty());
}

} // namespace dualcam::serve::stepped_back_test
