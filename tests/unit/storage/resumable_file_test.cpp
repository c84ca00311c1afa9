#include "dualcam/wire/crc64.hpp"
#include "dualcam/wire/hex.hpp"
#include "storage/resumable_testing.hpp"

namespace dualcam::resumable_file_test {

using namespace resumable;

TEST_CASE("resumable file: what was saved is found again, what was not is fetched again") {
  const TemporaryFolder folder;
  const auto bytes = content();
  leave_part(folder / "a.jpg", bytes, 4, 2);
  auto file = found(folder.path());
  REQUIRE(file);
  CHECK(file->data() == HeldData{4, 4096, 1024, crc16(Bytes(bytes).first(4096))});
  const auto& from = file->resume_point();
  CHECK(from.packet == 4);
  CHECK(from.held == 4);
  CHECK(from.offset == 3072);
  CHECK(from.crc == crc16(Bytes(bytes).first(3072)));
  CHECK(std::ranges::equal(from.overlap, Bytes(bytes).subspan(3072, 1024)));
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
    auto file = found(folder.path());
    REQUIRE(file);
    CHECK(file->data().packets == saved);
    // the last packet is a short one, which proves too little alone
    CHECK(file->resume_point().packet == std::clamp(saved, 1U, packets - 1));
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
  const auto file = found(folder.path());
  REQUIRE(file);
  CHECK(file->resume_point().packet == 2);
  CHECK(file->resume_point().overlap.size() == 4 * 1024);
}

TEST_CASE("resumable file: of padding, what was compared once need not be again") {
  const TemporaryFolder folder;
  auto bytes = content();
  std::fill(bytes.begin() + 2 * 1024, bytes.begin() + 5 * 1024, std::byte{0xFF});
  leave_part(folder / "a.jpg", bytes, 5);
  for (const auto& [next, packet] : {std::pair(4U, 4U), std::pair(4U, 4U), std::pair(5U, 5U)}) {
    auto file = found(folder.path());
    REQUIRE(file);
    REQUIRE(file->keep_compared(next, (next - 1) * 1024));
    file.reset();
    file = found(folder.path());
    REQUIRE(file);
    const auto& from = file->resume_point();
    CHECK(from.packet == packet);
    CHECK(from.offset == (packet - 1) * 1024);
    CHECK(from.crc == crc16(Bytes(bytes).first((packet - 1) * 1024)));
    CHECK(std::ranges::equal(from.overlap, Bytes(bytes).subspan(from.offset, (6 - packet) * 1024)));
  }
  auto file = found(folder.path());
  REQUIRE(file);
  CHECK(file->keep_compared(99, 98 * 1024)); // of another file
  add(*file, bytes, 6, 6);                   // something new: then all of it again
  REQUIRE(file->save());
  REQUIRE(file->keep_compared(7, 6 * 1024));
  file.reset();
  CHECK(found(folder.path())->resume_point().packet > 5);
  file = found(folder.path());
  REQUIRE(file->set_aside());
  CHECK_FALSE(found(folder.path()));
}

TEST_CASE("resumable file: a claim that the end of the part does not bear out gives way to the "
          "older one") {
  const TemporaryFolder folder;
  const auto bytes = content();
  {
    auto file = begin(folder / "a.jpg");
    REQUIRE(file);
    for (std::uint32_t packet = 1; packet <= 6; ++packet) {
      add(*file, bytes, packet, packet);
      REQUIRE(file->save());
    }
  }
  auto part = content_of(folder / "a.jpg.part");
  part[5 * 1024 + 7] ^= 1;
  write_file(folder / "a.jpg.part", part);
  CHECK(found(folder.path())->data().packets == 5);
  write_file(folder / "a.jpg.part", part.substr(0, 5 * 1024 - 1)); // shorter than both
  auto file = found(folder.path());
  REQUIRE(file);
  CHECK(file->data() == HeldData{});
  CHECK(file->resume_point().held == 0);
}

TEST_CASE("resumable file: what is held back is claimed, found again, and in the file at its end") {
  const auto bytes = content();
  const auto add_one = [&](ResumableFile& file, std::uint32_t packet) {
    const auto rest = Bytes(bytes).subspan((packet - 1) * full_packet);
    const std::array piece{rest.first(std::min(rest.size(), full_packet))};
    REQUIRE(file.append(piece, Tail::held_back));
  };
  for (std::uint32_t saved = 1; saved <= packets; ++saved) {
    const TemporaryFolder folder;
    INFO(saved << " packets");
    {
      auto file = begin(folder / "a.jpg");
      REQUIRE(file);
      for (std::uint32_t packet = 1; packet <= saved; ++packet) {
        add_one(*file, packet);
      }
      REQUIRE(file->save());
    }
    const auto claimed = std::min<std::size_t>(saved * full_packet, bytes.size());
    CHECK(content_of(folder / "a.jpg.part").size() <= claimed);
    auto file = found(folder.path());
    REQUIRE(file);
    CHECK(file->data().bytes == claimed);
    CHECK(text_of_file(file->resume_point().overlap) ==
          text_of_file(Bytes(bytes).subspan(file->resume_point().offset,
                                            claimed - file->resume_point().offset)));
    CHECK(content_of(folder / "a.jpg.part") == text_of_file(Bytes(bytes).first(claimed)));
    for (auto packet = saved + 1; packet <= packets; ++packet) {
      add_one(*file, packet);
    }
    REQUIRE(finish(*file, folder / "a.jpg", bytes));
    CHECK(content_of(folder / "a.jpg") == text_of_file(bytes));
  }
}

TEST_CASE("resumable file: what is held back is in a part that is set aside") {
  const TemporaryFolder folder;
  const auto bytes = content();
  auto file = begin(folder / "a.jpg");
  REQUIRE(file);
  const std::array piece{Bytes(bytes).first(full_packet)};
  REQUIRE(file->append(piece, Tail::held_back));
  REQUIRE(file->save());
  CHECK(content_of(folder / "a.jpg.part").empty());
  const auto path = file->set_aside();
  REQUIRE(path);
  CHECK(content_of(*path) == text_of_file(piece[0]));
  const auto checkpoint = content_of(path->string() + ".checkpoint");
  const auto claimed = checkpoint.find(text_of_file(piece[0]));
  CHECK(claimed != checkpoint.npos); // by the claim before
  CHECK(claimed == checkpoint.rfind(text_of_file(piece[0])));
}

TEST_CASE("resumable file: claims are true by order, only the overlap is read") {
  class Reads : public FileSystem {
  public:
    std::size_t bytes = 0;
    ssize_t pread(int descriptor, void* into, std::size_t count, off_t offset) override {
      const auto read = FileSystem::pread(descriptor, into, count, offset);
      bytes += static_cast<std::size_t>(std::max<ssize_t>(read, 0));
      return read;
    }
  };
  const TemporaryFolder folder;
  auto who = identity();
  who.announced = 5000;
  const auto bytes = random_bytes(4000 * full_packet, 1);
  {
    auto file = begin(folder / "a.jpg", who);
    REQUIRE(file);
    add(*file, bytes, 1, 4000);
    REQUIRE(file->save());
  }
  Reads files;
  const FileSystem::Use use(files);
  const auto file = found(folder.path(), who);
  REQUIRE(file);
  CHECK(file->resume_point().packet == 4000);
  CHECK(files.bytes < 65'536);
}

TEST_CASE("resumable file: packets of several sizes go on where they were cut") {
  const std::array<std::size_t, 8> sizes{1024, 500, 1024, 1000, 33, 1024, 2000, 7};
  auto who = identity();
  who.announced = sizes.size();
  std::size_t total = 0;
  for (const auto size : sizes) {
    total += size;
  }
  const auto bytes = random_bytes(total, 1);
  for (std::uint32_t cut = 1; cut <= sizes.size(); ++cut) {
    const TemporaryFolder folder;
    std::size_t offset = 0;
    const auto append_packet = [&](ResumableFile& file, std::uint32_t packet) {
      const auto piece = Bytes(bytes).subspan(offset, sizes.at(packet - 1));
      REQUIRE(file.append({&piece, 1}));
      offset += piece.size();
    };
    {
      auto file = begin(folder / "a.jpg", who);
      REQUIRE(file);
      for (std::uint32_t packet = 1; packet <= cut; ++packet) {
        append_packet(*file, packet);
      }
      REQUIRE(file->save());
    }
    auto file = found(folder.path(), who);
    REQUIRE(file);
    CHECK(file->data().packets == cut);
    const auto& from = file->resume_point();
    CHECK(from.held == cut);
    CHECK(from.packet + 3 >= cut);
    CHECK(
        std::ranges::equal(from.overlap, Bytes(bytes).subspan(from.offset, offset - from.offset)));
    CHECK(from.crc == crc16(Bytes(bytes).first(from.offset)));
    for (auto packet = cut + 1; packet <= who.announced; ++packet) {
      append_packet(*file, packet);
    }
    REQUIRE(file->finish(
        {.name = folder / "a.jpg", .bytes = total, .crc = crc16(bytes), .metadata = {}}));
    CHECK(content_of(folder / "a.jpg") == text_of_file(bytes));
  }
}

TEST_CASE("resumable file: a claim that cannot be read leaves the other one") {
  const TemporaryFolder folder;
  const auto bytes = content();
  {
    auto file = begin(folder / "a.jpg");
    REQUIRE(file);
    add(*file, bytes, 1, 3);
    REQUIRE(file->save());
    add(*file, bytes, 4, 5);
    REQUIRE(file->save());
  }
  auto text = content_of(folder / "a.jpg.part.checkpoint");
  const auto newest = text.find("held 2 5 ");
  REQUIRE(newest != std::string::npos);
  text[newest + 20] = 'x';
  write_file(folder / "a.jpg.part.checkpoint", text);
  auto file = found(folder.path());
  REQUIRE(file);
  CHECK(file->data().packets == 3);
  add(*file, bytes, 4, 4);
  REQUIRE(file->save());
  file.reset();
  CHECK(found(folder.path())->data().packets == 4);
}

TEST_CASE("resumable file: is found by its camera's state wherever it is, else where expected") {
  const TemporaryFolder folder;
  const auto bytes = content();
  const auto state = state_in(folder.path());
  fs::create_directories(folder / "x/y");
  {
    auto file = ResumableFile::create(folder / "x/y/a.jpg", identity(), state);
    REQUIRE(file);
    add(*file, bytes, 1, 2);
    REQUIRE(file->save());
  }
  CHECK(found(folder.path())->data().packets == 2);
  auto other = identity();
  other.announced = 11;
  CHECK_FALSE(found(folder.path(), other));
  other = identity();
  other.imei = 2;
  CHECK_FALSE(found(folder.path(), other));
  fs::remove_all(folder / ".dcam-serve");
  CHECK_FALSE(found(folder.path()));
  CHECK(found(folder.path(), identity(), "x/y/a.jpg")->data().packets == 2);
  CHECK(found(folder.path())->data().packets == 2); // it has been added
}

TEST_CASE("resumable file: of several parts that with the most data is gone on with") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 2);
  leave_part(folder / "b.jpg", content(), 5);
  leave_part(folder / "c.jpg", content(), 3);
  CHECK(found(folder.path())->path() == folder / "b.jpg.part");
}

TEST_CASE("resumable file: a part of version 0.1 is gone on with, when its data bears it out") {
  const auto bytes = content();
  const auto leave_part_1 = [&](const fs::path& part) {
    auto header = std::string("dualcam checkpoint 1\nimei 000000000000001\nkind photof\n"
                              "packets 10\nreceived 1730205822000\nmetadata -\n");
    const auto hex = [](std::uint16_t value) {
      const std::array both{static_cast<std::byte>(value >> 8), static_cast<std::byte>(value)};
      return to_hex(both);
    };
    header += "check " + hex(crc16(as_bytes(header))) + '\n';
    const auto line = [&](std::string text, std::size_t held) {
      text += hex(crc16(Bytes(bytes).first(held)));
      return text + ' ' + hex(crc16(as_bytes(header + text))) + '\n';
    };
    write_file(part, text_of_file(Bytes(bytes).first(6 * 1024)));
    write_file(part.string() + ".checkpoint",
               header + line("held 0000000004 0000000004096 01024 ", 4096) +
                   line("held 0000000005 0000000005120 01024 ", 5120));
  };
  const TemporaryFolder folder;
  leave_part_1(folder / "a.jpg.part");
  {
    const auto file = found(folder.path(), identity(), "a.jpg");
    REQUIRE(file);
    CHECK(file->data() == HeldData{5, 5120, 1024, crc16(Bytes(bytes).first(5120))});
    CHECK(file->resume_point().packet == 5);
  }
  CHECK(content_of(folder / "a.jpg.part.checkpoint").starts_with("dualcam checkpoint 2\n"));
  CHECK(folder.names() ==
        std::set<std::string>{".dcam-serve", "a.jpg.part", "a.jpg.part.checkpoint"});
  auto file = found(folder.path());
  REQUIRE(file);
  add(*file, bytes, 6, packets);
  REQUIRE(finish(*file, folder / "a.jpg", bytes));
  CHECK(content_of(folder / "a.jpg") == text_of_file(bytes));

  leave_part_1(folder / "b.jpg.part");
  auto part = content_of(folder / "b.jpg.part");
  part[4100] ^= 1;
  write_file(folder / "b.jpg.part", part);
  CHECK(found(folder.path(), identity(), "b.jpg")->data().packets == 4);
  leave_part_1(folder / "c.jpg.part");
  part[0] ^= 1; // which no other packet tells
  write_file(folder / "c.jpg.part", part);
  CHECK(found(folder.path(), identity(), "c.jpg")->path() == folder / "b.jpg.part");
  leave_part_1(folder / "d.jpg.part");
  fs::resize_file(folder / "d.jpg.part", 4100); // less than the newer claim says
  CHECK(found(folder.path(), identity(), "d.jpg")->path() == folder / "d.jpg.part");
}

TEST_CASE("resumable file: metadata of one side only keeps no part from being found") {
  auto with_metadata = identity();
  with_metadata.metadata = from_hex("0110 00000192d84dac30 00 0003");
  auto another = identity();
  another.metadata = from_hex("0110 00000192d84dac31 00 0003");
  for (const auto& [left, wanted, is_found] : {std::tuple(identity(), with_metadata, true),
                                               {with_metadata, identity(), true},
                                               {with_metadata, with_metadata, true},
                                               {with_metadata, another, false}}) {
    const TemporaryFolder folder;
    {
      auto file = begin(folder / "a.jpg", left);
      REQUIRE(file);
      add(*file, content(), 1, 3);
      REQUIRE(file->save());
    }
    CHECK(found(folder.path(), wanted).has_value() == is_found);
  }
}

TEST_CASE("resumable file: a writer that finds another's claim stops") {
  for (const bool is_claim : {true, false}) {
    const TemporaryFolder folder;
    auto file = begin(folder / "a.jpg");
    REQUIRE(file);
    add(*file, content(), 1, 2);
    REQUIRE(file->save());
    const auto path = folder / "a.jpg.part.checkpoint";
    const auto ours = content_of(path);
    add(*file, content(), 3, 3);
    const auto header = ours.substr(0, checkpoint_block);
    write_file(path, is_claim ? ours.substr(0, 2 * checkpoint_block) +
                                    claim_block({.sequence = 7, .held = {}, .proved = {}},
                                                crc64(as_bytes(header)))
                              : "another file");
    const auto refused = file->save();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.contains("somebody else writes to"));
  }
}

TEST_CASE("resumable file: what cannot be read is an error, and left as it is") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  fs::remove(folder / "a.jpg.part");
  fs::create_directory(folder / "a.jpg.part");
  CHECK_FALSE(find(folder.path()));
}

TEST_CASE("resumable file: a link in the place of a part is left, and the file begun beside it") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  fs::remove(folder / "a.jpg.part");
  fs::create_symlink("elsewhere", folder / "a.jpg.part");
  const auto found = find(folder.path());
  REQUIRE(found);
  CHECK_FALSE(*found);
  const auto file = begin(folder / "a.jpg");
  REQUIRE(file);
  CHECK(file->path() == folder / "a_1.jpg.part");
  CHECK_FALSE(fs::exists(folder / "elsewhere"));
}

TEST_CASE("resumable file: an empty part without a checkpoint is taken over") {
  const TemporaryFolder folder;
  write_file(folder / "a.jpg.part", "");
  const auto file = begin(folder / "a.jpg");
  REQUIRE(file);
  CHECK(file->path() == folder / "a.jpg.part");
}

TEST_CASE("resumable file: what a power cut has left of a part that nothing is claimed of is "
          "nothing") {
  const auto left = [](auto damage) {
    const TemporaryFolder folder;
    leave_part(folder / "a.jpg", content(), 0, 3);
    damage(folder);
    const auto file = begin(folder / "a.jpg");
    REQUIRE(file);
    CHECK(file->path() == folder / "a.jpg.part");
    return content_of(folder / "a.jpg.part").empty() && !fs::exists(folder / "a_1.jpg.part");
  };
  CHECK(left([](auto& folder) { write_file(folder / "a.jpg.part.checkpoint", ""); }));
  CHECK(left([](auto& folder) {
    write_file(folder / "a.jpg.part.checkpoint", std::string(12'288, '\0'));
  }));
  CHECK(left([](auto& folder) { fs::remove(folder / "a.jpg.part.checkpoint"); }));
  CHECK_FALSE(left([](auto& folder) { // somebody else's, for all we know
    fs::remove(folder / "a.jpg.part.checkpoint");
    fs::remove_all(folder / ".dcam-serve");
  }));
}

} // namespace dualcam::resumable_file_test
