// What bytes tell of themselves and of what follows them, one rule at a time.
#include "capture/command_evidence.hpp"

#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/message.hpp"
#include "testing.hpp"

namespace dualcam::command_evidence::command_evidence_test {
namespace {

constexpr std::uint64_t imei = 350612071913857;
constexpr std::uint16_t zero = 0;

template <class... Parts> ByteBuffer joined(const Parts&... parts) {
  ByteBuffer all;
  (append(all, parts), ...);
  return all;
}

ByteBuffer init(std::uint16_t protocol = 5, std::uint64_t device = imei,
                std::uint32_t settings = 0x1000'0400) {
  return encode(Init{protocol, device, settings});
}
ByteBuffer start(std::uint32_t packets = 20) { return encode(Start{packets}); }
ByteBuffer sync(std::uint32_t packet = 1) { return encode(Sync{packet}); }
ByteBuffer metadata(Bytes payload) { return encode(MetadataResponse{payload}); }

/// `size` bytes of content, its CRC going on from `from`.
ByteBuffer data(std::size_t size, std::uint16_t from = 0, std::uint32_t seed = 1) {
  const auto payload = random_bytes(size, seed);
  return encode(Data{payload, crc16(payload, from)});
}
ByteBuffer enhanced(std::uint32_t place, std::size_t size, std::uint16_t from = 0,
                    std::uint32_t seed = 1) {
  const auto payload = random_bytes(size, seed);
  return encode(EnhancedData{place, payload, crc16(payload, from)});
}
std::uint16_t crc_of(const ByteBuffer& packet) {
  return load_be<std::uint16_t>(Bytes(packet).last(2));
}
/// With another CRC than it should have.
ByteBuffer damaged(ByteBuffer packet) {
  packet.back() ^= std::byte{0x55};
  return packet;
}
ByteBuffer zeros(std::size_t count) { return ByteBuffer(count); }

Known behind_zero() {
  Known known;
  known.starts = std::span(&zero, 1);
  return known;
}
Known by_path() {
  auto known = behind_zero();
  known.in_bytes = true;
  return known;
}
Known by_kind() {
  auto known = behind_zero();
  known.largest = full_packet;
  known.usual = full_packet;
  return known;
}

Fit at_end(const ByteBuffer& window, const Known& known = behind_zero()) {
  return begins_command(window, true, known);
}
Fit so_far(const ByteBuffer& window, const Known& known = behind_zero()) {
  return begins_command(window, false, known);
}
std::optional<std::size_t> size_of(std::string_view hex, const Known& known = behind_zero()) {
  return command_size(from_hex(hex), known);
}

} // namespace

TEST_CASE("command evidence: a command's size stands in its first bytes") {
  CHECK_FALSE(size_of(""));
  CHECK_FALSE(size_of("00"));
  CHECK(size_of("0000") == init_size); // INIT has no length
  CHECK(size_of("0002") == 0);         // the server's
  CHECK(size_of("0100") == 0);
  CHECK_FALSE(size_of("0001 00"));
  CHECK(size_of("0001 0006") == 10);
  CHECK(size_of("0001 0005") == 0);
  CHECK(size_of("0001 0007") == 0);
  CHECK(size_of("0004 0002") == 6);
  CHECK(size_of("0004 0001") == 0);
  CHECK(size_of("0004 1002") == 4 + 4098);
  CHECK(size_of("0004 1003") == 0);
}

TEST_CASE("command evidence: where kinds are sent no DATA is larger than they have") {
  CHECK(size_of("0004 0402", by_kind()) == 4 + 1026);
  CHECK(size_of("0004 0403", by_kind()) == 0);
  CHECK(size_of("000e 0406", by_kind()) == 4 + 1030); // has its own rule
}

TEST_CASE("command evidence: no bytes are a command only at the end") {
  CHECK(at_end({}) == Fit::yes);
  CHECK(so_far({}) == Fit::undecided);
  CHECK(at_end(from_hex("00")) == Fit::yes); // a header that the end cuts
  CHECK(at_end(from_hex("01")) == Fit::no);
  CHECK(at_end(from_hex("0001 00")) == Fit::yes);
  CHECK(so_far(from_hex("00")) == Fit::undecided);
  CHECK(so_far(from_hex("0001 00")) == Fit::undecided);
  CHECK(at_end(from_hex("0102 0304")) == Fit::no);
}

TEST_CASE("command evidence: an INIT has a small protocol number, an IMEI, and the packet size") {
  CHECK(at_end(init()) == Fit::yes);
  CHECK(at_end(init(0)) == Fit::no);
  CHECK(at_end(init(1)) == Fit::yes);
  CHECK(at_end(init(255)) == Fit::yes);
  CHECK(at_end(init(256)) == Fit::no);
  CHECK(at_end(init(5, 999'999'999'999'999)) == Fit::yes);
  CHECK(at_end(init(5, 1'000'000'000'000'000)) == Fit::no);
  CHECK(at_end(init(5, imei, 0x1000'0400)) == Fit::yes);
  CHECK(at_end(init(5, imei, 0x1000'0200)) == Fit::no);
  CHECK(at_end(zeros(16)) == Fit::no);

  auto known = behind_zero();
  known.imei = imei;
  CHECK(at_end(init(5, imei, 0x1000'0200), known) == Fit::yes); // the same device again
  CHECK(at_end(init(5, imei + 1, 0x1000'0200), known) == Fit::no);
  CHECK(at_end(init(5, imei + 1), known) == Fit::yes);

  auto cut = init();
  cut.pop_back();
  CHECK(at_end(cut) == Fit::no); // zeros are many things
  CHECK(so_far(cut) == Fit::undecided);
}

TEST_CASE("command evidence: numbers are no higher than a file has packets") {
  CHECK(at_end(start(1 << 24)) == Fit::yes);
  CHECK(at_end(start((1 << 24) + 1)) == Fit::no);
  CHECK(at_end(sync(1 << 24)) == Fit::yes);
  CHECK(at_end(sync((1 << 24) + 1)) == Fit::no);
  CHECK(at_end(encode(Status{255})) == Fit::yes);
  CHECK(at_end(encode(Status{256})) == Fit::no);

  auto known = behind_zero();
  known.packets = 20;
  CHECK(at_end(sync(20), known) == Fit::yes);
  CHECK(at_end(sync(21), known) == Fit::no);
  CHECK(at_end(start(21), known) == Fit::yes); // of another file

  // By path they are bytes; a status is one nevertheless.
  CHECK(at_end(start(UINT32_MAX), by_path()) == Fit::yes);
  CHECK(at_end(sync(UINT32_MAX), by_path()) == Fit::yes);
  CHECK(at_end(encode(Status{256}), by_path()) == Fit::no);
}

TEST_CASE("command evidence: a METADATA has the size of one, and begins like one") {
  const auto dualcam = from_hex("01 10 00000192d84dac30 00 0003");
  CHECK(at_end(metadata(dualcam)) == Fit::yes);
  CHECK(at_end(metadata(Bytes(dualcam).first(12))) == Fit::no);
  CHECK(at_end(metadata(from_hex("00 10 00000192d84dac30 00 0003"))) == Fit::no);
  CHECK(at_end(metadata(as_bytes("{\"a\":1}"))) == Fit::yes);
  CHECK(at_end(metadata(as_bytes("[1]"))) == Fit::no);
}

TEST_CASE("command evidence: a PATH is text, of which NULs may be a part") {
  CHECK(at_end(encode(Path{"dsm/1.jpg"})) == Fit::yes);
  CHECK(at_end(encode(Path{std::string_view("a\0", 2)})) == Fit::yes);
  CHECK(at_end(encode(Path{" ~"})) == Fit::yes);
  CHECK(at_end(encode(Path{"\x1f"})) == Fit::no);
  CHECK(at_end(encode(Path{"\x7f"})) == Fit::no);
  CHECK(at_end(encode(Path{"\xc3\xa4"})) == Fit::no);
  CHECK(at_end(encode(Path{""})) == Fit::no);
}

TEST_CASE("command evidence: of a command that the end cuts what is there has to make sense") {
  const auto cut = [](ByteBuffer command, std::size_t left) {
    command.resize(left);
    return command;
  };
  CHECK(at_end(cut(start(), 5)) == Fit::yes);
  CHECK(at_end(cut(sync(1 << 25), 7)) == Fit::yes); // its number is not whole
  CHECK(at_end(cut(encode(Path{"dsm/1.jpg"}), 7)) == Fit::yes);
  CHECK(at_end(cut(encode(Path{"d\xffm/1.jpg"}), 7)) == Fit::no);
  CHECK(at_end(cut(metadata(zeros(40)), 20)) == Fit::yes); // the longest that is known
  CHECK(at_end(cut(metadata(zeros(41)), 20)) == Fit::no);
  CHECK(at_end(cut(metadata(as_bytes("{\"a\":\"" + std::string(90, 'x') + "\"}")), 20)) ==
        Fit::yes);
  CHECK(so_far(cut(start(), 5)) == Fit::undecided);
  CHECK(so_far(cut(metadata(zeros(41)), 20)) == Fit::undecided);
}

TEST_CASE("command evidence: ENHANCED DATA that no path announced vouches for itself") {
  const auto whole = enhanced(0, 100);
  CHECK(at_end(whole) == Fit::yes);
  CHECK(at_end(damaged(whole)) == Fit::no);
  CHECK(at_end(damaged(whole), by_path()) == Fit::yes);
  auto cut = whole;
  cut.pop_back();
  CHECK(at_end(cut) == Fit::no);
  CHECK(so_far(cut) == Fit::undecided);
  CHECK(at_end(cut, by_path()) == Fit::yes);
  CHECK(at_end(damaged(data(100))) == Fit::yes); // a DATA is looked at when its turn comes
  CHECK(so_far(data(100)) == Fit::yes);
}

TEST_CASE("command evidence: a chain goes on from what is known; ENHANCED DATA may begin anew") {
  const std::uint16_t starts[]{7, 9};
  Known known;
  known.starts = starts;
  CHECK(fits_chain(data(50, 7), known));
  CHECK(fits_chain(data(50, 9), known));
  CHECK_FALSE(fits_chain(data(50, 0), known));
  CHECK(fits_chain(enhanced(0, 50, 9), known));
  CHECK(fits_chain(enhanced(0, 50, 0), known));
  CHECK_FALSE(fits_chain(enhanced(0, 50, 8), known));
  CHECK(fitting_start(data(50, 9), starts) == 9);
  CHECK(fitting_start(enhanced(5, 50, 7), starts) == 7);
  CHECK_FALSE(fitting_start(data(50, 8), starts));
  CHECK_FALSE(fitting_start(data(50), {}));
}

TEST_CASE("command evidence: the way back is a command behind which another one begins") {
  const auto way = [](const ByteBuffer& window, bool end = true, Known known = behind_zero()) {
    return is_way_back(window, end, known);
  };
  CHECK(way({}) == Fit::no);
  CHECK(way({}, false) == Fit::undecided);
  CHECK(way(from_hex("0102 0304"), false) == Fit::no);
  CHECK(way(sync()) == Fit::yes); // the end is behind it
  CHECK(way(sync(), false) == Fit::undecided);
  CHECK(way(joined(sync(), start())) == Fit::yes);
  CHECK(way(joined(sync(), from_hex("0102 0304"))) == Fit::no);
  CHECK(way(joined(sync(1 << 25), start())) == Fit::no);
  auto cut = sync();
  cut.pop_back();
  CHECK(way(cut) == Fit::no);
  CHECK(way(cut, false) == Fit::undecided);
}

TEST_CASE("command evidence: a DATA is the way back if it fits, or the next one goes on from it") {
  const auto way = [](const ByteBuffer& window, bool end = true, Known known = by_kind()) {
    return is_way_back(window, end, known);
  };
  const auto first = data(1024, 5);
  const auto next = data(1024, crc_of(first), 2);
  CHECK(way(joined(first, next)) == Fit::yes);
  CHECK(way(joined(first, damaged(next))) == Fit::no);
  CHECK(way(joined(damaged(first), next)) == Fit::no);
  CHECK(way(joined(data(1024), damaged(next))) == Fit::yes); // fits what is known
  CHECK(way(joined(data(1024), from_hex("0102 0304"))) == Fit::no);
  CHECK(way(joined(first, from_hex("0102 0304"))) == Fit::no);
  CHECK(way(joined(first, sync())) == Fit::yes);
  CHECK(way(joined(first, from_hex("0004 04"))) == Fit::yes); // a header that the end cuts
  CHECK(way(joined(first, from_hex("0004 04")), false) == Fit::undecided);

  auto cut = joined(first, next);
  cut.pop_back();
  CHECK(way(cut) == Fit::yes);
  CHECK(way(cut, false) == Fit::undecided);
  CHECK(way(first) == Fit::yes);
  CHECK(way(first, false) == Fit::undecided);
  auto short_of_one = first;
  short_of_one.pop_back();
  CHECK(way(short_of_one) == Fit::no);
  CHECK(way(short_of_one, false) == Fit::undecided);
}

TEST_CASE("command evidence: a packet hides another one of the usual size, behind few headers") {
  const auto first = data(1024, 5);
  const auto next = data(1024, crc_of(first), 2);
  const auto hides = [&](std::size_t headers, std::size_t size) {
    ByteBuffer window;
    for (std::size_t i = 0; i < headers; ++i) {
      append(window, from_hex("0004 0402"));
    }
    return hides_packet(joined(window, first, next), size, true, by_kind());
  };
  CHECK(hides(1, 7) == Fit::no);
  CHECK(hides(1, 8) == Fit::yes);
  CHECK(hides(8, 36) == Fit::yes);
  CHECK(hides(9, 40) == Fit::no);
  CHECK(hides_packet(joined(first, first), 1034, false, by_kind()) == Fit::undecided);
  CHECK(hides_packet(joined(first, first), 1034, true, by_kind()) == Fit::yes);
  CHECK(hides_packet(joined(first, first), 1033, true, by_kind()) == Fit::no);
}

TEST_CASE("command evidence: packets of another form than this transfer's are not the way back") {
  auto known = by_path();
  const auto first = data(500, 5);
  const auto both = joined(first, data(500, crc_of(first), 2));
  CHECK(is_way_back(both, true, known) == Fit::yes);
  known.packets_are = CommandId::data;
  CHECK(is_way_back(both, true, known) == Fit::yes);
  known.packets_are = CommandId::enhanced_data;
  CHECK(is_way_back(both, true, known) == Fit::no);
  CHECK(is_way_back(joined(data(500), sync()), true, known) == Fit::yes); // its CRC fits
}

TEST_CASE("command evidence: an ENHANCED DATA goes on from one that ends where it begins") {
  const auto known = by_path();
  const auto first = enhanced(1000, 500, 5);
  const auto way = [&](const ByteBuffer& next) {
    return is_way_back(joined(first, next), true, known);
  };
  CHECK(way(enhanced(1500, 500, crc_of(first), 2)) == Fit::yes);
  CHECK(way(enhanced(1500, 500, 0, 2)) == Fit::yes); // some devices begin anew
  CHECK(way(enhanced(1499, 500, crc_of(first), 2)) == Fit::no);
  CHECK(way(enhanced(1501, 500, crc_of(first), 2)) == Fit::no);
  CHECK(way(enhanced(1500, 500, 6, 2)) == Fit::no);
  CHECK(way(data(500, crc_of(first), 2)) == Fit::no); // of the other form
  // Behind it ENHANCED DATA are to be expected, even where no path said so.
  CHECK(is_way_back(joined(first, damaged(enhanced(1500, 500, 6, 2))), true, behind_zero()) ==
        Fit::no);
  CHECK(is_way_back(joined(first, enhanced(1500, 500, crc_of(first), 2)), true, behind_zero()) ==
        Fit::yes);
}

TEST_CASE("command evidence: a header in file content hides no packet of the usual size") {
  // 100 bytes of content look like a header whose packet ends where a whole one does.
  const auto known = by_kind();
  const auto inner = data(1024, 5);
  const auto next = data(1024, crc_of(inner), 2);
  const auto outer = [&](std::size_t junk, const ByteBuffer& packet) {
    auto all = joined(from_hex("0004"), zeros(2), random_bytes(junk, 7), packet);
    const auto length = all.size() - 4;
    all[2] = static_cast<std::byte>(length >> 8);
    all[3] = static_cast<std::byte>(length & 0xFF);
    return all;
  };
  auto wide = known;
  wide.largest = largest_packet; // where it is longer than usual the inner one is whole
  CHECK(is_way_back(joined(outer(100, inner), next), true, wide) == Fit::no);
  // One of another size inside is content, though it ends there, too.
  const auto alike = outer(100, data(1023, 5));
  const auto goes_on = data(1024, crc_of(alike), 3);
  CHECK(is_way_back(joined(alike, goes_on), true, wide) == Fit::yes);
  // One of the usual size hides nothing, whatever it looks like inside.
  const auto usual = data(1024, 5, 9);
  CHECK(is_way_back(joined(usual, data(1024, crc_of(usual), 2)), true, wide) == Fit::yes);
}

TEST_CASE("command evidence: the frame rate that METADATA's length does not count") {
  const auto short_one = metadata(from_hex("02 10 00000192d8849ab0 00 000a"));
  const auto longer = metadata(from_hex("02 10 00000192d8849ab0 00 000a 1e"));
  const auto known = behind_zero();
  const auto extra = from_hex("1e");
  const auto uncounted = [&](const ByteBuffer& window, bool end = true) {
    return has_uncounted_byte(window, window.empty() ? 0 : short_one.size(), end, known);
  };
  CHECK(uncounted(joined(short_one, extra, start())) == Fit::yes);
  CHECK(uncounted(joined(short_one, start())) == Fit::no);
  CHECK(uncounted(joined(short_one, extra, extra, start())) == Fit::no);
  CHECK(uncounted(joined(short_one, extra)) == Fit::yes); // the end is behind it
  CHECK(uncounted(joined(short_one, from_hex("00"))) == Fit::yes);
  CHECK(uncounted(short_one) == Fit::no);
  CHECK(uncounted(short_one, false) == Fit::undecided);
  CHECK(uncounted(joined(short_one, extra), false) == Fit::undecided);
  CHECK(has_uncounted_byte(joined(longer, extra, start()), longer.size(), true, known) == Fit::no);
  CHECK(has_uncounted_byte(joined(sync(), extra, start()), sync().size(), true, known) == Fit::no);
  CHECK(is_way_back(joined(short_one, extra, start()), true, known) == Fit::yes);
}

TEST_CASE("command evidence: the server's commands count only where both sides are in one stream") {
  const auto resume = encode(Resume{7});
  auto both = behind_zero();
  both.both_sides = true;
  const auto size = [&](const ByteBuffer& window, bool end = true) {
    return server_command_size(window, end, both);
  };
  CHECK(server_command_size(joined(resume, sync()), true, behind_zero()) == 0);
  CHECK(at_end(joined(resume, sync())) == Fit::no);
  CHECK(size(joined(resume, sync())) == resume.size());
  CHECK(at_end(joined(resume, sync()), both) == Fit::yes);
  CHECK(size(resume) == resume.size());
  CHECK_FALSE(size(resume, false));
  CHECK(so_far(resume, both) == Fit::undecided);
  CHECK(size(joined(resume, from_hex("0102 0304"))) == 0);
  CHECK(size(joined(sync(), resume)) == 0); // the device's
  CHECK(size(encode(Status{0})) == 0);      // both send it: it counts as the device's
  CHECK(size(from_hex("0002 0005 00000007 00")) == 0);
  CHECK(size({}) == 0);
  CHECK_FALSE(size({}, false));
  CHECK_FALSE(size(from_hex("0002 00"), false));
  CHECK(size(from_hex("0002 00")) == 0);
}

TEST_CASE("command evidence: the server asks for a file in text") {
  auto both = behind_zero();
  both.both_sides = true;
  const auto size = [&](const ByteBuffer& window) {
    return server_command_size(joined(window, sync()), true, both);
  };
  CHECK(size(encode(FileRequest{"%videof"})) == 11);
  CHECK(size(encode(FileRequest{"%vid\x01of"})) == 0);
  CHECK(size(encode(MetadataRequest{"%videof"})) == 11);
  CHECK(size(encode(MetadataRequest{"%vid\x01of"})) == 0);
  CHECK(size(encode(PathRequest{})) == 6);
  CHECK(size(encode(Resume{1})) == 8); // its number is none
  // A text of which something is not there yet is judged by what is.
  auto cut = encode(FileRequest{"%videof"});
  cut.resize(7);
  CHECK_FALSE(server_command_size(cut, false, both));
  cut[5] = std::byte{1};
  CHECK(server_command_size(cut, false, both) == 0);
}

TEST_CASE("command evidence: CLOSE is zeros, and counts before another session or the end") {
  auto both = behind_zero();
  both.both_sides = true;
  const auto close = encode(Close{});
  CHECK(server_command_size(close, true, both) == close.size());
  CHECK_FALSE(server_command_size(close, false, both));
  CHECK(server_command_size(joined(close, init()), true, both) == close.size());
  CHECK(server_command_size(joined(close, init(0)), true, both) == 0);
  CHECK(server_command_size(joined(close, sync()), true, both) == 0);
  auto cut = joined(close, init());
  cut.pop_back();
  CHECK(server_command_size(cut, true, both) == 0);
  CHECK_FALSE(server_command_size(cut, false, both));
}

TEST_CASE("command evidence: some servers give REPEAT INIT a length") {
  auto both = behind_zero();
  both.both_sides = true;
  const auto repeat = from_hex("0009");
  const auto length = from_hex("0000");
  CHECK(server_command_size(joined(repeat, init()), true, both) == 2);
  CHECK(server_command_size(joined(repeat, length, init()), true, both) == 4);
  CHECK(server_command_size(joined(repeat, from_hex("0001"), init()), true, both) == 0);
  CHECK(server_command_size(joined(repeat, length, from_hex("0102 0304")), true, both) == 0);
  CHECK_FALSE(server_command_size(joined(repeat, length), false, both));
}

TEST_CASE("command evidence: of the server's commands only a few in a row are looked at") {
  auto both = behind_zero();
  both.both_sides = true;
  const auto ask = encode(Resume{1});
  const auto row = [&](int count, const ByteBuffer& then) {
    ByteBuffer all;
    for (int i = 0; i < count; ++i) {
      append(all, ask);
    }
    append(all, then);
    return server_command_size(all, true, both);
  };
  CHECK(row(4, sync()) == ask.size());
  CHECK(row(5, sync()) == ask.size());
  CHECK(row(6, sync()) == 0);
  CHECK(row(2, from_hex("0102 0304")) == 0);
}

} // namespace dualcam::command_evidence::command_evidence_test
