#include "dualcam/media/annex_b.hpp"

#include "testing.hpp"

namespace dualcam {
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

} // namespace dualcam
