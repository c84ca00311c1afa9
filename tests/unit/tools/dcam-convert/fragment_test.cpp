#include <algorithm>
#include <vector>

#include "dcam-convert/flac.hpp"
#include "dcam-convert/fragment_splitter.hpp"
#include "dcam-convert/fragment_writer.hpp"
#include "tools/dcam-convert/mp4_parts.hpp"

namespace dualcam::convert::fragment_test {
namespace {

using namespace mp4_parts;

const StreamHead with_sound{
    .size = {320, 192}, .period = 50'000, .with_sound = true, .parameter_sets = {}};

/// What comes out of three seconds of ten pictures each, with sound between them.
ByteBuffer clip(FragmentWriter::Pace pace) {
  FragmentWriter writer(pace);
  writer.begin(with_sound);
  ByteBuffer out;
  const ByteBuffer sound(320, std::byte{0x55});
  for (std::uint64_t number = 0; number < 30; ++number) {
    writer.picture(number % 10 == 0, number * 50'000 + (number % 2) * 16'600,
                   from_hex("00000001 26"));
    writer.sound(number * 40'000 + 63'000, sound);
    append(out, writer.take());
  }
  writer.finish();
  append(out, writer.take());
  return out;
}

std::vector<FragmentFacts> facts_of(Bytes file, std::size_t step) {
  FragmentSplitter splitter;
  std::vector<FragmentFacts> facts;
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < file.size(); at += step) {
    splitter.feed(file.subspan(at, std::min(step, file.size() - at)));
    while (const auto piece = splitter.next()) {
      bytes += piece->bytes.size();
      if (piece->facts) {
        facts.push_back(*piece->facts);
      }
    }
  }
  CHECK(splitter.is_plausible());
  CHECK(splitter.is_between_boxes());
  CHECK(splitter.has_head());
  CHECK(bytes == file.size());
  return facts;
}

} // namespace

TEST_CASE("fragments: each picture has one of its own at once, with its true time") {
  const auto file = clip(FragmentWriter::Pace::each_frame);
  const auto facts = facts_of(file, file.size());
  REQUIRE(facts.size() == 30);
  CHECK(facts[10].key);
  CHECK_FALSE(facts[11].key);
  CHECK(facts[11].begin == 0.5666);
  CHECK(facts[11].duration == 0.05);
  CHECK(facts[11].pictures == 1);
}

TEST_CASE("fragments: one a key picture lasts until the next one begins") {
  const auto file = clip(FragmentWriter::Pace::by_key);
  const auto facts = facts_of(file, file.size());
  REQUIRE(facts.size() == 3);
  for (const auto& one : facts) {
    CHECK(one.key);
    CHECK(one.pictures == 10);
  }
  CHECK(facts[1].begin == 0.5);
  CHECK(facts[1].duration == 0.5);
  CHECK(facts[2].duration == 0.5166); // the last picture's duration is the nominal one
}

TEST_CASE("fragments: pieces of any size tell the same") {
  const auto file = clip(FragmentWriter::Pace::by_key);
  for (const std::size_t step : {1U, 2U, 7U, 100U}) {
    const auto facts = facts_of(file, step);
    REQUIRE(facts.size() == 3);
    CHECK(facts[2].begin == 1.0);
  }
}

TEST_CASE("fragments: a box that cannot be ends it, one that is cut is not between boxes") {
  auto file = clip(FragmentWriter::Pace::by_key);
  FragmentSplitter cut;
  cut.feed(Bytes(file).first(file.size() - 1));
  while (cut.next()) {
  }
  CHECK_FALSE(cut.is_between_boxes());
  for (const auto* bad : {"00000004 6d6f6f76", "00000000 6d6f6f66", "7fffffff 6d6f6f66",
                          "00000001 6d6f6f66 00000000 00000008", "00000020 00000000"}) {
    FragmentSplitter broken;
    const auto bytes = from_hex(bad);
    broken.feed(bytes);
    CHECK_FALSE(broken.next());
    CHECK_FALSE(broken.is_plausible());
  }
}

TEST_CASE("fragments: what a fragment's header tells of its pictures counts before the movie's") {
  constexpr std::uint32_t is_no_key = 0x10000;
  for (const std::uint32_t flags : {0U, is_no_key}) {
    // where the data begins, a description, how long each lasts, its size, its flags
    const auto header = box("tfhd", words({0x3B, 1, 0, 9000, 2, 250, is_no_key - flags, flags}));
    const auto fragment =
        box("traf", joined({header, box("tfdt", words({0, 2000})), box("trun", words({0, 3}))}));
    const auto defaults = box("trex", words({0, 1, 1, 500, 0, is_no_key - flags}));
    const auto file = joined(
        {box("moov", joined({movie_header, TrackParts().build(), box("mvex", defaults)})),
         box("moof", joined({box("mfhd", words({0, 1})), fragment})), box("mdat", ByteBuffer(9))});
    const auto facts = facts_of(file, file.size());
    REQUIRE(facts.size() == 1);
    CHECK(facts[0].duration == 0.75);
    CHECK(facts[0].key == (flags == 0));
  }
}

TEST_CASE("fragments: what a fragment does not tell of its pictures the movie does") {
  constexpr std::uint32_t is_no_key = 0x10000;
  for (const std::uint32_t flags : {0U, is_no_key}) {
    const auto defaults = joined({box("trex", words({0, 9, 1, 7, 0, is_no_key - flags})),
                                  box("trex", words({0, 1, 1, 500, 0, flags})),
                                  box("free", words({0, 1, 1, 8, 0, is_no_key - flags}))});
    const auto fragment =
        box("traf", joined({box("tfhd", words({0, 1})), box("tfdt", words({0, 2000})),
                            box("trun", words({0, 3}))}));
    const auto file = joined(
        {box("moov", joined({movie_header, TrackParts().build(), box("mvex", defaults)})),
         box("moof", joined({box("mfhd", words({0, 1})), fragment})), box("mdat", ByteBuffer(9))});
    const auto facts = facts_of(file, file.size());
    REQUIRE(facts.size() == 1);
    CHECK(facts[0].pictures == 3);
    CHECK(facts[0].begin == 2.0);
    CHECK(facts[0].duration == 1.5);
    CHECK(facts[0].key == (flags == 0));
  }
}

TEST_CASE("fragments: a hole in the sound becomes silence, and a step back stays one") {
  FragmentWriter writer(FragmentWriter::Pace::each_frame);
  writer.begin(with_sound);
  writer.take();
  const ByteBuffer sound(320, std::byte{0x55});
  const auto frames = [&](std::uint64_t time) {
    writer.sound(time, sound);
    const auto bytes = writer.take();
    std::size_t count = 0;
    for (auto at = as_text(bytes).find("moof"); at != std::string_view::npos;
         at = as_text(bytes).find("moof", at + 1)) {
      ++count;
    }
    return count;
  };
  CHECK(frames(0) == 1);
  CHECK(frames(40'300) == 1);
  CHECK(frames(160'000) == 3); // 80 ms are missing: 512 samples and some
  CHECK(frames(150'000) == 1);
}

TEST_CASE("FLAC: a frame of A-law is 13 bits a sample and guarded by both sums") {
  ByteBuffer frame;
  append_flac_frame(300, from_hex("d5 55 aa 2a"), frame);
  CHECK(to_hex(frame) == "fff97408c4ac000374032001fffbf02080d1ae");
  CHECK(flac_stream_info().size() == 34);
}

} // namespace dualcam::convert::fragment_test
