// The lines that tell of a camera's files and parts.
#include "dualcam/storage/file_record.hpp"
#include "storage/identity_text.hpp"
#include "storage/record_testing.hpp"

namespace dualcam::camera_state_test {
namespace {

using namespace recorded;

CameraState decoded(const std::string& text) { return decode_camera_state(as_bytes(text), imei); }

} // namespace

TEST_CASE("camera state: is the text that its description shows") {
  auto whole = record();
  whole.named = whole.said = true;
  const auto text = encode_camera_state({{part()}, {whole}});
  CHECK(text.starts_with(
      "dualcam camera 1\n"
      "part 0000000000000007 photor 51 1730205822000 path:350612071913857/b.jpg.part "));
  CHECK(text.contains("\nstored 0123456789abcdef videof 584 584 1730205822000 "
                      "031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6 "
                      "597102 1024 1a2b 581 77e0 3182 995dc9bbdf1939fa "
                      "path:350612071913857/20241029T124342Z_videof.h265 "
                      "path:350612071913857/20241029T124342Z_videof.h265.part "));
  CHECK(text.contains("\nnamed 0123456789abcdef "));
  CHECK(text.contains("\nsaid 0123456789abcdef "));
}

TEST_CASE("camera state: what is written is read back") {
  for (const auto* name : {"a", "a b\nc/d", "check 5", "\xff\x01\\"}) {
    const auto written = record(name);
    auto entry = part();
    entry.path = name;
    entry.time.reset();
    entry.file = *FileRef::of_path("%/mnt/a b\n");
    const auto state = decoded(encode_camera_state({{entry, part(8)}, {written}}));
    CHECK(state.parts == std::vector<PartEntry>{entry, part(8)});
    REQUIRE(state.records.size() == 1);
    const auto& read = state.records.front();
    CHECK(read.id == written.id);
    CHECK(same_file(read.identity, written.identity));
    CHECK(read.identity.received == written.identity.received);
    CHECK(read.identity.metadata == written.identity.metadata);
    CHECK(read.name == written.name);
    CHECK(read.part == written.part);
    CHECK(read.data == written.data);
    CHECK(read.crc_before_tail == written.crc_before_tail);
    CHECK(read.tail == written.tail);
    CHECK_FALSE(read.named);
    CHECK_FALSE(read.said);
  }
}

TEST_CASE("camera state: what became of a file and of a part") {
  const auto id = record().id;
  const auto lines = [](auto... line) { return ((std::string(line) + '\n') + ...); };
  CHECK(decoded(lines(record_line(record()), named_line(id))).records.front().named);
  CHECK_FALSE(decoded(lines(record_line(record()), named_line(id + 1))).records.front().named);
  CHECK(decoded(lines(record_line(record()), said_line(id))).records.front().said);
  CHECK(decoded(lines(record_line(record()), forgotten_line(id))).records.empty());
  CHECK(decoded(lines(part_line(part()), gone_line(7))).parts.empty());
  CHECK(decoded(lines(part_line(part()), gone_line(8))).parts.size() == 1);
  const auto again = decoded(lines(record_line(record()), said_line(id), record_line(record("b"))));
  REQUIRE(again.records.size() == 1); // the newer line counts
  CHECK(again.records.front().name == "b");
  CHECK_FALSE(again.records.front().said);
}

TEST_CASE("camera state: every changed character and every cut costs its line, no other") {
  const std::array lines{part_line(part()), record_line(record()), part_line(part(9))};
  const auto text = lines[0] + '\n' + lines[1] + '\n' + lines[2] + '\n';
  const auto as_expected = [&](const std::string& changed, std::size_t at) {
    const auto state = decoded(changed);
    const auto end_0 = lines[0].size();
    const auto end_1 = end_0 + 1 + lines[1].size();
    const bool first = at > end_0;
    const bool second = at < end_0 || at > end_1;
    const bool third = at < end_1;
    return std::ranges::count(state.parts, part()) == first && state.records.size() == second &&
           std::ranges::count(state.parts, part(9)) == third;
  };
  for (std::size_t i = 0; i < text.size() - 1; ++i) {
    if (text[i] == '\n') {
      continue;
    }
    auto bad = text;
    bad[i] = bad[i] == '0' ? '1' : '0';
    INFO("character " << i);
    CHECK(as_expected(bad, i));
    bad[i] = '\0';
    CHECK(as_expected(bad, i));
  }
}

TEST_CASE("camera state: what leads elsewhere, or does not fit together, is left out") {
  const auto refused = [](const FileRecord& wrong) {
    return decoded(record_line(wrong)).records.empty();
  };
  for (const auto* name : {"../x", "/etc/x", "", "a/../../x", ".."}) {
    CHECK(refused(record(name)));
    auto wrong = record();
    wrong.part = name;
    CHECK(refused(wrong));
    auto entry = part();
    entry.path = name;
    CHECK(decoded(part_line(entry)).parts.empty());
  }
  auto wrong = record();
  wrong.tail.packet = 0;
  CHECK(refused(wrong));
  wrong.tail.packet = 585;
  CHECK(refused(wrong));
  wrong = record();
  wrong.tail.bytes = wrong.data.bytes + 1;
  CHECK(refused(wrong));
  CHECK_FALSE(refused(record()));
}

TEST_CASE("padding of any kind tells no file from another") {
  const auto tells_apart = [](Bytes bytes) {
    Distinction distinction;
    distinction.add(bytes.first(bytes.size() / 2));
    distinction.add(bytes.subspan(bytes.size() / 2));
    return distinction.is_enough();
  };
  const auto noise = random_bytes(1024, 1);
  CHECK(tells_apart(noise));
  CHECK(tells_apart(Bytes(noise).first(64)));
  CHECK_FALSE(tells_apart({}));
  for (const auto* pattern : {"00", "ff", "0001", "55aa", "deadbeef", "ffd90000000000"}) {
    ByteBuffer padding;
    while (padding.size() < 5000) {
      append(padding, from_hex(pattern));
    }
    CHECK_FALSE(tells_apart(padding));
  }
  ByteBuffer jpeg_end = from_hex("ffd9");
  jpeg_end.resize(5000);
  CHECK_FALSE(tells_apart(jpeg_end));
}

TEST_CASE("camera state: numbers that just fit together are read") {
  const auto reads = [](const auto& change) {
    auto changed = record();
    change(changed);
    const auto state = decoded(record_line(changed));
    return state.records.size() == 1 && state.records.front().tail == changed.tail;
  };
  CHECK(reads([](FileRecord& each) { each.tail.packet = 584; }));
  CHECK(reads([](FileRecord& each) { each.tail.packet = 1; }));
  CHECK(reads([](FileRecord& each) {
    each.tail.bytes = each.data.bytes;
    each.tail.offset = 0;
  }));
}

TEST_CASE(
    "camera state: that a device counts a file in packets is remembered, other words are none") {
  auto counted = record();
  counted.identity.file = *FileRef::of_path("dsm/video/1");
  CHECK_FALSE(decoded(record_line(counted)).records.front().identity.in_packets);
  counted.identity.in_packets = true;
  const auto line = record_line(counted);
  CHECK(decoded(line).records.front().identity.in_packets);
  const auto words = line.substr(0, line.rfind(' '));
  CHECK(decoded(checked(words)).records.size() == 1);
  CHECK(decoded(checked(words + "x")).records.empty());
  CHECK(decoded(checked(words + " x")).records.empty());
  CHECK(decoded(checked("stared" + words.substr(6))).records.empty());
}

TEST_CASE("camera state: what became of something is told in two words") {
  const auto id = record().id;
  const auto after = [&](const std::string& line) {
    return decoded(record_line(record()) + '\n' + part_line(part()) + '\n' + line + '\n');
  };
  CHECK(after(checked("forgotten 0123456789abcdef")).records.empty());
  CHECK(after(checked("forgotten 0123456789abcdef x")).records.size() == 1);
  CHECK_FALSE(after(checked("said 0123456789abcdef x")).records.front().said);
  CHECK_FALSE(after(checked("sad 0123456789abcdef")).records.front().said);
  CHECK(after(gone_line(id)).records.size() == 1); // that is a part's
  CHECK(after(forgotten_line(7)).parts.size() == 1);
  const auto both = after(named_line(id) + '\n' + said_line(id));
  CHECK(both.records.front().named);
  CHECK(both.records.front().said);
}

TEST_CASE("camera state: of files that were told the last eight are kept, and 64 parts") {
  std::string text;
  for (std::uint64_t id = 1; id <= 9; ++id) {
    text += record_line(record(std::to_string(id), id)) + '\n' + named_line(id) + '\n';
  }
  CHECK(decoded(text).records.size() == 9); // nobody was told of them
  CHECK(decoded(text + said_line(1) + '\n').records.size() == 8);
  CHECK(decoded(text + said_line(2) + '\n').records.size() == 9); // one of the last eight
  std::string parts;
  for (std::uint64_t id = 1; id <= 64; ++id) {
    parts += part_line(part(id)) + '\n';
  }
  CHECK(decoded(parts).parts.size() == 64);
  CHECK(decoded(parts + part_line(part(65)) + '\n').parts.front().id == 2);
  CHECK(decoded(parts + part_line(part(1)) + '\n').parts.size() == 64); // the same one again
}

TEST_CASE("padding: 32 values are more than that has") {
  ByteBuffer values;
  for (unsigned value = 0; value < 31; ++value) {
    values.push_back(static_cast<std::byte>(value));
  }
  Distinction distinction;
  distinction.add(values);
  distinction.add(values);
  CHECK_FALSE(distinction.is_enough());
  distinction.add(from_hex("ff"));
  CHECK(distinction.is_enough());
}

TEST_CASE("camera state: of 20,000 files that nobody was told of none is left out, and soon") {
  constexpr std::uint64_t files = 20'000;
  std::string text;
  auto each = record();
  for (each.id = 1; each.id <= files; ++each.id) {
    text += record_line(each) + '\n' + named_line(each.id) + '\n';
  }
  const auto state = decoded(text);
  REQUIRE(state.records.size() == files);
  CHECK(state.records.front().id == 1);
  CHECK(state.records.back().id == files);
  for (std::uint64_t id = 1; id <= files; ++id) {
    text += said_line(id) + '\n';
  }
  CHECK(decoded(text).records.size() == remembered_files);
}

namespace {

/// So many parts, and so many files that are named, of which every second one is said.
CameraState some(std::uint64_t parts, std::uint64_t files) {
  CameraState state;
  for (std::uint64_t id = 1; id <= parts; ++id) {
    state.parts.push_back(part(id));
  }
  for (std::uint64_t id = 1; id <= files; ++id) {
    state.records.push_back(record(std::to_string(id), id));
    state.records.back().named = true;
    state.records.back().said = id % 2 == 0;
  }
  return state;
}

/// What counts of a state, in a few words.
std::string told(const CameraState& state, std::size_t last) {
  std::string result = std::to_string(state.parts.size()) + " parts";
  const auto records = std::span(state.records).last(std::min(last, state.records.size()));
  for (const auto& each : records) {
    result += ' ' + each.name.string() + (each.named ? "n" : "") + (each.said ? "s" : "");
  }
  return result;
}

std::optional<Summary> find(const std::string& text, std::size_t from = 0) {
  return find_summary(as_bytes(std::string_view(text).substr(from)), from);
}

} // namespace

TEST_CASE("camera state: a summary at its end tells the parts and the last records") {
  const auto text = encode_camera_state(some(2, 12));
  const auto summary = find(text);
  REQUIRE(summary);
  CHECK(summary->end == text.size());
  CHECK(summary->shortest + 100 > text.size());
  CHECK(summary->shortest < text.size());
  const auto recent = decoded(text.substr(summary->begin));
  CHECK(told(recent, 99) == "2 parts 5n 6ns 7n 8ns 9n 10ns 11n 12ns");
  CHECK(told(decoded(text), 99) == "2 parts 1n 3n 5n 6ns 7n 8ns 9n 10ns 11n 12ns");
  CHECK(find(text, summary->begin)->begin == 0);
  CHECK_FALSE(find(text, summary->begin + 1)); // it begins before that
  CHECK_FALSE(find(text.substr(0, summary->begin)));
}

TEST_CASE("camera state: a summary counts where it is meant to be, and in all its characters") {
  const auto before = encode_camera_state({{part(5)}, {}});
  const auto lines = encode_summary(some(1, 1), before.size(), 0);
  const auto text = before + lines;
  REQUIRE(find(text)->begin == before.size());
  CHECK(find(text)->shortest == 0);
  CHECK(find(text.substr(0, text.size() - 1))->begin == before.size()); // but for the line end
  const auto one_before = find(before)->begin;
  CHECK(find(before + "x" + lines)->begin == one_before);
  for (std::size_t i = before.size(); i < text.size() - 1; ++i) {
    auto bad = text;
    bad[i] = bad[i] == '0' ? '1' : '0';
    INFO("character " << i);
    const auto found = find(bad);
    REQUIRE(found);
    CHECK(found->begin == one_before);
  }
}

TEST_CASE("camera state: behind eight summaries that are torn none is looked for") {
  auto text = encode_camera_state({});
  for (int torn = 0; torn < 8; ++torn) {
    CHECK(find(text).has_value());
    auto bad = encode_summary({{part(5)}, {}}, text.size(), 0);
    bad[bad.find("photor")] = 'x';
    text += bad;
  }
  CHECK_FALSE(find(text));
}

TEST_CASE("camera state: what a torn summary says again takes nothing back") {
  const auto whole = record_line(record("a", 1)) + '\n' + named_line(1) + '\n' + said_line(1) +
                     '\n' + record_line(record("b", 2)) + '\n';
  const auto state = decoded(whole + record_line(record("a", 1)) + '\n');
  CHECK(told(state, 99) == "0 parts ans b");
}

TEST_CASE("camera state: what a torn summary says again is as old as before") {
  const auto before = encode_camera_state(some(remembered_parts, 8));
  auto summary = encode_summary(decoded(before), before.size(), 0);
  summary.resize(summary.find('\n', summary.size() / 4) + 1); // within the parts
  auto text = before + summary;
  for (unsigned id = 1; id <= 10; ++id) {
    text += part_line(part(1000 + id)) + '\n';
  }
  auto newest = decoded(before).parts;
  newest.erase(newest.begin(), newest.begin() + 10);
  const auto parts = decoded(text).parts;
  REQUIRE(parts.size() == remembered_parts);
  CHECK(std::equal(newest.begin(), newest.end(), parts.begin()));

  std::string stored;
  for (unsigned id = 1; id <= remembered_files; ++id) {
    stored += record_line(record(std::to_string(id), id)) + '\n' + named_line(id) + '\n' +
              said_line(id) + '\n';
  }
  const auto again = record_line(record("1", 1)) + '\n';
  CHECK(told(decoded(stored + again + record_line(record("9", 9)) + '\n'), 99) ==
        "0 parts 2ns 3ns 4ns 5ns 6ns 7ns 8ns 9");
}

} // namespace dualcam::camera_state_test
