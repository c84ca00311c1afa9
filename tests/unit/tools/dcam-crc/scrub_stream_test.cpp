// What --scrub makes of the bytes of a stream.
#include "dcam-crc/scrub_stream.hpp"

#include <array>
#include <map>

#include "dualcam/wire/crc16.hpp"
#include "tools/dcam-crc/scrubbing.hpp"

namespace dualcam::crc::scrub_stream_test {

using namespace capture_testing;
using namespace scrubbing;
namespace {

/// What `stream` makes of bytes at a place of it: the same, however they are cut.
ByteBuffer replaced(const ScrubStream& stream, const ScrubKey& key, std::int64_t at, Bytes bytes) {
  ByteBuffer whole(bytes.begin(), bytes.end());
  stream.replace(key, at, whole);
  for (const std::size_t size : {1U, 3U, 7U}) {
    ByteBuffer pieces(bytes.begin(), bytes.end());
    for (std::size_t i = 0; i < pieces.size(); i += size) {
      stream.replace(key, at + static_cast<std::int64_t>(i),
                     std::span(pieces).subspan(i, std::min(size, pieces.size() - i)));
    }
    CAPTURE(at, size);
    CHECK(pieces == whole);
  }
  return whole;
}

} // namespace

TEST_CASE("scrub key: a CRC goes on from another one if it did, and 0 stays 0") {
  const ScrubKey key;
  CHECK(key.crc(0) == 0);
  for (const std::uint64_t size : {1U, 2U, 1024U, 4096U}) {
    for (std::uint16_t crc = 1; crc < 60'000; crc = static_cast<std::uint16_t>(crc + 4321)) {
      CAPTURE(size, crc);
      CHECK(key.crc(crc) != 0);
      CHECK(key.crc(crc16_combine(crc, 0x1234, size)) ==
            crc16_combine(key.crc(crc), key.crc(0x1234), size));
      CHECK(key.crc(crc16_combine(crc, 0x1235, size)) !=
            crc16_combine(key.crc(crc), key.crc(0x1234), size));
    }
  }
}

TEST_CASE("scrub stream: what no part describes is disguised, without zeros") {
  const ScrubKey key;
  const auto content = random_bytes(3000, 1);
  const auto other = replaced(ScrubStream(4), key, 0, content);
  CHECK(differences(content, other).size() > 2900);
  CHECK(std::ranges::count(other, std::byte{0}) == 0);
  CHECK(replaced(ScrubStream(5), key, 0, content) != other);
  const auto across = replaced(ScrubStream(4), key, -100, content); // over its beginning
  CHECK(differences(content, across).size() > 2900);
  const auto behind = replaced(ScrubStream(4), key, 0, Bytes(content).subspan(100));
  CHECK(std::ranges::equal(Bytes(across).subspan(100), behind));
  CHECK(differences(replaced(ScrubStream(4), key, -100, Bytes(content).first(50)),
                    Bytes(across).first(50))
            .empty());
}

TEST_CASE("scrub stream: parts stay, or are put in the place of others") {
  const ScrubKey key;
  ScrubStream stream(4);
  stream.keep(10, 5);
  stream.put(15, bytes_of("abc"));
  stream.keep(17, 4); // overlaps
  stream.put(25, bytes_of("xyz"));
  CHECK(stream.end() == 28);
  CHECK(ScrubStream(1).end() == 0);
  CHECK(stream.memory() > ScrubStream(1).memory() + 6);
  const auto content = random_bytes(40, 2);
  const auto other = replaced(stream, key, 0, content);
  CHECK(differences(Bytes(content).subspan(10, 5), Bytes(other).subspan(10, 5)).empty());
  CHECK(as_text(Bytes(other).subspan(15, 3)) == "abc");
  CHECK(as_text(Bytes(other).subspan(25, 3)) == "xyz");
  const auto disguised = replaced(ScrubStream(4), key, 0, content);
  for (std::size_t i = 0; i < other.size(); ++i) {
    CAPTURE(i);
    CHECK(((i >= 10 && i < 18) || (i >= 25 && i < 28) || other[i] == disguised[i]));
  }
  const auto behind = replaced(stream, key, 12, Bytes(content).subspan(12));
  CHECK(std::ranges::equal(behind, Bytes(other).subspan(12)));
}

TEST_CASE("scrub stream: a packet's payload is that of a place of the file, wherever it lies") {
  const ScrubKey key;
  const auto payload = random_bytes(50, 3);
  auto packet = from_hex("0004 0034");
  append(packet, payload);
  append(packet, from_hex("1234"));
  ScrubStream stream(4);
  ScrubStream again(8);
  stream.packet({100, 7000, 4, 50, 0, 0x8001, true});
  stream.packet({156, 7000, 4, 50, 0, 0, false});
  again.packet({300, 7000, 4, 50, 0, 0, true});
  CHECK(stream.end() == 210);
  const auto other = replaced(stream, key, 100, packet);
  CHECK(to_hex(Bytes(other).first(4)) == "00040034");
  CHECK(to_hex(Bytes(other).last(2)) == "9235"); // changed by 8001
  auto expected = payload;
  key.disguise(0, 7000, expected);
  CHECK(std::ranges::equal(Bytes(other).subspan(4, 50), expected));
  CHECK(std::ranges::equal(Bytes(replaced(again, key, 300, packet)).subspan(4, 50), expected));
  ScrubStream tail(4);
  tail.packet({100, 7000, 4, 50, 0x0180, 0, true});
  expected[48] ^= std::byte{0x01};
  expected[49] ^= std::byte{0x80};
  CHECK(std::ranges::equal(Bytes(replaced(tail, key, 100, packet)).subspan(4, 50), expected));
  expected[48] ^= std::byte{0x01};
  expected[49] ^= std::byte{0x80};
  for (const std::uint64_t skipped : {0U, 1U, 2U}) { // the CRC of a packet that is cut
    ScrubStream cut(4);
    cut.packet({100, 7000, 4, 50, 0, 0x0100, skipped != 0});
    cut.crc_before(156 + skipped, 0x8001);
    CAPTURE(skipped);
    const auto crc = replaced(cut, key, static_cast<std::int64_t>(154 + skipped), from_hex("1234"));
    CHECK(to_hex(crc) == "9235");
    const auto before = replaced(cut, key, 100, packet);
    CHECK(std::ranges::equal(Bytes(before).subspan(4, 50), expected));
  }
  const auto without = replaced(stream, key, 156, packet);
  CHECK(to_hex(Bytes(without).last(2)) != "1234"); // no part's
  CHECK(std::ranges::equal(Bytes(without).subspan(4, 50), expected));
}

TEST_CASE("scrub stream: zeros behind a part stay if they are there") {
  const ScrubKey key;
  ScrubStream stream(4);
  stream.keep_zeros_behind(3); // of no part
  stream.keep(0, 4);
  stream.keep_zeros_behind(2);
  const auto zeros = replaced(stream, key, 0, ByteBuffer(8));
  CHECK(to_hex(Bytes(zeros).first(6)) == "000000000000");
  CHECK(std::ranges::count(Bytes(zeros).subspan(6), std::byte{0}) == 0);
  const auto others = replaced(stream, key, 0, from_hex("00000000 0102030405060708090a0b0c0d0e0f"));
  CHECK(std::ranges::count(Bytes(others).subspan(4), std::byte{0}) == 0);
  CHECK(others != from_hex("00000000 0102030405060708090a0b0c0d0e0f"));
}

TEST_CASE("scrub key: one byte at one place always becomes the same, two different ones") {
  const ScrubKey key;
  for (const std::uint64_t place : {0U, 31U, 32U, 5000U}) {
    std::map<std::byte, int> seen;
    for (unsigned i = 0; i < 256; ++i) {
      std::array byte{static_cast<std::byte>(i)};
      key.disguise(3, place, byte);
      ++seen[byte[0]];
    }
    CHECK(seen.size() == 256);
  }
  ByteBuffer bytes(10'000);
  key.disguise(3, 17, bytes);
  ByteBuffer rest(bytes.size() - 4096);
  key.disguise(3, 17 + 4096, rest);
  CHECK(std::ranges::equal(Bytes(bytes).subspan(4096), rest));
  ByteBuffer other(bytes.size());
  key.disguise(4, 17, other);
  CHECK(differences(bytes, other).size() > 9'800);
  CHECK(key.number(ScrubKey::Use::text, bytes) != key.number(ScrubKey::Use::imei, bytes));
  CHECK(key.number(ScrubKey::Use::text, bytes) != ScrubKey().number(ScrubKey::Use::text, bytes));
}

} // namespace dualcam::crc::scrub_stream_test
