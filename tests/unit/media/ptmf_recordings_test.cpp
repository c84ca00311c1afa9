// Several recordings in one file, repeats, and numbers that jump.
#include "dualcam/media/ptmf.hpp"

#include "media/ptmf_clip.hpp"

namespace dualcam::ptmf_recordings_test {

using namespace ptmf_clip;

namespace {

struct Boot {
  std::uint64_t start;
  std::uint32_t seed;
  std::uint32_t pictures = 12;
  std::uint32_t first = 0; ///< number of the first picture that is there
  std::uint32_t lost = 0;  ///< number of one that is not; 0: none
};

/// A recording as the camera makes one each time it is switched on: numbers from 0.
void record(const Boot& boot, ByteBuffer& file) {
  PtmfWriter writer(format);
  for (std::uint32_t i = 0; i < boot.pictures; ++i) {
    ByteBuffer chunks;
    const auto time = boot.start + i * std::uint64_t{50'000};
    writer.picture(i % 8 == 0, access_unit(300, boot.seed + i, i % 8 == 0), time, chunks);
    if (i < boot.first || (i == boot.lost && i != 0)) {
      chunks.clear();
    }
    writer.sound(a_law(boot.seed + i), time + 10'000, chunks); // not lost
    append(file, chunks);
  }
}

ByteBuffer recorded(std::initializer_list<Boot> boots) {
  ByteBuffer file;
  for (const auto& boot : boots) {
    record(boot, file);
  }
  return file;
}

std::size_t count(const Report& report, std::string_view kind) {
  return static_cast<std::size_t>(std::ranges::count_if(
      report.damage, [&](const auto& line) { return line.starts_with(std::string(kind) + ' '); }));
}

std::size_t count_late(const Report& report) {
  return static_cast<std::size_t>(std::ranges::count_if(
      report.lines, [](const auto& line) { return line.ends_with(" late"); }));
}

} // namespace

TEST_CASE("ptmf: a second recording in the file is told, and nothing of it is taken for a repeat") {
  for (const std::uint64_t start : {5'000'000U, 1'000'000U, 4'999'999U, 1U}) {
    const auto report = read_both_ways(recorded({{5'000'000, 0}, {start, 500}}));
    CAPTURE(start);
    CHECK(report.chunks.size() == 48);
    CHECK(report.damage.size() == 1);
    CHECK(count(report, "restart") == 1);
    CHECK(count_late(report) == 0);
  }
}

TEST_CASE("ptmf: recordings may be many and of any length") {
  const auto report = read_both_ways(
      recorded({{9'000'000, 0, 3}, {7'000'000, 50, 20}, {7'000'000, 100, 9}, {3'000'000, 150, 1}}));
  CHECK(report.chunks.size() == 66);
  CHECK(report.damage.size() == 3);
  CHECK(count(report, "restart") == 3);
}

TEST_CASE("ptmf: a second recording is seen though its first picture is lost") {
  const auto report =
      read_both_ways(recorded({{5'000'000, 0}, {.start = 1'000'000, .seed = 500, .first = 2}}));
  CHECK(count(report, "restart") == 1);
  CHECK(count_late(report) <= 2);
  CHECK(count(report, "before first key") >= 4); // up to number 8
}

TEST_CASE("ptmf: what is missing in a later recording is counted") {
  for (const std::uint64_t start : {1'000'000U, 9'000'000U}) {
    const auto report = read_both_ways(
        recorded({{5'000'000, 0}, {.start = start, .seed = 500, .pictures = 12, .lost = 5}}));
    CAPTURE(start);
    CHECK(report.pictures_missing == 1);
    CHECK(report.sounds_missing == 0);
    CHECK(count_late(report) == 0);
  }
}

TEST_CASE("ptmf: a recording whose numbers start anew while the clock runs on costs nothing") {
  for (const std::uint32_t lost : {0U, 1U, 2U, 5U}) {
    const auto report = read_both_ways(recorded(
        {{5'000'000, 0}, {.start = 9'000'000, .seed = 500, .pictures = 12, .lost = lost}}));
    CAPTURE(lost);
    CHECK(report.pictures_missing == (lost == 0 ? 0 : 1));
    CHECK(count_late(report) == 0);
    CHECK(count(report, "wrong number") == 2); // of pictures and of sound
  }
}

TEST_CASE("ptmf: the same bytes again are a repeat however many they are") {
  const auto report = read_both_ways(recorded({{5'000'000, 0, 30}, {5'000'000, 0, 30}}));
  CHECK(report.chunks.size() == 120);
  CHECK(count(report, "out of order") == 60);
  CHECK(report.damage.size() == 60);
}

TEST_CASE("ptmf: a key picture again with one other byte begins a recording") {
  const auto clip = make_clip(12, false);
  auto file = clip.file;
  append(file, clip.bytes_of(clip.chunks[0]));
  file[clip.file.size() + 100] ^= std::byte{1};
  CHECK(count(read_both_ways(file), "restart") == 1);
  file[clip.file.size() + 100] ^= std::byte{1};
  CHECK(count(read_both_ways(file), "restart") == 0);
}

TEST_CASE("ptmf: one other picture again with one other byte is late, two begin a recording") {
  const auto clip = make_clip(12, false);
  for (const std::size_t copies : {1U, 2U}) {
    auto file = clip.file;
    for (std::size_t i = 0; i < copies; ++i) {
      const auto at = file.size() + 100;
      append(file, clip.bytes_of(clip.chunks[3 + i]));
      file[at] ^= std::byte{1};
    }
    const auto report = read_both_ways(file);
    CHECK(count(report, "restart") == copies - 1);
    CHECK(count(report, "out of order") == 1);
  }
}

TEST_CASE("ptmf: a repeat and then a picture with another byte are late, not a recording") {
  const auto clip = make_clip(12, false);
  auto file = clip.file;
  append(file, clip.bytes_of(clip.chunks[3]));
  const auto at = file.size() + 100;
  append(file, clip.bytes_of(clip.chunks[4]));
  file[at] ^= std::byte{1};
  CHECK(count(read_both_ways(file), "restart") == 0);
}

TEST_CASE("ptmf: what is missing behind a jump of the numbers is counted from there") {
  ByteBuffer file;
  std::uint64_t time = 1'000'000;
  for (const std::uint32_t number : {0U, 1U, 2U, 100'000U, 100'002U, 100'003U}) {
    const auto unit = access_unit(400, number, number == 0);
    encode_ptmf_header({.kind = number == 0 ? PtmfKind::key_picture : PtmfKind::picture,
                        .padding = 0,
                        .format = format,
                        .sequence = number,
                        .length = 400,
                        .time = time += 50'000},
                       file);
    append(file, unit);
  }
  const auto report = read_both_ways(file);
  CHECK(report.pictures_missing == 1);
  CHECK(count(report, "wrong number") == 1);
}

TEST_CASE("ptmf: a chunk that comes far too late for its time is not put into a gap") {
  auto clip = make_clip(12, false);
  auto order = indices(clip);
  order.erase(order.begin() + 8); // a key picture, which comes last
  order.push_back(8);
  auto file = joined(clip, order);
  CHECK(count(read_both_ways(file), "restart") == 0);
  clip = make_clip(60, false);
  order = indices(clip);
  order.erase(order.begin() + 56);
  order.push_back(56);
  file = joined(clip, order);
  std::fill_n(file.end() - static_cast<std::ptrdiff_t>(clip.chunks[56].size) + 28, 8, std::byte{0});
  CHECK(count(read_both_ways(file), "restart") == 1);
}

TEST_CASE("ptmf: a loss of many seconds is counted to the picture") {
  const auto clip = make_clip(600);
  auto order = indices(clip);
  std::uint32_t pictures = 0;
  std::uint32_t sounds = 0;
  std::erase_if(order, [&](std::size_t i) {
    const bool lost = i >= 300 && i < 1200;
    pictures += lost && !is_sound(clip.chunks[i]) ? 1 : 0;
    sounds += lost && is_sound(clip.chunks[i]) ? 1 : 0;
    return lost;
  });
  REQUIRE(pictures > 250); // 20 s
  const auto report = read_both_ways(joined(clip, order));
  CHECK(report.pictures_missing == pictures);
  CHECK(report.sounds_missing == sounds);
  CHECK(report.damage.size() == 2);
}

} // namespace dualcam::ptmf_recordings_test
