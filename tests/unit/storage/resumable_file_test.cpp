#include "dualcam/storage/resumable_file.hpp"

#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/message.hpp"
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

/// A whole file, which the camera has not heard to be stored.
void store(const fs::path& name) {
  auto file = ResumableFile::create(name, identity());
  REQUIRE(file);
  add(*file, content(), 1, packets);
  REQUIRE(file->finish(name, IfExists::fail));
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
  CHECK(from.packet == 4);
  CHECK(from.held == 4);
  CHECK(from.offset == 3072);
  CHECK(from.crc == crc16(Bytes(bytes).first(3072)));
  CHECK(std::ranges::equal(from.overlap, Bytes(bytes).subspan(3072, 1024)));
  ByteBuffer read;
  REQUIRE(file->read_back([&](Bytes block) { append(read, block); }));
  CHECK(std::ranges::equal(read, Bytes(bytes).first(4096)));
  add(*file, bytes, 5, packets);
  CHECK(file->finish(folder / "a.jpg", IfExists::fail) == folder / "a.jpg");
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
    CHECK(file->resume_point().packet == std::clamp(saved, 1U, packets - 1));
    add(*file, bytes, saved + 1, packets);
    REQUIRE(file->finish(folder / "a.jpg", IfExists::fail));
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
  CHECK(file->resume_point().packet == 2);
  CHECK(file->resume_point().overlap.size() == 4 * 1024);
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
  CHECK(file->resume_point().packet == 1);
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

TEST_CASE("resumable file: a stored file is known until the camera is known to have heard") {
  const TemporaryFolder folder;
  store(folder / "a.jpg");
  CHECK(folder.names() == std::set<std::string>{"a.jpg", "a.jpg.part.checkpoint"});
  {
    auto file = found({folder.path()}, identity());
    REQUIRE(file);
    CHECK(file->is_stored());
    CHECK(file->resume_point().packet == packets - 1);
    CHECK(file->finish(folder / "b.jpg", IfExists::fail) == folder / "a.jpg");
  }
  forget_stored({folder.path()}, 2, FileKinds::all());
  forget_stored({folder.path()}, 1, FileKinds(0x20));
  CHECK(found({folder.path()}, identity()));
  forget_stored({folder.path()}, 1, FileKinds::all());
  CHECK(folder.names() == std::set<std::string>{"a.jpg"});
  CHECK_FALSE(found({folder.path()}, identity()));
}

TEST_CASE("resumable file: a stored file that was moved away or changed is no proof of anything") {
  const TemporaryFolder folder;
  store(folder / "a.jpg");
  write_file(folder / "a.jpg", content_of(folder / "a.jpg") + "x");
  CHECK_FALSE(found({folder.path()}, identity()));
  fs::remove(folder / "a.jpg");
  CHECK_FALSE(found({folder.path()}, identity()));
}

TEST_CASE("resumable file: a read-only stored file is recognised all the same") {
  const TemporaryFolder folder;
  store(folder / "a.jpg");
  fs::permissions(folder / "a.jpg", fs::perms::owner_read);
  CHECK(found({folder.path()}, identity()));
}

TEST_CASE("resumable file: a checkpoint that points elsewhere is not followed") {
  const TemporaryFolder folder;
  REQUIRE(create_folders(folder.path(), folder / "in"));
  store(folder / "in/a.jpg");
  fs::rename(folder / "in/a.jpg", folder / "victim");
  auto text = content_of(folder / "in/a.jpg.part.checkpoint");
  text.resize(text.rfind("stored"));
  const auto header = checkpoint_header(identity());
  write_file(folder / "in/a.jpg.part.checkpoint", text + stored_line("../victim", header));
  CHECK(found({folder.path(), 1}, identity()));
  CHECK_FALSE(found({folder / "in"}, identity()));
}

TEST_CASE("resumable file: the record of a stored file outlives another file of its name") {
  const TemporaryFolder folder;
  store(folder / "a.jpg");
  auto rear = identity();
  rear.kind = FileKind::rear_photo;
  const auto file = ResumableFile::create(folder / "a.jpg", rear);
  REQUIRE(file);
  CHECK(file->path() == folder / "a_1.jpg.part");
  CHECK(found({folder.path()}, identity()));
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
  CHECK(file->finish(folder / "a.jpg", IfExists::skip) == std::nullopt);
  CHECK(folder.names() == std::set<std::string>{"a.jpg"});
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
