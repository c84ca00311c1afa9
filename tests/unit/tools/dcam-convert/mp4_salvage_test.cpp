#include "dcam-convert/mp4_salvage.hpp"

#include "tools/dcam-convert/mp4_parts.hpp"

namespace dualcam::convert::mp4_salvage_test {
namespace {

using namespace mp4_parts;

} // namespace

TEST_CASE("mp4 salvage: what is outside, holed or of wrong size is taken out, and counted") {
  TrackParts parts; // 1000, 1010, 1030, 2000: sizes 10 20 30 40
  auto file = file_of({parts.build(), sound().build()});
  const auto fill = [&](std::size_t offset, std::string_view hex) {
    std::ranges::copy(from_hex(hex), file.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  fill(1000, "00000006 0102030405 06");
  fill(1010, "00000002 0102 00000006 010203040506");
  fill(1030, "0000001a 01");
  fill(2000, "00000024 01");
  const auto losses_of = [&](Bytes bytes, Mp4Index& index) {
    return remove_mp4_losses(index, bytes.size(),
                             [&](std::uint64_t offset, std::span<std::byte> to) {
                               if (offset > bytes.size() || bytes.size() - offset < to.size()) {
                                 return false;
                               }
                               std::ranges::copy(bytes.subspan(offset, to.size()), to.begin());
                               return true;
                             });
  };
  auto index = good(file);
  auto losses = losses_of(file, index);
  CHECK(losses.pictures() == 0);
  CHECK(losses.disturbed == 0);
  CHECK(losses.sounds == 3); // far outside
  CHECK(losses.sound_time == 3'072'000);
  REQUIRE(losses.damage.size() == 1);
  CHECK(losses.damage[0].kind == PtmfDamageKind::cut_end);
  CHECK(losses.damage[0].sounds == 3);
  fill(1010, "00000011"); // more than the sample has
  index = good(file);
  losses = losses_of(file, index);
  CHECK(losses.missing == 1);
  CHECK(losses.disturbed == 0); // a key picture follows
  CHECK(losses.damage[0].kind == PtmfDamageKind::bad_picture);
  CHECK(losses.damage[0].offset == 1010);
  CHECK(losses.damage[0].length == 20);
  CHECK(index.tracks[0].samples.size() == 3);
  fill(1030, "0000001b");
  index = good(file);
  losses = losses_of(file, index);
  CHECK(losses.missing == 2);
  CHECK(losses.disturbed == 1);
  fill(1000, "00000007");
  index = good(file);
  losses = losses_of(file, index);
  CHECK(losses.missing == 3);
  CHECK(losses.undecodable == 1);
  CHECK(index.tracks[0].samples.empty());
}

TEST_CASE("mp4 salvage: the new file has the samples that are left, at their times") {
  TrackParts parts;
  parts.edits = box("edts", box("elst", words({0, 1, 1800, 0, 0x10000})));
  const auto file = file_of({parts.build(), sound().build()});
  auto index = good(file);
  index.tracks[0].samples.erase(index.tracks[0].samples.begin() + 1);
  index.tracks[1].samples.clear();
  const auto layout = lay_out_mp4(index);
  REQUIRE(layout.parts.size() == 3);
  CHECK(layout.parts[0].offset == 1000);
  CHECK(layout.parts[0].size == 10);
  CHECK(layout.parts[1].offset == 1030);
  CHECK(layout.parts[2].offset == 2000);
  auto whole = layout.head;
  whole.resize(whole.size() + 80);
  const auto again = good(whole);
  CHECK_FALSE(again.damaged_at);
  REQUIRE(again.tracks.size() == 2);
  const auto& samples = again.tracks[0].samples;
  REQUIRE(samples.size() == 3);
  CHECK(samples[0].offset == layout.head.size());
  CHECK(samples[1].offset == layout.head.size() + 10);
  CHECK(samples[2].offset == layout.head.size() + 40);
  CHECK(samples[1].time == 90); // as long as the lost one
  CHECK(samples[2].time == 140);
  CHECK(samples[2].duration == 50);
  CHECK(samples[0].shift == 5);
  CHECK(samples[2].description == 2);
  CHECK(samples[1].description == 1);
  CHECK((samples[0].key && samples[1].key && !samples[2].key));
  CHECK(again.tracks[0].empty_start == 0);
  CHECK(again.tracks[1].samples.empty());
  // the first is lost: nothing is shown as long as it lasted
  index.tracks[0].samples.erase(index.tracks[0].samples.begin());
  auto later = lay_out_mp4(index).head;
  later.resize(later.size() + 70);
  CHECK(good(later).tracks[0].empty_start == 54); // 90 of 1000 a second, in 600
}

TEST_CASE(
    "mp4 salvage: a JPEG picture is whole if it has all its blocks; what cannot be read is lost") {
  const auto photo = from_hex("ffd8 ffe0 0004 0102 ffda 0004 0000 55 ffd9");
  TrackParts parts;
  parts.codec = box("jpeg", ByteBuffer(78));
  parts.sizes = box("stsz", words({0, static_cast<std::uint32_t>(photo.size()), 4}));
  auto file = file_of({parts.build()});
  auto index = good(file);
  REQUIRE(index.tracks[0].photos);
  for (const auto& sample : index.tracks[0].samples) {
    std::ranges::copy(photo, file.begin() + static_cast<std::ptrdiff_t>(sample.offset));
  }
  const auto places = index.tracks[0].samples;
  file[places[1].offset + photo.size() - 2] = std::byte{0x55}; // it has no end
  const auto losses =
      remove_mp4_losses(index, file.size(), [&](std::uint64_t offset, std::span<std::byte> to) {
        if (offset == places[2].offset) {
          return false;
        }
        std::ranges::copy(Bytes(file).subspan(offset, to.size()), to.begin());
        return true;
      });
  CHECK(losses.missing == 2);
  REQUIRE(losses.damage.size() == 1);
  CHECK(losses.damage[0].kind == PtmfDamageKind::bad_picture);
  CHECK(losses.damage[0].offset == places[1].offset);
  CHECK(losses.damage[0].message == "a picture is damaged: it is cut, or has lost bytes");
  CHECK(index.tracks[0].samples.size() == 2);
}

TEST_CASE("mp4 salvage: what is not the table of samples stays as it is in the new file") {
  TrackParts parts;
  parts.edits = box("edts", box("elst", words({0, 1, 1800, 0, 0x10000})));
  parts.media_header = joined({parts.media_header, box("free", text("media"))});
  parts.handler = joined({parts.handler, box("udta", text("track"))});
  const auto file = file_of({parts.build()}, box("udta", text("movie")));
  const auto index = good(file);
  const auto head = lay_out_mp4(index).head;
  const auto movie = find_mp4_box(head, "moov");
  CHECK(to_hex(find_mp4_box(head, "ftyp")) == to_hex(text("isom")));
  CHECK(to_hex(find_mp4_box(movie, "mvhd")) == to_hex(Bytes(movie_header).subspan(8)));
  CHECK(as_text(find_mp4_box(movie, "udta")) == "movie");
  for (const auto* kept : {"tkhd", "mdia"}) {
    CHECK_FALSE(find_mp4_box(movie, {"trak", kept}).empty());
  }
  CHECK(as_text(find_mp4_box(movie, {"trak", "mdia", "free"})) == "media");
  CHECK(as_text(find_mp4_box(movie, {"trak", "mdia", "udta"})) == "track");
  CHECK(to_hex(find_mp4_box(movie, {"trak", "mdia", "mdhd"})) ==
        to_hex(words({0, 0, 0, 1000, 3000})));
  const auto description = find_mp4_box(movie, {"trak", "mdia", "minf", "stbl", "stsd"});
  CHECK(to_hex(description) == to_hex(joined({words({0, 1}), parts.codec})));
  std::size_t edits = 0;
  for (const auto& each : mp4_boxes(find_mp4_box(movie, "trak"))) {
    edits += each.type == "edts" ? 1 : 0;
  }
  CHECK(edits == 1); // the new one
}

} // namespace dualcam::convert::mp4_salvage_test
