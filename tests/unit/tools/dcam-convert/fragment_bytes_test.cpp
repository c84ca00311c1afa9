// Fragmented MP4 and what stands in it, byte by byte.
#include <algorithm>
#include <array>
#include <vector>

#include "dcam-convert/codec_configuration.hpp"
#include "dcam-convert/fragment_writer.hpp"
#include "dcam-convert/mp4_boxes.hpp"
#include "testing.hpp"

namespace dualcam::convert::fragment_bytes_test {
namespace {

using Lines = std::vector<std::string>;

const std::string video_set = "40010c01";
const std::string sequence_set =
    "42010101600000030090000003000003005da00280802d165959a4932bc05a0020";
const std::string picture_set = "4401c0f2";
const std::string start = "00000001";
const std::string h265_sets = start + video_set + start + sequence_set + start + picture_set;
const std::string h264_sets = start + "6742c01eda01e0089f97" + start + "68ce3c80";

/// A line for each box, those in others behind their paths.
void outline(Bytes bytes, const std::string& path, Lines& lines) {
  for (const auto& box : mp4_boxes(bytes)) {
    const auto name = path + std::string(box.type);
    constexpr std::array<std::string_view, 9> parents{"moov", "trak", "mdia", "minf", "dinf",
                                                      "stbl", "mvex", "moof", "traf"};
    if (std::ranges::find(parents, box.type) != parents.end()) {
      outline(box.content, name + "/", lines);
    } else {
      lines.push_back(name + " " + to_hex(box.content));
    }
  }
}

Lines outline(Bytes bytes) {
  Lines lines;
  outline(bytes, "", lines);
  return lines;
}

/// As boxes have them: version and flags, then 32-bit numbers.
std::string words(std::initializer_list<std::uint32_t> numbers) {
  ByteBuffer bytes;
  for (const auto number : numbers) {
    append_be(bytes, number);
  }
  return to_hex(bytes);
}

std::string zeros(std::size_t bytes) { return std::string(2 * bytes, '0'); }

const std::string matrix = words({0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000});
const std::string media = "moov/trak/mdia/";
const std::string tables = media + "minf/stbl/";

Lines tables_of(const std::string& description) {
  return {media + "minf/dinf/dref " + words({0, 1, 12}) + "75726c20" + words({1}),
          tables + "stsd " + words({0, 1}) + description,
          tables + "stts " + words({0, 0}),
          tables + "stsc " + words({0, 0}),
          tables + "stco " + words({0, 0}),
          tables + "stsz " + words({0, 0, 0})};
}

/// A box's size and name in front of it.
std::string boxed(const std::string& type, const std::string& content) {
  return words({static_cast<std::uint32_t>(8 + content.size() / 2)}) + to_hex(as_bytes(type)) +
         content;
}

std::string picture_entry(const std::string& type, const std::string& configuration) {
  return boxed(type, words({0, 1, 0, 0, 0, 0}) + "050002d0" + words({0x480000, 0x480000, 0}) +
                         "0001" + zeros(32) + "0018ffff" +
                         boxed(type == "hvc1" ? "hvcC" : "avcC", configuration));
}

const std::string h265_configuration =
    "01 0160000000900000000000 5d f000 fc fd f8f8 0000 0f 03"
    "20 0001 0004 40010c01 "
    "21 0001 0021 42010101600000030090000003000003005da00280802d165959a4932bc05a0020"
    "22 0001 0004 4401c0f2";
const std::string h264_configuration = "01 42c01e ff e1 000a 6742c01eda01e0089f97 01 0004 68ce3c80";

std::string plain(const std::string& hex) { return to_hex(from_hex(hex)); }

Lines& operator+=(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

Lines head(VideoCodec codec, bool with_sound) {
  const bool is_h265 = codec == VideoCodec::h265;
  Lines lines{"ftyp " + to_hex(as_bytes("iso6")) + words({0}) + to_hex(as_bytes("iso6mp41")),
              "moov/mvhd " + words({0, 0, 0, 1'000'000, 0, 0x10000, 0x1000000, 0, 0}) + matrix +
                  zeros(24) + words({3}),
              "moov/trak/tkhd " + words({3, 0, 0, 1, 0, 0, 0, 0, 0, 0}) + matrix +
                  words({1280 << 16, 720 << 16}),
              media + "mdhd " + words({0, 0, 0, 1'000'000, 0, 0x55C40000}),
              media + "hdlr " + words({0, 0}) + to_hex(as_bytes("vide")) + zeros(13),
              media + "minf/vmhd " + words({1, 0, 0})};
  lines += tables_of(is_h265 ? picture_entry("hvc1", plain(h265_configuration))
                             : picture_entry("avc1", plain(h264_configuration)));
  if (with_sound) {
    lines +=
        {"moov/trak/tkhd " + words({3, 0, 0, 2, 0, 0, 0, 0, 0, 0x1000000}) + matrix + words({0, 0}),
         media + "mdhd " + words({0, 0, 0, 8000, 0, 0x55C40000}),
         media + "hdlr " + words({0, 0}) + to_hex(as_bytes("soun")) + zeros(13),
         media + "minf/smhd " + words({0, 0})};
    const std::string info = "0010020000000000000001f400f0" + zeros(20);
    lines += tables_of(boxed("fLaC", words({0, 1, 0, 0}) + "00010010" + words({0, 8000 << 16}) +
                                         boxed("dfLa", words({0, 0x80000022}) + info)));
  }
  lines += {"moov/mvex/trex " + words({0, 1, 1, 0, 0, 0})};
  if (with_sound) {
    lines += {"moov/mvex/trex " + words({0, 2, 1, 0, 0, 0})};
  }
  return lines;
}

StreamHead stream(VideoCodec codec, bool with_sound, Bytes sets) {
  return {.codec = codec,
          .size = {1280, 720},
          .period = 50'000,
          .with_sound = with_sound,
          .parameter_sets = sets};
}

} // namespace

TEST_CASE("fragment bytes: the head describes both tracks, whose tables fragments fill") {
  for (const bool with_sound : {true, false}) {
    for (const auto codec : {VideoCodec::h265, VideoCodec::h264}) {
      const auto sets = from_hex(codec == VideoCodec::h265 ? h265_sets : h264_sets);
      FragmentWriter writer(FragmentWriter::Pace::by_key);
      writer.begin(stream(codec, with_sound, sets));
      CHECK(outline(writer.take()) == head(codec, with_sound));
      writer.begin(stream(codec, with_sound, sets)); // again: without the file's type
      auto again = head(codec, with_sound);
      again.erase(again.begin());
      CHECK(outline(writer.take()) == again);
    }
  }
  FragmentWriter writer(FragmentWriter::Pace::by_key);
  auto given = stream(VideoCodec::h264, false, {});
  const auto entry = from_hex("0000000c 61766333 11223344");
  given.picture_entry = entry;
  writer.begin(given);
  CHECK(outline(writer.take())[7] == tables + "stsd " + words({0, 1}) + to_hex(entry));
}

TEST_CASE("fragment bytes: a picture alone, with its time, duration, size and kind") {
  FragmentWriter writer(FragmentWriter::Pace::each_frame);
  writer.begin(stream(VideoCodec::h265, true, {}));
  writer.take();
  writer.picture(true, 7, from_hex("aabbcc"));
  CHECK(outline(writer.take()) ==
        Lines{"moof/mfhd " + words({0, 1}), "moof/traf/tfhd " + words({0x20000, 1}),
              "moof/traf/tfdt " + words({0x1000000, 0, 7}),
              "moof/traf/trun " + words({0x701, 1, 108, 50'000, 3, 0x2000000}), "mdat aabbcc"});
  writer.picture(false, 60'007, from_hex("dd"));
  const auto second = outline(writer.take());
  CHECK(second[0] == "moof/mfhd " + words({0, 2}));
  CHECK(second[3] == "moof/traf/trun " + words({0x701, 1, 108, 50'000, 1, 0x1010000}));
}

TEST_CASE("fragment bytes: pictures and sound up to the next key picture") {
  FragmentWriter writer(FragmentWriter::Pace::by_key);
  writer.begin(stream(VideoCodec::h265, true, {}));
  writer.take();
  writer.picture(true, 0, from_hex("aabbcc"));
  writer.sound(1'000, from_hex("d5 55 aa 2a"));
  writer.picture(false, 60'000, from_hex("dd"));
  CHECK(writer.take().empty());
  writer.picture(true, 110'000, from_hex("ee"));
  auto lines = outline(writer.take());
  REQUIRE(lines.size() == 8);
  const auto sound = lines[7].substr(5 + 8);
  CHECK(
      lines ==
      Lines{"moof/mfhd " + words({0, 1}), "moof/traf/tfhd " + words({0x20000, 1}),
            "moof/traf/tfdt " + words({0x1000000, 0, 0}),
            "moof/traf/trun " + words({0x701, 2, 196, 60'000, 3, 0x2000000, 50'000, 1, 0x1010000}),
            "moof/traf/tfhd " + words({0x20000, 2}), "moof/traf/tfdt " + words({0x1000000, 0, 8}),
            "moof/traf/trun " +
                words({0x701, 1, 200, 4, static_cast<std::uint32_t>(sound.size() / 2), 0x2000000}),
            "mdat aabbccdd" + sound});
  CHECK(sound.starts_with("fff97408080003"));
  writer.finish();
  CHECK(outline(writer.take()).back() == "mdat ee");
  writer.finish();
  CHECK(writer.take().empty());
}

TEST_CASE("fragment bytes: sound a little out of step follows on, a hole is filled with silence") {
  FragmentWriter writer(FragmentWriter::Pace::by_key);
  writer.begin(stream(VideoCodec::h265, true, {}));
  writer.take();
  const ByteBuffer sound(320, std::byte{0x55});
  /// Times and durations of the sounds, in samples.
  const auto run = [&](std::initializer_list<std::uint64_t> times) {
    for (const auto time : times) {
      writer.sound(time, sound);
    }
    writer.finish();
    const auto lines = outline(writer.take());
    auto text = "at " + std::to_string(std::stoul(lines[2].substr(lines[2].size() - 8), {}, 16));
    const auto samples = lines[3].substr(lines[3].find(' ') + 1 + 24);
    for (std::size_t i = 0; i < samples.size(); i += 24) {
      text += ' ' + std::to_string(std::stoul(samples.substr(i, 8), {}, 16));
    }
    return text;
  };
  CHECK(run({0, 40'500, 79'500, 120'100}) == "at 0 320 320 320 320"); // 4 samples are a step
  CHECK(run({160'625}) == "at 1285 320");                             // 5 are none
  CHECK(run({219'000}) == "at 1752 320");                             // a short hole stays
  CHECK(run({279'000}) == "at 2072 160 320");                         // a longer one does not
  CHECK(run({1'000'000}) == "at 2552 512 512 512 512 512 512 512 512 512 512 328 320");
  CHECK(run({0}) == "at 8001 320"); // back, but behind the one before
}

TEST_CASE("codec configuration: the record tells profile and level, and has the sets") {
  const auto of = [](const std::string& sets, VideoCodec codec) {
    return to_hex(codec_configuration(from_hex(sets), codec));
  };
  CHECK(of(h265_sets, VideoCodec::h265) == plain(h265_configuration));
  CHECK(of(h265_sets + "0000", VideoCodec::h265) == plain(h265_configuration)); // filling
  CHECK(of(h264_sets, VideoCodec::h264) == plain(h264_configuration));
  const auto two = h264_sets + start + "6742c01fda" + start + "68ce3d80";
  CHECK(of(two, VideoCodec::h264) ==
        plain("01 42c01e ff e2 000a 6742c01eda01e0089f97 0005 6742c01fda 02 0004 68ce3c80 0004 "
              "68ce3d80"));
  CHECK(of(h265_sets + start + "4401c0f3", VideoCodec::h265)
            .ends_with("2200020004"
                       "4401c0f2"
                       "0004"
                       "4401c0f3"));
  for (const auto& missing :
       {start + sequence_set + start + picture_set, start + video_set + start + picture_set,
        start + video_set + start + sequence_set, std::string()}) {
    CHECK(of(missing, VideoCodec::h265).empty());
  }
  CHECK(of(start + video_set + start + "42010101600000" + start + picture_set, VideoCodec::h265)
            .empty()); // without its level
  CHECK(of(start + "6742c01eda01e0089f97", VideoCodec::h264).empty());
  CHECK(of(start + "68ce3c80", VideoCodec::h264).empty());
  CHECK(of(start + "6742c0" + start + "68ce3c80", VideoCodec::h264).empty());
  const auto other = start + "06050411" + h264_sets; // SEI is none
  CHECK(of(other, VideoCodec::h264) == plain(h264_configuration));
}

TEST_CASE("codec configuration: lengths stand in place of start codes") {
  const auto of = [](const std::string& hex) { return to_hex(with_lengths(from_hex(hex))); };
  CHECK(of("00000001 260112 000001 0201ff00 0000 000001 4401") ==
        plain("00000003 260112 00000003 0201ff"));
  CHECK(of("260112").empty());
  CHECK(of("").empty());
  CHECK(of("000001").empty());
}

} // namespace dualcam::convert::fragment_bytes_test
