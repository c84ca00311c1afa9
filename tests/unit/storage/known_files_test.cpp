#include "storage/resumable_testing.hpp"

namespace dualcam::known_files_test {

using namespace resumable;

TEST_CASE("known files: those of the same identity, the newest first") {
  const TemporaryFolder folder;
  auto later = identity();
  later.metadata = from_hex("0104 00000192d84dac31 00 0000 00");
  auto rear = identity();
  rear.file = FileKind::rear_photo;
  store(folder / "a.jpg", content());
  store(folder / "b.jpg", random_bytes(content().size(), 2), later);
  auto state = store(folder / "c.jpg", content(), rear);
  const auto names = [&](const FileIdentity& who) {
    std::vector<std::string> result;
    for (const auto& record : known(state, who)) {
      result.push_back(record.name);
    }
    return result;
  };
  CHECK(names(identity()) == std::vector<std::string>{"b.jpg", "a.jpg"});
  CHECK(names(rear) == std::vector<std::string>{"c.jpg"});
  auto other = identity();
  other.metadata = from_hex("0104 00000192d84dac32 00 0000 00");
  CHECK(names(other) == std::vector<std::string>{"a.jpg"}); // its time is not known
  other.announced = 9;
  CHECK(names(other).empty());
  fs::remove(folder / "a.jpg"); // a hook has moved it
  CHECK(names(identity()).size() == 2);

  const auto from = resume_point_for(known(state));
  CHECK(from.packet == packets - 4);
  CHECK(from.offset == (packets - 5) * full_packet);
  CHECK(from.known.size() == 2);
}

/// What a cut leaves between the record and its `named`: a cut before or behind the renaming.
struct AfterCut {
  explicit AfterCut(bool renamed) : state(folder.path(), 1) {
    leave_part(folder / "a.jpg", content(), packets);
    const TemporaryFolder other;
    auto record = read(store(other / "a.jpg", content())).records.front();
    Barrier barrier;
    REQUIRE(state.add(record, barrier));
    REQUIRE(barrier.sync());
    if (renamed) {
      fs::rename(folder / "a.jpg.part", folder / "a.jpg");
    }
  }
  TemporaryFolder folder;
  StateFolder state;
};

TEST_CASE("known files: behind a cut the file counts, not its record") {
  const AfterCut before(false);
  CHECK(known(before.state).empty());
  CHECK(found(before.folder.path())->data().packets == packets);

  AfterCut behind(true);
  CHECK_FALSE(found(behind.folder.path()));
  auto records = known(behind.state);
  REQUIRE(records.size() == 1);
  CHECK(behind.folder.names().contains("a.jpg.part.checkpoint"));
  CHECK(behind.state.settle(records.front()) == true);
  CHECK(behind.folder.names() == std::set<std::string>{".dcam-serve", "a.jpg"});
  fs::remove(behind.folder / "a.jpg");
  records = known(behind.state);
  REQUIRE(records.size() == 1); // once it is settled the record is enough
  CHECK(behind.state.settle(records.front()) == false);
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
    return known(cut.state).empty();
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
  const auto records = known(behind.state);
  auto other = identity();
  other.announced = 2;
  const auto file = begin(behind.folder / "a.jpg", other);
  REQUIRE(file);
  CHECK(behind.state.settle(records.front()) == true);
  CHECK(behind.folder.names().contains("a.jpg.part.checkpoint"));
}

} // namespace dualcam::known_files_test
