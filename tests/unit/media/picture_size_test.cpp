#include "dualcam/media/picture_size.hpp"
#include "testing.hpp"

namespace dualcam::picture_size_test {
namespace {

/// Sequence parameter sets as x265 writes them.
struct Case {
  const char* what;
  const char* hex;
  PictureSize size;
};
constexpr std::array cases{
    Case{"camera's size",
         "42010101600000030090000003000003005da00280802d165959a4932bc05a0020",
         {1280, 720}},
    Case{"cropped to even numbers",
         "42010101600000030090000003000003003ca00a480b9c9596566924caf0168008",
         {322, 182}},
    Case{"4:2:2", "4201010408000003009d0800000300001eb034812724f96566924caf01680080", {98, 66}},
    Case{"4:4:4", "4201010408000003009e0800000300001e90069024e79f2cacd24995e02d0010", {98, 66}},
    Case{"grey", "4201010408000003009fc800000300001ec04481273de5959a4932bc05b002", {130, 70}},
    Case{"sub-layers",
         "42010201600000030090000003000003005d0000a00280802d1659594acb24995e02d001",
         {1280, 720}},
};

ByteBuffer stream_of(std::string_view parameter_set) {
  return from_hex("00000001 40010c01 00000001" + std::string(parameter_set) + "000001 44 01");
}

} // namespace

TEST_CASE("picture size: stands in the sequence parameter set") {
  for (const auto& [what, hex, size] : cases) {
    CAPTURE(what);
    const auto found = picture_size(stream_of(hex));
    REQUIRE(found);
    CHECK(found->width == size.width);
    CHECK(found->height == size.height);
  }
}

TEST_CASE("picture size: of no, of cut and of damaged parameter sets") {
  CHECK_FALSE(picture_size({}));
  CHECK_FALSE(picture_size(from_hex("000001")));
  CHECK_FALSE(picture_size(from_hex("00000142")));
  CHECK_FALSE(picture_size(from_hex("00000001 2601 af00")));
  const std::string whole = cases[0].hex;
  for (std::size_t digits = 0; digits <= 40; digits += 2) {
    CHECK_FALSE(picture_size(stream_of(whole.substr(0, digits))));
  }
  CHECK_FALSE(picture_size(stream_of("4201" + std::string(4000, '0'))));
  const auto stream = stream_of(whole);
  for (std::size_t at = 0; at < stream.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto damaged = stream;
      damaged[at] ^= static_cast<std::byte>(1U << bit);
      const auto size = picture_size(damaged);
      CHECK((!size || (size->width != 0 && size->height != 0)));
    }
  }
}

} // namespace dualcam::picture_size_test
