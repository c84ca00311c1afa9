// Key pictures whose parameter sets are damaged, as they come.
#include "dcam-convert/live_heads.hpp"

#include "testing.hpp"

namespace dualcam::convert::live_heads_test {
namespace {

ByteBuffer sets() {
  return from_hex("00000001 40010c01 00000001 42010101600000030090000003000003005da0"
                  "0280802d165959a4932bc05a0020 00000001 4401c0f2");
}

/// A key picture of that number; its head is sound or not.
struct Key {
  Key(std::uint64_t number, bool damaged) : payload(sets()) {
    append(payload, from_hex("00000001 2601 a0 11223344"));
    picture.key = true;
    picture.payload = payload;
    picture.payload_offset = number * 1000;
    picture.damaged_head = damaged ? sets().size() : 0;
  }

  ByteBuffer payload;
  PtmfPicture picture{};
};

} // namespace

TEST_CASE("live heads: of a sound one nothing is waited for, of a damaged one for a sound one") {
  LiveHeads heads;
  heads.add(Key(1, true).picture);
  CHECK(heads.waits(1000));
  CHECK_FALSE(heads.waits(2000)); // nobody knows it
  heads.add(Key(2, false).picture);
  CHECK_FALSE(heads.waits(1000));
  CHECK_FALSE(heads.waits(2000));
  heads.add(Key(3, true).picture); // there is one before it
  CHECK_FALSE(heads.waits(3000));
  heads.restart();
  heads.add(Key(4, true).picture);
  CHECK(heads.waits(4000));
}

TEST_CASE("live heads: a damaged one gets the sets of a sound one, a sound one keeps its own") {
  LiveHeads heads;
  std::vector<PtmfDamage> damage;
  heads.add(Key(1, false).picture);
  CHECK_FALSE(heads.mend(1000, damage));
  heads.add(Key(2, true).picture);
  const auto mended = heads.mend(2000, damage);
  REQUIRE(mended);
  CHECK(mended->sets == sets());
  CHECK(mended->head_size == sets().size());
  CHECK(damage.empty()); // it was known to be damaged
}

TEST_CASE("live heads: 32 are remembered, an older one cannot be decoded any more") {
  LiveHeads heads;
  std::vector<PtmfDamage> damage;
  for (std::uint64_t number = 1; number <= 32; ++number) {
    heads.add(Key(number, false).picture);
  }
  CHECK_FALSE(heads.mend(1000, damage));
  heads.add(Key(33, false).picture);
  const auto forgotten = heads.mend(1000, damage);
  REQUIRE(forgotten);
  CHECK(forgotten->sets.empty());
  CHECK_FALSE(heads.mend(2000, damage));
  CHECK_FALSE(heads.mend(33'000, damage));
}

} // namespace dualcam::convert::live_heads_test
