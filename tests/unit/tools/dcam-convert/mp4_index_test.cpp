#include "dcam-convert/mp4_index.hpp"

#include "dcam-convert/mp4_salvage.hpp"
#include "tools/dcam-convert/mp4_parts.hpp"

namespace dualcam::convert::mp4_index_test {
namespace {

using namespace mp4_parts;

} // namespace

TEST_CASE("mp4 index: every sample has its place, its times and its kind") {
  const auto index = good(file_of({TrackParts().build(), sound().build()}));
  REQUIRE(index.tracks.size() == 2);
  CHECK(index.time_scale == 600);
  CHECK_FALSE(index.fragmented);
  CHECK_FALSE(index.damaged_at);
  CHECK(as_text(index.file_type).substr(4) == "ftypisom");
  const auto& video = index.tracks[0];
  CHECK(video.video);
  CHECK(video.id == 1);
  CHECK(video.time_scale == 1000);
  CHECK(video.nal_length_size == 4);
  CHECK_FALSE(video.photos);
  struct Expected {
    std::uint64_t offset, size, time, duration;
    std::int32_t shift;
    std::uint32_t description;
    bool key;
  };
  const std::vector<Expected> expected{{1000, 10, 0, 40, 5, 1, true},
                                       {1010, 20, 40, 50, 5, 1, false},
                                       {1030, 30, 90, 50, 5, 1, true},
                                       {2000, 40, 140, 50, 5, 2, false}};
  REQUIRE(video.samples.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& sample = video.samples[i];
    CAPTURE(i);
    CHECK(sample.offset == expected[i].offset);
    CHECK(sample.size == expected[i].size);
    CHECK(sample.time == expected[i].time);
    CHECK(sample.duration == expected[i].duration);
    CHECK(sample.shift == expected[i].shift);
    CHECK(sample.description == expected[i].description);
    CHECK(sample.key == expected[i].key);
  }
  const auto& audio = index.tracks[1];
  CHECK_FALSE(audio.video);
  CHECK(audio.id == 2);
  REQUIRE(audio.samples.size() == 3);
  CHECK(audio.samples[2].offset == (std::uint64_t{1} << 32) + 514);
  CHECK(audio.samples[2].size == 7);
  CHECK(audio.samples[2].time == 2048);
  CHECK(audio.samples[2].key); // without a list of keys all are
  CHECK(duration_of(index, true) == 190'000);
  CHECK(duration_of(index, false) == 3'072'000);
  CHECK(count_pictures(index) == 4);
}

TEST_CASE("mp4 index: headers of version 1 have wider times") {
  TrackParts parts;
  parts.header = box("tkhd", words({0x1000000, 0, 0, 0, 0, 9}));
  parts.media_header = box("mdhd", words({0x1000000, 0, 0, 0, 0, 90000, 0, 5}));
  const auto track = track_of(parts);
  CHECK(track.id == 9);
  CHECK(track.time_scale == 90000);
  parts.media_header = box("mdhd", words({0, 0, 0, 0, 5}));
  CHECK(track_of(parts).time_scale == 1); // nobody divides by 0
  const auto wide = joined({box(
      "moov", joined({box("mvhd", words({0x1000000, 0, 0, 0, 0, 77})), TrackParts().build()}))});
  CHECK(good(wide).time_scale == 77);
}

TEST_CASE("mp4 index: how pictures are coded is told by their description") {
  const auto with = [](std::string_view type, const ByteBuffer& inside) {
    TrackParts parts;
    parts.codec = box(type, joined({ByteBuffer(78), inside}));
    return track_of(parts);
  };
  for (const auto& [last, size] : {std::pair(0xFC, 1U), std::pair(0xFD, 2U), std::pair(0xFF, 4U)}) {
    auto record = ByteBuffer(23);
    record[4] = record[21] = static_cast<std::byte>(last);
    CHECK(with("avc1", box("avcC", record)).nal_length_size == size);
    CHECK(with("hvc1", box("hvcC", record)).nal_length_size == size);
  }
  CHECK(with("avc1", box("avcC", ByteBuffer(4))).nal_length_size == 0);
  CHECK(with("hvc1", box("hvcC", ByteBuffer(21))).nal_length_size == 0);
  CHECK_FALSE(with("hvc1", {}).is_known());
  CHECK(with("jpeg", {}).photos);
  CHECK(with("jpeg", {}).is_known());
  const auto described = [&](std::string_view hex) {
    return with("mp4v", box("esds", joined({words({0}), from_hex(hex)}))).photos;
  };
  CHECK(described("0316 0001 00 0411 6c 11"));
  CHECK(described("03808016 0001 00 0480800d 6c 11"));
  CHECK_FALSE(described("0316 0001 00 0411 20 11"));
  CHECK_FALSE(described("0516 0001 00 0411 6c 11"));
  CHECK_FALSE(described("0316 0001 00 0511 6c 11"));
  CHECK_FALSE(described("0316"));
  TrackParts short_one;
  short_one.codec = box("jpeg", ByteBuffer(77));
  CHECK_FALSE(track_of(short_one).photos);
  auto no_video = sound();
  no_video.codec = TrackParts().codec;
  const auto index = good(file_of({TrackParts().build(), no_video.build()}));
  CHECK(index.tracks[1].nal_length_size == 0);
}

TEST_CASE("mp4 index: of an edit list the empty beginning and the start count") {
  TrackParts parts;
  CHECK(track_of(parts).empty_start == 0);
  parts.edits = box("edts", box("elst", words({0, 2, 300, 0xFFFFFFFF, 0x10000, 900, 7, 0x10000})));
  CHECK(track_of(parts).empty_start == 300);
  CHECK(track_of(parts).media_start == 7);
  parts.edits = box("edts", box("elst", words({0x1000000, 3, 0, 30, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 4,
                                               0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 9, 1, 7, 0})));
  CHECK(track_of(parts).empty_start == 34);
  CHECK(track_of(parts).media_start == (std::uint64_t{1} << 32) + 7);
  parts.edits = box("edts", box("elst", words({0, 0xFFFFFFFF, 5, 0xFFFFFFFF, 0})));
  CHECK(track_of(parts).empty_start == 5); // more are claimed than there are
}

TEST_CASE("mp4 index: when pictures are shown is told by their times and the edit list") {
  using Times = std::vector<std::uint64_t>;
  CHECK(picture_times({}).empty());
  CHECK(picture_times(good(file_of({sound().build(), TrackParts().build()}))) ==
        Times{5000, 45'000, 95'000, 145'000});
  TrackParts late;
  late.edits =
      box("edts", box("elst", words({0, 2, 300, 0xFFFF'FFFF, 0x10000, 1800, 50, 0x10000})));
  late.shifts = box("ctts", words({0, 2, 1, 200, 3, 5})); // the first is shown last
  CHECK(picture_times(good(file_of({late.build()}))) == Times{500'000, 545'000, 595'000, 650'000});
}

TEST_CASE("mp4 index: only the first track of pictures, and of sound, is wanted") {
  auto second = TrackParts();
  second.header = box("tkhd", words({0, 0, 0, 5}));
  auto other = TrackParts();
  other.handler = box("hdlr", joined({words({0, 0}), text("text")}));
  const auto index = good(file_of(
      {other.build(), sound().build(), TrackParts().build(), second.build(), sound().build()}));
  REQUIRE(index.tracks.size() == 2);
  CHECK_FALSE(index.tracks[0].video);
  CHECK(index.tracks[1].id == 1);
}

TEST_CASE("mp4 index: what its tables do not tell is not invented") {
  TrackParts parts;
  parts.chunks = box("stco", words({0, 2, 1000})); // one is claimed that is not there
  const auto track = track_of(parts);
  REQUIRE(track.samples.size() == 4);
  CHECK(track.samples[2].size == 30);
  CHECK(track.samples[3].size == 0);
  parts.chunks = {};
  CHECK(track_of(parts).samples[0].size == 0);
  parts = {};
  parts.sizes = box("stsz", words({0, 0, 4, 10, 20}));
  CHECK(track_of(parts).samples[1].size == 20);
  CHECK(track_of(parts).samples[2].size == 0);
  parts = {};
  parts.runs =
      box("stsc", words({0, 2, 1, 3, 1, 2, 9, 2})); // more than there are in the last chunk
  REQUIRE(track_of(parts).samples.size() == 4);
  CHECK(track_of(parts).samples[3].offset == 2000);
  parts = {};
  parts.times = box("stts", words({0, 2, 1, 40}));
  CHECK(track_of(parts).samples[3].time == 120); // the last value goes on
  parts = {};
  parts.keys = box("stss", words({0, 3, 0, 2, 5}));
  CHECK_FALSE(track_of(parts).samples[0].key);
  CHECK(track_of(parts).samples[1].key);
  CHECK_FALSE(track_of(parts).samples[3].key);
}

TEST_CASE(
    "mp4 index: an index of a form that is not known here is left alone, one without pictures "
    "is an error") {
  TrackParts compact;
  compact.sizes = box("stz2", words({0, 8, 4, 0}));
  CHECK(good(file_of({compact.build()})).tracks.empty());
  TrackParts endless;
  endless.sizes = box("stsz", words({0, 1, static_cast<std::uint32_t>(most_mp4_samples + 1)}));
  CHECK(good(file_of({endless.build()})).tracks.empty());
  const auto error = read(file_of({sound().build()}));
  REQUIRE_FALSE(error);
  CHECK_THAT(error.error().message, ContainsSubstring("without pictures"));
  const auto without = joined({box("ftyp", text("isom")), box("mdat", ByteBuffer(100))});
  REQUIRE_FALSE(read(without));
  CHECK_THAT(read(without).error().message, ContainsSubstring("no index (moov)"));
  auto no_table = box("trak", box("mdia", TrackParts().handler));
  REQUIRE_FALSE(read(file_of({no_table})));
}

TEST_CASE("mp4 index: it is found behind damage, and where that was is told") {
  const auto movie = box("moov", joined({movie_header, TrackParts().build()}));
  auto damaged = joined({box("ftyp", text("isom")), ByteBuffer(30), movie});
  CHECK(good(damaged).damaged_at == 12);
  CHECK(good(damaged).tracks.size() == 1);
  // a length that leads out of the file
  damaged = joined({words({0x7FFFFFFF}), text("mdat"), ByteBuffer(50), movie});
  CHECK(good(damaged).damaged_at == 0);
  CHECK(good(damaged).tracks.size() == 1);
  // names that are none
  for (const auto* name : {"moov", "mvhd"}) {
    auto other = joined({words({0x7FFFFFFF}), text("mdat"), ByteBuffer(50), movie});
    const auto at = as_text(other).find(name);
    other[at + 3] = std::byte{'X'};
    CHECK_FALSE(read(other));
  }
  // names that may be anywhere: only a movie's or a fragment's own head follows them
  for (const auto* chance : {"moovAAAAmfhd", "moofAAAAmvhd", "mooXAAAAmfhd", "mooXAAAAmvhd"}) {
    auto other = joined(
        {words({0x7FFFFFFF}), text("mdat"), ByteBuffer(50), text(chance), ByteBuffer(50), movie});
    CHECK(good(other).tracks.size() == 1);
  }
  // the last box goes to the end of the file, and one has a length of 64 bits
  auto rest = movie;
  std::ranges::fill(std::span(rest).first(4), std::byte{0});
  CHECK(good(rest).tracks.size() == 1);
  const auto wide = joined({words({1}), text("free"), words({0, 20, 7}), movie});
  CHECK(good(wide).tracks.size() == 1);
  CHECK_FALSE(good(wide).damaged_at);
  CHECK(good(joined({movie, words({0x50}), text("free")})).damaged_at == movie.size());
}

TEST_CASE("mp4 index: fragments go on from the movie and from each other") {
  TrackParts empty;
  empty.sizes = box("stsz", words({0, 0, 0}));
  empty.keys = empty.shifts = {};
  empty.times = box("stts", words({0, 0}));
  empty.runs = box("stsc", words({0, 0}));
  empty.chunks = box("stco", words({0, 0}));
  const auto extends = box("mvex", box("trex", words({0, 1, 1, 40, 100, 0x10000})));
  const auto start = joined(
      {box("ftyp", text("isom")), box("moov", joined({movie_header, empty.build(), extends}))});
  const auto fragment = [](std::uint32_t number, const ByteBuffer& track) {
    return box("moof", joined({box("mfhd", words({0, number})), box("traf", track)}));
  };
  // base at the fragment; the first has flags of its own; sizes told
  const auto first =
      fragment(1, joined({box("tfhd", words({0x20000, 1})), box("tfdt", words({0, 80})),
                          box("trun", words({0x205, 2, 500, 0, 11, 22}))}));
  // defaults of the fragment, base told
  const auto second = fragment(2, joined({box("tfhd", words({0x3B, 1, 0, 9000, 2, 20, 33, 0})),
                                          box("trun", words({0x801, 1, 5, 0xFFFFFFFF})),
                                          box("trun", words({0x100, 1, 60}))}));
  const auto file = joined({start, first, second, box("mdat", ByteBuffer(10))});
  const auto index = good(file);
  CHECK(index.fragmented);
  CHECK_FALSE(index.damaged_at);
  REQUIRE(index.tracks.size() == 1);
  const auto& samples = index.tracks[0].samples;
  REQUIRE(samples.size() == 4);
  CHECK(samples[0].offset == start.size() + 500);
  CHECK(samples[0].size == 11);
  CHECK(samples[0].time == 80);
  CHECK(samples[0].duration == 40);
  CHECK(samples[0].key);
  CHECK(samples[1].offset == start.size() + 511);
  CHECK(samples[1].size == 22);
  CHECK(samples[1].time == 120);
  CHECK_FALSE(samples[1].key);
  CHECK(samples[2].offset == 9005);
  CHECK(samples[2].size == 33);
  CHECK(samples[2].time == 160);
  CHECK(samples[2].duration == 20);
  CHECK(samples[2].shift == -1);
  CHECK(samples[2].description == 2);
  CHECK(samples[2].key);
  CHECK(samples[3].offset == 9038);
  CHECK(samples[3].duration == 60);
  // a number is missing: how many pictures is told by the times
  const auto third =
      fragment(4, joined({box("tfhd", words({0x20000, 1})), box("tfdt", words({0x1000000, 0, 370})),
                          box("trun", words({0, 1}))}));
  const auto holed = good(joined({file, third}));
  CHECK(holed.unknown_pictures == 2); // 240 to 370, and one lasts 60
}

TEST_CASE(
    "mp4 index: boxes end where their parent does, and there are not more than can be meant") {
  const auto inside = joined({box("abcd", text("x")), box("efgh", {})});
  const auto boxes = mp4_boxes(inside);
  REQUIRE(boxes.size() == 2);
  CHECK(boxes[0].type == "abcd");
  CHECK(as_text(boxes[0].content) == "x");
  CHECK(boxes[0].whole.size() == 9);
  CHECK(boxes[1].content.empty());
  CHECK(mp4_boxes(joined({inside, words({100}), text("free")})).size() == 2);
  CHECK(mp4_boxes(joined({inside, words({7}), text("free")})).size() == 2);
  CHECK(mp4_boxes(joined({inside, words({8})})).size() == 2);
  CHECK(mp4_boxes(joined({words({0}), text("free"), ByteBuffer(5)}))[0].content.size() == 5);
  CHECK(mp4_boxes(joined({words({1}), text("free"), words({0, 17}), ByteBuffer(1)}))[0]
            .content.size() == 1);
  CHECK(mp4_boxes(joined({words({1}), text("free"), words({0, 15}), ByteBuffer(1)})).empty());
  ByteBuffer many;
  for (int i = 0; i < 10'001; ++i) {
    append(many, box("free", {}));
  }
  CHECK(mp4_boxes(many).size() == 10'000);
}

TEST_CASE("mp4 index: what cannot be read, and fragments of other tracks, are left out") {
  const auto movie = box("moov", joined({movie_header, TrackParts().build()}));
  const auto refuse = [&](std::size_t at) { // whatever begins there
    return read_mp4_index(movie.size(), [&](std::uint64_t offset, std::span<std::byte> bytes) {
      if (offset == at && bytes.size() == movie.size()) {
        return false;
      }
      std::ranges::copy(Bytes(movie).subspan(offset, bytes.size()), bytes.begin());
      return true;
    });
  };
  CHECK(refuse(1).has_value());
  CHECK_FALSE(refuse(0).has_value());

  const auto fragment = [](std::uint32_t number, std::uint32_t track, std::uint32_t time) {
    return box("moof", joined({box("mfhd", words({0, number})),
                               box("traf", joined({box("tfhd", words({0x20000, track})),
                                                   box("tfdt", words({0, time})),
                                                   box("trun", words({0x300, 1, 30, 11}))}))}));
  };
  const auto samples = [&](std::initializer_list<ByteBuffer> fragments) {
    return good(joined({movie, joined(fragments)})).tracks.at(0).samples.size();
  };
  CHECK(samples({fragment(1, 1, 200)}) == 5);
  CHECK(samples({fragment(1, 7, 200)}) == 4); // nobody's
  CHECK(samples({fragment(1, 7, 200), fragment(2, 1, 200)}) == 5);
  const auto unknown = [&](std::initializer_list<ByteBuffer> fragments) {
    return good(joined({movie, joined(fragments)})).unknown_pictures;
  };
  CHECK(unknown({fragment(1, 1, 190), fragment(3, 1, 310)}) == 3); // 220 to 310, 30 each
  CHECK(unknown({fragment(1, 1, 190), fragment(2, 1, 310)}) == 0); // a pause
  CHECK(unknown({fragment(1, 1, 190), fragment(3, 1, 220)}) == 0);
  CHECK(unknown({fragment(1, 1, 190), fragment(3, 1, 210)}) == 0); // earlier than can be
}

} // namespace dualcam::convert::mp4_index_test
