// What of a damaged recording is lost: it is damaged at every chunk in turn, in one way, and what
// its clips have is counted. The figures are today's, and a rule that comes or goes changes them:
// whoever changes them tells why.
#include <functional>
#include <utility>

#include "media/ptmf_clip.hpp"
#include "tools/dcam-convert/clip_of.hpp"

namespace dualcam::convert::clip_figures_test {
namespace {

using Chunk = ptmf_clip::Chunk;
using Lines = std::vector<std::string>;
using Damage = std::function<void(ByteBuffer& file, const Chunk& chunk)>;

std::ptrdiff_t signed_of(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

void erase_from(ByteBuffer& file, std::size_t at, std::size_t count) {
  file.erase(file.begin() + signed_of(at),
             file.begin() + signed_of(std::min(at + count, file.size())));
}
void insert_into(ByteBuffer& file, std::size_t at, const ByteBuffer& what) {
  file.insert(file.begin() + signed_of(at), what.begin(), what.end());
}
Damage flips(std::size_t at) {
  return [at](ByteBuffer& file, const Chunk& chunk) { file[chunk.offset + at] ^= std::byte{0x10}; };
}

const std::vector<std::pair<const char*, Damage>>& damages() {
  static const std::vector<std::pair<const char*, Damage>> all{
      {"byte 0 of its header", flips(0)},
      {"byte 3 of its header", flips(3)},
      {"byte 4 of its header", flips(4)},
      {"byte 6 of its header", flips(6)},
      {"byte 8 of its header", flips(8)},
      {"byte 9 of its header", flips(9)},
      {"byte 11 of its header", flips(11)},
      {"byte 12 of its header", flips(12)},
      {"byte 14 of its header", flips(14)},
      {"byte 16 of its header", flips(16)},
      {"byte 19 of its header", flips(19)},
      {"byte 22 of its header", flips(22)},
      {"byte 24 of its header", flips(24)},
      {"byte 25 of its header", flips(25)},
      {"byte 27 of its header", flips(27)},
      {"byte 28 of its header", flips(28)},
      {"byte 31 of its header", flips(31)},
      {"its first payload byte", flips(ptmf_header_size)},
      {"its fifth payload byte", flips(ptmf_header_size + 4)},
      {"it is lost",
       [](auto& file, const auto& chunk) { erase_from(file, chunk.offset, chunk.size); }},
      {"its header is lost",
       [](auto& file, const auto& chunk) { erase_from(file, chunk.offset, ptmf_header_size); }},
      {"its end is lost",
       [](auto& file, const auto& chunk) { erase_from(file, chunk.end() - 20, 20); }},
      {"a byte is lost",
       [](auto& file, const auto& chunk) { erase_from(file, chunk.end() - 9, 1); }},
      {"a byte too many",
       [](auto& file, const auto& chunk) { insert_into(file, chunk.end() - 9, ByteBuffer(1)); }},
      {"it and half of the one before are lost",
       [](auto& file, const auto& chunk) {
         const auto before = std::min<std::size_t>(chunk.offset, 150);
         erase_from(file, chunk.offset - before, chunk.size + before);
       }},
      {"it comes twice",
       [](auto& file, const auto& chunk) {
         insert_into(file, chunk.offset,
                     ByteBuffer(file.begin() + signed_of(chunk.offset),
                                file.begin() + signed_of(chunk.end())));
       }},
      {"noise before it",
       [](auto& file, const auto& chunk) {
         insert_into(file, chunk.offset, random_bytes(500, 5));
       }},
      {"zeros in it",
       [](auto& file, const auto& chunk) {
         std::fill(file.begin() + signed_of(chunk.end() - 120),
                   file.begin() + signed_of(chunk.end() - 10), std::byte{0});
       }},
      {"the file ends in it", [](auto& file, const auto& chunk) { file.resize(chunk.end() - 5); }},
      {"the file begins in it",
       [](auto& file, const auto& chunk) { erase_from(file, 0, chunk.offset + 40); }},
  };
  return all;
}

/// Of many clips.
struct Totals {
  std::uint64_t pictures = 0;
  std::uint64_t keys = 0;
  std::uint64_t sounds = 0;
  std::uint64_t bytes = 0;
  std::uint64_t milliseconds = 0;
  std::int64_t numbers = 0;
  std::uint64_t missing = 0;
  std::uint64_t undecodable = 0;
  std::uint64_t disturbed = 0;
  std::uint64_t sounds_lost = 0;
  std::uint64_t mended = 0;
  std::uint64_t told = 0;

  void add(const Clip& clip) {
    for (const auto& picture : clip.pictures) {
      ++pictures;
      keys += picture.key ? 1 : 0;
      bytes += picture.size;
      numbers += picture.number;
      milliseconds += picture.time / 1000;
    }
    for (const auto& sound : clip.sounds) {
      ++sounds;
      bytes += sound.size;
      numbers += sound.number;
      milliseconds += sound.time / 1000;
    }
    missing += clip.losses.missing;
    undecodable += clip.losses.undecodable;
    disturbed += clip.losses.disturbed;
    sounds_lost += clip.losses.sounds;
    mended += clip.losses.mended_times;
    told += clip.losses.damage.size();
  }

  /// "pictures keys sounds | bytes numbers ms | missing undecodable disturbed sounds mended told"
  std::string text() const {
    std::string text;
    const auto put = [&](auto count) { text += ' ' + std::to_string(count); };
    put(pictures);
    put(keys);
    put(sounds);
    text += " |";
    put(bytes);
    put(numbers);
    put(milliseconds);
    text += " |";
    put(missing);
    put(undecodable);
    put(disturbed);
    put(sounds_lost);
    put(mended);
    put(told);
    return text;
  }
};

/// Each chunk in turn; or each and the second one behind it.
Lines figures(const ptmf_clip::Clip& clip, bool two = false) {
  Lines lines;
  for (const auto& [name, damage] : damages()) {
    Totals totals;
    for (std::size_t i = 0; i + (two ? 2 : 0) < clip.chunks.size(); ++i) {
      auto file = clip.file;
      if (two) {
        damage(file, clip.chunks[i + 2]);
      }
      if (!two || file.size() > clip.chunks[i].end()) {
        damage(file, clip.chunks[i]);
      }
      totals.add(clip_of(file));
    }
    lines.push_back(std::string(name) + ':' + totals.text());
  }
  return lines;
}

} // namespace

TEST_CASE("clip figures: a chunk is damaged") {
  CHECK(figures(ptmf_clip::make_clip(20)) ==
        Lines{"byte 0 of its header: 861 130 1032 | 1625028 20015 954395 | 18 0 55 22 0 84",
              "byte 3 of its header: 861 130 1032 | 1625028 20015 954395 | 18 0 55 22 0 84",
              "byte 4 of its header: 861 130 1032 | 1625028 20015 954395 | 18 0 55 22 0 84",
              "byte 6 of its header: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 0",
              "byte 8 of its header: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 0",
              "byte 9 of its header: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 0",
              "byte 11 of its header: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 0",
              "byte 12 of its header: 880 132 1056 | 1658096 27224 977328 | 240 0 56 240 0 74",
              "byte 14 of its header: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 44",
              "byte 16 of its header: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 0",
              "byte 19 of its header: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 0",
              "byte 22 of its header: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 0",
              "byte 24 of its header: 855 130 1032 | 1615145 20012 952650 | 17 7 46 23 0 91",
              "byte 25 of its header: 853 129 1032 | 1610617 19987 951384 | 19 7 55 23 0 91",
              "byte 27 of its header: 861 130 1032 | 1625028 20015 954395 | 18 0 55 22 0 84",
              "byte 28 of its header: 880 132 1056 | 1658096 20504 977271 | 0 0 0 0 0 0",
              "byte 31 of its header: 880 132 1056 | 1658096 20504 976591 | 0 0 0 0 44 0",
              "its first payload byte: 870 129 1032 | 1628335 20176 959844 | 3 7 10 24 0 44",
              "its fifth payload byte: 870 129 1056 | 1636032 20452 972396 | 3 7 10 0 0 10",
              "it is lost: 853 129 1032 | 1610617 19975 951384 | 18 7 55 22 0 47",
              "its header is lost: 861 130 1032 | 1625028 20015 954395 | 18 0 55 22 0 127",
              "its end is lost: 853 129 1032 | 1610617 19987 951384 | 19 7 55 23 0 91",
              "a byte is lost: 853 129 1032 | 1610617 19987 951384 | 19 7 55 23 0 91",
              "a byte too many: 857 130 1056 | 1624957 20324 965868 | 15 7 37 0 0 93",
              "it and half of the one before are lost: 827 126 1008 | 1565130 19448 925906 | 38 13 "
              "104 44 0 130",
              "it comes twice: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 44",
              "noise before it: 880 132 1056 | 1658096 20504 977328 | 0 0 0 0 0 87",
              "zeros in it: 853 129 1056 | 1618297 20286 963936 | 20 7 55 0 0 28",
              "the file ends in it: 449 77 497 | 935349 6423 319421 | 20 0 0 24 0 44",
              "the file begins in it: 276 52 535 | 543200 9424 273748 | 177 135 0 173 0 179"});
}

TEST_CASE("clip figures: a chunk of a recording without sound is damaged") {
  CHECK(
      figures(ptmf_clip::make_clip(12, false)) ==
      Lines{"byte 0 of its header: 133 23 0 | 227344 726 37175 | 10 0 27 0 0 22",
            "byte 3 of its header: 133 23 0 | 227344 726 37175 | 10 0 27 0 0 22",
            "byte 4 of its header: 133 23 0 | 227344 726 37175 | 10 0 27 0 0 22",
            "byte 6 of its header: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 0",
            "byte 8 of its header: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 0",
            "byte 9 of its header: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 0",
            "byte 11 of its header: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 0",
            "byte 12 of its header: 144 24 0 | 242976 1848 40752 | 176 0 34 0 0 22",
            "byte 14 of its header: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 12",
            "byte 16 of its header: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 0",
            "byte 19 of its header: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 0",
            "byte 22 of its header: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 0",
            "byte 24 of its header: 126 23 0 | 216905 706 34692 | 10 7 24 0 0 29",
            "byte 25 of its header: 125 22 0 | 212933 698 34292 | 12 7 27 0 0 29",
            "byte 27 of its header: 133 23 0 | 227344 726 37175 | 10 0 27 0 0 22",
            "byte 28 of its header: 144 24 0 | 242976 792 40747 | 0 0 0 0 0 0",
            "byte 31 of its header: 144 24 0 | 242976 792 40555 | 0 0 0 0 12 0",
            "its first payload byte: 135 22 0 | 224568 756 37288 | 2 7 3 0 0 12",
            "its fifth payload byte: 135 22 0 | 224578 756 37288 | 2 7 3 0 0 9",
            "it is lost: 125 22 0 | 212933 694 34292 | 10 7 27 0 0 17",
            "its header is lost: 133 23 0 | 227344 726 37175 | 10 0 27 0 0 33",
            "its end is lost: 125 22 0 | 212933 698 34292 | 12 7 27 0 0 29",
            "a byte is lost: 125 22 0 | 212933 698 34292 | 12 7 27 0 0 29",
            "a byte too many: 127 23 0 | 218913 707 34758 | 9 7 18 0 0 29",
            "it and half of the one before are lost: 108 20 0 | 185613 612 28464 | 21 13 21 0 0 33",
            "it comes twice: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 12",
            "noise before it: 144 24 0 | 242976 792 40752 | 0 0 0 0 0 23",
            "zeros in it: 125 22 0 | 212933 698 34292 | 12 7 27 0 0 19",
            "the file ends in it: 66 14 0 | 138920 220 11480 | 12 0 0 0 0 12",
            "the file begins in it: 32 8 0 | 46704 304 2656 | 55 34 0 0 0 46"});
}

TEST_CASE("clip figures: two chunks are damaged") {
  CHECK(figures(ptmf_clip::make_clip(12), true) ==
        Lines{"byte 0 of its header: 268 46 309 | 556290 3453 175009 | 18 0 31 23 0 74",
              "byte 3 of its header: 268 46 309 | 556290 3453 175009 | 18 0 31 23 0 74",
              "byte 4 of its header: 268 46 309 | 556290 3453 175009 | 18 0 31 23 0 74",
              "byte 6 of its header: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 0",
              "byte 8 of its header: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 0",
              "byte 9 of its header: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 0",
              "byte 11 of its header: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 0",
              "byte 12 of its header: 288 48 336 | 593472 6920 190032 | 208 0 43 240 0 57",
              "byte 14 of its header: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 46",
              "byte 16 of its header: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 0",
              "byte 19 of its header: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 0",
              "byte 22 of its header: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 0",
              "byte 24 of its header: 262 47 309 | 549823 3454 172996 | 17 7 28 25 0 83",
              "byte 25 of its header: 260 45 309 | 541879 3438 172196 | 19 7 31 25 0 81",
              "byte 27 of its header: 268 46 309 | 556290 3453 175009 | 18 0 31 23 0 74",
              "byte 28 of its header: 288 48 336 | 593472 3768 189987 | 0 0 0 0 0 0",
              "byte 31 of its header: 288 48 336 | 593472 3768 3947719 | 0 0 0 0 48 0",
              "its first payload byte: 278 45 309 | 562428 3555 177556 | 3 7 6 27 0 48",
              "its fifth payload byte: 278 45 336 | 571086 3724 186634 | 3 7 6 0 0 10",
              "it is lost: 260 45 309 | 541879 3421 172196 | 18 7 31 23 0 33",
              "its header is lost: 268 46 309 | 556290 3453 175009 | 18 0 31 23 0 121",
              "its end is lost: 260 45 309 | 541879 3438 172196 | 19 7 31 25 0 81",
              "a byte is lost: 260 45 309 | 541879 3438 172196 | 19 7 31 25 0 81",
              "a byte too many: 263 47 336 | 560487 3637 182140 | 16 7 22 0 0 96",
              "it and half of the one before are lost: 233 42 284 | 492918 3103 155015 | 40 12 46 "
              "45 0 76",
              "it comes twice: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 48",
              "noise before it: 288 48 336 | 593472 3768 190032 | 0 0 0 0 0 95",
              "zeros in it: 260 45 336 | 550519 3620 181274 | 21 7 31 0 0 28",
              "the file ends in it: 138 29 138 | 336378 948 52098 | 11 0 0 13 0 24",
              "the file begins in it: 48 12 127 | 110696 1439 23927 | 105 43 0 108 0 67"});
}

} // namespace dualcam::convert::clip_figures_test
