#include "dcam-crc/scrub.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "capture/dump_testing.hpp"
#include "common/internet_checksum.hpp"
#include "common/json.hpp"
#include "common/tunnel.hpp"
#include "dcam-crc/scrub_frame.hpp"
#include "dcam-crc/scrub_stream.hpp"
#include "dcam-crc/tool.hpp"
#include "standard_input.hpp"
#include "tools/capture_testing.hpp"
#include "tools/ran.hpp"

namespace dualcam::crc {
namespace {

using Numbers = std::vector<std::size_t>;

/// Where the bytes of two differ.
Numbers differences(Bytes one, Bytes other) {
  Numbers places;
  for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
    if (one[i] != other[i]) {
      places.push_back(i);
    }
  }
  return places;
}

bool is_within(Bytes whole, Bytes part) {
  return std::ranges::search(whole, part).begin() != whole.end();
}

ByteBuffer bytes_of(std::string_view text) {
  return {as_bytes(text).begin(), as_bytes(text).end()};
}

// --- streams ---

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

// --- frames ---

namespace {

const auto camera = Endpoint::v4(0x0A000002, 40000);
const auto server = Endpoint::v4(0x0A000001, 7050);

/// A frame whose payloads become `*`; the places of the payload in its segment are told.
struct Disguised {
  explicit Disguised(Bytes frame, LinkType link = LinkType::ethernet, std::size_t header = 0)
      : values(key), scrubbed(key, values, {link, frame, frame.size(), 0}, 7, header,
                              [this](std::size_t at, std::span<std::byte> payload) {
                                skipped.push_back(at);
                                std::ranges::fill(payload, std::byte{'*'});
                              }),
        bytes(scrubbed.bytes().begin(), scrubbed.bytes().end()) {
    CHECK(bytes.size() == frame.size());
  }

  ScrubKey key;
  ScrubValues values;
  Numbers skipped;
  ScrubFrame scrubbed;
  ByteBuffer bytes;
};

/// With the lengths and checksums of IP and TCP that belong there.
ByteBuffer tcp_packet(std::string_view options, std::string_view payload,
                      const Endpoint& from = camera, const Endpoint& to = server) {
  auto packet = ip_packet({.from = from, .to = to, .payload = {}});
  const auto header = packet.size() - 20;
  packet[header + 12] = static_cast<std::byte>((20 + options.size() / 2) / 4 << 4);
  append(packet, from_hex(options));
  append(packet, as_bytes(payload));
  const auto length = static_cast<std::uint16_t>(packet.size() - (from.is_v4() ? 0 : 40));
  store_be(std::span(packet).subspan(from.is_v4() ? 2 : 4), length);
  return packet;
}

ByteBuffer in_ethernet(Bytes packet, std::string_view header = "0211223344550266778899aa0800") {
  auto frame = from_hex(header);
  append(frame, packet);
  return frame;
}

/// The checksums of an IP packet with TCP in it.
void check_sums(Bytes packet) {
  const bool is_v4 = to_hex(packet.first(1))[0] == '4';
  const auto payload = decode_ip(packet);
  REQUIRE(payload);
  if (is_v4) {
    CHECK(folded(add_words(0, packet.first(packet.size() - payload->bytes.size()))) == 0);
  }
  const auto addresses = is_v4 ? packet.subspan(12, 8) : packet.subspan(8, 32);
  const auto length = static_cast<std::uint32_t>(payload->bytes.size());
  CHECK(folded(add_words(add_words(protocol_tcp + length, addresses), payload->bytes)) == 0);
}

} // namespace

TEST_CASE("scrub frame: addresses become others, ports, numbers and flags stay") {
  const auto frame = in_ethernet(tcp_packet("", "a secret"));
  const Disguised other(frame);
  const auto packet = Bytes(other.bytes).subspan(14);
  CHECK(other.skipped == Numbers{0});
  CHECK(other.bytes[0] == std::byte{2}); // administered locally, no group's
  CHECK(other.bytes[6] == std::byte{2});
  CHECK(differences(Bytes(frame).first(6), Bytes(other.bytes).first(6)).size() > 1);
  CHECK_FALSE(std::ranges::equal(Bytes(other.bytes).first(6), Bytes(other.bytes).subspan(6, 6)));
  CHECK(to_hex(Bytes(other.bytes).subspan(12, 2)) == "0800");
  CHECK(std::ranges::equal(other.scrubbed.packet(), packet));
  const auto segment = decode_tcp(*decode_ip(packet));
  CHECK(format_endpoint(segment->source) == "198.18.0.1:40000");
  CHECK(format_endpoint(segment->destination) == "198.18.0.2:7050");
  CHECK(as_text(segment->payload) == "********");
  CHECK(to_hex(packet.subspan(20, 16)) == to_hex(Bytes(frame).subspan(34, 16)));
  check_sums(packet);
  const Disguised odd(tcp_packet("", "a secret!"), LinkType::raw);
  check_sums(odd.bytes);
  const auto sixth = tcp_packet("", "a secret", v6("02", 40000), v6("01", 7050));
  const Disguised wide(sixth, LinkType::raw);
  check_sums(wide.bytes);
  CHECK(format_endpoint(decode_ip(wide.bytes)->source) == "[2001:db8::1]:0");
  CHECK(to_hex(Bytes(wide.bytes).subspan(40, 8)) == "0600000000000000"); // told by no option
}

TEST_CASE("scrub frame: addresses of groups, and none, stay on the link") {
  const auto packet = tcp_packet("", "x");
  for (const auto* header : {"ffffffffffff000000000000 0800", "01005e000001000000000000 0800"}) {
    const Disguised other(in_ethernet(packet, header));
    CHECK(to_hex(Bytes(other.bytes).first(14)) == to_hex(from_hex(header)));
  }
  for (const auto* header : {"000000000000ffffffffffff 8100 0064 0800"}) { // VLAN tags stay
    const Disguised other(in_ethernet(packet, header));
    CHECK(to_hex(Bytes(other.bytes).first(18)) == to_hex(from_hex(header)));
    check_sums(other.scrubbed.packet());
  }
  for (const auto& [link, header, address] :
       {std::tuple{LinkType::linux_cooked, "0000 0001 0006 0211223344550102 0800", 6U},
        {LinkType::linux_cooked2, "0800 0000 00000001 0001 00 06 0211223344550102", 12U}}) {
    const auto frame = in_ethernet(packet, header);
    const Disguised other(frame, link);
    const auto changed = differences(frame, other.bytes);
    CHECK(changed.front() > address);
    CHECK(changed[0] < address + 6);
    CHECK(to_hex(Bytes(other.bytes).subspan(address + 6, 2)) == "0000"); // behind it
    CHECK(to_hex(Bytes(other.bytes).first(6)) == to_hex(Bytes(frame).first(6)));
    check_sums(other.scrubbed.packet());
  }
  for (const auto link : {LinkType::null, LinkType::loop}) {
    const auto* family = link == LinkType::null ? "02000000" : "00000002";
    const Disguised other(in_ethernet(packet, family), link);
    CHECK(to_hex(Bytes(other.bytes).first(4)) == family);
    check_sums(other.scrubbed.packet());
  }
}

TEST_CASE("scrub frame: of options those stay that speak of the line alone") {
  const auto options = [](std::string_view hex) {
    const Disguised other(tcp_packet(hex, "x"), LinkType::raw);
    check_sums(other.bytes);
    CHECK(other.bytes.back() == std::byte{'*'});
    return to_hex(Bytes(other.bytes).subspan(40, hex.size() / 2));
  };
  const std::string times = "080a1122334455667788";
  const std::string kept = "020405b4"
                           "01"
                           "030307"
                           "0402" +
                           times +
                           "050a1111111122222222"
                           "0101";
  CHECK(options(kept) == kept);
  CHECK(options("220411220101010103030701") == "010101010101010103030701"); // a cookie
  CHECK(options("00aabbccddeeff11") == "0000000000000000");
  CHECK(options("010101fe") == "01010101"); // without a length
  CHECK(options("fe000101") == "01000000"); // of no length: one byte, and the end behind it
  CHECK(options("02ff05b4") == "02ff05b4"); // longer than all
}

TEST_CASE("scrub frame: IP's own options and what pads a frame are left out") {
  auto packet = tcp_packet("", "x");
  packet[0] = std::byte{0x46};
  const auto option = from_hex("44041122");
  packet.insert(packet.begin() + 20, option.begin(), option.end());
  store_be(std::span(packet).subspan(2), static_cast<std::uint16_t>(packet.size()));
  const auto length = packet.size();
  append(packet, as_bytes("padding"));
  const Disguised other(packet, LinkType::raw);
  CHECK(to_hex(Bytes(other.bytes).subspan(20, 4)) == "01010101");
  CHECK(to_hex(Bytes(other.bytes).last(7)) == "00000000000000");
  check_sums(Bytes(other.bytes).first(length));
}

TEST_CASE("scrub frame: the checksum of what is not all there is 0") {
  auto packet = tcp_packet("", "a secret");
  packet.resize(packet.size() - 3);
  const Disguised other(packet, LinkType::raw);
  CHECK(to_hex(Bytes(other.bytes).subspan(36, 2)) == "0000");
  CHECK(as_text(Bytes(other.bytes).subspan(40)) == "*****");
}

TEST_CASE("scrub frame: whatever is not understood is disguised") {
  const auto secret = random_bytes(60, 4);
  const auto differs_from = [&](const ByteBuffer& frame, LinkType link, std::size_t from) {
    const Disguised other(frame, link);
    CAPTURE(to_hex(frame), from);
    const auto changed = differences(Bytes(frame).subspan(from), Bytes(other.bytes).subspan(from));
    CHECK(changed.size() + 8 > frame.size() - from);
    CHECK(to_hex(Bytes(other.bytes).first(from == 0 ? 0 : 1)) != "x");
    CHECK(other.skipped.empty());
    return other.bytes;
  };
  const auto other =
      differs_from(in_ethernet(secret, "0211223344550266778899aa88cc"), LinkType::ethernet, 14);
  CHECK(to_hex(Bytes(other).subspan(12, 2)) == "88cc");
  differs_from({secret.begin(), secret.begin() + 13}, LinkType::ethernet, 0); // cut in its header
  differs_from(secret, LinkType::raw, 0);
  auto udp = tcp_packet("", as_text(secret));
  udp[9] = std::byte{17};
  const auto datagram = differs_from(udp, LinkType::raw, 20);
  CHECK(to_hex(Bytes(datagram).first(10)) == to_hex(Bytes(udp).first(10)));
  CHECK(to_hex(Bytes(datagram).subspan(12, 4)) == "c6120001");
}

TEST_CASE("scrub frame: packets within tunnels are replaced as those without") {
  const auto inner = tcp_packet("", "a secret");
  const auto outer = [&](std::string_view protocol, std::string_view header) {
    auto packet = tcp_packet("", "");
    packet.resize(20);
    packet[9] = from_hex(protocol)[0];
    append(packet, from_hex(header));
    append(packet, inner);
    store_be(std::span(packet).subspan(2), static_cast<std::uint16_t>(packet.size()));
    return packet;
  };
  const std::string mac = "0211223344550266778899aa0800";
  for (const auto& header : {std::pair{"04", std::string()},
                             {"2f", std::string("00000800")},
                             {"2f", "00006558" + mac},
                             {"11", "c000 12b5 0000 abcd 0800000000000100" + mac}}) {
    const auto packet = outer(header.first, header.second);
    const Disguised other(packet, LinkType::raw);
    CAPTURE(header.second);
    CHECK(other.skipped == Numbers{0});
    CHECK(as_text(Bytes(other.bytes).last(8)) == "********");
    check_sums(Bytes(other.bytes).last(inner.size()));
    CHECK_FALSE(is_within(other.bytes, from_hex("021122334455")));
    if (std::string_view(header.first) == "11") {
      CHECK(to_hex(Bytes(other.bytes).subspan(20, 8)) == "c00012b500000000"); // no checksum
    }
  }
  auto deep = inner;
  for (int i = 0; i < most_tunnels + 1; ++i) { // deeper than is read
    deep.insert(deep.begin(), inner.begin(), inner.begin() + 20);
    deep[9] = std::byte{4};
    store_be(std::span(deep).subspan(2), static_cast<std::uint16_t>(deep.size()));
  }
  const Disguised other(deep, LinkType::raw);
  CHECK(other.skipped.empty());
  CHECK_FALSE(is_within(other.bytes, bytes_of("secret")));
}

TEST_CASE("scrub frame: a fragment's bytes belong to the whole packet's header or payload") {
  const auto whole = tcp_packet("020405b401010101", "0123456789abcdefghijklmn"); // header 28
  const auto fragment = [&](std::size_t from, std::size_t size, std::size_t header) {
    ByteBuffer packet(whole.begin(), whole.begin() + 20);
    const auto piece = Bytes(whole).subspan(20 + from, size);
    append(packet, piece);
    store_be(std::span(packet).subspan(2), static_cast<std::uint16_t>(packet.size()));
    store_be(std::span(packet).subspan(6), static_cast<std::uint16_t>(0x2000 | from / 8));
    Disguised other(packet, LinkType::raw, header);
    return std::pair(to_hex(Bytes(other.bytes).subspan(20)), other.skipped);
  };
  const auto hex = to_hex(Bytes(whole).subspan(20));
  const std::string stars = "2a2a2a2a";
  CHECK(fragment(0, 8, 28) == std::pair(hex.substr(0, 16), Numbers{}));
  CHECK(fragment(8, 16, 28) == // the checksum, and options
        std::pair(hex.substr(16, 16) + "0000" + hex.substr(36, 4) + "01010101", Numbers{}));
  CHECK(fragment(16, 12, 28) ==
        std::pair("0000" + hex.substr(36, 4) + "0101010101010101", Numbers{}));
  CHECK(fragment(24, 8, 28) == std::pair("01010101" + stars, Numbers{0}));
  CHECK(fragment(32, 8, 28) == std::pair(stars + stars, Numbers{4}));
  CHECK(fragment(32, 8, 20) == std::pair(stars + stars, Numbers{12}));
  const auto unknown = fragment(32, 16, 0); // of which nothing is known
  CHECK(unknown.second.empty());
  CHECK(unknown.first != hex.substr(64, 32));
  CHECK(unknown.first.substr(0, 8) != stars);
}

TEST_CASE("scrub frame: IPv6's headers keep their sizes") {
  auto packet = tcp_packet("", "", v6("02", 40000), v6("01", 7050));
  packet[6] = std::byte{0}; // hop-by-hop of 16 bytes, then a fragment's, then TCP
  packet.resize(40);
  append(packet, from_hex("2c 01 112233445566 778899aabbccddee"));
  append(packet, from_hex("06 00 0100 aabbccdd"));
  append(packet, random_bytes(32, 5));
  store_be(std::span(packet).subspan(4), static_cast<std::uint16_t>(packet.size() - 40));
  const Disguised other(packet, LinkType::raw, 20);
  CHECK(to_hex(Bytes(other.bytes).subspan(40, 24)) ==
        "2c01" + std::string(28, '0') + "06000100aabbccdd");
  CHECK(other.skipped == Numbers{236});
}

// --- whole captures ---

namespace {

Ran run(const CrcOptions& options) { return run_with<CrcTool>(options); }

/// Captures in a folder, and what --scrub makes of them.
struct Place {
  TemporaryFolder folder;
  CrcOptions options;

  Place() { options.scrub = made(); }
  std::string made() const { return (folder / "made").string(); }
  void capture(const char* name, Bytes content) {
    write_file(folder / name, as_text(content));
    options.files.push_back((folder / name).string());
  }
  Ran scrub() {
    options.dump = true;
    fs::remove(made());
    return run(options);
  }
  ByteBuffer result() const { return bytes_of(content_of(made())); }
};

/// What dcam-crc says of a capture, without what is replaced.
std::vector<Json> told(const std::string& path) {
  CrcOptions options;
  options.dump = true;
  options.common.json = true;
  options.files = {path};
  const auto output = run(options).output;
  std::vector<Json> events;
  for (std::size_t at = 0; at < output.size(); at = output.find('\n', at) + 1) {
    auto event = Json::parse(output.substr(at, output.find('\n', at) - at));
    for (const auto* changed : {"imei", "crc16", "stored", "computed", "metadata", "device",
                                "server", "device_path", "name", "path", "dump"}) {
      event.erase(changed);
    }
    events.push_back(event);
  }
  return events;
}

const std::string secret = "a quite private name";

/// A camera's session with a damaged packet that came again, and what a server says in it.
Frames session_of(DeviceStream stream, LinkType link = LinkType::ethernet) {
  stream.init().raw("000b 0020 031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6");
  Frames frames(link);
  frames.flag(camera, server, syn).flag(server, camera, syn | ack);
  frames.send(camera, server, stream.bytes);
  stream.bytes.clear();
  stream.starts.clear();
  frames.send(server, camera, encode(Message(FileRequest{"%videof"})));
  stream.start().sync(1).data(3);
  stream.flip(stream.starts[1] + 500);
  stream.sync(2, true).data(2);
  frames.send(camera, server, stream.bytes);
  frames.send(server, camera, encode(Message(Status{0})));
  return frames.flag(camera, server, fin | ack);
}

} // namespace

TEST_CASE("scrub: the same is told of it, though nothing private is left") {
  const DeviceStream stream(3);
  const auto frames = session_of(stream);
  Place place;
  place.capture("a", frames.file());
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == place.made() + "\n");
  CHECK_THAT(ran.errors, ContainsSubstring("1 camera's connection replaced: 1 IMEI, 2 IP "
                                           "addresses, 0 paths, positions"));
  CHECK(told(place.made()) == told(place.options.files[0]));
  CHECK(told(place.made()).size() > 2);
  const auto made = place.result();
  CHECK(made.size() == frames.file().size());
  for (std::size_t at = 0; at + 8 <= stream.content.size(); at += 4) {
    CHECK_FALSE(is_within(made, Bytes(stream.content).subspan(at, 8)));
  }
  for (const auto* old : {"00013ee13c001981", "404b59a74e8e028d", "403947973bf147d6", "0a000002"}) {
    CHECK_FALSE(is_within(made, from_hex(old)));
  }
  CHECK(is_within(made, from_hex("00080007 25766964656f66"))); // %videof
  CHECK(is_within(made, from_hex("031000000192d84dac30")));    // when, and why
  CHECK_FALSE(place.scrub().output.empty());
  CHECK(place.result() != made); // by another key
}

TEST_CASE("scrub: a damaged packet is as bad as it was before a command that the capture cuts") {
  for (const auto* beginning : {"00", "0004", "000404", "000b", "000b00200310", "0001000600"}) {
    CAPTURE(beginning);
    auto stream = DeviceStream(3).init().start().sync(1).data(2);
    stream.flip(stream.starts[1] + 500).raw(beginning);
    Frames frames;
    Place place;
    place.capture("a", frames.send(camera, server, stream.bytes).file());
    CHECK(place.scrub().code == ExitCode::done);
    CHECK(told(place.made()) == told(place.options.files[0]));
    CHECK(told(place.made())[0].at("verdict") == "bad");
  }
}

TEST_CASE("scrub: frames keep their sizes and times") {
  auto frames = session_of(DeviceStream(3));
  auto file = frames.file();
  store_be(std::span(file).subspan(24 + 12), std::uint32_t{99}); // sent, of which less was kept
  Place place;
  place.capture("a", file);
  place.scrub();
  const auto made = place.result();
  CHECK(to_hex(Bytes(made).first(24)) == "a1b23c4d00020004000000000000000000040000"
                                         "00000001");
  for (std::size_t at = 24; at < made.size();) {
    CHECK(to_hex(Bytes(made).subspan(at, 16)) == to_hex(Bytes(file).subspan(at, 16)));
    at += 16 + load_be<std::uint32_t>(Bytes(file).subspan(at + 8));
  }
}

TEST_CASE("scrub: what was captured again, and in another order, becomes the same") {
  auto frames = session_of(DeviceStream(3));
  auto& list = frames.frames;
  std::swap(list[6], list[7]);
  list.push_back(list[7]);
  Place place;
  place.capture("a", frames.file());
  CHECK(place.scrub().code == ExitCode::done);
  CHECK(told(place.made()) == told(place.options.files[0]));
  const auto made = place.result();
  const auto last = Bytes(made).last(list.back().size() - 54);
  CHECK(is_within(Bytes(made).first(made.size() - last.size()), last));
}

TEST_CASE("scrub: what is sent again may begin before what was captured first") {
  const auto stream = DeviceStream(3).init().start().sync(1).data(3);
  Frames frames;
  frames.send(camera, server, stream.bytes);
  for (const std::uint32_t before : {1U, 50U, 100U}) { // as probes do that keep a line alive
    ByteBuffer again(before);
    append(again, Bytes(stream.bytes).first(100 - before));
    frames.frames.push_back(
        frame(LinkType::ethernet, {camera, server, 1000 - before, 1, ack, again}));
  }
  Place place;
  place.capture("a", frames.file());
  CHECK(place.scrub().code == ExitCode::done);
  CHECK(told(place.made()) == told(place.options.files[0]));
}

TEST_CASE("scrub: of files by path the paths become others, asked for or offered") {
  DeviceStream stream;
  stream.message(Init{6, DeviceStream::imei, 0x4200'0400});
  const std::string path = "dsm/secret/231020.jpg";
  stream.message(Path{path + '\0'});
  const auto content = random_bytes(900, 9);
  stream.message(Start{900}).message(Sync{0});
  stream.message(EnhancedData{0, content, crc16(content)});
  stream.message(Status{0});
  Frames frames;
  frames.send(camera, server, stream.bytes);
  frames.send(server, camera, encode(Message(FileRequest{path})));
  frames.send(server, camera, encode(Message(MetadataRequest{path})));
  Place place;
  place.capture("a", frames.file());
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.errors, ContainsSubstring("1 path,"));
  CHECK(told(place.made()) == told(place.options.files[0]));
  const auto made = place.result();
  CHECK_FALSE(is_within(made, bytes_of("secret")));
  CHECK_FALSE(is_within(made, Bytes(content).first(8)));
  const auto at = std::ranges::search(made, from_hex("000d0016")).begin() + 4;
  const ByteBuffer invented(at, at + static_cast<std::ptrdiff_t>(path.size()));
  CHECK(as_text(invented).starts_with("dsm/"));
  CHECK(as_text(invented).ends_with(".jpg"));
  for (const auto* command : {"00080015", "000a0015"}) {
    auto request = from_hex(command);
    append(request, invented);
    CHECK(is_within(made, request));
  }
}

TEST_CASE("scrub: connections of others are disguised as a whole, and so are all but one port") {
  const auto other = Endpoint::v4(0x0A000003, 9000);
  auto frames = session_of(DeviceStream(3));
  frames.send(other, server, as_bytes(secret));
  frames.send(other, Endpoint::v4(0x0A000004, 80), as_bytes(secret));
  Place place;
  place.capture("a", frames.file());
  place.options.common.json = true;
  for (const std::optional<std::uint16_t> port : {std::optional<std::uint16_t>(), {7050}}) {
    place.options.port = port;
    const auto ran = place.scrub();
    CHECK(ran.code == ExitCode::done);
    const auto event = Json::parse(ran.output);
    CHECK(event["event"] == "scrubbed");
    CHECK(event["path"] == place.made());
    CHECK(event["frames"] == frames.frames.size());
    CHECK(event["connections"] == 1);
    CHECK(event["other_connections"] == (port ? 1 : 2));
    CHECK(event["imeis"] == 1);
    CHECK(event["addresses"] == 4);
    CHECK_FALSE(is_within(place.result(), as_bytes(std::string_view(secret).substr(0, 7))));
    CHECK(told(place.made()) == told(place.options.files[0]));
  }
  place.options.port = 7051;
  const auto none = place.scrub();
  CHECK(none.code == ExitCode::bad_data);
  CHECK_THAT(none.errors, ContainsSubstring("no camera speaks in it"));
  CHECK_FALSE(fs::exists(place.made()));
}

TEST_CASE("scrub: fragments of packets, and what is not understood") {
  auto frames = session_of(DeviceStream(3), LinkType::raw);
  auto& list = frames.frames;
  const auto whole = list[5];
  list.erase(list.begin() + 5);
  std::vector<ByteBuffer> pieces;
  for (std::size_t from = 0; from < whole.size() - 20; from += 200) {
    ByteBuffer piece(whole.begin(), whole.begin() + 20);
    const auto size = std::min<std::size_t>(200, whole.size() - 20 - from);
    append(piece, Bytes(whole).subspan(20 + from, size));
    store_be(std::span(piece).subspan(2), static_cast<std::uint16_t>(piece.size()));
    const bool last = 20 + from + size == whole.size();
    store_be(std::span(piece).subspan(6),
             static_cast<std::uint16_t>((last ? 0 : 0x2000) | from / 8));
    pieces.push_back(piece);
  }
  std::swap(pieces[0], pieces[1]);
  list.insert(list.begin() + 5, pieces.begin(), pieces.end());
  list.push_back(
      from_hex("4500 001c 0000 0000 4032 0000 0a000001 0a000002 0011223344556677")); // ESP
  Place place;
  place.capture("a", frames.file());
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.errors, ContainsSubstring("1 frame not understood, all of it replaced: IPsec"));
  CHECK(told(place.made()) == told(place.options.files[0]));
  CHECK_FALSE(is_within(place.result(), from_hex("0011223344556677")));
  CHECK(is_within(place.result(), from_hex("00000065"))); // raw IP, as it was
}

TEST_CASE("scrub: captures of several links become one of raw IP, in order of time") {
  const auto stream = DeviceStream(3).init().start().sync(1).data(3);
  const auto half = stream.bytes.size() / 2;
  const auto first =
      pcap_file(LinkType::null,
                {frame(LinkType::null,
                       {camera, server, 1000, 1, ack,
                        ByteBuffer(stream.bytes.begin(),
                                   stream.bytes.begin() + static_cast<std::ptrdiff_t>(half))})});
  auto second =
      pcap_file(LinkType::ethernet,
                {frame(LinkType::ethernet,
                       {camera, server, 1000 + static_cast<std::uint32_t>(half), 1, ack,
                        ByteBuffer(stream.bytes.begin() + static_cast<std::ptrdiff_t>(half),
                                   stream.bytes.end())}),
                 from_hex("021122334455 0266778899aa 88cc 0011")});
  store_be(std::span(second).subspan(24), std::uint32_t{1'700'000'500});
  Place place;
  place.capture("later", second);
  place.capture("earlier", first);
  CHECK(place.scrub().code == ExitCode::done);
  const auto made = place.result();
  CHECK(to_hex(Bytes(made).subspan(20, 4)) == "00000065");
  CHECK(made.size() == 24 + 2 * (16 + 40) + stream.bytes.size()); // without link layers
  CHECK(load_be<std::uint32_t>(Bytes(made).subspan(24)) == 1'700'000'000);
  const auto events = told(place.made());
  CHECK(events[0]["complete"] == true);
}

TEST_CASE("scrub: a capture from standard input, and one to standard output") {
  const auto file = session_of(DeviceStream(3)).file();
  const StandardInput input(as_text(file));
  Place place;
  place.options.files = {"-"};
  place.options.scrub = "-";
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output.size() == file.size());
  write_file(place.made(), ran.output);
  place.capture("a", file);
  CHECK(told(place.made()) == told((place.folder / "a").string()));
}

TEST_CASE("scrub: no file is written over, and nothing is made of what is no capture") {
  Place place;
  place.capture("a", session_of(DeviceStream(3)).file());
  place.options.dump = true;
  write_file(place.made(), "mine");
  auto ran = run(place.options);
  CHECK(ran.code == ExitCode::io);
  CHECK(content_of(place.made()) == "mine");
  place.options.scrub = place.options.files[0];
  ran = run(place.options);
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("give another name"));
  place.options.scrub = place.made();
  place.options.files.push_back((place.folder / "none").string());
  CHECK(place.scrub().code == ExitCode::io);
  place.options.files.pop_back();
  place.capture("b", as_bytes("no capture at all"));
  ran = place.scrub();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("--scrub takes captures"));
  CHECK(place.folder.names() == std::set<std::string>{"a", "b"});
  place.options.files.pop_back();
  place.options.scrub = (place.folder / "no folder/made").string();
  CHECK(run(place.options).code == ExitCode::io);
}

TEST_CASE("scrub: what a damaged capture holds before its damage is made, and it is told") {
  Place place;
  auto file = session_of(DeviceStream(3)).file();
  file.resize(file.size() - 10);
  place.capture("a", file);
  const auto ran = place.scrub();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(std::ranges::count(ran.errors, '\n') == 2); // once, and what was replaced
  CHECK(told(place.made()) == told(place.options.files[0]));
}

} // namespace dualcam::crc
