#include "dualcam/media/media_type.hpp"

#include <set>

#include "dualcam/media/ptmf.hpp"
#include "testing.hpp"

namespace dualcam::media_type_test {
namespace {

ByteBuffer ptmf_file() {
  ByteBuffer file;
  PtmfWriter writer({.frame_rate = 20, .width = 1280, .height = 720});
  writer.picture(true, from_hex("00000001 4001 0c01"), 0, file);
  writer.picture(false, from_hex("00000001 0201 d0"), 66'600, file);
  return file;
}

} // namespace

TEST_CASE("media type: each format is told by its first bytes") {
  CHECK(detect(ptmf_file()) == VideoFormat::ptmf);
  CHECK(detect(from_hex("00000001 4001 0c01")) == VideoFormat::annex_b);
  CHECK(detect(from_hex("000001 4601 50")) == VideoFormat::annex_b);
  CHECK(detect(from_hex("00000001 2601 af")) == VideoFormat::annex_b);
  for (const auto* h264 : {"00000001 6742 001f", "000001 2764", "00000001 0910", "00000001 0605 ff",
                           "00000001 6588", "00000001 419a", "00000002 6742 00000001 6742"}) {
    CAPTURE(h264);
    CHECK(detect(from_hex(h264)) == VideoFormat::h264);
  }
  CHECK(detect(from_hex("00000020 66747970 69736f6d")) == VideoFormat::mp4);
  CHECK(detect(from_hex("ffd8 ffe0 0010")) == VideoFormat::jpeg);
}

TEST_CASE("media type: other content is unknown") {
  for (const auto* other :
       {"", "00", "00000001", "00000001 40", "00000001 67", "00000002 6742", "00000002 4001",
        "89504e470d0a1a0a", "1a45dfa3", "00000020 6d6f6f76", "ff", "5054 4d"}) {
    CAPTURE(other);
    CHECK(detect(from_hex(other)) == VideoFormat::unknown);
  }
  CHECK(detect(ByteBuffer(detection_size)) == VideoFormat::unknown);
  CHECK(detect(as_bytes("notes on PTMF, the container, which is a name and no header")) ==
        VideoFormat::unknown);
}

TEST_CASE("media type: a PTMF file that lost its beginning is still one") {
  const auto file = ptmf_file();
  CHECK(detect(Bytes(file).subspan(1)) == VideoFormat::ptmf);
  auto holed = file;
  std::fill_n(holed.begin(), 10, std::byte{0});
  CHECK(detect(holed) == VideoFormat::ptmf);
}

TEST_CASE(
    "media type: a stream that lost its first header is PTMF, one with the magic in it is not") {
  const auto file = ptmf_file();
  CHECK(detect(Bytes(file).subspan(ptmf_header_size)) == VideoFormat::ptmf);
  auto stream = ByteBuffer(file.begin() + ptmf_header_size, file.end());
  const auto second = stream.size() - 44; // the other header
  REQUIRE(as_text(Bytes(stream).subspan(second)).starts_with("PTMF"));
  stream[second + 18] = std::byte{7}; // where a header has zeros
  CHECK(detect(stream) == VideoFormat::annex_b);
}

TEST_CASE("media type: a stream whose first start code is damaged is still one") {
  for (const auto* stream : {"00000009 4001 0c01 00000001 4201 01",
                             "00000009 4001 0c01 000001 4401", "ffff00000001 4001 0c01"}) {
    CHECK(detect(from_hex(stream)) == VideoFormat::annex_b);
  }
  auto late = ByteBuffer(70, std::byte{0x47}); // as in a transport stream
  append(late, from_hex("000001 4001 0c01"));
  CHECK(detect(late) == VideoFormat::unknown);
}

TEST_CASE("media type: the first bytes tell what a name should end in") {
  const auto transport = [](std::size_t size) {
    ByteBuffer stream(size);
    for (std::size_t at = 0; at < size; at += 188) {
      stream[at] = std::byte{0x47};
    }
    return stream;
  };
  CHECK(extension_of_content(ptmf_file()) == ".h265");
  CHECK(extension_of_content(transport(377)) == ".ts");
  CHECK(extension_of_content(transport(5000)) == ".ts");
  CHECK(extension_of_content(transport(376)).empty());
  CHECK(extension_of_content(Bytes(transport(5000)).subspan(1)).empty());
  for (const auto& [bytes, extension] :
       std::vector<std::pair<const char*, std::string_view>>{{"ffd8 ffe0 0010", ".jpg"},
                                                             {"ffd8 ffdb", ".jpg"},
                                                             {"00000020 66747970 69736f6d", ".mp4"},
                                                             {"00000018 66747970", ".mp4"},
                                                             {"00000001 4001 0c01", ".h265"},
                                                             {"000001 4601 50", ".h265"},
                                                             {"00000001 6742 001f", ".h264"},
                                                             {"000001 2764 0028", ".h264"},
                                                             {"00000001 0910", ".h264"},
                                                             {"00000001 0605 ff", ".h264"},
                                                             {"00000001 6588 84", ".h264"},
                                                             {"89504e47 0d0a1a0a", ".png"},
                                                             {"52494646 10000000 41564920", ".avi"},
                                                             {"1a45dfa3", ".mkv"},
                                                             {"", ""},
                                                             {"ffd8", ""},
                                                             {"00000001", ""},
                                                             {"00000001 67", ""},
                                                             {"00000001 e742", ""},
                                                             {"00000001 0742", ""},
                                                             {"00000001 6910", ""},
                                                             {"00000020 667479", ""},
                                                             {"52494646 10000000 57415645", ""},
                                                             {"47", ""},
                                                             {"3c68746d 6c3e", ""}}) {
    CAPTURE(bytes);
    CHECK(extension_of_content(from_hex(bytes)) == extension);
  }
}

TEST_CASE("media type: every format has its own name") {
  std::vector<std::string_view> names;
  for (const auto format : {VideoFormat::ptmf, VideoFormat::annex_b, VideoFormat::h264,
                            VideoFormat::mp4, VideoFormat::jpeg, VideoFormat::unknown}) {
    names.push_back(name_of(format));
  }
  std::ranges::sort(names);
  CHECK(std::ranges::adjacent_find(names) == names.end());
  CHECK_FALSE(names.front().empty());
}

TEST_CASE("media type: H.265 begins with a slice, a set, a delimiter or SEI of its base layer") {
  const std::set<unsigned> beginnings{0, 1, 16, 17, 18, 19, 20, 21, 32, 33, 34, 35, 39};
  const auto is_h265 = [](unsigned first, unsigned second) {
    auto bytes = from_hex("00000001 0000 0c01");
    bytes[4] = static_cast<std::byte>(first);
    bytes[5] = static_cast<std::byte>(second);
    return detect(bytes) == VideoFormat::annex_b;
  };
  for (unsigned type = 0; type < 64; ++type) {
    CAPTURE(type);
    CHECK(is_h265(type << 1, 1) == beginnings.contains(type));
    CHECK_FALSE(is_h265(type << 1 | 0x80, 1)); // the forbidden bit
  }
  for (unsigned second = 0; second < 256; ++second) {
    CAPTURE(second);
    CHECK(is_h265(0x40, second) == (second >= 1 && second <= 7)); // a layer above, or none in time
  }
  CHECK_FALSE(is_h265(0x41, 1));
}

TEST_CASE("media type: H.264 begins with a key slice, a set, a delimiter or SEI, or a reference") {
  for (unsigned header = 0; header < 256; ++header) {
    const unsigned type = header & 0x1F;
    const bool forbidden = header >= 0x80;
    const bool begins = (header & 0x60) != 0 ? type == 5 || type == 7 : type == 6 || type == 9;
    const bool is_slice = header == 0x21 || header == 0x41 || header == 0x61;
    auto bytes = from_hex("00000001 00 9a");
    bytes[4] = static_cast<std::byte>(header);
    CAPTURE(header);
    CHECK((detect(bytes) == VideoFormat::h264) == ((begins && !forbidden) || is_slice));
    CHECK((extension_of_content(bytes) == ".h264") == (begins && !forbidden));
    CHECK(detect(Bytes(bytes).first(5)) == VideoFormat::unknown);
  }
}

TEST_CASE("media type: a set that shows a damaged beginning stands in the first 64 bytes") {
  for (const auto* unit :
       {"000001 4001", "000001 4201", "000001 4401", "000001 6742", "000001 674d", "000001 6764",
        "000001 2742", "000001 274d", "000001 2764", "000001 68ce", "000001 68ee", "000001 68eb"}) {
    CAPTURE(unit);
    ByteBuffer bytes(59, std::byte{0xFF});
    append(bytes, from_hex(unit));
    CHECK(detect(bytes) != VideoFormat::unknown);
    bytes.insert(bytes.begin(), std::byte{0xFF});
    CHECK(detect(bytes) == VideoFormat::unknown);
  }
}

} // namespace dualcam::media_type_test
