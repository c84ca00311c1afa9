#include "dcam-convert/ptmf_clip.hpp"

#include <set>

#include "media/ptmf_clip.hpp"
#include "tools/dcam-convert/clip_of.hpp"

namespace dualcam::convert::clip_test {
namespace {

using namespace ptmf_clip;

std::vector<std::int64_t> numbers(const Clip& clip) {
  std::vector<std::int64_t> result;
  for (const auto& picture : clip.pictures) {
    result.push_back(picture.number);
  }
  return result;
}

std::vector<std::int64_t> counted(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> result;
  for (auto i = from; i < to; ++i) {
    result.push_back(i);
  }
  return result;
}

/// Index of the chunk with picture `number` in `clip.chunks`.
std::size_t picture_chunk(const ptmf_clip::Clip& clip, std::uint32_t number) {
  for (std::size_t i = 0; i < clip.chunks.size(); ++i) {
    if (!is_sound(clip.chunks[i]) && number-- == 0) {
      return i;
    }
  }
  FAIL("no such picture");
  return 0;
}

/// A clip of the same clock whose chunks are none of `make_clip`'s.
ptmf_clip::Clip make_other_clip(std::uint32_t pictures) {
  auto clip = make_clip(pictures);
  for (const auto& chunk : clip.chunks) {
    clip.file[chunk.end() - 5] ^= std::byte{0x20};
  }
  return clip;
}

ByteBuffer without_picture(const ptmf_clip::Clip& clip, std::uint32_t number) {
  auto order = indices(clip);
  order.erase(order.begin() + static_cast<std::ptrdiff_t>(picture_chunk(clip, number)));
  return joined(clip, order);
}

} // namespace

TEST_CASE("clip: a healthy file gives every picture and sound at its time") {
  const auto clip = clip_of(make_clip(24).file);
  CHECK(numbers(clip) == counted(0, 24));
  CHECK(clip.losses.none());
  CHECK(clip.pictures[0].time == 0);
  CHECK(clip.pictures[1].time == 66'600);
  CHECK(clip.pictures[2].time == 100'000);
  CHECK(clip.sounds[0].time == 63'000);
  CHECK(clip.sounds[1].time == 103'000);
  CHECK(clip.period == 50'000);
  CHECK(clip.duration() == clip.sounds.back().end());
}

TEST_CASE("clip: payloads are found at their places in the file") {
  const auto source = make_clip(3);
  const auto clip = clip_of(source.file);
  const auto& picture = clip.pictures[1];
  CHECK(std::ranges::equal(Bytes(source.file).subspan(picture.offset, 4), from_hex("00000001")));
  const auto& sound = clip.sounds[0];
  CHECK(sound.size == 320);
  CHECK(std::ranges::equal(Bytes(source.file).subspan(sound.offset, sound.size), a_law(1000)));
}

TEST_CASE("clip: a lost picture costs itself, and those that build on it are counted") {
  const auto clip = clip_of(without_picture(make_clip(24), 10));
  auto expected = counted(0, 10);
  std::ranges::copy(counted(11, 24), std::back_inserter(expected));
  CHECK(numbers(clip) == expected);
  CHECK(clip.losses.missing == 1);
  CHECK(clip.losses.undecodable == 0);
  CHECK(clip.losses.disturbed == 5);
  CHECK(clip.lost_time() == 50'000);
}

TEST_CASE("clip: a lost key picture disturbs its whole group and no more") {
  const auto clip = clip_of(without_picture(make_clip(24), 8));
  CHECK(clip.pictures.size() == 23);
  CHECK(clip.losses.missing == 1);
  CHECK(clip.losses.disturbed == 7);
}

TEST_CASE("clip: a first picture without its header gets number and time from the next") {
  const auto source = make_clip(24);
  for (const bool with_sound_only : {false, true}) {
    auto file = source.file;
    if (with_sound_only) {
      file = joined(make_clip(3), {0, 2, 3});
    }
    const auto clip = clip_of(Bytes(file).subspan(ptmf_header_size));
    CHECK(numbers(clip) == counted(0, with_sound_only ? 1 : 24));
    CHECK(clip.pictures[0].key);
    CHECK(clip.pictures[0].offset == 0);
    CHECK(clip.losses.pictures() == 0);
    CHECK(clip.losses.mended_times == 0);
    CHECK(clip.losses.damage.size() == 1);
    if (!with_sound_only) {
      CHECK(clip.pictures[1].time == 50'000); // 66'600 at the camera: the nominal period
      CHECK(clip.pictures[2].time - clip.pictures[1].time == 33'400);
    }
  }
}

TEST_CASE("clip: recordings follow each other with sound in step") {
  const auto first = make_clip(24);
  auto file = first.file;
  append(file, make_other_clip(16).file);
  const auto clip = clip_of(file);
  CHECK(numbers(clip) == counted(0, 40));
  CHECK(clip.losses.pictures() == 0);
  CHECK(clip.losses.sounds == 0);
  CHECK(clip.losses.mended_times == 0);
  CHECK_FALSE(clip.losses.none());
  const auto alone = clip_of(first.file);
  const auto start = alone.duration();
  CHECK(clip.pictures[24].time == start);
  CHECK(clip.pictures[26].time == start + 100'000);
  CHECK(clip.sounds[alone.sounds.size()].time == start + 63'000);
}

TEST_CASE("clip: of two equal chunks the first is kept, of two that differ both") {
  const auto source = make_clip(24);
  auto order = indices(source);
  const auto at = picture_chunk(source, 8);
  order.insert(order.begin() + static_cast<std::ptrdiff_t>(at) + 1, at);
  auto file = joined(source, order);
  const auto& chunk = source.chunks[at];
  const auto clip = clip_of(file);
  CHECK(numbers(clip) == counted(0, 24));
  CHECK(clip.pictures[8].offset == chunk.offset + ptmf_header_size);
  file[chunk.end() + ptmf_header_size + 50] ^= std::byte{1};
  CHECK(clip_of(file).pictures.size() == 25);
}

TEST_CASE("clip: a withheld picture in a lost beginning is not counted twice") {
  const auto source = make_clip(24, false);
  auto file = source.file;
  std::fill_n(file.begin() + 3, 2000, std::byte{0xEE});                   // picture 0
  file[source.chunks[1].offset + ptmf_header_size + 3] = std::byte{0x11}; // picture 1
  const auto clip = clip_of(file);
  CHECK(clip.losses.missing == 2);
  CHECK(clip.losses.undecodable == 6);
  CHECK(clip.pictures.front().number == 8);
}

TEST_CASE("clip: a loss of many seconds keeps the times behind it") {
  const auto source = make_clip(600);
  auto order = indices(source);
  std::erase_if(order, [](std::size_t i) { return i >= 300 && i < 1200; });
  const auto clip = clip_of(joined(source, order));
  CHECK(clip.losses.missing > 250);
  CHECK(clip.losses.mended_times == 0);
  CHECK(clip.pictures.back().time == 599 * 50'000 + 16'600);
  CHECK(clip.pictures.size() + clip.losses.missing == 600);
}

TEST_CASE("clip: without a key picture at the start the sound before the next one is kept") {
  const auto clip = clip_of(without_picture(make_clip(24), 0));
  CHECK(clip.pictures.size() == 16);
  CHECK(clip.losses.undecodable == 7);
  CHECK(clip.sounds.front().time == 0);
  CHECK(clip.pictures.front().time == 400'000 - 63'000);
}

TEST_CASE("clip: swapped chunks go back to their places") {
  const auto source = make_clip(24);
  auto order = indices(source);
  std::swap(order[picture_chunk(source, 11)], order[picture_chunk(source, 12)]);
  const auto clip = clip_of(joined(source, order));
  CHECK(numbers(clip) == counted(0, 24));
  CHECK(clip.losses.pictures() == 0);
  CHECK_FALSE(clip.losses.none()); // but it is told
  CHECK(clip.pictures[11].time == 566'600);
}

TEST_CASE("clip: repeated chunks are dropped") {
  const auto source = make_clip(24);
  auto order = indices(source);
  const auto at = picture_chunk(source, 11);
  order.insert(order.begin() + static_cast<std::ptrdiff_t>(at) + 3, at);
  const auto clip = clip_of(joined(source, order));
  CHECK(numbers(clip) == counted(0, 24));
  CHECK(clip.losses.pictures() == 0);
}

TEST_CASE("clip: cut at every chunk boundary, all before it is kept") {
  const auto source = make_clip(24);
  for (std::size_t i = 1; i < source.chunks.size(); ++i) {
    const auto clip = clip_of(Bytes(source.file).first(source.chunks[i].offset));
    CAPTURE(i);
    CHECK(clip.losses.none());
    CHECK(clip.pictures.size() + clip.sounds.size() == i);
  }
}

TEST_CASE("clip: a 1 KiB hole never costs more than to the next key picture") {
  const auto source = make_clip(48);
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    auto file = source.file;
    const auto at = random() % (file.size() - 1024);
    std::ranges::copy(random_bytes(1024, static_cast<std::uint32_t>(round)),
                      file.begin() + static_cast<std::ptrdiff_t>(at));
    std::set<std::int64_t> allowed; // to be lost
    std::int64_t number = 0;
    bool broken = false;
    for (const auto& chunk : source.chunks) {
      if (!is_sound(chunk)) {
        const bool hit = touched(source, file, chunk);
        broken = hit || (broken && number % 8 != 0);
        if (broken) {
          allowed.insert(number);
        }
        ++number;
      }
    }
    const auto kept = numbers(clip_of(file));
    CAPTURE(round, at);
    for (const auto picture : counted(0, 48)) {
      CHECK((allowed.contains(picture) || std::ranges::find(kept, picture) != kept.end()));
    }
  }
}

TEST_CASE("clip: a damaged number costs nothing") {
  const auto source = make_clip(24);
  auto file = source.file;
  const auto at = source.chunks[picture_chunk(source, 11)].offset + 12;
  std::ranges::fill(std::span(file).subspan(at, 4), std::byte{0x7A});
  const auto clip = clip_of(file);
  CHECK(numbers(clip) == counted(0, 24));
  CHECK(clip.losses.pictures() == 0);
}

TEST_CASE("clip: numbers pass their 32 bits") {
  ByteBuffer file;
  const auto add = [&](std::uint32_t sequence, std::uint64_t time) {
    const auto unit = access_unit(400, sequence, sequence % 2 == 0);
    encode_ptmf_header({.kind = sequence % 2 == 0 ? PtmfKind::key_picture : PtmfKind::picture,
                        .padding = 0,
                        .format = format,
                        .sequence = sequence,
                        .length = 400,
                        .time = time},
                       file);
    append(file, unit);
  };
  add(0xFFFFFFFE, 1'000'000);
  add(0xFFFFFFFF, 1'050'000);
  add(0, 1'100'000);
  add(1, 1'150'000);
  const auto clip = clip_of(file);
  CHECK(numbers(clip) == counted(0, 4));
  CHECK(clip.losses.none());
}

TEST_CASE("clip: an impossible time is put between its neighbours'") {
  for (const std::uint64_t damaged :
       {std::uint64_t{0}, std::uint64_t{1} << 50, std::uint64_t{999}, std::uint64_t{1'700'000}}) {
    for (const std::size_t index : {0U, 5U, 9U}) {
      std::vector<ClipSound> items;
      for (std::int64_t i = 0; i < 10; ++i) {
        items.push_back({i, 1'000'000 + static_cast<std::uint64_t>(i) * 40'000, 0, 320});
      }
      items[index].time = damaged;
      CAPTURE(damaged, index);
      if (index == 9 && damaged == 1'700'000) { // may be a pause
        CHECK(mend_times(items, 40'000) == 0);
        continue;
      }
      mend_times(items, 40'000);
      CHECK(std::ranges::is_sorted(items, std::less_equal{}, &ClipSound::time));
      const bool may_be = index == 0 && damaged < 1'000'000; // so early
      CHECK(items[index].time == (may_be ? damaged : 1'000'000 + index * 40'000));
      CHECK(items[5].time == 1'200'000);
    }
  }
}

TEST_CASE("clip: a pause is no damage, a jump of the clock is taken out") {
  std::vector<ClipSound> items{{0, 0, 0, 320},          {1, 40'000, 0, 320},
                               {2, 5'000'000, 0, 320},  {3, 5'040'000, 0, 320},
                               {4, 90'000'000, 0, 320}, {5, 90'040'000, 0, 320},
                               {6, 90'080'000, 0, 320}, {7, 1'000, 0, 320},
                               {8, 41'000, 0, 320},     {9, 82'000, 0, 320}};
  CHECK(mend_times(items, 40'000) == 2);
  CHECK(items[3].time == 5'040'000);
  CHECK(items[4].time == 5'080'000);
  CHECK(items[6].time == 5'160'000);
  CHECK(items[7].time == 5'200'000);
  CHECK(items[9].time == 5'281'000);
}

TEST_CASE("clip: times rise strictly whatever they were") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::vector<ClipSound> items;
    for (std::int64_t i = 0; i < 20; ++i) {
      const auto time = 1'000'000 + static_cast<std::uint64_t>(i) * 40'000;
      items.push_back({2 * i, random() % 3 == 0 ? random() >> (2 + random() % 60) : time, 0, 320});
    }
    mend_times(items, 40'000);
    for (std::size_t i = 1; i < items.size(); ++i) {
      CAPTURE(round, i);
      REQUIRE(items[i].time > items[i - 1].time);
      REQUIRE(items[i].time - items[i - 1].time <= 20'000'000);
    }
  }
}

TEST_CASE("clip: holes in the sound are silence, jitter is not a hole") {
  CHECK(silence_between(40'000, 40'000, false) == 0);
  CHECK(silence_between(40'000, 38'000, false) == 0);
  CHECK(silence_between(40'000, 59'999, false) == 0);
  CHECK(silence_between(40'000, 60'000, false) == 160);
  CHECK(silence_between(40'000, 170'000, false) == 320);
  CHECK(silence_between(160'000, 170'000, true) == 80);
  CHECK(silence_between(170'000, 170'100, true) == 0);
}

TEST_CASE("clip: a recording that begins in the same bytes as the one before is kept whole") {
  const auto first = make_clip(24);
  const auto other = make_other_clip(24);
  for (const std::size_t equal : {1U, 2U, 9U, 20U}) {
    for (const bool lossy : {false, true}) {
      auto file = first.file;
      std::uint32_t pictures = 24;
      for (std::size_t i = 0; i < other.chunks.size(); ++i) {
        const auto& chunk = other.chunks[i];
        const bool lost = lossy && i == picture_chunk(other, 2);
        append(file, lost ? Bytes() : i < equal ? first.bytes_of(chunk) : other.bytes_of(chunk));
        pictures += lost || is_sound(chunk) ? 0 : 1;
      }
      CAPTURE(equal, lossy);
      const auto clip = clip_of(file);
      CHECK(clip.pictures.size() == pictures);
      CHECK(clip.losses.missing == (lossy ? 1 : 0));
      CHECK(clip.losses.undecodable == 0);
      CHECK(clip.losses.sounds == 0);
      CHECK(clip.sounds.size() == 2 * clip_of(first.file).sounds.size());
    }
  }
}

TEST_CASE("clip: repeats before another recording are dropped") {
  const auto first = make_clip(24);
  auto file = first.file;
  append(file, first.file);
  append(file, make_other_clip(16).file);
  CHECK(clip_of(file).pictures.size() == 40);
}

TEST_CASE("clip: a late picture that found its place is not given to the next recording too") {
  const auto pictures = [](std::uint32_t seed, bool last_is_key, std::uint64_t last_time) {
    std::vector<ByteBuffer> chunks(3);
    PtmfWriter writer(format);
    writer.picture(true, access_unit(900, seed, true), 1'000'000, chunks[0]);
    writer.picture(false, access_unit(900, seed + 1), 1'050'000, chunks[1]);
    writer.picture(last_is_key, access_unit(900, seed + 2, last_is_key), last_time, chunks[2]);
    return chunks;
  };
  const auto first = pictures(1, false, 1'100'000);
  const auto second = pictures(11, true, 1'080'000);
  ByteBuffer file;
  for (const auto* chunk : {&first[0], &first[2], &first[1], &second[2]}) {
    append(file, *chunk);
  }
  const auto clip = clip_of(file);
  CHECK(clip.pictures.size() == 4);
  CHECK(clip.losses.undecodable == 0);
}

TEST_CASE("clip: the picture that a cut leaves half of is missing") {
  const auto source = make_clip(24);
  const auto& last = source.chunks[picture_chunk(source, 20)];
  for (const std::size_t left : {10U, 36U, 37U, 90U}) {
    const auto clip = clip_of(Bytes(source.file).first(last.offset + left));
    CAPTURE(left);
    CHECK(clip.pictures.size() == 20);
    CHECK(clip.losses.missing == (left < ptmf_header_size ? 0 : 1));
    CHECK_FALSE(clip.losses.none());
  }
}

} // namespace dualcam::convert::clip_test
