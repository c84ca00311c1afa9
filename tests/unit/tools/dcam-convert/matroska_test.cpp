#include "dcam-convert/matroska.hpp"

#include "dualcam/wire/fields.hpp"
#include "testing.hpp"

namespace dualcam::convert::matroska_test {
namespace {

/// Elements as text: their ids, and what they hold; in braces that of those made of elements.
std::string elements(Bytes bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto id_size = static_cast<std::size_t>(
        std::countl_zero(std::to_integer<std::uint8_t>(bytes.front())) + 1);
    const auto id = to_hex(bytes.first(id_size));
    const auto size = number_be(bytes.subspan(id_size, 8)) & ~(std::uint64_t{0xFF} << 56);
    bytes = bytes.subspan(id_size + 8);
    text += (text.empty() ? "" : " ") + id;
    if (id == "18538067") { // without an end
      CHECK(size == ~std::uint64_t{0} >> 8);
      continue;
    }
    const auto content = bytes.first(size);
    bytes = bytes.subspan(size);
    const bool is_parent =
        std::ranges::count(
            std::vector<std::string>{"1a45dfa3", "1549a966", "1654ae6b", "ae", "e0", "e1"}, id) !=
        0;
    const bool is_text =
        std::ranges::all_of(content, [](auto byte) { return byte >= std::byte{' '}; });
    text += is_parent ? "{" + elements(content) + "}"
            : is_text ? "=" + std::string(as_text(content))
                      : "=" + to_hex(content);
  }
  return text;
}

std::string number(std::uint64_t value) {
  ByteBuffer bytes;
  append_be(bytes, value);
  return "=" + to_hex(bytes);
}

std::string head(const MatroskaHead& head) {
  ByteBuffer bytes;
  append_matroska_head(head, bytes);
  return elements(bytes);
}

const std::string beginning =
    "1a45dfa3{4282=matroska 4287" + number(4) + " 4285" + number(2) + "} 18538067 1549a966{2ad7b1" +
    number(1000) + " 4d80=dcam-convert 5741=dcam-convert} 1654ae6b{ae{d7" + number(1) + " 73c5" +
    number(1) + " 83" + number(1) + " 22b59c=und 86=V_MPEGH/ISO/HEVC 23e383" + number(50'000'000);
const std::string size = " e0{b0" + number(1280) + " ba" + number(720) + "}}";

} // namespace

TEST_CASE("matroska: the head tells pictures' size and duration, and the A-law of the sound") {
  CHECK(head({.size = {1280, 720}, .period = 50'000, .with_sound = false}) ==
        beginning + size + "}");
  const auto sets = from_hex("00000001 40");
  CHECK(
      head({.size = {1280, 720}, .period = 50'000, .with_sound = false, .parameter_sets = sets}) ==
      beginning + " 63a2=0000000140" + size + "}");
  CHECK(head({.size = {1280, 720}, .period = 50'000, .with_sound = true}) ==
        beginning + size + " ae{d7" + number(2) + " 73c5" + number(2) + " 83" + number(2) +
            " 22b59c=und 86=A_MS/ACM 63a2=06000100401f0000401f0000010008000000 e1{b5" +
            number(0x40BF'4000'0000'0000) + " 9f" + number(1) + " 6264" + number(8) + "}}}");
}

TEST_CASE("matroska: a frame has its own cluster with an absolute time") {
  ByteBuffer head;
  append_matroska_frame_head(MatroskaTrack::sound, true, 0x0102030405060708, 320, head);
  CHECK(to_hex(head) == "1f43b675"
                        "010000000000015e"
                        "e7"
                        "0100000000000008"
                        "0102030405060708"
                        "a3"
                        "0100000000000144"
                        "82000080");
  head.clear();
  append_matroska_frame_head(MatroskaTrack::picture, false, 0, 320, head);
  CHECK(to_hex(head).ends_with("0100000000000144"
                               "81000000"));
}

} // namespace dualcam::convert::matroska_test
