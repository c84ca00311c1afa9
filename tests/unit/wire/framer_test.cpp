#include "dualcam/wire/framer.hpp"

#include <string>

#include "testing.hpp"

namespace dualcam::framer_test {
namespace {

constexpr auto device_stream = "0000 0005 00013ee13c001981 44000400"
                               "000b 0003 010203"
                               "0001 0006 00000002 0000"
                               "0003 0004 00000001"
                               "0004 000b 313233343536373839 2189"
                               "0005 0004 00000000";

/// Feeds `stream` in pieces of the sizes `next_size` gives; one line a frame, an error ends it.
template <class NextSize>
std::vector<std::string> frames(Framer& framer, Bytes stream, NextSize next_size) {
  std::vector<std::string> result;
  while (!stream.empty()) {
    const auto size = std::min<std::size_t>(next_size(), stream.size());
    const ByteBuffer piece(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    stream = stream.subspan(size);
    framer.feed(piece);
    for (;;) {
      const auto frame = framer.next();
      if (!frame) {
        result.push_back("error at " + std::to_string(frame.error().offset));
        return result;
      }
      if (!*frame) {
        break;
      }
      result.push_back(std::to_string((*frame)->offset) + ": " + std::to_string((*frame)->id) +
                       ' ' + to_hex((*frame)->payload));
    }
  }
  return result;
}

std::vector<std::string> whole(Sender sender, Bytes stream) {
  Framer framer(sender);
  return frames(framer, stream, [&] { return stream.size(); });
}

} // namespace

TEST_CASE("framer: a stream gives the same commands in any pieces") {
  const auto stream = from_hex(device_stream);
  const auto expected = whole(Sender::device, stream);
  REQUIRE(expected.size() == 6);
  CHECK(expected[0] == "0: 0 000500013ee13c00198144000400");
  CHECK(expected[5] == "56: 5 00000000");
  Framer bytewise(Sender::device);
  CHECK(frames(bytewise, stream, [] { return 1; }) == expected);
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    Framer framer(Sender::device);
    REQUIRE(frames(framer, stream, [&] { return 1 + random() % 20; }) == expected);
  }
}

TEST_CASE("framer: REPEAT INIT comes with or without a length") {
  const auto bare = from_hex("0009 0008 0007 2570686f746f66 0009 0000 0000");
  CHECK(whole(Sender::server, bare) ==
        std::vector<std::string>{"0: 9 ", "2: 8 2570686f746f66", "13: 9 ", "15: 0 "});
  const auto with_length =
      from_hex("0009 0000 0008 0007 2570686f746f66 0009 0000 0002 0004 00000001");
  const std::vector<std::string> expected{"0: 9 ", "4: 8 2570686f746f66", "15: 9 ",
                                          "19: 2 00000001"};
  CHECK(whole(Sender::server, with_length) == expected);
  Framer bytewise(Sender::server);
  CHECK(frames(bytewise, with_length, [] { return 1; }) == expected);
}

TEST_CASE("framer: a length no such command has is refused before its payload arrives") {
  for (const auto* header : {"0001 0007", "0003 0003", "0004 1003", "0004 0001", "0005 ffff",
                             "000b 1001", "000e 1007", "0006", "ffff"}) {
    CAPTURE(header);
    CHECK(whole(Sender::device, from_hex(header)) == std::vector<std::string>{"error at 0"});
  }
  for (const auto* header : {"0000 0001", "0002 0000", "0008 0000", "0004"}) {
    CAPTURE(header);
    CHECK(whole(Sender::server, from_hex(header)) == std::vector<std::string>{"error at 0"});
  }
}

TEST_CASE("framer: a command may be allowed less than it can have, and as much again") {
  Framer framer(Sender::device);
  const auto feed = [&](const char* hex) {
    return frames(framer, from_hex(hex), [] { return std::size_t{2}; });
  };
  framer.limit(CommandId::path, 2);
  CHECK(feed("000d 0002 6100") == std::vector<std::string>{"0: 13 6100"});
  CHECK(feed("000d 0003") == std::vector<std::string>{"error at 6"});
  framer.limit(CommandId::path, 3);
  CHECK(feed("616200") == std::vector<std::string>{"6: 13 616200"});
  framer.limit(CommandId::data, 100'000); // no more than there is
  CHECK(feed("0004 1003") == std::vector<std::string>{"error at 13"});
}

TEST_CASE("framer: a path and a request have as many bytes as a length field can say") {
  for (const auto& [sender, id] : {std::pair{Sender::device, CommandId::path},
                                   {Sender::server, CommandId::file_request},
                                   {Sender::server, CommandId::metadata_request}}) {
    ByteBuffer command;
    append_be(command, static_cast<std::uint16_t>(id));
    append_be(command, std::uint16_t{0xFFFF});
    command.resize(command.size() + longest_path, std::byte{'/'});
    Framer framer(sender);
    std::size_t size = 0;
    for (auto rest = Bytes(command); !rest.empty();
         rest = rest.subspan(std::min<std::size_t>(rest.size(), 1460))) {
      framer.feed(rest.first(std::min<std::size_t>(rest.size(), 1460)));
      const auto frame = framer.next();
      REQUIRE(frame);
      size += *frame ? (*frame)->payload.size() : 0;
    }
    CHECK(size == longest_path);
  }
}

TEST_CASE("framer: finds the SYNC behind packets in flight and garbage") {
  const auto stream = from_hex("0004 0003 00 0000" // a packet, then its neighbour cut short
                               "0004 0402 aabbccddee"
                               "0003 0004 00000999" // no: beyond what was asked for
                               "0003 0003 0004 00000151"
                               "0004 000b 313233343536373839 2189");
  const std::vector<std::string> expected{"26: 3 00000151", "34: 4 3132333435363738392189"};
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, stream.size()}) {
    Framer framer(Sender::device);
    framer.drop_until_sync(0x151);
    CHECK(frames(framer, stream, [=] { return size; }) == expected);
  }
}

TEST_CASE("framer: the search starts with what an error left behind") {
  Framer framer(Sender::device);
  const auto stream = from_hex("0007 0003 0004 00000001");
  framer.feed(stream);
  REQUIRE_FALSE(framer.next());
  framer.drop_until_sync(1);
  const auto frame = framer.next();
  REQUIRE((frame && *frame));
  CHECK((*frame)->id == 3);
  CHECK_FALSE(*framer.next());
  CHECK(framer.offset() == stream.size());
}

TEST_CASE("framer: the search stops at a status that is an error") {
  Framer framer(Sender::device);
  framer.drop_until_sync(10);
  CHECK(frames(framer, from_hex("ff 0005 0004 00000000 0005 0004 00000011"), [] { return 4; }) ==
        std::vector<std::string>{"9: 5 00000011"});
}

TEST_CASE("framer: the search takes what may be asked for, and not one more") {
  const auto found = [](std::string_view hex, bool or_start = false) {
    Framer framer(Sender::device);
    framer.drop_until_sync(10, or_start);
    const auto lines = frames(framer, from_hex(hex), [] { return 1; });
    return lines.empty() ? "nothing" : lines[0];
  };
  CHECK(found("0003 0004 0000000a") == "0: 3 0000000a");
  CHECK(found("0003 0004 0000000b") == "nothing");
  CHECK(found("0003 0004 00000000") == "0: 3 00000000");
  CHECK(found("0005 0004 00000001") == "0: 5 00000001"); // the errors that devices have
  CHECK(found("0005 0004 0000001a") == "0: 5 0000001a");
  CHECK(found("0005 0004 0000001b") == "nothing");
  CHECK(found("0005 0004 00000000") == "nothing");
  CHECK(found("0001 0006 00000001 0400") == "nothing"); // where no START can come
  CHECK(found("0001 0006 00000001 0400", true) == "0: 1 000000010400");
  CHECK(found("ffff 0001 0006 00000001 0400", true) == "2: 1 000000010400");
  CHECK(found("0001 0006 00000000 0400", true) == "nothing"); // it offers nothing
  CHECK(found("0001 0006 00000001 04", true) == "nothing");
  CHECK(found("0003 0004 00000001", true) == "0: 3 00000001");
}

TEST_CASE("framer: a search begins with nothing, whatever the one before has seen") {
  Framer framer(Sender::device);
  const auto feed = [&](const char* hex) {
    return frames(framer, from_hex(hex), [] { return std::size_t{64}; });
  };
  framer.drop_until_sync(10, true);
  CHECK(feed("0001 0006 00000003 0004").size() == 1);
  framer.drop_until_sync(10);
  CHECK(feed("00000001").empty()); // a SYNC only with the end of that START
}

TEST_CASE("framer: payloads stay where they are until more is fed") {
  const auto stream = from_hex("000b 0004 01020304 000b 0002 0506 000b 0006 0708090a0b0c");
  for (std::size_t first = 1; first < 8; ++first) {
    CAPTURE(first);
    Framer framer(Sender::device);
    framer.feed(Bytes(stream).first(first));
    REQUIRE_FALSE(framer.next()->has_value());
    const auto rest = Bytes(stream).subspan(first);
    framer.feed(rest.first(rest.size() - 3)); // the last command is cut
    std::vector<Bytes> payloads;
    while (const auto frame = *framer.next()) {
      payloads.push_back(frame->payload);
    }
    REQUIRE(payloads.size() == 2);
    CHECK(to_hex(payloads[0]) == "01020304");
    CHECK(to_hex(payloads[1]) == "0506");
    framer.feed(rest.last(3));
    const auto last = *framer.next();
    REQUIRE(last);
    CHECK(to_hex(last->payload) == "0708090a0b0c");
    CHECK(last->offset == 14);
    CHECK(framer.offset() == stream.size());
  }
}

TEST_CASE("framer: what comes next can be looked at, and taken, before it is a command") {
  const auto stream = from_hex("0102030405");
  Framer framer(Sender::device);
  CHECK(framer.ahead(3).empty());
  framer.feed(Bytes(stream).first(2));
  CHECK(to_hex(framer.ahead(1)) == "01");
  CHECK(to_hex(framer.ahead(2)) == "0102");
  CHECK(to_hex(framer.ahead(3)) == "0102");
  framer.feed(Bytes(stream).subspan(2));
  CHECK(to_hex(framer.ahead(3)) == "010203");
  CHECK(to_hex(framer.ahead(9)) == "0102030405");
  framer.skip(4);
  CHECK(framer.offset() == 4);
  CHECK(to_hex(framer.ahead(9)) == "05");
}

TEST_CASE("framer: an error says what came and what was expected") {
  const auto error = [](std::string_view hex) {
    const auto stream = from_hex(hex);
    Framer framer(Sender::device);
    framer.feed(stream);
    const auto frame = framer.next();
    REQUIRE_FALSE(frame);
    CHECK(framer.offset() == 0);
    return frame.error();
  };
  CHECK(error("0007").message == "there is no command 7");
  CHECK(error("0007").category == ErrorCategory::unsupported);
  CHECK(error("0001 0007").message == "command 1 announces 7 bytes, expected 6 to 6");
  CHECK(error("0001 0007").category == ErrorCategory::malformed);
}

} // namespace dualcam::framer_test
