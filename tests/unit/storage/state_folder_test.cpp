#include "dualcam/storage/state_folder.hpp"

#include <thread>

#include "dualcam/wire/crc16.hpp"
#include "temporary_folder.hpp"

namespace dualcam {
namespace {

constexpr auto metadata = "0310 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d 403947973bf147d6";

FileRecord record(const std::string& name = "350612071913857/20241029T124342Z_videof.h265") {
  return {{350612071913857, FileKind::front_video, 584, 1730205822000, from_hex(metadata)},
          name,
          name + ".part",
          {584, 597102, 1024, 0x1a2b},
          0x77e0,
          {581, 3182, 0x995dc9bbdf1939fa}};
}

std::string record_text() {
  return encode_file_record(record()) + std::string(named_line) + std::string(said_line);
}

std::vector<std::string> names(const StateFolder& state) {
  const auto entries = state.entries();
  REQUIRE(entries);
  std::vector<std::string> result;
  for (const auto& entry : *entries) {
    result.push_back(entry.record.name);
  }
  return result;
}

} // namespace

TEST_CASE("file record: is the text that its description shows") {
  const auto text = record_text();
  CHECK(
      text.starts_with("dualcam file record 1\n"
                       "imei 350612071913857\n"
                       "kind videof\n"
                       "packets 584\n"
                       "received 1730205822000\n"
                       "metadata 031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6\n"
                       "name 44 350612071913857/20241029T124342Z_videof.h265\n"
                       "part 49 350612071913857/20241029T124342Z_videof.h265.part\n"
                       "data 597102 1024 1a2b\n"
                       "tail 581 77e0 3182 995dc9bbdf1939fa\n"
                       "check "));
  CHECK(text.ends_with("\nnamed\nsaid\n"));
}

TEST_CASE("file record: what is written is read back") {
  for (const auto* name : {"a", "a b\nc/d", "check 5", "\xff\x01"}) {
    auto written = record(name);
    auto read = decode_file_record(as_bytes(encode_file_record(written)));
    REQUIRE(read);
    CHECK(same_file(read->identity, written.identity));
    CHECK(read->identity.received == written.identity.received);
    CHECK(read->identity.metadata == written.identity.metadata);
    CHECK(read->name == written.name);
    CHECK(read->part == written.part);
    CHECK(read->data == written.data);
    CHECK(read->crc_before_tail == written.crc_before_tail);
    CHECK(read->tail == written.tail);
    CHECK_FALSE(read->named);
    CHECK_FALSE(read->said);
    read = decode_file_record(as_bytes(encode_file_record(written) + "named\n"));
    CHECK(read->named);
    CHECK_FALSE(read->said);
  }
  CHECK(decode_file_record(as_bytes(record_text()))->said);
}

TEST_CASE("file record: every changed character and every cut is noticed") {
  const auto good = record_text();
  const auto end = encode_file_record(record()).size();
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = bad[i] == '0' ? '1' : '0';
    INFO("character " << i);
    const auto read = decode_file_record(as_bytes(bad));
    CHECK(read.has_value() == (i >= end));
    if (read) {
      CHECK(read->named == (i >= end + named_line.size()));
      CHECK_FALSE(read->said);
    }
    const auto cut = decode_file_record(as_bytes(good.substr(0, i)));
    CHECK(cut.has_value() == (i >= end));
    if (cut) {
      CHECK(cut->named == (i >= end + named_line.size()));
      CHECK_FALSE(cut->said);
    }
  }
}

TEST_CASE("file record: one whose paths or numbers lead elsewhere is none") {
  const auto refused = [](const FileRecord& wrong) {
    return !decode_file_record(as_bytes(encode_file_record(wrong)));
  };
  for (const auto* name : {"../x", "/etc/x", "", "a/../../x", ".."}) {
    CHECK(refused(record(name)));
    auto wrong = record();
    wrong.part = name;
    CHECK(refused(wrong));
  }
  auto wrong = record();
  wrong.tail.packet = 0;
  CHECK(refused(wrong));
  wrong.tail.packet = 585;
  CHECK(refused(wrong));
  wrong = record();
  wrong.tail.bytes = wrong.data.bytes + 1;
  CHECK(refused(wrong));
}

TEST_CASE("file record: padding of any kind tells no file from another") {
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

TEST_CASE("state folder: the last files are remembered, the newest first") {
  const TemporaryFolder folder;
  StateFolder state(folder.path(), 350612071913857);
  CHECK(names(state).empty());
  CHECK(folder.names().empty());
  for (const auto* name : {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}) {
    REQUIRE(state.add(record(name)));
  }
  CHECK(names(state) == std::vector<std::string>{"11", "10", "9", "8", "7", "6", "5", "4"});
  CHECK(names(StateFolder(folder.path(), 1)).empty());
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    files += entry.is_regular_file();
  }
  CHECK(files == remembered_files);
}

TEST_CASE("state folder: what became of a file is remembered") {
  const TemporaryFolder folder;
  StateFolder state(folder.path(), 1);
  const auto first = state.add(record("a"));
  const auto second = state.add(record("b"));
  REQUIRE((first && second));
  CHECK(state.settle({*first, record("a")}) == false); // it has moved on
  REQUIRE(state.mark_said(*first));
  CHECK(state.settle({*second, record("b")}) == false);
  auto entries = StateFolder(folder.path(), 1).entries();
  REQUIRE(entries);
  CHECK_FALSE(entries->at(0).record.said);
  CHECK(entries->at(0).record.named);
  CHECK(entries->at(1).record.said);
  CHECK(entries->at(1).number == *first);
  state.remove(*second);
  CHECK(names(state) == std::vector<std::string>{"a"});
  CHECK(state.mark_said(*second)); // dropped meanwhile
  CHECK(state.settle({*second, record("b")}) == false);
  CHECK(names(state) == std::vector<std::string>{"a"});
}

TEST_CASE("state folder: damaged records and strange files are stepped over") {
  const TemporaryFolder folder;
  StateFolder state(folder.path(), 1);
  for (const auto* name : {"1", "2", "3"}) {
    REQUIRE(state.add(record(name)));
  }
  const auto inside = folder / ".dcam-serve/000000000000001";
  write_file(inside / "2.record", "torn");
  write_file(inside / "x.record", record_text());
  write_file(inside / "9", record_text());
  CHECK(names(state) == std::vector<std::string>{"3", "1"});
  fs::remove(inside / "3.record");
  fs::create_symlink(inside / "1.record", inside / "3.record");
  CHECK(names(state) == std::vector<std::string>{"1"});
}

TEST_CASE("state folder: what cannot be read is an error") {
  const TemporaryFolder folder;
  fs::create_symlink(".dcam-serve", folder / ".dcam-serve"); // a loop
  StateFolder state(folder.path(), 1);
  CHECK_FALSE(state.entries());
  CHECK_FALSE(state.add(record()));
}

TEST_CASE("state folder: several writers share it") {
  const TemporaryFolder folder;
  std::vector<std::thread> writers;
  std::atomic<unsigned> added = 0;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&] {
      StateFolder state(folder.path(), 1);
      for (int i = 0; i < 10; ++i) {
        added += state.add(record()).has_value();
      }
    });
  }
  for (auto& writer : writers) {
    writer.join();
  }
  CHECK(added == 40);
  CHECK(names(StateFolder(folder.path(), 1)).size() == remembered_files);
}

TEST_CASE("state folder: old records are removed, and what is empty then") {
  const TemporaryFolder folder;
  StateFolder first(folder.path(), 1);
  StateFolder second(folder.path(), 2);
  REQUIRE(first.add(record("old")));
  REQUIRE(first.add(record("new")));
  REQUIRE(second.add(record("old")));
  const auto all = folder / ".dcam-serve";
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(48);
  fs::last_write_time(all / "000000000000001/1.record", long_ago);
  fs::last_write_time(all / "000000000000002/1.record", long_ago);
  remove_old_records(folder.path(), std::chrono::hours(24));
  CHECK(names(first) == std::vector<std::string>{"new"});
  CHECK_FALSE(fs::exists(all / "000000000000002"));
  remove_old_records(folder.path(), std::chrono::hours(0));
  CHECK(folder.names().empty());
  REQUIRE(first.add(record("again")));
}

TEST_CASE("state folder: paths are relative to the folder it is in") {
  const StateFolder state("out/x", 1);
  CHECK(state.relative("out/x/y/z.jpg") == "y/z.jpg");
  CHECK(state.absolute("y/z.jpg") == "out/x/y/z.jpg");
  const StateFolder here("", 1);
  CHECK(here.relative("y/z.jpg") == "y/z.jpg");
  CHECK(here.absolute("y/z.jpg") == "y/z.jpg");
}

} // namespace dualcam
