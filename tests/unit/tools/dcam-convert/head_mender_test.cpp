#include "dcam-convert/head_mender.hpp"

#include "dcam-convert/ptmf_clip.hpp"
#include "media/ptmf_clip.hpp"
#include "tools/dcam-convert/clip_of.hpp"

namespace dualcam::convert::head_mender_test {
namespace {

constexpr std::string_view video = "00000001 4001 0c";
constexpr std::string_view sequence =
    "00000001 42010101600000030090000003000003005da00280802d165959a4932bc05a0020";
constexpr std::string_view picture = "00000001 4401 c1";

ByteBuffer head(std::string_view first, std::string_view second, std::string_view third) {
  return from_hex(std::string(first) + std::string(second) + std::string(third));
}

ByteBuffer good() { return head(video, sequence, picture); }

/// Key pictures of 100 bytes, 1000 bytes apart.
struct Recording {
  HeadMender mender;
  std::vector<ClipPicture> pictures;
  std::vector<PtmfDamage> damage;

  explicit Recording(std::initializer_list<ByteBuffer> heads) {
    for (const auto& one : heads) {
      const auto number = std::ssize(pictures);
      const auto offset = static_cast<std::uint64_t>(number) * 1000;
      mender.add(offset, one, false);
      pictures.push_back({.key = true, .number = number, .time = 0, .offset = offset, .size = 100});
    }
  }

  /// The numbers of those whose sets were replaced, each with the offset of its sets.
  std::vector<std::pair<std::int64_t, std::uint64_t>> mend() {
    damage = mender.mend(pictures);
    std::vector<std::pair<std::int64_t, std::uint64_t>> mended;
    for (const auto& one : pictures) {
      if (one.sets_size != 0) {
        mended.emplace_back(one.number, one.sets_offset);
      }
    }
    return mended;
  }
};

using Mended = std::vector<std::pair<std::int64_t, std::uint64_t>>;

} // namespace

TEST_CASE("heads: a size counts if a sound head and its chunk's header tell the same") {
  const auto payload = from_hex("00000001 40010c01 00000001 42010101600000030090000003000003005da0"
                                "0280802d165959a4932bc05a0020 00000001 4401c0f2 "
                                "00000001 2601 a0 11223344");
  PtmfPicture key_picture{};
  key_picture.key = true;
  key_picture.payload = payload;
  key_picture.format = {20, 1280, 720};
  CHECK(confirmed_size(key_picture) == PictureSize{1280, 720});
  key_picture.damaged_head = 47;
  CHECK_FALSE(confirmed_size(key_picture));
  key_picture.damaged_head = 0;
  for (const auto& other : {PtmfFormat{20, 1280, 721}, {20, 1281, 720}, {20, 0, 0}}) {
    key_picture.format = other;
    CHECK_FALSE(confirmed_size(key_picture));
  }
}

TEST_CASE("heads: sound ones stay as they are") {
  Recording alike{good(), good(), good()};
  CHECK(alike.mend().empty());
  CHECK(alike.damage.empty());
  Recording first_only{good(), {}, {}};
  CHECK(first_only.mend().empty());
  CHECK(first_only.damage.empty());
  Recording one{good()};
  CHECK(one.mend().empty());
}

TEST_CASE("heads: a set that goes on behind the end of another's has swallowed what followed it") {
  const auto longer = head(video, sequence, "00000001 4401 c1 0011 014e");
  Recording first{longer, good()};
  CHECK(first.mend() == Mended{{0, 1000}});
  REQUIRE(first.damage.size() == 1);
  CHECK(first.damage[0].kind == PtmfDamageKind::bad_head);
  CHECK(first.damage[0].offset == 0);
  CHECK(first.damage[0].length == longer.size());
  CHECK(first.pictures[0].offset == longer.size());
  CHECK(first.pictures[0].size == 100 - longer.size());
  CHECK(first.pictures[0].sets_size == good().size());
  Recording last{good(), longer};
  CHECK(last.mend() == Mended{{1, 0}});
  for (const auto& other : {head("00000001 4001 0c55", sequence, picture),
                            head(video, std::string(sequence) + "55", picture)}) {
    Recording middle{good(), good(), other, good()};
    CHECK(middle.mend() == Mended{{2, 1000}});
  }
}

TEST_CASE("heads: a set of which one alone has only the beginning is cut, not all the others") {
  Recording cut{good(), good(), head(video, sequence, "00000001 4401")};
  CHECK(cut.mend() == Mended{{2, 1000}});
  Recording of_three{head(video, sequence, "00000001 4401 c155"), good(),
                     head(video, sequence, "00000001 4401 c15566"), good()};
  CHECK(of_three.mend() == Mended{{0, 1000}, {2, 1000}});
}

TEST_CASE("heads: a set that differs from those of both neighbours is damaged, when it is new") {
  const auto other = head(video, "00000001 4201 02", picture);
  Recording one{good(), other, good()};
  CHECK(one.mend() == Mended{{1, 0}});
  Recording changed{good(), good(), other};
  CHECK(changed.mend().empty());
  Recording began{other, good(), good()};
  CHECK(began.mend().empty());
  Recording alternating{good(), other, good(), other, good()};
  CHECK(alternating.mend() == Mended{{1, 0}});
  Recording varied{good(), other, head(video, "00000001 4201 03", picture)};
  CHECK(varied.mend().empty());
  Recording beside_a_damaged_one{good(), head(video, sequence, "00000001 4401 c155"), other,
                                 good()};
  CHECK(beside_a_damaged_one.mend() == Mended{{1, 0}, {2, 0}});
}

TEST_CASE("heads: known damage is mended from before, from behind, or from its own sets") {
  const auto add = [](Recording& recording, std::uint64_t number, const ByteBuffer& bytes) {
    recording.mender.add(number * 1000, bytes, true);
  };
  const auto bad = head(video, "", picture);
  Recording middle{good(), good(), good()};
  add(middle, 1, bad);
  CHECK(middle.mend() == Mended{{1, 0}});
  CHECK(middle.damage.empty());
  Recording two{good(), good(), good()};
  add(two, 0, bad);
  add(two, 1, bad);
  CHECK(two.mend() == Mended{{0, 2000}, {1, 2000}});
  Recording without{good(), {}, good()};
  add(without, 2, bad);
  CHECK(without.mend() == Mended{{2, 0}});
  Recording own{good()};
  auto with_more = from_hex("00000001 4601 50");
  append(with_more, good());
  add(own, 0, with_more);
  CHECK(own.mend() == Mended{{0, 7}});
  CHECK(own.pictures[0].sets_size == good().size());
  Recording none{good(), {}};
  add(none, 0, bad);
  CHECK(none.mend().empty());
  CHECK(none.pictures.size() == 1);
  CHECK(none.pictures[0].number == 1);
}

namespace {

/// Three key pictures, each with another behind it.
ByteBuffer camera_file(std::initializer_list<std::string_view> heads) {
  ByteBuffer file;
  PtmfWriter writer(ptmf_clip::format);
  std::uint64_t time = 1'000'000;
  for (const auto one : heads) {
    auto unit = from_hex(one);
    append(unit, ptmf_clip::access_unit(200, 1, true));
    writer.picture(true, unit, time, file);
    writer.picture(false, ptmf_clip::access_unit(50, 2), time + 50'000, file);
    time += 100'000;
  }
  return file;
}

} // namespace

TEST_CASE("heads: whatever bit of a head is flipped, no picture of the clip is lost") {
  const auto hex =
      std::string(video) + std::string(sequence) + std::string(picture) + "00000001 4e01 0580";
  const auto whole = camera_file({hex, hex, hex});
  const auto head_size = from_hex(hex).size();
  const auto second = clip_of(whole).pictures[2].offset;
  for (std::size_t bit = 0; bit < head_size * 8; ++bit) {
    auto file = whole;
    file[second + bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    const auto clip = clip_of(file);
    CAPTURE(bit);
    CHECK(clip.pictures.size() == 6);
    CHECK(clip.losses.pictures() == 0);
    const bool within_sei = bit / 8 >= good().size() + 4;
    CHECK((within_sei || !clip.losses.damage.empty()));
  }
}

TEST_CASE("heads: what precedes other pictures is left out if it is damaged") {
  ByteBuffer file;
  PtmfWriter writer(ptmf_clip::format);
  writer.picture(true, ptmf_clip::access_unit(200, 1, true), 0, file);
  auto unit = from_hex("00000011 4601 50");
  append(unit, ptmf_clip::access_unit(50, 2));
  writer.picture(false, unit, 50'000, file);
  const auto clip = clip_of(file);
  REQUIRE(clip.pictures.size() == 2);
  CHECK(clip.pictures[1].size == 50);
  CHECK(clip.pictures[1].sets_size == 0);
  CHECK(clip.losses.damage.size() == 1);
  CHECK(as_text(Bytes(file).subspan(clip.pictures[1].offset, 5)) ==
        as_text(Bytes(ptmf_clip::access_unit(50, 2)).first(5)));
}

TEST_CASE("heads: one recording lends no sets to another") {
  auto file = camera_file({"", ""});
  append(file, camera_file({std::string(video) + std::string(picture)}));
  append(file, camera_file({std::string(video) + std::string(sequence) + std::string(picture)}));
  const auto clip = clip_of(file);
  CHECK(clip.losses.pictures() == 2);
  CHECK(clip.pictures.size() == 6);
}

} // namespace dualcam::convert::head_mender_test
