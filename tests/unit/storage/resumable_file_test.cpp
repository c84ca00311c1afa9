#include "dualcam/storage/resumable_file.hpp"

#include <thread>

#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "dualcam/wire/message.hpp"
#include "storage/system_calls.hpp"
#include "temporary_folder.hpp"

namespace dualcam {
namespace {

constexpr std::uint32_t packets = 10;

ByteBuffer content() { return random_bytes(packets * full_packet - 100, 1); }

FileIdentity identity() { return {1, FileKind::front_photo, packets, 1730205822000, {}}; }

/// Packets `first` to `last` of `bytes`.
void add(ResumableFile& file, Bytes bytes, std::uint32_t first, std::uint32_t last) {
  std::vector<Bytes> pieces;
  for (auto packet = first; packet <= last; ++packet) {
    const auto rest = bytes.subspan((packet - 1) * full_packet);
    pieces.push_back(rest.first(std::min(rest.size(), full_packet)));
  }
  REQUIRE(file.append(pieces));
}

/// A part that was left behind with the first `saved` packets saved, `unsaved` more only written.
void leave_part(const fs::path& name, Bytes bytes, std::uint32_t saved, std::uint32_t unsaved = 0) {
  auto file = ResumableFile::create(name, identity());
  REQUIRE(file);
  add(*file, bytes, 1, saved);
  REQUIRE(file->save());
  add(*file, bytes, saved + 1, saved + unsaved);
}

/// Gives it its name, with a record in the folder of the part.
Result<std::optional<StoredFile>> finish(ResumableFile& file, const fs::path& name, Bytes bytes,
                                         IfExists if_exists = IfExists::fail) {
  StateFolder state(file.path().parent_path(), identity().imei);
  return file.finish(
      {name, if_exists, {packets, bytes.size(), 0, crc16(bytes)}, file.identity().metadata}, state);
}

/// A whole file.
StateFolder store(const fs::path& name, Bytes bytes, const FileIdentity& who = identity()) {
  auto file = ResumableFile::create(name, who);
  REQUIRE(file);
  add(*file, bytes, 1, packets);
  REQUIRE(finish(*file, name, bytes, IfExists::number));
  return {name.parent_path(), who.imei};
}

std::optional<ResumableFile> found(const FolderTree& tree, const FileIdentity& wanted) {
  auto file = ResumableFile::find(tree, wanted);
  REQUIRE(file);
  return std::move(*file);
}

std::string text_of_file(Bytes bytes) { return std::string(as_text(bytes)); }

} // namespace

TEST_CASE("resumable file: what was saved is found again, what was not is fetched again") {
  const TemporaryFolder folder;
  const auto bytes = content();
  leave_part(folder / "a.jpg", bytes, 4, 2);
  auto file = found({folder.path()}, identity());
  REQUIRE(file);
  CHECK(file->data() == HeldData{4, 4096, 1024, crc16(Bytes(bytes).first(4096))});
  const auto& from = file->resume_point();
  CHECK(from.number == 4);
  CHECK(from.held == 4);
  CHECK(from.offset == 3072);
  CHECK(from.crc == crc16(Bytes(bytes).first(3072)));
  CHECK(std::ranges::equal(from.overlap, Bytes(bytes).subspan(3072, 1024)));
  ByteBuffer read;
  REQUIRE(file->read_back([&](Bytes block) { append(read, block); }));
  CHECK(std::ranges::equal(read, Bytes(bytes).first(4096)));
  add(*file, bytes, 5, packets);
  const auto stored = finish(*file, folder / "a.jpg", bytes);
  REQUIRE(stored);
  CHECK((*stored)->path == folder / "a.jpg");
  CHECK(content_of(folder / "a.jpg") == text_of_file(bytes));
}

TEST_CASE("resumable file: is found at every number of saved packets, all of them included") {
  const auto bytes = content();
  for (std::uint32_t saved = 0; saved <= packets; ++saved) {
    const TemporaryFolder folder;
    leave_part(folder / "a.jpg", bytes, saved);
    auto file = found({folder.path()}, identity());
    REQUIRE(file);
    CHECK(file->data().packets == saved);
    // the last packet is a short one, which proves too little alone
    CHECK(file->resume_point().number == std::min(saved, packets - 1)); // 0: the start
    add(*file, bytes, saved + 1, packets);
    REQUIRE(finish(*file, folder / "a.jpg", bytes));
    CHECK(content_of(folder / "a.jpg") == text_of_file(bytes));
  }
}

TEST_CASE("resumable file: padding proves nothing, the overlap begins before it") {
  const TemporaryFolder folder;
  auto bytes = content();
  std::fill(bytes.begin() + 2 * 1024, bytes.begin() + 5 * 1024, std::byte{0xFF});
  leave_part(folder / "a.jpg", bytes, 5);
  const auto file = found({folder.path()}, identity());
  REQUIRE(file);
  CHECK(file->resume_point().number == 2);
  CHECK(file->resume_point().overlap.size() == 4 * 1024);
}

TEST_CASE("resumable file: of padding, what was compared once need not be again") {
  const TemporaryFolder folder;
  auto bytes = content();
  std::fill(bytes.begin() + 2 * 1024, bytes.begin() + 5 * 1024, std::byte{0xFF});
  leave_part(folder / "a.jpg", bytes, 5);
  for (const auto& [next, packet] : {std::pair(4U, 4U), std::pair(4U, 4U), std::pair(6U, 5U)}) {
    auto file = found({folder.path()}, identity());
    REQUIRE(file);
    REQUIRE(file->keep_compared(next));
    file.reset();
    file = found({folder.path()}, identity());
    REQUIRE(file);
    const auto& from = file->resume_point();
    CHECK(from.number == packet);
    CHECK(from.offset == (packet - 1) * 1024);
    CHECK(from.crc == crc16(Bytes(bytes).first((packet - 1) * 1024)));
    CHECK(std::ranges::equal(from.overlap, Bytes(bytes).subspan(from.offset, (6 - packet) * 1024)));
  }
  auto file = found({folder.path()}, identity());
  REQUIRE(file);
  CHECK(file->keep_compared(99)); // of another file
  add(*file, bytes, 6, 6);        // something new: then all of it again
  REQUIRE(file->save());
  REQUIRE(file->keep_compared(7));
  file.reset();
  CHECK(found({folder.path()}, identity())->resume_point().number > 5);
  file = found({folder.path()}, identity());
  REQUIRE(file->set_aside()); // over the line, which is longer
  CHECK_FALSE(found({folder.path()}, identity()));
}

TEST_CASE("resumable file: data that does not bear out the newest claim is trusted as far as an "
          "older one") {
  const TemporaryFolder folder;
  const auto bytes = content();
  {
    auto file = ResumableFile::create(folder / "a.jpg", identity());
    REQUIRE(file);
    for (std::uint32_t packet = 1; packet <= 6; ++packet) {
      add(*file, bytes, packet, packet);
      REQUIRE(file->save());
    }
  }
  auto part = content_of(folder / "a.jpg.part");
  part[5 * 1024 + 7] ^= 1;
  write_file(folder / "a.jpg.part", part);
  CHECK(found({folder.path()}, identity())->data().packets == 5);
  part[0] ^= 1;
  write_file(folder / "a.jpg.part", part);
  auto file = found({folder.path()}, identity());
  REQUIRE(file);
  CHECK(file->data() == HeldData{});
  CHECK(file->resume_point().number == 0); // the start
}

TEST_CASE("resumable file: a torn checkpoint line leaves the other one") {
  const TemporaryFolder folder;
  const auto bytes = content();
  {
    auto file = ResumableFile::create(folder / "a.jpg", identity());
    REQUIRE(file);
    add(*file, bytes, 1, 3);
    REQUIRE(file->save());
    add(*file, bytes, 4, 5);
    REQUIRE(file->save());
  }
  auto text = content_of(folder / "a.jpg.part.checkpoint");
  const auto newest = text.find("held 0000000005");
  REQUIRE(newest != std::string::npos);
  text[newest + 20] = 'x';
  write_file(folder / "a.jpg.part.checkpoint", text);
  auto file = found({folder.path()}, identity());
  REQUIRE(file);
  CHECK(file->data().packets == 3);
  add(*file, bytes, 4, 4);
  REQUIRE(file->save());
  file.reset();
  CHECK(found({folder.path()}, identity())->data().packets == 4);
}

TEST_CASE("resumable file: is looked for below a folder, so many levels deep, by what it is") {
  const TemporaryFolder folder;
  const auto bytes = content();
  REQUIRE(create_folders(folder.path(), folder / "x/y"));
  leave_part(folder / "x/y/a.jpg", bytes, 2);
  leave_part(folder / "x/b.jpg", bytes, 1);
  CHECK_FALSE(found({folder.path(), 0}, identity()));
  CHECK(found({folder.path(), 1}, identity())->data().packets == 1);
  CHECK(found({folder.path(), 2}, identity())->data().packets == 2);
  auto other = identity();
  other.packets = 11;
  CHECK_FALSE(found({folder.path(), 2}, other));
}

TEST_CASE("resumable file: a part that somebody writes is left alone") {
  const TemporaryFolder folder;
  auto first = ResumableFile::create(folder / "a.jpg", identity());
  REQUIRE(first);
  add(*first, content(), 1, 3);
  REQUIRE(first->save());
  CHECK_FALSE(found({folder.path()}, identity()));
  auto second = ResumableFile::create(folder / "a.jpg", identity());
  REQUIRE(second);
  CHECK(second->path() == folder / "a_1.jpg.part");
  CHECK(content_of(folder / "a.jpg.part").size() == 3072);
}

TEST_CASE("resumable file: another file of the same name gets the name, the old part is kept") {
  const TemporaryFolder folder;
  const auto bytes = content();
  leave_part(folder / "a.jpg", bytes, 3);
  auto other = identity();
  other.packets = 2;
  auto file = ResumableFile::create(folder / "a.jpg", other);
  REQUIRE(file);
  CHECK(file->path() == folder / "a.jpg.part");
  CHECK(content_of(folder / "a_1.jpg.part").size() == 3072);
  const auto again = found({folder.path()}, identity());
  REQUIRE(again);
  CHECK(again->path() == folder / "a_1.jpg.part");
}

TEST_CASE("resumable file: what the camera has replaced is kept, and never gone on with") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  {
    auto old = found({folder.path()}, identity());
    REQUIRE(old);
    CHECK(old->set_aside() == folder / "a_1.jpg.part");
  }
  CHECK(folder.names() == std::set<std::string>{"a_1.jpg.part", "a_1.jpg.part.checkpoint"});
  CHECK(content_of(folder / "a_1.jpg.part").size() == 3072);
  CHECK_FALSE(found({folder.path()}, identity()));
}

TEST_CASE("resumable file: what is set aside takes no other's name, and no other's checkpoint") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  write_file(folder / "a_1.jpg.part.checkpoint", "another's");
  write_file(folder / "a_2.jpg.part", "another's");
  auto old = found({folder.path()}, identity());
  REQUIRE(old);
  CHECK(old->set_aside() == folder / "a_3.jpg.part");
  CHECK(content_of(folder / "a_1.jpg.part.checkpoint") == "another's");
  CHECK(content_of(folder / "a_2.jpg.part") == "another's");
  CHECK(content_of(folder / "a_3.jpg.part").size() == 3072);
  CHECK(content_of(folder / "a_3.jpg.part.checkpoint").contains("\nreplaced "));
}

TEST_CASE("resumable file: a name that another takes at the last moment is left to it") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  auto old = found({folder.path()}, identity());
  REQUIRE(old);
  std::optional<ResumableFile> other; // in another process it would be
  system_calls::before_lock = [&] {   // a_1.jpg.part is created, not yet locked
    auto created = ResumableFile::create(folder / "a_1.jpg", identity());
    REQUIRE(created);
    other = std::move(*created);
  };
  CHECK(old->set_aside() == folder / "a_2.jpg.part");
  REQUIRE(other);
  add(*other, content(), 1, 2);
  REQUIRE(other->save());
  other.reset();
  CHECK(found({folder.path()}, identity())->path() == folder / "a_1.jpg.part");
  CHECK(content_of(folder / "a_2.jpg.part").size() == 3072);
}

TEST_CASE("resumable file: many that set aside at once mix nothing up") {
  const TemporaryFolder folder;
  std::vector<std::thread> writers;
  std::atomic<unsigned> done = 0;
  for (std::uint32_t writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (std::uint32_t round = 0; round < 25; ++round) {
        auto who = identity();
        who.imei = 1000 * writer + round; // whose content is all of this number
        const auto number = static_cast<std::byte>(who.imei);
        const ByteBuffer packet(1024, number);
        auto file = ResumableFile::create(folder / "a.jpg", who);
        done +=
            file && file->append(std::array{Bytes(packet)}) && file->save() && file->set_aside();
      }
    });
  }
  for (auto& writer : writers) {
    writer.join();
  }
  CHECK(done == 100);
  std::size_t parts = 0;
  for (const auto& name : folder.names()) {
    if (!name.ends_with(".part")) {
      continue;
    }
    ++parts;
    const auto text = content_of(folder / (name + ".checkpoint").c_str());
    const auto checkpoint = decode_checkpoint(as_bytes(text));
    REQUIRE(checkpoint);
    CHECK(checkpoint->replaced);
    const auto number = static_cast<char>(checkpoint->identity.imei);
    CHECK(content_of(folder / name.c_str()) == std::string(1024, number));
  }
  CHECK(parts == 100);
}

TEST_CASE("resumable file: a checkpoint that changes before its part is locked is read again") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  const auto path = folder / "a.jpg.part.checkpoint";
  system_calls::before_lock = [&] { // its last holder has replaced it meanwhile
    write_file(path, content_of(path) + replaced_line(checkpoint_header(identity())));
  };
  CHECK_FALSE(found({folder.path()}, identity()));

  leave_part(folder / "b.jpg", content(), 3);
  system_calls::before_lock = [&] { // or gone on with it
    leave_part(folder / "c.jpg", content(), 5);
    fs::rename(folder / "c.jpg.part", folder / "copy");
    std::ofstream(folder / "b.jpg.part", std::ios::app) << content_of(folder / "copy").substr(3072);
    fs::rename(folder / "c.jpg.part.checkpoint", folder / "b.jpg.part.checkpoint");
  };
  CHECK(found({folder.path()}, identity())->data().packets == 5);
}

TEST_CASE("resumable file: a stored file has a record and no checkpoint") {
  const TemporaryFolder folder;
  const auto bytes = content();
  const auto state = store(folder / "a.jpg", bytes);
  CHECK(folder.names() == std::set<std::string>{".dcam-serve", "a.jpg"});
  const auto entries = state.entries();
  REQUIRE(entries);
  REQUIRE(entries->size() == 1);
  const auto& record = entries->front().record;
  CHECK(record.named);
  CHECK_FALSE(record.said);
  CHECK(record.name == "a.jpg");
  CHECK(record.part == "a.jpg.part");
  CHECK(record.data == HeldData{packets, bytes.size(), 1024, crc16(bytes)});
  const auto before = Bytes(bytes).first((packets - 5) * full_packet);
  const auto tail = Bytes(bytes).subspan(before.size());
  CHECK(record.crc_before_tail == crc16(before)); // five packets: four are less than 4 KiB
  CHECK(record.tail == FileTail{packets - 4, tail.size(), crc64(tail)});
  CHECK_FALSE(found({folder.path()}, identity()));
}

TEST_CASE("resumable file: padding is no tail, however long") {
  for (const std::size_t padded : {1U, 5U, 9U}) {
    const TemporaryFolder folder;
    auto bytes = content();
    std::fill(bytes.end() - static_cast<std::ptrdiff_t>(padded * full_packet), bytes.end(),
              std::byte{0xFF});
    const auto entries = store(folder / "a.jpg", bytes).entries();
    REQUIRE(entries);
    const auto& tail = entries->front().record.tail;
    CHECK(tail.packet == std::min(packets - 4, static_cast<std::uint32_t>(packets - padded)));
    CHECK(tail.crc64 == crc64(Bytes(bytes).subspan((tail.packet - 1) * full_packet)));
  }
  const TemporaryFolder folder;
  const auto entries = store(folder / "a.jpg", ByteBuffer(content().size())).entries();
  REQUIRE(entries);
  CHECK(entries->front().record.tail.packet == 1); // nothing else in it: all of it
}

TEST_CASE("resumable file: a file whose packets are not of one size is compared whole") {
  const TemporaryFolder folder;
  auto who = identity();
  who.packets = 3;
  const auto bytes = random_bytes(1024 + 500 + 1024, 1);
  auto file = ResumableFile::create(folder / "a.jpg", who);
  REQUIRE(file);
  const std::array pieces{Bytes(bytes).first(1024), Bytes(bytes).subspan(1024, 500),
                          Bytes(bytes).subspan(1524)};
  REQUIRE(file->append(pieces));
  StateFolder state(folder.path(), 1);
  REQUIRE(file->finish({folder / "a.jpg", IfExists::fail, {3, 2548, 0, crc16(bytes)}, {}}, state));
  const auto known = state.known(who);
  REQUIRE(known);
  CHECK(known->front().record.tail == FileTail{1, 2548, crc64(bytes)});
}

TEST_CASE("resumable file: what is not what was verified gets no name") {
  const auto bytes = content();
  const auto refused = [&](const HeldData& verified, bool change_disk = false) {
    const TemporaryFolder folder;
    auto file = ResumableFile::create(folder / "a.jpg", identity());
    REQUIRE(file);
    add(*file, bytes, 1, packets);
    if (change_disk) {
      auto on_disk = content_of(folder / "a.jpg.part");
      on_disk[100] ^= 1;
      write_file(folder / "a.jpg.part", on_disk);
    }
    StateFolder state(folder.path(), 1);
    const auto finished = file->finish({folder / "a.jpg", IfExists::fail, verified, {}}, state);
    REQUIRE_FALSE(finished);
    CHECK(finished.error().category == ErrorCategory::crc);
    CHECK(state.entries()->empty());
    CHECK(file->set_aside() == folder / "a_1.jpg.part");
    CHECK(file->path() == folder / "a_1.jpg.part");
    CHECK(content_of(folder / "a_1.jpg.part").size() == bytes.size());
    CHECK_FALSE(fs::exists(folder / "a.jpg"));
    CHECK_FALSE(found({folder.path()}, identity()));
  };
  const HeldData right{packets, bytes.size(), 0, crc16(bytes)};
  auto wrong = right;
  wrong.crc ^= 1;
  refused(wrong);
  wrong = right;
  ++wrong.bytes;
  refused(wrong);
  wrong = right;
  --wrong.packets;
  refused(wrong);
  refused(right, true);
}

TEST_CASE("known files: those of the same identity, the newest first") {
  const TemporaryFolder folder;
  auto later = identity();
  later.metadata = from_hex("0104 00000192d84dac31 00 0000 00");
  auto rear = identity();
  rear.kind = FileKind::rear_photo;
  store(folder / "a.jpg", content());
  store(folder / "b.jpg", random_bytes(content().size(), 2), later);
  auto state = store(folder / "c.jpg", content(), rear);
  const auto names = [&](const FileIdentity& who) {
    const auto known = state.known(who);
    REQUIRE(known);
    std::vector<std::string> result;
    for (const auto& entry : *known) {
      result.push_back(entry.record.name);
    }
    return result;
  };
  CHECK(names(identity()) == std::vector<std::string>{"b.jpg", "a.jpg"});
  CHECK(names(rear) == std::vector<std::string>{"c.jpg"});
  auto other = identity();
  other.metadata = from_hex("0104 00000192d84dac32 00 0000 00");
  CHECK(names(other) == std::vector<std::string>{"a.jpg"}); // its time is not known
  other.packets = 9;
  CHECK(names(other).empty());
  fs::remove(folder / "a.jpg"); // a hook has moved it
  CHECK(names(identity()).size() == 2);

  const auto known = state.known(identity());
  const auto from = resume_point_for(*known);
  CHECK(from.number == packets - 4);
  CHECK(from.offset == (packets - 5) * full_packet);
  CHECK(from.known.size() == 2);
}

/// What a cut leaves between the record and its `named`: a cut before or behind the renaming.
struct AfterCut {
  explicit AfterCut(bool renamed) : state(folder.path(), 1) {
    leave_part(folder / "a.jpg", content(), packets);
    const TemporaryFolder other;
    auto record = store(other / "a.jpg", content()).entries()->front().record;
    record.named = false;
    REQUIRE(state.add(record));
    if (renamed) {
      fs::rename(folder / "a.jpg.part", folder / "a.jpg");
    }
  }
  TemporaryFolder folder;
  StateFolder state;
};

TEST_CASE("known files: behind a cut the file counts, not its record") {
  const AfterCut before(false);
  CHECK(before.state.known(identity())->empty());
  CHECK(found({before.folder.path()}, identity())->data().packets == packets);

  AfterCut behind(true);
  CHECK_FALSE(found({behind.folder.path()}, identity()));
  auto known = behind.state.known(identity());
  REQUIRE(known);
  REQUIRE(known->size() == 1);
  CHECK(behind.folder.names().contains("a.jpg.part.checkpoint"));
  CHECK(behind.state.settle(known->front()) == true);
  CHECK(behind.folder.names() == std::set<std::string>{".dcam-serve", "a.jpg"});
  fs::remove(behind.folder / "a.jpg");
  known = behind.state.known(identity());
  REQUIRE(known->size() == 1); // once it is settled the record is enough
  CHECK(behind.state.settle(known->front()) == false);
}

TEST_CASE("known files: a file that does not bear its record out is another") {
  const auto changed = [](const auto& change) {
    const AfterCut cut(true);
    auto text = content_of(cut.folder / "a.jpg");
    change(text);
    fs::remove(cut.folder / "a.jpg");
    if (!text.empty()) {
      write_file(cut.folder / "a.jpg", text);
    }
    return cut.state.known(identity())->empty();
  };
  CHECK_FALSE(changed([](auto&) {}));
  CHECK(changed([](auto& text) { text += 'x'; }));
  CHECK(changed([](auto& text) { text.pop_back(); }));
  CHECK(changed([](auto& text) { text.back() ^= 1; }));
  CHECK(changed([](auto& text) { text[text.size() - 4096] ^= 1; }));
  CHECK(changed([](auto& text) { text.clear(); })); // gone
}

TEST_CASE("known files: the checkpoint of another file's part is left alone") {
  AfterCut behind(true);
  const auto known = behind.state.known(identity());
  auto other = identity();
  other.packets = 2;
  const auto file = ResumableFile::create(behind.folder / "a.jpg", other);
  REQUIRE(file);
  CHECK(behind.state.settle(known->front()) == true);
  CHECK(behind.folder.names().contains("a.jpg.part.checkpoint"));
}

TEST_CASE("resumable file: what cannot be read is an error, and left as it is") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  fs::remove(folder / "a.jpg.part");
  fs::create_symlink("a.jpg.part", folder / "a.jpg.part"); // a loop
  CHECK_FALSE(ResumableFile::find({folder.path()}, identity()));
}

TEST_CASE("resumable file: an empty part without a checkpoint is taken over") {
  const TemporaryFolder folder;
  write_file(folder / "a.jpg.part", "");
  const auto file = ResumableFile::create(folder / "a.jpg", identity());
  REQUIRE(file);
  CHECK(file->path() == folder / "a.jpg.part");
}

TEST_CASE("resumable file: skipping a taken name leaves nothing behind") {
  const TemporaryFolder folder;
  write_file(folder / "a.jpg", "old");
  auto file = ResumableFile::create(folder / "a.jpg", identity());
  REQUIRE(file);
  add(*file, content(), 1, packets);
  const auto skipped = finish(*file, folder / "a.jpg", content(), IfExists::skip);
  REQUIRE(skipped);
  CHECK_FALSE(*skipped);
  CHECK(StateFolder(folder.path(), 1).entries()->empty());
  CHECK(folder.names() == std::set<std::string>{".dcam-serve", "a.jpg"});
}

TEST_CASE("resumable file: abandoned parts are removed when they are old, those of others never") {
  const TemporaryFolder folder;
  leave_part(folder / "old.jpg", content(), 2);
  leave_part(folder / "new.jpg", content(), 2);
  write_file(folder / "browser.zip.part", "not ours");
  write_file(folder / "odd.part.checkpoint", "not ours");
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(48);
  for (const auto* name : {"old.jpg.part.checkpoint", "browser.zip.part", "odd.part.checkpoint"}) {
    fs::last_write_time(folder / name, long_ago);
  }
  const auto removed = remove_abandoned({folder.path()}, std::chrono::hours(24));
  CHECK(removed == std::vector<fs::path>{folder / "old.jpg.part"});
  CHECK(folder.names() == std::set<std::string>{"browser.zip.part", "new.jpg.part",
                                                "new.jpg.part.checkpoint", "odd.part.checkpoint"});
}

} // namespace dualcam
