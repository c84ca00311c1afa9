#include "dcam-convert/mp4.hpp"

#include "tools/dcam-convert/mp4_bytes.hpp"

namespace dualcam::convert::mp4_facts_test {
namespace {

/// A track of this kind; its head and its samples as they stand in the boxes.
ByteBuffer track(std::string_view handler, std::string_view codec,
                 const std::string& head = "00000000 00000000 00000000 000003e8 00000bb8",
                 const std::string& sizes = "00000000 00000000 00000000") {
  auto description = from_hex("00000000 00000001 00000056");
  append(description, as_bytes(codec));
  append(description, from_hex("0000 0000 0000 0001 0000 0000 0000 0000 0000 0000 0000 0000"));
  append(description, from_hex("0500 02d0 0048 0000"));
  auto handler_box = from_hex("00000000 00000000");
  append(handler_box, as_bytes(handler));
  const auto tables = joined({box("stsd", description), box("stsz", from_hex(sizes))});
  return box("trak", box("mdia", joined({box("mdhd", from_hex(head)), box("hdlr", handler_box),
                                         box("minf", box("stbl", tables))})));
}

ByteBuffer movie(std::initializer_list<ByteBuffer> parts) { return box("moov", joined(parts)); }

} // namespace

TEST_CASE("MP4 facts: of the first track of pictures codec, size and duration are told") {
  const auto narrow = track("vide", "hvc1");
  const auto facts = inspect(movie({narrow}));
  CHECK(facts.indexed);
  CHECK(facts.whole);
  CHECK(facts.hevc);
  CHECK_FALSE(facts.h264);
  CHECK(facts.seconds == 3.0);
  CHECK(facts.width == 1280);
  CHECK(facts.height == 720);
  CHECK_FALSE(facts.has_sound);
  CHECK(facts.other_tracks == 0);
  CHECK(inspect(movie({track("vide", "hev1")})).hevc);
  CHECK(inspect(movie({track("vide", "avc1")})).h264);
  CHECK(inspect(movie({track("vide", "avc3")})).h264);
  CHECK_FALSE(inspect(movie({track("vide", "av01")})).h264);
  const auto wide = track("vide", "hvc1",
                          "01000000 0000000000000000 0000000000000000 000003e8 "
                          "0000000000000fa0");
  CHECK(inspect(movie({wide})).seconds == 4.0);
  CHECK(inspect(movie({track("vide", "hvc1", "00000000 00000000 00000000 00000000 00000bb8")}))
            .seconds == 0);
  CHECK(inspect(movie({wide, narrow})).seconds == 4.0);
}

TEST_CASE("MP4 facts: sound and other tracks are counted, other boxes passed over") {
  const auto facts =
      inspect(movie({box("udta", from_hex("00")), track("soun", "mp4a"), track("text", "tx3g"),
                     track("meta", "mett"), track("tmcd", "tmcd"), track("vide", "avc1")}));
  CHECK(facts.has_sound);
  CHECK(facts.other_tracks == 2);
  CHECK(facts.h264);
  CHECK_FALSE(inspect(movie({track("vide", "avc1")})).has_sound);
  CHECK_FALSE(facts.raw_sound);
  CHECK(inspect(movie({track("soun", "mp4a"), track("soun", "alaw")})).raw_sound);
  CHECK(inspect(movie({track("soun", "sowt")})).raw_sound);
  CHECK_FALSE(inspect(movie({track("vide", "raw ")})).raw_sound);
}

TEST_CASE("MP4 facts: when it was made, in both widths") {
  const auto short_head = box("mvhd", from_hex("00000000 e3000001 00000000"));
  const auto long_head = box("mvhd", from_hex("01000000 00000000e3000002 0000000000000000"));
  CHECK(inspect(movie({short_head})).created == 0xE3000001);
  CHECK(inspect(movie({long_head})).created == 0xE3000002);
  CHECK(inspect(movie({})).created == 0);
}

TEST_CASE("MP4 facts: pictures are turned by the matrix of their track, in both widths") {
  const auto turned = [](std::string_view handler, const std::string& version, std::size_t before,
                         const std::string& matrix) {
    auto head = from_hex(version + "000000");
    head.resize(before);
    append(head, from_hex(matrix));
    auto handler_box = from_hex("00000000 00000000");
    append(handler_box, as_bytes(handler));
    return inspect(movie({box("trak",
                              joined({box("tkhd", head), box("mdia", box("hdlr", handler_box))}))}))
        .turned;
  };
  const std::string upright = "00010000 00000000 00000000 00000000 00010000";
  const std::string quarter = "00000000 00010000 00000000 ffff0000 00000000";
  const std::string half = "ffff0000 00000000 00000000 00000000 ffff0000";
  const std::string mirrored = "00010000 00000000 00000000 00000000 ffff0000";
  const std::string larger = "00020000 00000000 00000000 00000000 00020000";
  for (const auto& [version, before] : {std::pair("00", 40U), std::pair("01", 52U)}) {
    CHECK_FALSE(turned("vide", version, before, upright));
    CHECK_FALSE(turned("vide", version, before, larger));
    CHECK(turned("vide", version, before, quarter));
    CHECK(turned("vide", version, before, half));
    CHECK(turned("vide", version, before, mirrored));
    CHECK_FALSE(turned("soun", version, before, quarter));
    for (const auto* one : {"ffff0000 00000000 00000000 00000000 00010000",
                            "00010000 00000001 00000000 00000000 00010000",
                            "00010000 00000000 00000000 00000001 00010000"}) {
      CHECK(turned("vide", version, before, one));
    }
  }
  CHECK_FALSE(inspect(movie({track("vide", "hvc1")})).turned);
}

TEST_CASE("MP4 facts: samples that no chunk holds are not inside") {
  const std::string head = "00000000 00000000 00000000 000003e8 00000bb8";
  const auto equal = inspect(movie({track("vide", "hvc1", head, "00000000 0000000a 00000007")}));
  CHECK(equal.frames == 7);
  CHECK(equal.frames_inside == 0);
  CHECK_FALSE(equal.whole);
  const auto sound = inspect(
      movie({track("vide", "hvc1"), track("soun", "mp4a", head, "00000000 0000000a 00000001")}));
  CHECK(sound.frames == 0);
  CHECK_FALSE(sound.whole);
}

TEST_CASE("MP4 facts: an index that comes twice counts once, and boxes that cannot be end it") {
  const auto first = movie({track("vide", "hvc1")});
  const auto second = movie({track("vide", "avc1")});
  CHECK(inspect(joined({first, second})).hevc);
  CHECK(inspect(joined({box("free", ByteBuffer(5)), first})).hevc);
  CHECK_FALSE(inspect(joined({from_hex("00000004 66726565"), first})).indexed);
  CHECK_FALSE(inspect(joined({from_hex("7fffffff 66726565"), first})).indexed);
  CHECK_FALSE(inspect(joined({first, from_hex("00000009 66726565")})).whole);
  CHECK(inspect(joined({first, from_hex("00000008 66726565")})).whole);
  CHECK_FALSE(inspect({}).indexed);
}

} // namespace dualcam::convert::mp4_facts_test
