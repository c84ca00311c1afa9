#include "dcam-meta/input.hpp"

#include "dualcam/wire/message.hpp"
#include "temporary_folder.hpp"

namespace dualcam::meta::meta_input_test {
namespace {

const std::string v3 = "031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6";
const std::string v1 = "010400000192d84dac30030000";

struct Found {
  std::vector<Record> records;
  std::vector<RecordInput::Complaint> complaints;

  RecordInput input() {
    return RecordInput(
        std::nullopt, [this](Record record) { records.push_back(std::move(record)); },
        [this](const RecordInput::Complaint& complaint) { complaints.push_back(complaint); });
  }
};

/// What a file of this content has.
Found found_in(std::string_view content) {
  const TemporaryFolder folder;
  write_file(folder.path() / "a", content);
  auto file = InputFile::open((folder.path() / "a").string());
  REQUIRE(file);
  Found found;
  found.input().read(*file);
  return found;
}

std::string binary(std::string_view hex) {
  const auto bytes = from_hex(hex);
  return std::string(as_text(bytes));
}

/// The kinds of its records, and where its complaints are.
std::string summary(std::string_view content) {
  std::string text;
  const auto found = found_in(content);
  for (const auto& record : found.records) {
    text += (record.kind ? std::string(name_of(*record.kind)) : "none") + " ";
  }
  for (const auto& complaint : found.complaints) {
    text += "! " + complaint.place + " ";
  }
  return text;
}

} // namespace

TEST_CASE("meta input: a payload is read as bytes, as hex, on a line of several, and in JSON") {
  CHECK(summary(binary(v3)) == "videof ");
  CHECK(summary(v3) == "videof ");
  CHECK(summary(v3 + "\n") == "videof ");
  CHECK(summary("000b0020" + v3) == "videof ");
  CHECK(summary(v3 + "\n" + v1 + "\n") == "videof photof ");
  CHECK(summary(v3 + "\n\n  \n" + v1) == "videof photof ");
  CHECK(summary(v3.substr(0, 20) + "\n" + v3.substr(20) + "\n") == "videof "); // one, in two lines
  CHECK(summary("{\"raw\":\"" + v3 + "\"}") == "videof ");
  CHECK(summary("  \n{\"raw\":\"" + v3 + "\"}\n{\"raw\":\"" + v1 + "\"}\n") == "videof photof ");
  CHECK(summary("{\"raw\":\"" + v3 + "\"}\n\n \n{\"raw\":\"" + v1 + "\"}") == "videof photof ");
}

TEST_CASE("meta input: a number beside a payload is none of its bytes") {
  const auto line = "level=debug msg=\"" + v3 + "\" addr=\"10.0.0.5:40312\"\n";
  for (const auto& text : {line, line + line}) {
    for (const auto& record : found_in(text).records) {
      CHECK(record.raw == v3);
    }
  }
  CHECK(summary(line) == "videof ");
  CHECK(summary(line + line) == "videof videof ");
}

TEST_CASE("meta input: of several lines each is read or named") {
  CHECK(summary(v3 + "\nxyz\n" + v1 + "\n") == "videof photof ! line 2 ");
  CHECK(summary(v3 + "\n" + v1 + "\n\n1\n") == "videof photof ! line 4 ");
  CHECK(summary(v3 + "\nx\ny\n" + v1 + "\n") == "videof photof ! line 2 ! line 3 "); // half of them
  CHECK(summary(v3 + "\n" + v1 + "\nxyz\n") == "videof photof ! line 3 "); // right behind them
  CHECK(summary(v3 + "\n$\n" + v1 + "\n") == "videof photof ! line 2 ");
  CHECK(summary(v3 + "\n" + v1 + "\n$ exit\nlogout\n") == "videof photof ");
  const auto lines = found_in(v3 + "\n00ff\nxx\n" + v1);
  REQUIRE(lines.complaints.size() == 2);
  CHECK_THAT(lines.complaints[0].message, ContainsSubstring("a payload or a message on each line"));
  CHECK(lines.complaints[0].place == "line 2");
  CHECK_THAT(lines.complaints[1].message, ContainsSubstring("this is no hex"));
  CHECK(lines.complaints[1].category == ErrorCategory::malformed);
  const auto json = found_in("{\"raw\":\"" + v3 + "\"}\n{\"raw\":\n{\"raw\":\"" + v1 + "\"}\n");
  CHECK(json.records.size() == 2);
  REQUIRE(json.complaints.size() == 1);
  CHECK(json.complaints[0].place.starts_with("byte "));
}

TEST_CASE("meta input: what has nothing in it is told once") {
  const auto empty = found_in("");
  CHECK(empty.records.empty());
  REQUIRE(empty.complaints.size() == 1);
  CHECK(empty.complaints[0].category == ErrorCategory::truncated);
  CHECK_THAT(empty.complaints[0].message, ContainsSubstring("the input is empty"));
  for (const auto& content :
       {std::string(100, '\xff'), std::string("hello, world\n"), std::string("{\"a\":1}")}) {
    CAPTURE(content);
    const auto found = found_in(content);
    CHECK(found.records.empty());
    CHECK(found.complaints.size() == 1);
  }
  const auto odd = found_in(v3.substr(0, v3.size() - 1));
  CHECK(odd.records.empty());
  CHECK_FALSE(odd.complaints.empty());
}

TEST_CASE("meta input: JSON with no more than a version is a camera's, if it is nothing else") {
  CHECK(summary("{\"version\":3}") == "none ");
  CHECK(summary("\n{\"a\":{\"version\":\"3\"}}\n") == "none ");
  CHECK(summary("{\"version\":3}\n{\"version\":4,\"driver_name\":\"A\"}\n") == "none none ");
  CHECK(summary("{\"version\":3,\"data\":\"000b0020" + v3 + "\"}") == "videof ");
  CHECK(summary("{\"version\":\"3.1.4\"}") == "! byte 0 ");
}

TEST_CASE("meta input: a file that cannot be read is told, and nothing else") {
  auto file = InputFile::open("/proc/self/mem"); // its first byte is nobody's
  REQUIRE(file);
  Found found;
  found.input().read(*file);
  CHECK(found.records.empty());
  REQUIRE(found.complaints.size() == 1);
  CHECK(found.complaints[0].category == ErrorCategory::io);
}

TEST_CASE("meta input: bytes alone are a payload, messages, or nothing") {
  const auto of = [](std::string_view hex) {
    Found found;
    found.input().read(Bytes(from_hex(hex)));
    return found;
  };
  CHECK(of(v3).records.size() == 1);
  const auto messages = of("0000000500013ee13c00198144000400 000b0020" + v3);
  CHECK(messages.complaints.empty());
  REQUIRE(messages.records.size() == 1);
  CHECK(messages.records[0].imei == 350612071913857);
  CHECK(of("").complaints.size() == 1);
  CHECK(of("ffffffff").complaints.size() == 1);
}

TEST_CASE("meta input: of a connection without metadata its INIT is told") {
  auto sent = encode(Init{5, 350612071913857, 0x44000400});
  append(sent, encode(Start{2}));
  const auto found = found_in(as_text(sent));
  CHECK(found.complaints.empty());
  REQUIRE(found.records.size() == 1);
  CHECK(found.records[0].imei == 350612071913857);
  const auto with_metadata = [&] {
    auto all = encode(Init{5, 350612071913857, 0x44000400});
    append(all, from_hex("000b0020" + v3));
    append(all, encode(Start{2}));
    return all;
  }();
  CHECK(summary(as_text(with_metadata)) == "videof "); // which has the IMEI, too
}

TEST_CASE("meta input: JSON lines of any number are read as they come, one without an end is not") {
  const std::string line = "{\"raw\":\"" + v3 + "\"}\n";
  std::string many;
  while (many.size() < 3'000'000) {
    many += line;
  }
  CHECK(found_in(many).records.size() == many.size() / line.size());
  const auto broken = found_in(line + line + "{\"raw\":");
  CHECK(broken.records.size() == 2);
  REQUIRE(broken.complaints.size() == 1);
  CHECK(broken.complaints[0].place.starts_with("byte "));
  const auto endless = found_in(line + line + "{\"a\":\"" + std::string(3'000'000, 'x'));
  CHECK(endless.records.size() == 2);
  REQUIRE(endless.complaints.size() == 1);
  CHECK_THAT(endless.complaints[0].message, ContainsSubstring("the JSON is too long"));
}

TEST_CASE("meta input: a log of JSON with a camera's bytes in it may be of any length") {
  std::string log = R"({"data": "0000000500013ee13c00198144000400000b0020)" + v3 + "\"}\n";
  const std::string text(4000, 'x');
  while (log.size() < 1200 << 10) {
    log += R"({"level": "info", "msg": ")" + text + "\"}\n";
  }
  CHECK(summary(log) == "videof ");
}

TEST_CASE("meta input: a brace alone, and one before hex, are no JSON that ends a text") {
  for (const auto* alone : {"{", " \n{", "{\n"}) {
    CAPTURE(alone);
    const auto found = found_in(alone);
    CHECK(found.records.empty());
    CHECK(found.complaints.size() == 1);
  }
  CHECK(summary("{" + v3 + "}") == "videof ");
}

} // namespace dualcam::meta::meta_input_test
