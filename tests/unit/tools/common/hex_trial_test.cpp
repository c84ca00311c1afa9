#include "common/hex_trial.hpp"

#include "capture/dump_testing.hpp"
#include "common/dump_source.hpp"
#include "common/hex_words.hpp"
#include "tools/common/hex_reading.hpp"

namespace dualcam::hex_trial_test {

using namespace hex_reading;

TEST_CASE("hex trial: another form has to read much more of what is looked for") {
  const std::string text = "x 00040402\nx 04020004\n";
  const auto judged = judge_hex(text);
  const auto chosen = [&](std::size_t vouched) {
    return proven_form({text}, judged, [vouched](std::span<const ByteBuffer> blocks) {
      return to_hex(blocks.front()) == "0004040204020004" ? vouched : 0;
    });
  };
  CHECK(chosen(16)->style == HexStyle::words);
  CHECK(!chosen(15)); // less than one INIT
}

TEST_CASE("hex trial: little of a text is enough where a name tells which, or each line has one") {
  const std::string bytes = "00040402000404020004040200040402"; // one INIT's size
  const auto finds = [&](const std::string& text) {
    return proven_form({text}, judge_hex(text),
                       [&](std::span<const ByteBuffer> blocks) {
                         return to_hex(blocks.front()) == bytes ? bytes.size() / 2 : 0;
                       })
        .has_value();
  };
  std::string watched;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    watched += "0-90 UART on the second port of the board: RX data: " + bytes.substr(at, 2) + "\n";
  }
  std::string prose; // of more than 40 times as many characters as there are bytes
  while (prose.size() < 700) {
    prose += "nothing has come in this minute, either\n";
  }
  CHECK(finds(R"({"notes": ")" + std::string(700, '.') + R"(", "data": ")" + bytes + "\"}"));
  CHECK(finds("notes: " + std::string(700, '.') +
              "\ndata: !!binary |\n  AAQEAgAEBAIABAQCAAQEAg==\n"));
  CHECK(finds(watched));
  CHECK_FALSE(finds(prose + "rx " + bytes + "\n"));
  CHECK(finds("rx " + bytes + "\n"));
}

TEST_CASE("hex trial: whatever stands around the bytes of a line, if it is so in each line") {
  const std::string bytes = "000404020a3cff107f0000050001e13e";
  const auto read_of = [&](const std::string& text) {
    const auto form = proven_form({text}, judge_hex(text), [&](std::span<const ByteBuffer> blocks) {
      return to_hex(blocks.front()) == bytes ? std::size_t{16} : 0;
    });
    return form ? read_form(*form, text) : "nothing";
  };
  const std::string one = "00 04 04 02 0a 3c ff 10";
  const std::string two = "7f 00 00 05 00 01 e1 3e";
  for (const auto& text : std::initializer_list<std::string>{
           "9 12:43:42 12 rx " + one + " ab ok\n10 12:43:42 12 rx " + two + " cd ok\n",
           "rx from it: " + one + "; ok\nit: " + two + "; not so well\n", // the longest row
           "aa bb cc dd ee " + one + " x\n11 22 33 44 55 " + two + " x\n",
           "rx 00040402 0a3cff10 by 1234\nb rx 7f000005 0001e13e by 5678\n",
           "rx 0004 0402 0a3c ff10 by 12 34\nb rx 7f00 0005 0001 e13e by 12 34\n",
           "rx 000404020a3cff10 by 1234abcd\nb rx 7f0000050001e13e by 1234abcd\n",
           "rx: 0 4 4 2 10 60 255 16\nrx: 127 0 0 5 0 1 225 62\n",
           "rx 3: 000 004 004 002 012 074 377 020\nrx 3: 177 000 000 005 000 001 341 076\n",
           "rx: 0 4 4 2 a 3c ff 10\nrx: 7f 0 0 5 0 1 e1 3e\n",
           "rx>" + one + "<12:43:42\nrx>" + two + "<12:43:43\n",
           "port a  " + one + "  .... aa bb\nport b  " + two + "  ..cc dd ee\n",
           "AAQEAgo8/xB/AAAFAAHhPg==\n",
           "rx AAQEAgo8/xB/AAAFAAHhPg==\n",
           "rx=%00%04%04%02%0A%3C%FF%10%7F%00%00%05%00%01%E1%3E&n=1\n",
           "<00><04><04><02><0A><<FF><10><7F><00><00><05><00><01><E1>>",
           R"(rx '\0\4\4\2\12<\377\20\177\0\0\5\0\1\341>' 5)",
           R"(rx "\0\4\4\2\n<\255\16\127\0\0\5\0\1\225>" 5)",
           R"({"port": 7050, "rx": "000404020a3cff107f0000050001e13e"})",
           R"({"id": "AAAA0123AAAA", "rx": "AAQEAgo8/xB/AAAFAAHhPg=="})",
           R"({"id": [1, 2], "rx": [0, 4, 4, 2, 10, 60, 255, 16, 127, 0, 0, 5, 0, 1, 225, 62]})",
           "port: 7050\nrx: !!binary AAQEAgo8/xB/AAAFAAHhPg==\n"}) {
    CAPTURE(text);
    CHECK(read_of(text) == bytes);
  }
}

TEST_CASE("hex trial: of two forms that read the same the one with less beside it is taken") {
  std::string text;
  for (int i = 0; i < 8; ++i) {
    text += "12 00 04 04 02 00 04 04 02\n";
  }
  const auto form = proven_form({text}, judge_hex(text), [](std::span<const ByteBuffer> blocks) {
    std::size_t known = 0;
    const auto hex = to_hex(blocks.front());
    for (auto at = hex.find("0004040200040402"); at != hex.npos;
         at = hex.find("0004040200040402", at + 16)) {
      known += 8;
    }
    return known;
  });
  REQUIRE(form);
  CHECK(read_form(*form, "12 00 04 04 02 00 04 04 02\n") == "0004040200040402");
}

TEST_CASE("hex trial: what the sample's end cuts is no fault if more follows") {
  const std::string bytes = R"("00:00:00:05:00:01:3e:e1:3c:12:64:23:44:00:04:00")";
  const auto text = R"({"tcp.payload": )" + bytes + R"(, "data.data": )" + bytes +
                    "}\n"
                    R"({"tcp.payload": "0)";
  const auto judged = judge_hex(text);
  const auto chosen = [&](bool goes_on) {
    return proven_form({text, goes_on}, judged, [](std::span<const ByteBuffer> blocks) {
      const auto& block = blocks.front();
      return to_hex(block).starts_with("0000000500013ee1") ? block.size() : 0;
    });
  };
  REQUIRE(judged->style == HexStyle::json);
  CHECK(chosen(true)->key == "tcp.payload");
  CHECK(chosen(false)->style != HexStyle::json);
}

TEST_CASE("hex trial: a sample ends where no line is cut, or at least no number") {
  const std::string digits(5000, '0');
  CHECK(without_cut_end("00 04\n00 0") == "00 04\n");
  CHECK(without_cut_end("00\n" + digits + ",00,0") == "00\n" + digits + ",00,");
  CHECK(without_cut_end("data: " + digits + "000") == "data: " + digits + "00");
  CHECK(without_cut_end("data: " + digits) == "data: " + digits);
  CHECK(without_cut_end("00 04 0") == "00 04 ");
  CHECK(without_cut_end("").empty());
}

TEST_CASE("hex trial: digits that are marked, percent signs, characters of JSON") {
  const std::string bytes = "000000050001412540ff4834" + to_hex(as_bytes("ab c"));
  const auto read_as = [&](const std::string& text) {
    HexLog log;
    const auto form = proven_form({text}, judge_hex(text), [&](std::span<const ByteBuffer> blocks) {
      return to_hex(blocks.front()) == bytes ? std::size_t{16} : 0;
    });
    if (form) {
      HexReader reader(log, *form, 0);
      reader.feed(text);
      reader.finish();
    }
    return log.text;
  };
  const auto marked = [&](const std::string& line, const std::string& before,
                          const std::string& behind) {
    std::string text = line;
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
      text.append(at == 0 ? "" : ", ").append(before).append(bytes, at, 2).append(behind);
    }
    return text + "\n";
  };
  CHECK(read_as(marked("db ", "", "h")) == bytes);
  CHECK(read_as(marked("\tDB\t", "0", "H")) == bytes);
  CHECK(read_as(marked("", "16#", "#")) == bytes);
  CHECK(read_as(marked("<<", "16#", "")) == bytes);
  CHECK(read_as(marked("", "8'h", "")) == bytes);
  CHECK(read_as(marked("", "x\"", "\"")) == bytes);
  CHECK(read_as("POST data=%00%00%00%05%00%01A%25%40%FFH4ab+c&n=1 %zz\n") == bytes);
  CHECK(read_as("data=%00%00%00%05%00%01A%25%40%ffH4ab%20c") == bytes);
  CHECK(read_as("{\"rx\":\"\\u0000\\u0000\\u0000\\u0005\\u0000\\u0001A%@\xC3\xBFH4ab c\"}") ==
        bytes);
}

TEST_CASE("hex trial: a line's number may grow, so words are counted rather than columns") {
  std::string text;
  for (int i = 990; i < 1000; ++i) {
    text += "\"" + std::to_string(i) + "\",\"RX\",\"00 04 04 02 00 04 04 02\"\n";
  }
  const auto form = proven_form({text}, judge_hex(text), [](std::span<const ByteBuffer> blocks) {
    return to_hex(blocks.front()).starts_with("0004040200") ? blocks.front().size() : 0;
  });
  REQUIRE(form);
  const auto line = R"("1000","RX","00 04 04 02 00 04 04 02")";
  CHECK(to_hex(parse_words_line(line, *form, std::nullopt).bytes) == "0004040200040402");
}

TEST_CASE("hex trial: a line that one form names is not passed over in silence by another") {
  const auto sent = to_hex(DeviceStream(3).session().bytes);
  const auto said_of = [&](std::size_t digits, std::string_view between, std::size_t at,
                           std::string_view damage) {
    std::string text;
    for (std::size_t i = 0; i < sent.size(); i += digits) {
      const bool is_end = i % 800 == 800 - digits; // few lines, as of messages
      text.append(sent, i, digits).append(is_end ? "\n" : between);
    }
    const auto second = text.find('\n') + 1;
    text.replace(second + at, 1, damage);
    HexLog log;
    HexReader reader(log, camera_bytes);
    reader.feed(text);
    return end_of(reader, log).substr(log.text.find(" line "));
  };
  for (const std::string_view damage : {"O", "g", "?", ""}) {
    CAPTURE(damage);
    CHECK(said_of(800, "", 400, damage).starts_with(" line 2: "));
    CHECK(said_of(2, " ", 400, damage).starts_with(" line 2: "));
    CHECK(said_of(4, " ", 401, damage).starts_with(" line 2: "));
    CHECK(said_of(8, " ", 401, damage).starts_with(" line 2: "));
  }
}

TEST_CASE("hex trial: words in which a camera speaks once they are turned round are told") {
  const auto told = [](const std::string& text) {
    HexLog log;
    HexReader reader(log, [](std::span<const ByteBuffer> blocks) {
      return to_hex(blocks.front()).contains("000500013ee13c12000500013ee13c12") ? std::size_t{16}
                                                                                 : 0;
    });
    reader.feed(text);
    return end_of(reader, log);
  };
  const std::string how = " bytes, in which the last byte stands first: print it with 'xxd', "
                          "'hexdump -C' or 'od -t x1' REFUSED";
  CHECK(told("05000100 e13e123c 05000100 e13e123c\n") == " line 1: words of 2" + how);
  CHECK(told("\n\n01000500 123ce13e 01000500 123ce13e\n") == " line 3: words of 4" + how);
  CHECK(told("123ce13e01000500 123ce13e01000500\n") == " line 1: words of 8" + how);
  CHECK(told("00050001 3ee13c12 00050001 3ee13c12\n") == "000500013ee13c12000500013ee13c12");
}

TEST_CASE(
    "hex trial: lines of escapes between others are read, and nothing is said of the others") {
  const auto sent = to_hex(DeviceStream(3).session().bytes);
  std::string text;
  for (std::size_t at = 0; at < sent.size(); at += 200) {
    text += "bob  [12:00 PM]\nrx ";
    for (auto i = at; i < std::min(at + 200, sent.size()); i += 2) {
      text += "\\x" + sent.substr(i, 2);
    }
    text += '\n';
  }
  HexLog log;
  HexReader reader(log, camera_bytes);
  reader.feed(text);
  CHECK(end_of(reader, log) == sent);
}

} // namespace dualcam::hex_trial_test
