#include "dualcam/media/annex_b.hpp"
#include "dualcam/media/ptmf.hpp"

#include "figures.hpp"
#include "media/ptmf_clip.hpp"

namespace dualcam::ptmf_damage_test {

using namespace ptmf_clip;
using namespace std::string_literals;

TEST_CASE("ptmf: cut at every chunk boundary, all chunks before it survive without damage") {
  const auto clip = make_clip(60);
  for (const auto& chunk : clip.chunks) {
    const auto report = read_both_ways(Bytes(clip.file).first(chunk.offset));
    REQUIRE(report.chunks == names(clip, [&](const Chunk& c) { return c.end() <= chunk.offset; }));
    REQUIRE(report.damage.empty());
  }
}

TEST_CASE("ptmf: cut at 1,000 bytes, all whole chunks survive and the cut one is named") {
  const auto clip = make_clip(60);
  std::mt19937 random(11);
  for (int round = 0; round < 1000; ++round) {
    const auto size = random() % clip.file.size();
    CAPTURE(size);
    const auto report = read(Bytes(clip.file).first(size));
    REQUIRE(report.chunks == names(clip, [&](const Chunk& c) { return c.end() <= size; }));
    Lines expected;
    for (const auto& chunk : clip.chunks) {
      if (chunk.offset < size && size < chunk.end()) {
        expected.push_back("cut end " + std::to_string(chunk.offset) + '+' +
                           std::to_string(size - chunk.offset));
      }
    }
    REQUIRE(report.damage == expected);
  }
}

TEST_CASE("ptmf: a 1 KiB hole costs the chunks it touches and no other") {
  const auto clip = make_clip(60);
  std::mt19937 random(13);
  std::vector<std::size_t> places;
  for (int round = 0; round < 200; ++round) {
    places.push_back(random() % (clip.file.size() - 1024));
  }
  for (const auto& chunk : clip.chunks) { // and at every boundary, and around the fields behind it
    for (std::size_t shift = 0; shift < 48; shift += 48 / tries(full(16, 48))) {
      places.push_back(std::min(chunk.offset + shift, clip.file.size() - 1024));
      places.push_back(chunk.end() >= 1024 + shift ? chunk.end() - 1024 - shift : 0);
    }
  }
  for (const auto place : places) {
    CAPTURE(place);
    auto damaged = clip.file;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(place), 1024, std::byte{0});
    const auto report = read(damaged);
    REQUIRE(report.chunks ==
            names(clip, [&](const Chunk& c) { return !touched(clip, damaged, c); }));
  }
}

TEST_CASE("ptmf: removed bytes cost the chunks they came from and no other") {
  const auto clip = make_clip(60);
  std::mt19937 random(17);
  for (int round = 0; round < 400; ++round) {
    const auto from = round % 4 == 0 ? clip.chunks[random() % (clip.chunks.size() - 4)].offset
                                     : random() % (clip.file.size() - 1024);
    const auto to = from + 1 + random() % 1023;
    CAPTURE(from, to);
    auto damaged = clip.file;
    damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(from),
                  damaged.begin() + static_cast<std::ptrdiff_t>(to));
    auto report = read(damaged);
    const auto untouched =
        names(clip, [&](const Chunk& c) { return c.end() <= from || c.offset >= to; });
    std::erase_if(report.chunks, [&](const auto& name) {
      return std::ranges::count(report.doubtful, name) == 1 &&
             std::ranges::count(untouched, name) == 0;
    });
    REQUIRE(report.doubtful.size() <= 1);
    REQUIRE(report.chunks == untouched);
  }
}

TEST_CASE("ptmf: a hole inside a picture is named with the picture it spoils") {
  auto clip = make_clip(10);
  const auto& key = clip.chunks[0];
  std::fill_n(clip.file.begin() + 1000, 1024, std::byte{0});
  const auto report = read_both_ways(clip.file);
  CHECK(report.lines[0] ==
        "zero hole 0+" + std::to_string(key.size) + " (picture 0 has a hole of 1024 zero bytes)");
  CHECK(report.pictures_missing == 1);
  CHECK(report.chunks == names_without(clip, 0));
  CHECK(report.damage[1].starts_with("before first key "));
}

TEST_CASE("ptmf: a lost chunk is a gap in front of the next of its track") {
  const auto clip = make_clip(20);
  for (const std::size_t lost : {1U, 2U, 5U, 12U}) {
    auto order = indices(clip);
    order.erase(order.begin() + static_cast<std::ptrdiff_t>(lost));
    const auto report = read_both_ways(joined(clip, order));
    const bool sound = is_sound(clip.chunks[lost]);
    CHECK(report.chunks == names_without(clip, lost));
    if (clip.chunks[lost].name.starts_with("A0 ")) {
      CHECK(report.damage.empty()); // nothing says what a file's first number must be
      continue;
    }
    REQUIRE(report.damage.size() == 1);
    CHECK(report.damage[0].starts_with("gap "));
    CHECK(report.pictures_missing == (sound ? 0 : 1));
    CHECK(report.sounds_missing == (sound ? 1 : 0));
  }
}

TEST_CASE("ptmf: swapped chunks are all handed out, the late one named") {
  const auto clip = make_clip(12, false);
  for (std::size_t i = 1; i + 2 < clip.chunks.size(); ++i) {
    auto order = indices(clip);
    std::swap(order[i], order[i + 1]);
    const auto report = read_both_ways(joined(clip, order));
    auto expected = names(clip);
    std::swap(expected[i], expected[i + 1]);
    CHECK(report.chunks == expected);
    REQUIRE(report.damage.size() == 2);
    CHECK(report.damage[0] == "gap " + std::to_string(clip.chunks[i].offset) + "+0");
    CHECK(report.damage[1].starts_with("out of order "));
    CHECK(report.lines[i + 3].ends_with(" late"));
  }
}

TEST_CASE("ptmf: repeated chunks are handed out as late") {
  const auto clip = make_clip(20);
  for (std::size_t i = 0; i + 3 < clip.chunks.size(); ++i) {
    auto order = indices(clip);
    const std::vector again{i, i + 1};
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(i + 2), again.begin(), again.end());
    const auto report = read_both_ways(joined(clip, order));
    CHECK(report.chunks.size() == clip.chunks.size() + 2);
    CHECK(report.damage ==
          Lines{"out of order " + std::to_string(clip.chunks[i + 2].offset) + '+' +
                    std::to_string(clip.chunks[i].size),
                "out of order " + std::to_string(clip.chunks[i + 2].offset + clip.chunks[i].size) +
                    '+' + std::to_string(clip.chunks[i + 1].size)});
    CHECK(std::ranges::count_if(report.lines,
                                [](const auto& line) { return line.ends_with(" late"); }) == 2);
  }
}

TEST_CASE("ptmf: a length that is too big costs its chunk only") {
  const auto clip = make_clip(20);
  for (std::size_t i = 0; i < clip.chunks.size(); ++i) {
    for (const std::uint32_t excess : {4U, 36U, 40U, 400U, 4000U, 400'000U, 4'000'000U}) {
      auto damaged = clip;
      CAPTURE(i, excess);
      set_length(damaged, i, length_of(clip, i) + excess);
      const auto report = read_both_ways(damaged.file);
      REQUIRE(report.chunks == names_without(clip, i));
      const auto place =
          std::to_string(clip.chunks[i].offset) + '+' + std::to_string(clip.chunks[i].size);
      REQUIRE(std::ranges::count_if(report.damage, [&](const auto& line) {
                return line == "garbage " + place || line == "cut end " + place;
              }) == 1);
    }
  }
}

TEST_CASE("ptmf: a length that swallows whole chunks exactly does not hide them") {
  const auto clip = make_clip(20);
  for (std::size_t i = 0; i < clip.chunks.size(); ++i) {
    for (std::size_t last = i + 1; last < clip.chunks.size(); ++last) {
      auto damaged = clip;
      CAPTURE(i, last);
      set_length(damaged, i,
                 static_cast<std::uint32_t>(clip.chunks[last].end() - clip.chunks[i].offset -
                                            ptmf_header_size));
      const auto report = read(damaged.file);
      REQUIRE(report.chunks == names_without(clip, i));
      REQUIRE(std::ranges::count(report.damage, garbage(clip.chunks[i])) == 1);
    }
  }
}

TEST_CASE("ptmf: huge and impossible lengths cost their chunk only") {
  const auto clip = make_clip(20);
  for (std::size_t i = 0; i + 1 < clip.chunks.size(); ++i) {
    for (const std::uint32_t length :
         {0U, 3U, 0x0040'0000U, 0x0040'0004U, 0x7FFF'FFFCU, 0xFFFF'FFFCU, 0xFFFF'FFFFU}) {
      auto damaged = clip;
      CAPTURE(i, length);
      set_length(damaged, i, length);
      auto report = read_both_ways(damaged.file);
      const bool served = i == 0 && (length < 0x0040'0000U ? length % 4 != 0 || length == 0
                                                           : length != 0x0040'0000U);
      if (served) { // as what the file begins with
        REQUIRE(report.chunks.at(0).starts_with("I0 at 0: "));
        report.chunks.erase(report.chunks.begin());
      }
      REQUIRE(report.chunks == names_without(clip, i));
      REQUIRE(std::ranges::count(report.damage, garbage(clip.chunks[i])) == (served ? 0 : 1));
    }
  }
}

TEST_CASE("ptmf: a length that is too small never yields a cut picture as whole") {
  const auto clip = make_clip(20);
  for (std::size_t i = 0; i < clip.chunks.size(); ++i) {
    for (const std::uint32_t missing : {4U, 20U, 40U, 100U}) {
      auto damaged = clip;
      CAPTURE(i, missing);
      set_length(damaged, i, length_of(clip, i) - missing);
      auto report = read_both_ways(damaged.file);
      REQUIRE((report.doubtful.size() == 1 ||
               std::ranges::count(report.damage, garbage(clip.chunks[i])) == 1));
      std::erase_if(report.chunks, [&](const auto& name) {
        return std::ranges::count(report.doubtful, name) == 1;
      });
      REQUIRE(report.chunks == names_without(clip, i));
    }
  }
}

TEST_CASE("ptmf: a damaged header costs its own chunk, not its neighbours") {
  const auto clip = make_clip(20);
  for (std::size_t i = 0; i < clip.chunks.size(); ++i) {
    for (const std::size_t field : {0U, 1U, 3U, 4U, 5U}) {
      auto damaged = clip;
      CAPTURE(i, field);
      damaged.file[clip.chunks[i].offset + field] ^= std::byte{0xFF};
      auto report = read_both_ways(damaged.file);
      if (i == 0) { // what a file begins with is served without its header
        REQUIRE(report.chunks.at(0).starts_with("I0 at 0: "));
        report.chunks.erase(report.chunks.begin());
      }
      REQUIRE(report.chunks == names_without(clip, i));
    }
  }
}

TEST_CASE("ptmf: garbage between chunks costs none of them") {
  const auto clip = make_clip(20);
  for (std::size_t i = 0; i < clip.chunks.size(); ++i) {
    for (const std::size_t size : {1U, 4U, 100U, 5000U}) {
      auto file = clip.file;
      const auto junk = random_bytes(size, static_cast<std::uint32_t>(size));
      const auto place = clip.chunks[i].offset;
      file.insert(file.begin() + static_cast<std::ptrdiff_t>(place), junk.begin(), junk.end());
      const auto report = read_both_ways(file);
      REQUIRE(report.chunks == names(clip));
      REQUIRE(std::ranges::count(report.damage, "garbage " + std::to_string(place) + '+' +
                                                    std::to_string(size)) == 1);
    }
  }
}

TEST_CASE("ptmf: a file without chunks is garbage from end to end") {
  CHECK(read_both_ways(random_bytes(100'000, 1)).damage == Lines{"garbage 0+100000"});
  CHECK(read_both_ways(ByteBuffer(100'000)).damage == Lines{"garbage 0+100000"});
  CHECK(read(as_bytes("PTM")).damage == Lines{"cut end 0+3"});
  CHECK(read(as_bytes("PTX")).damage == Lines{"garbage 0+3"});
}

TEST_CASE("ptmf: the magic inside a damaged chunk is not mistaken for a chunk") {
  auto clip = make_clip(20);
  std::ranges::copy(as_bytes("PTMF"), clip.file.begin() + 500);
  std::ranges::copy(Bytes(clip.file).first(24), clip.file.begin() + 600);
  std::ranges::copy(as_bytes("XXXX"), clip.file.begin());
  const auto report = read_both_ways(clip.file);
  CHECK(report.chunks == names_without(clip, 0));
  CHECK(report.damage[0] == garbage(clip.chunks[0]));
}

TEST_CASE("ptmf: sound with a wrong voice header is withheld and named") {
  const auto clip = make_clip(10);
  const std::size_t index = 2;
  REQUIRE(is_sound(clip.chunks[index]));
  for (const std::size_t byte : {0U, 1U, 2U}) {
    auto damaged = clip.file;
    damaged[clip.chunks[index].offset + ptmf_header_size + byte] ^= std::byte{1};
    const auto report = read_both_ways(damaged);
    CHECK(report.chunks == names_without(clip, index));
    CHECK(report.damage ==
          Lines{"bad voice header " + std::to_string(clip.chunks[index].offset) + "+360"});
    CHECK(report.sounds_missing == 1);
  }
}

TEST_CASE("ptmf: a damaged number is told from missing chunks by the time") {
  const auto clip = make_clip(12, false);
  for (const std::size_t byte : {13U, 14U, 15U}) {
    auto damaged = clip.file;
    damaged[clip.chunks[4].offset + byte] ^= std::byte{0xFF};
    const auto report = read_both_ways(damaged);
    CHECK(report.chunks.size() == clip.chunks.size());
    CHECK(report.pictures_missing == 0);
    CHECK(report.damage == Lines{"wrong number " + std::to_string(clip.chunks[4].offset) + '+' +
                                 std::to_string(clip.chunks[4].size)});
  }
}

TEST_CASE("ptmf: a number off by little does not make the pictures behind it late") {
  const auto clip = make_clip(12, false);
  for (const unsigned flip : {1U, 2U, 8U, 64U}) {
    auto damaged = clip.file;
    damaged[clip.chunks[4].offset + 12] ^= static_cast<std::byte>(flip);
    const auto report = read_both_ways(damaged);
    CHECK(report.chunks.size() == clip.chunks.size());
    CHECK(report.damage.size() <= 2);
    CHECK(std::ranges::none_of(report.lines,
                               [](const auto& line) { return line.ends_with(" late"); }));
  }
}

TEST_CASE("ptmf: memory stays within the bound whatever lengths a file declares") {
  std::mt19937 random(19);
  ByteBuffer file;
  while (file.size() < 12 * 1024 * 1024) { // headers behind headers, each claiming megabytes
    encode_ptmf_header({.kind = PtmfKind::picture,
                        .padding = 0,
                        .format = format,
                        .sequence = 1,
                        .length = static_cast<std::uint32_t>(random() % 1024) * 4096,
                        .time = 0},
                       file);
  }
  CHECK(read(file).lines.size() >= 1);
}

TEST_CASE("ptmf: random damage leaves every untouched chunk") {
  const auto clip = make_clip(40);
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    auto damaged = clip.file;
    const auto size = 1 + random() % 3000;
    const auto place = random() % (damaged.size() - size);
    std::ranges::copy(random_bytes(size, seed),
                      damaged.begin() + static_cast<std::ptrdiff_t>(place));
    const auto report = read(damaged);
    CAPTURE(seed, place, size);
    for (const auto& chunk : clip.chunks) {
      if (!touched(clip, damaged, chunk)) {
        REQUIRE(std::ranges::count(report.chunks, chunk.name) == 1);
      }
    }
  }
}

} // namespace dualcam::ptmf_damage_test
