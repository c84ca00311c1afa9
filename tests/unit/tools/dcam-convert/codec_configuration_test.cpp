// Records of parameter sets have room for so many, and for so long ones: what is beyond that is
// left out, none is cut.
#include "dcam-convert/codec_configuration.hpp"

#include "testing.hpp"

namespace dualcam::convert::codec_configuration_test {
namespace {

/// In Annex B: `head`, filled up to `size` bytes, `count` times.
ByteBuffer sets(std::string_view head, std::size_t count = 1, std::size_t size = 8) {
  ByteBuffer stretch;
  for (std::size_t i = 0; i < count; ++i) {
    append(stretch, from_hex("000001"));
    auto unit = from_hex(head);
    unit.resize(std::max(size, unit.size()), std::byte{0x55});
    append(stretch, unit);
  }
  return stretch;
}

ByteBuffer joined(std::initializer_list<ByteBuffer> stretches) {
  ByteBuffer head;
  for (const auto& stretch : stretches) {
    append(head, stretch);
  }
  return head;
}

ByteBuffer h264(std::initializer_list<ByteBuffer> stretches) {
  return codec_configuration(joined(stretches), VideoCodec::h264);
}

ByteBuffer h265(std::initializer_list<ByteBuffer> stretches) {
  return codec_configuration(joined(stretches), VideoCodec::h265);
}

constexpr auto sequence = "6742c01e";
constexpr auto picture = "68ce3c80";
constexpr std::size_t longest = 65535;

} // namespace

TEST_CASE("codec configuration: H.264's counts tell 31 sequence and 255 picture parameter sets") {
  const auto most = h264({sets(sequence, 31), sets(picture, 255)});
  constexpr std::size_t set = 2 + 8; // behind its length
  REQUIRE(most.size() == 6 + 31 * set + 1 + 255 * set);
  CHECK(most[5] == std::byte{0xE0 | 31});
  CHECK(most[6 + 31 * set] == std::byte{255});
  CHECK(h264({sets(sequence, 32), sets(picture, 256)}) == most);
  CHECK(h264({sets(sequence, 30), sets(picture, 254)}).size() == most.size() - 2 * set);
}

TEST_CASE("codec configuration: a set is as long as its length can tell, or is not there") {
  CHECK(h264({sets(sequence, 1, longest), sets(picture)}).size() == 8 + longest + 1 + 10);
  CHECK(h264({sets(sequence, 1, longest + 1), sets(picture)}).empty());
  CHECK(h264({sets(sequence), sets(picture, 1, longest)}).size() == 6 + 10 + 3 + longest);
  CHECK(h264({sets(sequence), sets(picture, 1, longest + 1)}).empty());
  const auto video = sets("40010c01");
  const auto of_sequence = sets("420101", 1, 40);
  CHECK_FALSE(h265({video, of_sequence, sets("4401c0f2", 1, longest)}).empty());
  CHECK(h265({video, of_sequence, sets("4401c0f2", 1, longest + 1)}).empty());
}

TEST_CASE("codec configuration: a sequence parameter set tells profile and level, or is none") {
  CHECK(h264({sets("6742c01e", 1, 4), sets(picture)}).size() == 8 + 4 + 1 + 10);
  CHECK(h264({sets("6742c0", 1, 3), sets(picture)}).empty());
  CHECK_FALSE(h265({sets("40010c01"), sets("420101", 1, 15), sets("4401c0f2")}).empty());
  CHECK(h265({sets("40010c01"), sets("420101", 1, 14), sets("4401c0f2")}).empty());
}

TEST_CASE("codec configuration: a record without all kinds of sets is none") {
  const auto video = sets("40010c01");
  const auto of_sequence = sets("420101", 1, 40);
  const auto of_pictures = sets("4401c0f2");
  CHECK_FALSE(h265({video, of_sequence, of_pictures}).empty());
  CHECK(h265({of_sequence, of_pictures}).empty());
  CHECK(h265({video, of_pictures}).empty());
  CHECK(h265({video, of_sequence}).empty());
  CHECK(h264({sets(sequence)}).empty());
  CHECK(h264({sets(picture)}).empty());
}

} // namespace dualcam::convert::codec_configuration_test
