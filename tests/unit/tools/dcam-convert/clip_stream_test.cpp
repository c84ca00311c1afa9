#include "dcam-convert/stream_clip.hpp"

#include "testing.hpp"

namespace dualcam::convert::clip_stream_test {

TEST_CASE("clip: a stream without times gets them from its rate") {
  const auto clip = clip_of({{0, 10, false}, {10, 20, true}, {30, 5, false}}, 25);
  REQUIRE(clip.pictures.size() == 2); // the first needs one that is not there
  CHECK(clip.losses.undecodable == 1);
  CHECK(clip.pictures[0].time == 0);
  CHECK(clip.pictures[1].time == 40'000);
}

TEST_CASE("clip: pictures of a stream have the times at which they are shown") {
  const auto unit = [](std::uint64_t offset, bool restarts, std::int32_t count, bool key = false) {
    return AccessUnit{
        .offset = offset, .size = 10, .key = key, .order = PictureOrder{restarts, false, count}};
  };
  auto clip = clip_of({unit(0, true, 0, true), unit(10, false, 8), unit(20, false, 4),
                       unit(30, false, 2), unit(40, true, 0, true), unit(50, false, 2)},
                      10);
  std::vector<std::uint64_t> times;
  std::ranges::transform(clip.pictures, std::back_inserter(times), &ClipPicture::time);
  CHECK(times == std::vector<std::uint64_t>{0, 300'000, 200'000, 100'000, 400'000, 500'000});
  CHECK(clip.duration() == 600'000);
  CHECK(clip.losses.none());
}

TEST_CASE("clip: what a stream has lost is counted by what is shown, and leaves its time") {
  std::vector<AccessUnit> units;
  for (std::int32_t i = 0; i < 10; ++i) {
    units.push_back({.offset = static_cast<std::uint64_t>(i) * 10,
                     .size = 10,
                     .key = i == 0 || i == 8,
                     .order = PictureOrder{i == 0, false, 2 * i}});
  }
  units[3].damaged = true;
  units.erase(units.begin() + 4); // within the hole
  const auto clip = clip_of(units, 10);
  CHECK(clip.pictures.size() == 8);
  CHECK(clip.losses.missing == 2);
  CHECK(clip.losses.disturbed == 3);
  CHECK(clip.losses.damage.size() == 1);
  CHECK(clip.pictures[3].time == 500'000);
  auto two = units; // another sequence begins, with counts of its own
  for (const auto& [offset, restarts, count] :
       {std::tuple(200U, true, 19), {210U, false, 21}, {220U, false, 25}}) {
    two.push_back({.offset = offset,
                   .size = 10,
                   .key = restarts,
                   .order = PictureOrder{restarts, false, count}});
  }
  const auto longer = clip_of(two, 10);
  REQUIRE(longer.pictures.size() == 11);
  CHECK(longer.pictures[8].time == 1'000'000);
  CHECK(longer.pictures[9].time == 1'100'000);
  CHECK(longer.pictures[10].time == 1'300'000);
  units[3].damaged = false;
  units[2].lost_behind = true;
  CHECK(clip_of(units, 10).losses.missing == 1);
  units[2].lost_behind = false; // counts alone say nothing: a camera may skip some
  CHECK(clip_of(units, 10).losses.none());
}

TEST_CASE("clip: two fields are one picture of a stream, whole if both are") {
  std::vector<AccessUnit> units;
  for (std::int32_t i = 0; i < 8; ++i) {
    units.push_back({.offset = static_cast<std::uint64_t>(i) * 10,
                     .size = 10,
                     .key = i == 0 || i == 6,
                     .order = PictureOrder{i == 0 || i == 6, false, i % 6, i % 2 == 1}});
  }
  const auto clip = clip_of(units, 10);
  CHECK(clip.losses.none());
  REQUIRE(clip.pictures.size() == 4);
  CHECK(clip.pictures[1].offset == 20);
  CHECK(clip.pictures[1].size == 20);
  CHECK(clip.pictures[3].key);
  CHECK(clip.pictures[3].time == 300'000);
  for (const std::size_t field : {2U, 3U}) {
    auto damaged = units;
    damaged[field].damaged = true;
    CHECK(clip_of(damaged, 10).pictures.size() == 3);
    CHECK(clip_of(damaged, 10).losses.missing == 1);
  }
  units[2].lost_behind = true; // the other field of that frame, and what is here is the next one's
  CHECK(clip_of(units, 10).losses.missing >= 1);
}

TEST_CASE("clip: pictures that decoders skip are left out of a stream") {
  const auto clip =
      clip_of({{.offset = 0, .size = 5, .key = true, .order = PictureOrder{true, false, 9}},
               {.offset = 5, .size = 5, .key = false, .order = PictureOrder{false, true, 7}},
               {.offset = 10, .size = 5, .key = false, .order = PictureOrder{false, false, 11}}},
              25);
  CHECK(clip.pictures.size() == 2);
  CHECK(clip.losses.undecodable == 1);
  CHECK(clip.pictures[0].time == 0);
}

} // namespace dualcam::convert::clip_stream_test
