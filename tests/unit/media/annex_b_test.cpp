#include "dualcam/media/annex_b.hpp"

#include "testing.hpp"

namespace dualcam::annex_b_test {
namespace {

std::vector<AccessUnit> split(Bytes stream, std::size_t piece) {
  AccessUnitSplitter splitter;
  std::vector<AccessUnit> units;
  while (!stream.empty()) {
    const auto size = std::min(piece, stream.size());
    splitter.feed(stream.first(size), units);
    stream = stream.subspan(size);
  }
  if (const auto last = splitter.finish()) {
    units.push_back(*last);
  }
  return units;
}

// VPS SPS PPS SEI IDR | P | P in two slices, suffix SEI | AUD P
ByteBuffer vps() { return from_hex("00000001 4001 0c"); }
ByteBuffer sps() { return from_hex("00000001 4201 01"); }
ByteBuffer pps() { return from_hex("000001 4401 c0"); }
ByteBuffer prefix_sei() { return from_hex("00000001 4e01 05"); }
ByteBuffer idr() { return from_hex("00000001 2601 af 0000 03 00 77"); }
ByteBuffer first_slice() { return from_hex("00000001 0201 d0 1234"); }
ByteBuffer second_slice() { return from_hex("000001 0201 50 5678"); }
ByteBuffer suffix_sei() { return from_hex("00000001 5001 84"); }
ByteBuffer delimiter() { return from_hex("00000001 4601 50"); }

ByteBuffer joined(std::initializer_list<ByteBuffer> parts) {
  ByteBuffer whole;
  for (const auto& part : parts) {
    append(whole, part);
  }
  return whole;
}

} // namespace

TEST_CASE("annex b: the first header that only one codec can have tells which it is") {
  using enum VideoCodec;
  for (const auto& [unit, codec] : {std::pair{"00000001 6742001e", std::optional(h264)},
                                    {"00000001 0910 00000001 6742001e", h264}, // a delimiter first
                                    {"000001 65888400", h264},
                                    {"00000001 40010c01", h265},
                                    {"00000001 46015000 000001 2601af00", h265},
                                    {"00000001 0605aabb 000001 65888400", h264}, // SEI of either
                                    {"00000001", std::nullopt},
                                    {"65888400", std::nullopt},
                                    {"", std::nullopt}}) {
    CAPTURE(unit);
    CHECK(codec_of(from_hex(unit)) == codec);
  }
}

TEST_CASE("annex b: a unit holds a picture and what belongs to it") {
  const auto key = joined({vps(), sps(), pps(), prefix_sei(), idr()});
  const auto sliced = joined({first_slice(), second_slice(), suffix_sei()});
  const auto stream = joined({key, first_slice(), sliced, delimiter(), first_slice()});
  const std::vector<AccessUnit> expected{
      {0, key.size(), true},
      {key.size(), first_slice().size(), false},
      {key.size() + first_slice().size(), sliced.size(), false},
      {key.size() + first_slice().size() + sliced.size(), delimiter().size() + first_slice().size(),
       false},
  };
  CHECK(split(stream, stream.size()) == expected);
  for (std::size_t piece = 1; piece < 20; ++piece) {
    CHECK(split(stream, piece) == expected);
  }
}

TEST_CASE("annex b: what surrounds the pictures belongs to none") {
  const auto stream = joined({from_hex("ff 00 00 02"), idr(), vps()});
  CHECK(split(stream, 7) == std::vector<AccessUnit>{{4, idr().size(), true}});
  CHECK(split(joined({vps(), sps()}), 100).empty());
  CHECK(split({}, 1).empty());
}

TEST_CASE("annex b: zeros in front of a start code stay with the unit before") {
  const auto stream = joined({idr(), from_hex("0000"), first_slice()});
  const std::vector<AccessUnit> expected{{0, idr().size() + 2, true},
                                         {idr().size() + 2, first_slice().size(), false}};
  CHECK(split(stream, 3) == expected);
}

TEST_CASE(
    "annex b: a damaged start code costs the picture behind it, other damage the one before") {
  const auto slice = joined({first_slice(), from_hex("7777777777")});
  struct Case {
    std::string_view hex;
    bool damaged, lost_behind;
  };
  for (const auto& [hex, damaged, lost_behind] :
       {Case{"00000011 0201d0 5555", false, true}, Case{"000002 0201d0 5555", true, false},
        Case{"00000011 8201d0 5555", true, false}, Case{"00000011 0209d0 5555", true, false},
        Case{"00000011 0200d0 5555", true, false}, Case{"00000000 11 5555", true, false},
        Case{"000003 0201d0 5555", false, false}, Case{"000011 5555", false, false},
        Case{"00000003 55", true, false}}) {
    CAPTURE(hex);
    const auto stream = joined({idr(), slice, from_hex(hex), first_slice()});
    for (const std::size_t piece : {1U, 3U, 1000U}) {
      const auto units = split(stream, piece);
      REQUIRE(units.size() == 3);
      CHECK(units[1].damaged == damaged);
      CHECK(units[1].lost_behind == lost_behind);
      CHECK(units[1].size == slice.size() + (damaged || lost_behind ? 0 : from_hex(hex).size()));
      CHECK_FALSE((units[0].damaged || units[2].damaged));
      CHECK_FALSE((units[0].lost_behind || units[2].lost_behind));
    }
  }
}

TEST_CASE("annex b: a hole in front of a start code is noticed, a few zeros there are none") {
  for (const std::size_t zeros : {10U, 63U, 64U, 1000U}) {
    const auto stream = joined({idr(), ByteBuffer(zeros), from_hex("01 0201d0 1234")});
    const auto units = split(stream, 7);
    REQUIRE(units.size() == 2);
    CHECK(units[0].damaged == (zeros >= 64));
  }
}

TEST_CASE("annex b: parameter sets are what precedes the first slice") {
  const auto head = joined({vps(), sps(), pps(), prefix_sei()});
  CHECK(std::ranges::equal(head_of_access_unit(joined({head, idr(), second_slice()})), head));
  CHECK(head_of_access_unit(head).size() == head.size());
  const auto cut = joined({head, from_hex("00000001")}); // behind the next one's start code
  CHECK(head_of_access_unit(cut).size() == cut.size());
  CHECK(head_of_access_unit({}).empty());
}

TEST_CASE("annex b: a check tells damage of a picture from that of what precedes it") {
  struct Case {
    std::string_view hex;
    bool key, head_is_whole, picture_is_whole;
  };
  for (const auto& [hex, key, head_is_whole, picture_is_whole] : {
           Case{"00000001 2601 a0 55", true, true, true},
           Case{"000001 2601 a0 55", true, true, true},
           Case{"00000001 2601 a0 55", false, true, false}, // of the other kind
           Case{"00000001 0201 a0 55", true, true, false},
           Case{"00000001 0201 50 55", false, true, false}, // no first slice
           Case{"00000001 1401 d0 55", false, true, false}, // of a type that is not in use
           Case{"00000001 0201 d0 55 00000001 0201 50", false, true, true},
           Case{"00000001 0201 d0 55 00000001 0201 d0", false, true, false},
           Case{"00000001 0201 d0 55 00000001 5001 80", false, true, true},
           Case{"00000001 0201 d0 55 00000001 d001 80", false, true, false},
           Case{"00000001 0201 d0 55 00000001 5009 80", false, true, false},
           Case{"00000001 0201 d0 55 00000001 5000 80", false, true, false},
           Case{"00000001 0201 d0 55 000002", false, true, false},
           Case{"00000001 0201 d0 55 00000003", false, true, false},
           Case{"00000001 0201 d0 55 000003", false, true, true},
           Case{"00000001 4601 50 00000001 0201 d0", false, true, true},
           Case{"00000001 c601 50 00000001 0201 d0", false, false, true},
           Case{"00000001 4601 000002 00000001 0201 d0", false, false, true},
           Case{"46 000001 0201 d0", false, false, true},
           Case{"00000001 4001 0c 4201 01 00000001 4401 c1 00000001 2601 a0", true, false, true},
           Case{"00000001 4001 0c 00000001 4201 01 00000001 4401 c1 00000001 2601 a0", true, false,
                true}, // of no size
           Case{"00000001 4001 0c 00000001 4201010160000003009000000300000300"
                "5da00280802d165959a4932bc05a0020 00000001 4401 c1 00000001 2601 a0",
                true, true, true},
           Case{"00000001 4001 0c 00000001 0201 d0", false, true, true}, // sets are the key ones'
           Case{"00000001 4601 50", false, true, false},
           Case{"0201 d0 1234", false, true, false},
           Case{"", false, true, false},
           Case{"00000001 0201 d0 55 00000001 2601 a0 55", true, false, true},
           Case{"00000001 2601 a0 55 00000001 0201 d0 55", true, true, false},
       }) {
    CAPTURE(hex);
    const auto check = check_access_unit(from_hex(hex), key);
    CHECK(check.head_flaw.empty() == head_is_whole);
    CHECK(check.flaw.empty() == picture_is_whole);
  }
}

TEST_CASE("annex b: a picture of H.264 may be two fields where fields are coded") {
  struct Case {
    std::string_view hex;
    bool key, whole_as_fields;
  };
  for (const auto& [hex, key, whole_as_fields] : {
           Case{"000001 6588 000001 419a", true, true},
           Case{"000001 6588 000001 6588", true, true},
           Case{"000001 6588 000001 6548 000001 419a 000001 415a", true, true},
           Case{"000001 419a 000001 419a", false, true},
           Case{"000001 419a 000001 419a 000001 419a", false, false},
           Case{"000001 419a 000001 6588", false, false}, // the second one is not of this picture
           Case{"000001 6588 000001 415a", true, false},
       }) {
    CAPTURE(hex);
    const auto unit = from_hex(hex);
    CHECK(check_access_unit(unit, key, VideoCodec::h264, true).flaw.empty() == whole_as_fields);
    CHECK_FALSE(check_access_unit(unit, key, VideoCodec::h264).flaw.empty());
  }
}

TEST_CASE("annex b: a hole in front of a picture is its head's, and one of few bytes is none") {
  for (const std::size_t zeros : {63U, 64U, 70U}) {
    const auto head = joined({from_hex("00000001 4e01 05"), ByteBuffer(zeros), from_hex("80")});
    const auto check = check_access_unit(joined({head, idr()}), true);
    CHECK(check.head_size == head.size());
    CHECK((check.head_flaw == "it has a hole of zero bytes") == (zeros >= hole_size));
    CHECK(check.flaw.empty());
  }
}

TEST_CASE("annex b: a head's parameter sets are told apart, without what surrounds them") {
  const auto head =
      joined({delimiter(), vps(), from_hex("0000"), sps(), pps(), pps(), prefix_sei()});
  const auto sets = parameter_sets_of(head);
  CHECK(sets.units[0] == "\x40\x01\x0c");
  CHECK(sets.units[1] == "\x42\x01\x01");
  CHECK(sets.units[2] == "\x44\x01\xc0\x44\x01\xc0");
  CHECK(sets.begin == delimiter().size());
  CHECK(sets.end == head.size() - prefix_sei().size());
  for (const auto& without : {delimiter(), prefix_sei(), ByteBuffer{}}) {
    CHECK(parameter_sets_of(without).end == 0);
  }
  CHECK(parameter_sets_of(pps()).end == pps().size());
}

TEST_CASE("annex b: a damaged start code of what is no picture costs none") {
  for (const auto* hex : {"00000011 4601 50", "00000011 4e01 05", "00000011 4001 0c"}) {
    const auto units = split(joined({idr(), first_slice(), from_hex(hex), first_slice()}), 3);
    REQUIRE(units.size() == 3);
    CHECK(units[1].garbage_behind);
    CHECK_FALSE((units[1].lost_behind || units[1].damaged));
    CHECK(units[1].size == first_slice().size());
  }
}

namespace {

/// Where the units of a stream begin, told by what they hold: of two pictures and a NAL unit
/// between them that is said to begin a picture or not.
std::string with_between(VideoCodec codec, const std::string& picture, std::string_view header,
                         std::string_view behind) {
  const auto first = from_hex("000001" + picture);
  const auto between = from_hex("000001" + std::string(header) + std::string(behind));
  auto stream = first;
  append(stream, between);
  append(stream, first);
  AccessUnitSplitter splitter(codec);
  std::vector<AccessUnit> units;
  splitter.feed(stream, units);
  if (const auto last = splitter.finish()) {
    units.push_back(*last);
  }
  std::string text;
  for (const auto& unit : units) {
    text += unit.offset == 0 ? "picture" : unit.offset == first.size() ? "between" : "second";
    text += unit.key ? " (key) " : " ";
  }
  return text;
}

} // namespace

TEST_CASE("annex b: of H.265 it is the type of a NAL unit that tells whose it is") {
  for (unsigned type = 0; type < 64; ++type) {
    CAPTURE(type);
    const std::array<std::byte, 2> bytes{static_cast<std::byte>(type << 1), std::byte{1}};
    const auto header = to_hex(bytes);
    const auto found = [&](std::string_view behind) {
      return with_between(VideoCodec::h265, "0201d0", header, behind);
    };
    const bool is_key = type >= 16 && type <= 23;
    if (type < 32) { // slices: the first of a picture, and others
      CHECK(found("d0") == (is_key ? "picture between (key) second " : "picture between second "));
      CHECK(found("50") == (is_key ? "picture (key) second " : "picture second "));
      continue;
    }
    const bool opens =
        type <= 35 || type == 39 || (type >= 41 && type <= 44) || (type >= 48 && type <= 55);
    CHECK(found("50") == (opens ? "picture between " : "picture second "));
    CHECK(found("d0") == found("50")); // it is no slice, whatever stands there
  }
}

TEST_CASE("annex b: of H.264, too") {
  for (unsigned type = 0; type < 32; ++type) {
    CAPTURE(type);
    const bool refers = type >= 1 && type <= 8 && type != 6;
    const std::array<std::byte, 1> byte{static_cast<std::byte>(type | (refers ? 0x60 : 0))};
    const auto header = to_hex(byte);
    const auto found = [&](std::string_view behind) {
      return with_between(VideoCodec::h264, "619a55", header, std::string(behind) + "55");
    };
    if (type >= 1 && type <= 5) {
      const bool may_be_first = type <= 2 || type == 5; // the others are parts of slices
      CHECK(found("9a") == (type == 5      ? "picture between (key) second "
                            : may_be_first ? "picture between second "
                                           : "picture second "));
      CHECK(found("1a") == (type == 5 ? "picture (key) second " : "picture second "));
      continue;
    }
    const bool opens = (type >= 6 && type <= 9) || (type >= 14 && type <= 18);
    CHECK(found("1a") == (opens ? "picture between " : "picture second "));
  }
}

} // namespace dualcam::annex_b_test
