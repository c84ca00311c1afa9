#include "dualcam/media/h264.hpp"

#include "media/bit_writer.hpp"

namespace dualcam::h264_test {
namespace {

/// What a sequence parameter set says.
struct Shape {
  unsigned profile = 66;
  std::uint32_t id = 3;
  unsigned chroma = 1;
  std::vector<unsigned> scaling = {}; ///< lists: 0 none, 1 a whole one, 2 and 3 such as end
  unsigned frame_number_bits = 6;
  unsigned order_type = 0;
  unsigned order_bits = 8;
  std::vector<std::int32_t> offsets = {}; ///< of order type 1
  bool corrected = false;                 ///< the same
  std::uint32_t width_in_blocks = 20;
  std::uint32_t height_in_blocks = 12; ///< of a field, if there are some
  bool frames_only = true;
  std::vector<std::uint32_t> cropped = {}; ///< left, right, top, bottom
};

void write_scaling(BitWriter& writer, const Shape& shape) {
  writer.bits(shape.scaling.empty() ? 0 : 1, 1);
  for (std::size_t list = 0; list < shape.scaling.size(); ++list) {
    writer.bits(shape.scaling[list] != 0 ? 1 : 0, 1);
    if (shape.scaling[list] == 1) {
      for (unsigned i = 0; i < (list < 6 ? 16U : 64U); ++i) {
        writer.signed_number(i % 2 == 0 ? 2 : -2);
      }
    } else if (shape.scaling[list] == 2) {
      writer.signed_number(-8); // the rest is as what came last
    } else if (shape.scaling[list] == 3) {
      writer.signed_number(-4).signed_number(-4);
    }
  }
}

ByteBuffer sequence_set(const Shape& shape) {
  BitWriter writer;
  writer.bits(shape.profile, 8).bits(0xC01E, 16).number(shape.id);
  constexpr std::array high{100U, 110U, 122U, 244U, 44U,  83U, 86U,
                            118U, 128U, 138U, 139U, 134U, 135U};
  if (std::ranges::find(high, shape.profile) != high.end()) {
    writer.number(shape.chroma);
    writer.bits(1, shape.chroma == 3 ? 1 : 0).number(2).number(2).bits(1, 1);
    write_scaling(writer, shape);
  }
  writer.number(shape.frame_number_bits - 4).number(shape.order_type);
  if (shape.order_type == 0) {
    writer.number(shape.order_bits - 4);
  } else if (shape.order_type == 1) {
    writer.bits(shape.corrected ? 0 : 1, 1).signed_number(-5).signed_number(7);
    writer.number(static_cast<std::uint32_t>(shape.offsets.size()));
    for (const auto offset : shape.offsets) {
      writer.signed_number(offset);
    }
  }
  writer.number(4).bits(1, 1).number(shape.width_in_blocks - 1).number(shape.height_in_blocks - 1);
  writer.bits(shape.frames_only ? 1 : 0, 1).bits(1, shape.frames_only ? 1 : 2);
  writer.bits(shape.cropped.empty() ? 0 : 1, 1);
  for (const auto cropped : shape.cropped) {
    writer.number(cropped);
  }
  ByteBuffer unit{std::byte{0x67}};
  append(unit, writer.bits(1, 1).finish()); // there is more behind it
  return unit;
}

ByteBuffer picture_set(std::uint32_t id, std::uint32_t sequence) {
  ByteBuffer unit{std::byte{0x68}};
  append(unit, BitWriter().number(id).number(sequence).bits(0, 2).finish());
  return unit;
}

struct Slice {
  unsigned type = 1;
  std::uint32_t low = 0;
  std::uint32_t first = 0; ///< block
  unsigned reference = 3;  ///< nal_ref_idc
  std::uint32_t set = 7;   ///< of the picture
  bool field = false;
  bool bottom = true;
  std::uint32_t frame = 0x2A;
  std::int32_t correction = 0;
};

ByteBuffer slice(const Slice& slice, const Shape& shape) {
  BitWriter writer;
  writer.number(slice.first).number(7).number(slice.set).bits(2, shape.chroma == 3 ? 2 : 0);
  writer.bits(slice.frame, shape.frame_number_bits);
  if (!shape.frames_only) {
    writer.bits(slice.field ? 1 : 0, 1).bits(slice.bottom ? 1 : 0, slice.field ? 1 : 0);
  }
  if (slice.type == 5) {
    writer.number(11);
  }
  if (shape.order_type == 0) {
    writer.bits(slice.low, shape.order_bits);
  } else if (shape.order_type == 1 && shape.corrected) {
    writer.signed_number(slice.correction);
  }
  ByteBuffer unit{static_cast<std::byte>(slice.reference << 5 | slice.type)};
  append(unit, writer.bits(0x5A, 8).finish());
  return unit;
}

H264OrderReader reader_of(const Shape& shape) {
  H264OrderReader reader;
  CHECK_FALSE(reader.take(sequence_set(shape)));
  CHECK_FALSE(reader.take(picture_set(7, shape.id)));
  return reader;
}

std::vector<Shape> shapes() {
  std::vector<Shape> all{
      {},
      {.frame_number_bits = 4, .order_bits = 4},
      {.frame_number_bits = 16, .order_bits = 16},
      {.id = 31},
      {.order_type = 1},
      {.order_type = 1, .offsets = {1, -2, 300}, .corrected = true},
      {.order_type = 2},
      {.frames_only = false},
      {.profile = 244, .chroma = 3},
      {.profile = 100, .scaling = {0, 0, 0, 0, 0, 0, 0, 0}},
      {.profile = 100, .scaling = {1, 2, 0, 1, 0, 2, 1, 2}},
      {.profile = 100, .scaling = {3, 0, 3, 1, 0, 2, 3, 3}},
      {.profile = 244, .chroma = 3, .scaling = {1, 0, 1, 0, 1, 0, 2, 1, 0, 0, 1, 2}},
      {.cropped = {0, 0, 0, 4}},
  };
  for (const unsigned profile :
       {100U, 110U, 122U, 44U, 83U, 86U, 118U, 128U, 138U, 139U, 134U, 135U, 77U, 88U}) {
    all.push_back({.profile = profile, .chroma = profile == 77 || profile == 88 ? 1U : 2U});
  }
  return all;
}

} // namespace

TEST_CASE("H.264: a sequence parameter set tells what is needed, whatever stands before it") {
  for (const auto& shape : shapes()) {
    CAPTURE(shape.profile, shape.order_type, shape.frame_number_bits, shape.scaling.size());
    const auto found = read_h264_sequence(sequence_set(shape));
    REQUIRE(found);
    CHECK(found->id == shape.id);
    CHECK(found->width == 320);
    CHECK(found->height == (shape.frames_only ? 192U : 384U) - (shape.cropped.empty() ? 0U : 8U));
    CHECK(found->frames_only == shape.frames_only);
    CHECK(found->separate_planes == (shape.chroma == 3));
    CHECK(found->frame_number_bits == shape.frame_number_bits);
    CHECK(found->order_type == shape.order_type);
    CHECK(found->order_bits == (shape.order_type == 0 ? shape.order_bits : 0));
    CHECK(found->reference_offsets == shape.offsets);
    CHECK(found->is_corrected == shape.corrected);
    CHECK(found->non_reference_offset == (shape.order_type == 1 ? -5 : 0));
    CHECK(found->bottom_offset == (shape.order_type == 1 ? 7 : 0));
  }
}

TEST_CASE("H.264: what is cut off at the sides is counted in the colours' units") {
  const auto size = [](Shape shape) {
    shape.cropped = {1, 2, 3, 5};
    const auto found = read_h264_sequence(sequence_set(shape));
    REQUIRE(found);
    return std::pair(found->width, found->height);
  };
  CHECK(size({}) == std::pair(314U, 176U));
  CHECK(size({.profile = 122, .chroma = 2}) == std::pair(314U, 184U));
  CHECK(size({.profile = 244, .chroma = 3}) == std::pair(317U, 184U));
  CHECK(size({.profile = 100, .chroma = 0}) == std::pair(317U, 184U)); // grey
  CHECK(size({.frames_only = false}) == std::pair(314U, 352U));
}

TEST_CASE("H.264: sets that make no sense, or are cut, are none") {
  const auto is_read = [](const Shape& shape) {
    return read_h264_sequence(sequence_set(shape)).has_value();
  };
  CHECK_FALSE(is_read({.id = 32}));
  CHECK_FALSE(is_read({.frame_number_bits = 17}));
  CHECK_FALSE(is_read({.order_bits = 17}));
  CHECK_FALSE(is_read({.order_type = 3}));
  CHECK_FALSE(is_read({.width_in_blocks = 4096})); // 65,536 pixels
  CHECK_FALSE(is_read({.height_in_blocks = 4096}));
  CHECK(is_read({.width_in_blocks = 4095, .height_in_blocks = 4095}));
  CHECK_FALSE(is_read({.height_in_blocks = 2048, .frames_only = false}));
  CHECK_FALSE(is_read({.cropped = {80, 80, 0, 0}})); // all of it
  CHECK_FALSE(is_read({.cropped = {0, 0, 0, 96}}));
  CHECK_FALSE(read_h264_sequence({}));
  CHECK_FALSE(read_h264_sequence(picture_set(7, 3)));
  const auto whole = sequence_set({.profile = 100, .scaling = {0, 0, 0, 0, 0, 0, 0, 0}});
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    CHECK_FALSE(read_h264_sequence(Bytes(whole).first(size)));
  }
  Shape endless{.order_type = 1};
  endless.offsets.resize(3000, 1000); // beyond what is looked at
  CHECK_FALSE(is_read(endless));
}

TEST_CASE("H.264: the order of pictures is found whatever stands before it") {
  for (const auto& shape : shapes()) {
    CAPTURE(shape.profile, shape.order_type, shape.frame_number_bits, shape.scaling.size());
    auto reader = reader_of(shape);
    const bool told = shape.order_type == 0;
    if (shape.order_type == 1) {
      CHECK(reader.take(slice({.type = 5}, shape))->restarts);
      continue;
    }
    CHECK(reader.take(slice({.type = 5, .low = 0}, shape)) == PictureOrder{true, false, 0});
    CHECK(reader.take(slice({.low = 4}, shape)) == PictureOrder{false, false, told ? 4 : 1});
    CHECK(reader.take(slice({.low = 2, .reference = 0}, shape)) ==
          PictureOrder{false, false, told ? 2 : 2});
    CHECK(reader.take(slice({.low = 7}, shape)) == PictureOrder{false, false, told ? 7 : 3});
    CHECK(reader.take(slice({.type = 5, .low = 0}, shape)) == PictureOrder{true, false, 0});
    CHECK(reader.take(slice({.low = 2}, shape)) == PictureOrder{false, false, told ? 2 : 1});
  }
  const Shape fields{.frames_only = false};
  auto reader = reader_of(fields);
  CHECK(reader.take(slice({.type = 5, .field = true}, fields)) == PictureOrder{true, false, 0});
  CHECK(reader.take(slice({.low = 6, .field = true}, fields)) == PictureOrder{false, false, 6});
}

TEST_CASE("H.264: counts of a cycle follow the numbers of frames, and are corrected by slices") {
  const Shape shape{
      .frame_number_bits = 4, .order_type = 1, .offsets = {4, 1, 10}, .corrected = true};
  auto reader = reader_of(shape);
  for (int times = 0; times < 2; ++times) {
    CHECK(reader.take(slice({.type = 5, .frame = 0}, shape)) == PictureOrder{true, false, 0});
    const auto count = [&](std::uint32_t frame, unsigned reference, std::int32_t correction) {
      return reader
          .take(slice({.reference = reference, .frame = frame, .correction = correction}, shape))
          ->count;
    };
    CHECK(count(1, 3, 0) == 4);
    CHECK(count(2, 0, 0) == 4 - 5);
    CHECK(count(2, 1, -2) == 5 - 2);
    CHECK(count(3, 3, 300) == 315);
    CHECK(count(5, 3, 0) == 15 + 5); // one is missing
    CHECK(count(15, 3, 0) == 75);
    CHECK(count(0, 0, 0) == 75 - 5); // the numbers have wrapped
    CHECK(count(0, 3, 1) == 80);
    CHECK(count(14, 3, 0) == 150);
    CHECK(count(13, 3, 0) == 225); // and again
  }
}

TEST_CASE("H.264: where there is no cycle slices tell all") {
  for (const bool corrected : {false, true}) {
    const Shape shape{.order_type = 1, .corrected = corrected};
    auto reader = reader_of(shape);
    CHECK(reader.take(slice({.type = 5, .frame = 0}, shape))->count == 0);
    CHECK(reader.take(slice({.frame = 9, .correction = 8}, shape))->count == (corrected ? 8 : 0));
    CHECK(reader.take(slice({.reference = 0, .frame = 9, .correction = 2}, shape))->count ==
          (corrected ? -3 : -5));
  }
}

TEST_CASE("H.264: the second field of a frame is told from that of another") {
  const Shape shape{.frames_only = false};
  auto reader = reader_of(shape);
  const auto is_second = [&](Slice given) {
    given.field = true;
    return reader.take(slice(given, shape))->second_field;
  };
  CHECK_FALSE(is_second({.type = 5, .bottom = false}));
  CHECK(is_second({.bottom = true}));
  CHECK_FALSE(is_second({.bottom = false})); // of the same number, but both are there
  CHECK_FALSE(is_second({.bottom = false})); // the same half
  CHECK_FALSE(is_second({.bottom = true, .frame = 1}));
  CHECK(is_second({.bottom = false, .frame = 1})); // the lower one came first
  CHECK_FALSE(is_second({.bottom = false, .frame = 2}));
  CHECK_FALSE(is_second({.type = 5, .bottom = true, .frame = 2})); // all begins anew
  CHECK_FALSE(is_second({.reference = 0, .bottom = false, .frame = 2}));
  CHECK_FALSE(is_second({.bottom = true, .frame = 2}));               // others build on it
  CHECK_FALSE(reader.take(slice({.frame = 2}, shape))->second_field); // a whole frame
  CHECK_FALSE(is_second({.bottom = false, .frame = 2}));
  const Shape cycle{.order_type = 1, .offsets = {4}, .frames_only = false};
  auto other = reader_of(cycle);
  CHECK(other.take(slice({.field = true, .bottom = false, .frame = 1}, cycle))->count == 4);
  CHECK(other.take(slice({.field = true, .bottom = true, .frame = 1}, cycle))->count == 4 + 7);
}

TEST_CASE("H.264: counts pass the bits that they are written in, both ways") {
  const Shape shape{.order_bits = 4};
  auto reader = reader_of(shape);
  CHECK(reader.take(slice({.type = 5}, shape)));
  for (const auto& [low, expected] : {std::pair{7U, 7},
                                      {14U, 14},
                                      {4U, 20},
                                      {0U, 16},
                                      {15U, 15},
                                      {12U, 12},
                                      {3U, 19},
                                      {11U, 27},
                                      {3U, 35},
                                      {11U, 43}}) {
    const auto order = reader.take(slice({.low = low}, shape));
    REQUIRE(order);
    CHECK(order->count == expected);
  }
  CHECK(reader.take(slice({.low = 3, .reference = 0}, shape))->count == 51);
  CHECK(reader.take(slice({.low = 12}, shape))->count == 44); // not from that one on
}

TEST_CASE("H.264: further slices, and those without their sets, tell no order") {
  const Shape shape;
  auto reader = reader_of(shape);
  CHECK_FALSE(reader.take(slice({.type = 5, .first = 40}, shape)));
  CHECK_FALSE(reader.take(slice({.set = 8}, shape)));
  CHECK_FALSE(reader.take(slice({.set = 256}, shape)));
  CHECK_FALSE(reader.take(slice({.type = 2}, shape)));
  CHECK_FALSE(reader.take({}));
  CHECK_FALSE(reader.take(Bytes(slice({}, shape)).first(1)));
  CHECK_FALSE(reader.take(Bytes(slice({.low = 255}, shape)).first(3)));
  CHECK(reader.take(slice({.low = 9}, shape)) == PictureOrder{false, false, 9});
  CHECK_FALSE(reader.take(picture_set(256, 3)));
  CHECK_FALSE(reader.take(picture_set(255, 32)));
  CHECK_FALSE(reader.take(slice({.set = 255}, shape)));
  CHECK_FALSE(reader.take(picture_set(255, 3)));
  CHECK(reader.take(slice({.low = 9, .set = 255}, shape)));
  CHECK_FALSE(reader.take(picture_set(0, 5))); // whose sequence never came
  CHECK_FALSE(reader.take(slice({.set = 0}, shape)));
  CHECK_FALSE(reader.take(sequence_set({.id = 5, .order_bits = 17}))); // makes no sense
  CHECK_FALSE(reader.take(slice({.set = 0}, shape)));
}

} // namespace dualcam::h264_test
