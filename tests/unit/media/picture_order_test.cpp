#include "dualcam/media/picture_order.hpp"

#include "dualcam/media/annex_b.hpp"
#include "media/bit_writer.hpp"
#include "testing.hpp"

namespace dualcam::picture_order_test {
namespace {

ByteBuffer unit(unsigned type, BitWriter content, unsigned layer = 1) {
  ByteBuffer nal{static_cast<std::byte>(type << 1), static_cast<std::byte>(layer)};
  append(nal, content.finish());
  return nal;
}

struct Shape {
  unsigned count_bits = 8;
  unsigned sub_layers = 0;
  unsigned chroma = 1;
  bool cropped = false;
  bool output_flag = false;
  unsigned extra_bits = 0;
};

ByteBuffer sequence(const Shape& shape) {
  BitWriter writer;
  writer.bits(0, 4).bits(shape.sub_layers, 3).bits(1, 1);
  for (int i = 0; i < 12; ++i) {
    writer.bits(0, 8); // general profile and level
  }
  for (unsigned i = 0; i < shape.sub_layers; ++i) {
    writer.bits(i == 0 ? 3 : 1, 2);
  }
  if (shape.sub_layers != 0) {
    writer.bits(0, 2 * (8 - shape.sub_layers));
  }
  for (unsigned i = 0; i < shape.sub_layers; ++i) {
    for (unsigned byte = 0; byte < (i == 0 ? 12U : 1U); ++byte) {
      writer.bits(0xA5, 8);
    }
  }
  writer.number(3).number(shape.chroma);
  if (shape.chroma == 3) {
    writer.bits(1, 1);
  }
  writer.number(1280).number(720).bits(shape.cropped ? 1 : 0, 1);
  for (int side = 0; shape.cropped && side < 4; ++side) {
    writer.number(8);
  }
  return unit(33, writer.number(0).number(0).number(shape.count_bits - 4));
}

ByteBuffer picture(const Shape& shape) {
  return unit(34, BitWriter()
                      .number(5)
                      .number(3)
                      .bits(1, 1)
                      .bits(shape.output_flag ? 1 : 0, 1)
                      .bits(shape.extra_bits, 3));
}

ByteBuffer slice(unsigned type, std::uint32_t low, const Shape& shape = {}, unsigned layer = 1) {
  BitWriter writer;
  writer.bits(1, 1);
  if (type >= 16 && type <= 23) {
    writer.bits(0, 1);
  }
  writer.number(5).bits(0x7F, shape.extra_bits).number(1);
  writer.bits(1, shape.output_flag ? 1 : 0).bits(2, shape.chroma == 3 ? 2 : 0);
  if (type != 19 && type != 20) {
    writer.bits(low, shape.count_bits);
  }
  return unit(type, writer, layer);
}

PictureOrderReader reader_of(const Shape& shape) {
  PictureOrderReader reader;
  CHECK_FALSE(reader.take(sequence(shape)));
  CHECK_FALSE(reader.take(picture(shape)));
  return reader;
}

} // namespace

TEST_CASE("picture order: counts are found whatever stands before them") {
  for (const auto& shape :
       {Shape{}, Shape{.count_bits = 4}, Shape{.count_bits = 16}, Shape{.sub_layers = 2},
        Shape{.sub_layers = 6}, Shape{.chroma = 3}, Shape{.cropped = true},
        Shape{.output_flag = true}, Shape{.extra_bits = 2}}) {
    auto reader = reader_of(shape);
    CAPTURE(shape.count_bits, shape.sub_layers, shape.chroma, shape.extra_bits);
    CHECK(reader.take(slice(19, 0, shape)) == PictureOrder{true, false, 0});
    CHECK(reader.take(slice(1, 5, shape)) == PictureOrder{false, false, 5});
    CHECK(reader.take(slice(0, 2, shape)) == PictureOrder{false, false, 2});
  }
}

TEST_CASE("picture order: counts pass the bits that they are written in, both ways") {
  auto reader = reader_of({.count_bits = 4});
  CHECK(reader.take(slice(19, 0)));
  std::int32_t count = 0;
  for (const auto& [low, expected] :
       {std::pair{7U, 7}, {14U, 14}, {4U, 20}, {0U, 16}, {15U, 15}, {12U, 12}, {3U, 19}}) {
    count = reader.take(slice(1, low, {.count_bits = 4}))->count;
    CHECK(count == expected);
  }
}

TEST_CASE("picture order: counts go round, as the standard has them in 32 bits") {
  const Shape shape{.count_bits = 16};
  auto reader = reader_of(shape);
  CHECK(reader.take(slice(19, 0, shape)));
  constexpr std::uint32_t step = 32'767;
  for (std::uint32_t count = step; count != 70'000 * step; count += step) {
    const auto order = reader.take(slice(1, count & 0xFFFF, shape));
    if (order->count != static_cast<std::int32_t>(count)) {
      FAIL(order->count << " instead of " << static_cast<std::int32_t>(count));
    }
  }
}

TEST_CASE("picture order: half of what the bits can tell is further, not back") {
  const Shape shape{.count_bits = 4};
  auto reader = reader_of(shape);
  CHECK(reader.take(slice(19, 0)));
  for (const auto& [low, expected] : {std::pair{7U, 7}, {15U, 15}, {7U, 23}, {15U, 31}, {6U, 38}}) {
    CHECK(reader.take(slice(1, low, shape))->count == expected);
  }
}

TEST_CASE("picture order: what is no slice has none, though it begins like one") {
  auto reader = reader_of({});
  CHECK(reader.take(slice(31, 5)));
  for (const unsigned type : {32U, 35U, 38U, 39U, 40U, 63U}) {
    CHECK_FALSE(reader.take(slice(type, 5)));
  }
  CHECK_FALSE(reader.take(from_hex("02")));
  CHECK_FALSE(reader.take({}));
}

TEST_CASE("picture order: only pictures that others build on move the count") {
  const Shape shape{.count_bits = 4};
  for (const unsigned type : {0U, 2U, 6U, 7U, 8U, 9U, 14U}) {
    auto reader = reader_of(shape);
    CHECK(reader.take(slice(19, 0)));
    CHECK(reader.take(slice(1, 6, shape))->count == 6);
    CHECK(reader.take(slice(type, 13, shape))->count == 13);
    CAPTURE(type);
    CHECK(reader.take(slice(1, 15, shape))->count == -1); // nearer to 6 than 15 is
  }
  auto reader = reader_of(shape);
  CHECK(reader.take(slice(19, 0)));
  CHECK(reader.take(slice(1, 7, shape, 2))->count == 7); // of a higher temporal layer
  CHECK(reader.take(slice(1, 9, shape))->count == -7);
}

TEST_CASE("picture order: an open group is skipped only where the stream begins with it") {
  auto reader = reader_of({});
  CHECK(reader.take(slice(21, 40)) == PictureOrder{true, false, 40});
  CHECK(reader.take(slice(8, 37)) == PictureOrder{false, true, 37});
  CHECK(reader.take(slice(9, 38)) == PictureOrder{false, true, 38});
  CHECK(reader.take(slice(6, 39)) == PictureOrder{false, false, 39});
  CHECK(reader.take(slice(1, 44)) == PictureOrder{false, false, 44});
  CHECK(reader.take(slice(21, 60)) == PictureOrder{false, false, 60});
  CHECK(reader.take(slice(8, 57)) == PictureOrder{false, false, 57});
  CHECK_FALSE(reader.take(from_hex("4801"))); // end of the sequence
  CHECK(reader.take(slice(21, 9)) == PictureOrder{true, false, 9});
  CHECK(reader.take(slice(8, 7)) == PictureOrder{false, true, 7});
  CHECK(reader.take(slice(17, 3)) == PictureOrder{true, false, 3});
  CHECK(reader.take(slice(8, 1))->skipped);
  CHECK(reader.take(slice(20, 0)) == PictureOrder{true, false, 0});
  CHECK_FALSE(reader.take(slice(8, 1))->skipped);
}

TEST_CASE(
    "picture order: counts begin anew where nothing before is built on, not at each key picture") {
  for (unsigned type = 16; type <= 21; ++type) {
    CAPTURE(type);
    auto reader = reader_of({});
    CHECK(reader.take(slice(19, 0)));
    CHECK(reader.take(slice(1, 100)));
    const auto order = reader.take(slice(type, 3));
    REQUIRE(order);
    CHECK(order->restarts == (type != 21));
    CHECK(order->count == (type == 19 || type == 20 ? 0 : 3));
  }
}

TEST_CASE("picture order: without its parameter sets, or cut, a picture has none") {
  PictureOrderReader reader;
  CHECK_FALSE(reader.take(slice(19, 0)));
  reader.take(picture({}));
  CHECK_FALSE(reader.take(slice(19, 0)));
  reader.take(Bytes(sequence({})).first(20));
  CHECK_FALSE(reader.take(slice(19, 0)));
  reader.take(sequence({}));
  CHECK(reader.take(slice(19, 0)));
  for (std::size_t size = 0; size < 4; ++size) {
    CHECK_FALSE(reader.take(Bytes(slice(1, 3)).first(size)));
  }
  auto further = slice(1, 3);
  further[2] &= std::byte{0x7F};
  CHECK_FALSE(reader.take(further));
}

TEST_CASE("picture order: any bytes are taken, and a stream behind them is read") {
  std::mt19937 random(4);
  PictureOrderReader reader;
  for (std::uint32_t round = 0; round < 20'000; ++round) {
    auto bytes = random_bytes(random() % 40, round);
    if (!bytes.empty()) {
      bytes[0] = static_cast<std::byte>((random() % 40) << 1);
    }
    reader.take(bytes);
  }
  reader.take(sequence({}));
  reader.take(picture({}));
  CHECK(reader.take(slice(19, 0)));
}

TEST_CASE("picture order: each access unit of a stream has its own, wherever its pieces end") {
  ByteBuffer stream;
  const auto add = [&](const ByteBuffer& nal) {
    append(stream, from_hex("00000001"));
    append(stream, nal);
  };
  add(sequence({}));
  add(picture({}));
  constexpr std::array<std::uint32_t, 6> counts{0, 4, 2, 1, 3, 8};
  for (const auto count : counts) {
    auto nal = slice(count == 0 ? 19 : 1, count);
    append(nal, from_hex("5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"));
    add(nal);
  }
  for (const std::size_t piece : {1U, 7U, 1000U}) {
    AccessUnitSplitter splitter;
    std::vector<AccessUnit> units;
    for (Bytes rest = stream; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
      splitter.feed(rest.first(std::min(piece, rest.size())), units);
    }
    units.push_back(splitter.finish().value());
    REQUIRE(units.size() == counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      CHECK(units[i].order == PictureOrder{i == 0, false, static_cast<std::int32_t>(counts[i])});
    }
  }
}

TEST_CASE("picture order: sets have numbers up to 63, and a picture of another has no order") {
  auto reader = reader_of({});
  const auto of_set = [&](std::uint32_t id) {
    return reader.take(unit(1, BitWriter().bits(1, 1).number(id).number(1).bits(9, 8))).has_value();
  };
  CHECK(of_set(5));
  for (const std::uint32_t id : {4U, 6U, 63U, 64U, 65U, 100'000U}) {
    CHECK_FALSE(of_set(id));
  }
}

} // namespace dualcam::picture_order_test
