#include "dualcam/wire/message.hpp"

#include "dualcam/files/file_kind.hpp"

#include "testing.hpp"

namespace dualcam::message_test {
namespace {

struct Wire {
  Sender sender;
  const char* hex;
  const char* name;
};

constexpr std::array wires{
    Wire{Sender::device, "0000 0005 00013ee13c001981 44000400", "INIT"},
    Wire{Sender::server, "0000 0000", "CLOSE"},
    Wire{Sender::device, "0001 0006 00000248 0000", "START"},
    Wire{Sender::server, "0002 0004 00000001", "RESUME"},
    Wire{Sender::device, "0003 0004 00000151", "SYNC"},
    Wire{Sender::device, "0004 000b 313233343536373839 2189", "DATA"},
    Wire{Sender::device, "0005 0004 00000011", "STATUS"},
    Wire{Sender::server, "0005 0004 00000000", "STATUS"},
    Wire{Sender::server, "0008 0007 25766964656f66", "FILE REQUEST"},
    Wire{Sender::server, "0009", "REPEAT INIT"},
    Wire{Sender::server, "000a 0007 2570686f746f72", "METADATA REQUEST"},
    Wire{Sender::server, "000a 0000", "METADATA REQUEST"},
    Wire{Sender::device, "000b 0003 010203", "METADATA"},
    Wire{Sender::server, "000c 0002 0000", "PATH REQUEST"},
    Wire{Sender::device, "000d 0005 612f622e63", "PATH"},
    Wire{Sender::device, "000e 0008 00000400 ffee 1234", "ENHANCED DATA"},
};

Result<Message> decode_wire(Sender sender, Bytes bytes) {
  const auto id = load_be<std::uint16_t>(bytes);
  return decode(sender, id, bytes.subspan(find_command(sender, id)->header_size()));
}

} // namespace

TEST_CASE("message: every command decodes and encodes to the same bytes") {
  for (const auto& wire : wires) {
    CAPTURE(wire.hex);
    const auto bytes = from_hex(wire.hex);
    const auto message = decode_wire(wire.sender, bytes);
    REQUIRE(message);
    CHECK(name_of(*message) == wire.name);
    CHECK(encode(*message) == bytes);
  }
}

TEST_CASE("message: the INIT of a real device") {
  const auto bytes = from_hex("0000 0005 00013ee13c001981 44000400");
  const auto init = std::get<Init>(*decode_wire(Sender::device, bytes));
  CHECK(init.protocol == 5);
  CHECK(format_imei(init.imei) == "350612071913857");
  CHECK(kinds_offered(init).contains(FileKind::front_photo));
  CHECK(kinds_offered(init).first() == FileKind::front_photo);
  CHECK_FALSE(init.offers_path());
  CHECK(kinds_offered(Init{5, 1, 0x4000'0400}).empty());
  CHECK(Init{6, 1, 0x4200'0400}.offers_path());
}

TEST_CASE("message: a wrong length is refused for every command") {
  for (const auto& wire : wires) {
    const auto bytes = from_hex(wire.hex);
    const auto id = load_be<std::uint16_t>(bytes);
    const auto& range = *find_command(wire.sender, id);
    CAPTURE(wire.hex);
    CHECK_FALSE(decode(wire.sender, id, ByteBuffer(range.most + 1)));
    if (range.least > 0) {
      CHECK_FALSE(decode(wire.sender, id, ByteBuffer(range.least - 1)));
    }
  }
}

TEST_CASE("message: a command of the other side or of nobody is refused") {
  CHECK_FALSE(decode(Sender::device, 0x0008, as_bytes("%photof")));
  CHECK_FALSE(decode(Sender::server, 0x0004, as_bytes("%photof")));
  for (const unsigned id : {0x0006U, 0x0007U, 0x000FU, 0x0100U, 0xFFFFU}) {
    for (const auto sender : {Sender::device, Sender::server}) {
      const auto message = decode(sender, static_cast<std::uint16_t>(id), {});
      REQUIRE_FALSE(message);
      CHECK(message.error().category == ErrorCategory::unsupported);
    }
  }
}

TEST_CASE("message: an IMEI of more than 15 digits is refused") {
  const auto bytes = from_hex("0005 00038d7ea4c68000 44000400");
  CHECK_FALSE(decode(Sender::device, 0, bytes));
}

TEST_CASE("message: IMEIs are 15 digits with leading zeros") {
  CHECK(format_imei(350612071913857) == "350612071913857");
  CHECK(format_imei(42) == "000000000000042");
  CHECK(parse_imei("000000000000042") == 42);
  CHECK(parse_imei("350612071913857") == 350612071913857);
  for (const auto* text : {"", "35061207191385a", "3506120719138577", "-1", " 1", "1 "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_imei(text));
  }
}

TEST_CASE("message: a path keeps its bytes; its text has one trailing NUL less") {
  struct Case {
    std::string_view path, text;
  };
  using namespace std::string_view_literals;
  for (const auto& [path, text] :
       {Case{"dsm/a.jpg\0"sv, "dsm/a.jpg"}, Case{"dsm/a.jpg", "dsm/a.jpg"},
        Case{"a\0\0"sv, "a\0"sv}, Case{"\0"sv, ""}, Case{"", ""}}) {
    const auto message = decode(Sender::device, 0x000D, as_bytes(path));
    REQUIRE(message);
    CHECK(std::get<Path>(*message).path == path);
    CHECK(std::get<Path>(*message).text() == text);
  }
}

TEST_CASE("message: logs never carry a device's text") {
  CHECK(describe(Sync{337}) == "SYNC 337");
  CHECK(describe(FileRequest{"\x1b[2J"}) == "FILE REQUEST by path");
  CHECK(describe(FileRequest{"%photor"}) == "FILE REQUEST photor");
  CHECK(describe(Data{as_bytes("abc"), 0x2189}) == "DATA 3 bytes, CRC 2189");
  CHECK(describe(Init{5, 350612071913857, 0x44000400}) ==
        "INIT 5, IMEI 350612071913857, settings 44000400");
}

TEST_CASE("message: every status has a meaning, unknown ones too") {
  for (std::uint32_t code = 0; code <= 26; ++code) {
    CHECK_FALSE(status_meaning(code).empty());
    CHECK(status_meaning(code) != "unknown status");
  }
  CHECK(status_meaning(27) == "unknown status");
  CHECK(status_meaning(0x11).find("not configured") != std::string_view::npos);
}

TEST_CASE("message: the beginning of a command is told as soon as its bytes tell") {
  const auto begins = [](Sender sender, std::string_view hex) {
    return begins_command(sender, from_hex(hex));
  };
  for (const auto sender : {Sender::device, Sender::server}) {
    CHECK(begins(sender, "") == std::nullopt);
    CHECK(begins(sender, "00") == std::nullopt);
    CHECK(begins(sender, "01") == false);
    CHECK(begins(sender, "00ff") == false);
    CHECK(begins(sender, "00ff0000") == false);
  }
  ByteBuffer repeat_init; // its length is not on the wire
  append_be(repeat_init, static_cast<std::uint16_t>(CommandId::repeat_init));
  CHECK(begins_command(Sender::server, repeat_init) == true);
  CHECK(begins_command(Sender::device, repeat_init) == false);
  CHECK(begins(Sender::device, "0004") == std::nullopt); // DATA tells its length
  CHECK(begins(Sender::device, "000404") == std::nullopt);
  CHECK(begins(Sender::device, "00040402") == true);
  CHECK(begins(Sender::device, "00040001") == false);
  CHECK(begins(Sender::device, "0000") == std::nullopt); // INIT, its protocol
  CHECK(begins(Sender::device, "00000005") == true);
  CHECK(begins(Sender::device, "00000000") == false);
}

TEST_CASE("message: a payload of a wrong length is too short or too long, in words") {
  const auto error = [](std::size_t size) {
    const auto message = decode(Sender::device, 0x0001, ByteBuffer(size));
    REQUIRE_FALSE(message);
    CHECK(message.error().offset == size);
    return message.error();
  };
  CHECK(error(5).category == ErrorCategory::truncated);
  CHECK(error(5).message == "command 1 has a payload of 5 bytes, expected 6 to 6");
  CHECK(error(7).category == ErrorCategory::malformed);
  CHECK(decode(Sender::device, 0x0001, ByteBuffer(6)));
  CHECK(decode(Sender::device, 0x0006, {}).error().message == "there is no command 6");
}

TEST_CASE("message: each is described in a few words") {
  CHECK(describe(Start{584, 0}) == "START 584");
  CHECK(describe(Resume{7}) == "RESUME 7");
  CHECK(describe(Status{17}) == "STATUS 17");
  CHECK(describe(Close{}) == "CLOSE");
  CHECK(describe(RepeatInit{}) == "REPEAT INIT");
  CHECK(describe(PathRequest{}) == "PATH REQUEST");
  CHECK(describe(Path{"dsm/a.jpg"}) == "PATH");
  CHECK(describe(MetadataResponse{as_bytes("abcd")}) == "METADATA 4 bytes");
  CHECK(describe(EnhancedData{5, as_bytes("abc"), 0x0021}) == "ENHANCED DATA 3 bytes, CRC 0021");
  CHECK(describe(MetadataRequest{"%videof"}) == "METADATA REQUEST videof");
  for (const auto* path : {"", "%photo", "%photoff", "photofx", "%Photof", "%photo{", "%photo`"}) {
    CAPTURE(path);
    CHECK(describe(FileRequest{path}) == "FILE REQUEST by path");
  }
  for (const auto* identifier : {"%aaaaaa", "%zzzzzz"}) {
    CHECK(describe(FileRequest{identifier}) == std::string("FILE REQUEST ") + (identifier + 1));
  }
}

TEST_CASE("message: an IMEI has at most 15 digits, leading zeros included") {
  CHECK(parse_imei("999999999999999") == 999'999'999'999'999);
  CHECK(parse_imei("1") == 1);
  CHECK_FALSE(parse_imei("1000000000000000"));
  CHECK_FALSE(parse_imei("0000000000000001"));
  CHECK(format_imei(999'999'999'999'999) == "999999999999999");
  CHECK(format_imei(99'999'999'999'999) == "099999999999999");
  CHECK(decode(Sender::device, 0, from_hex("0005 00038d7ea4c67fff 44000400"))); // 15 times 9
}

} // namespace dualcam::message_test
