// What stands beside a stored file, and who may have a name when several want it.
#include "storage/resumable_testing.hpp"
#include "storage/sidecar.hpp"

namespace dualcam::resumable_sidecar_test {

using namespace resumable;
namespace {

using Names = std::set<std::string>;

struct Named {
  explicit Named(std::string_view sidecar = "{}") : sidecar_(sidecar) {}

  Result<std::optional<StoredFile>> finish(IfExists if_exists) {
    auto file = begin(folder / "a.jpg");
    REQUIRE(file);
    add(*file, bytes, 1, packets);
    return file->finish({.name = folder / "a.jpg",
                         .if_exists = if_exists,
                         .bytes = bytes.size(),
                         .crc = crc16(bytes),
                         .metadata = {},
                         .sidecar = sidecar_});
  }
  /// Without those of the state.
  Names names() const {
    auto names = folder.names();
    names.erase(std::string(state_folder_name));
    return names;
  }

  TemporaryFolder folder;
  ByteBuffer bytes = content();

private:
  std::string sidecar_;
};

} // namespace

TEST_CASE("resumable sidecar: it has the file's name and more, for each name its own") {
  Named named("{\"a\": 1}");
  CHECK(named.finish(IfExists::number).value()->path == named.folder / "a.jpg");
  CHECK(named.names() == Names{"a.jpg", "a.jpg.json"});
  CHECK(content_of(named.folder / "a.jpg.json") == "{\"a\": 1}");
  CHECK(named.finish(IfExists::number).value()->path == named.folder / "a_1.jpg");
  CHECK(named.names() == Names{"a.jpg", "a.jpg.json", "a_1.jpg", "a_1.jpg.json"});
}

TEST_CASE("resumable sidecar: what is left of another's is taken over, however long it was") {
  Named named;
  write_file(named.folder / "a.jpg.json", "that of a file which has been removed");
  write_file(named.folder / "a.jpg.json.part", "cut off");
  CHECK(named.finish(IfExists::number).value()->path == named.folder / "a.jpg");
  CHECK(named.names() == Names{"a.jpg", "a.jpg.json"});
  CHECK(content_of(named.folder / "a.jpg.json") == "{}");
}

TEST_CASE("resumable sidecar: a name whose sidecar another is about to write is that one's") {
  for (const bool has_name : {false, true}) {
    Named named;
    auto other = Sidecar::reserve(named.folder / "a.jpg");
    REQUIRE((other && *other));
    Barrier barrier;
    REQUIRE((*other)->write("{\"other\": 1}", barrier));
    if (has_name) { // before its file has one
      REQUIRE((*other)->publish());
    }
    CHECK(named.finish(IfExists::number).value()->path == named.folder / "a_1.jpg");
    CHECK(content_of(named.folder / "a_1.jpg.json") == "{}");
    for (const auto if_exists : {IfExists::replace, IfExists::fail, IfExists::skip}) {
      const auto refused = named.finish(if_exists);
      REQUIRE_FALSE(refused);
      CHECK_THAT(refused.error().message, ContainsSubstring("a.jpg.json: Device or resource busy"));
    }
    CHECK_FALSE(fs::exists(named.folder / "a.jpg"));
    if (!has_name) {
      REQUIRE((*other)->publish());
    }
    CHECK(content_of(named.folder / "a.jpg.json") == "{\"other\": 1}");
    CHECK_FALSE(fs::exists(named.folder / "a.jpg.json.part"));
  }
}

TEST_CASE(
    "resumable sidecar: what another program has stored meanwhile keeps its name and sidecar") {
  Named named;
  const Finish how{.name = named.folder / "a.jpg",
                   .bytes = named.bytes.size(),
                   .crc = crc16(named.bytes),
                   .metadata = {},
                   .sidecar = "{}"};
  auto file = begin(how.name);
  REQUIRE(file);
  add(*file, named.bytes, 1, packets);
  Barrier barrier;
  REQUIRE(file->prepare_finish(how, barrier));
  REQUIRE(barrier.sync());
  write_file(named.folder / "a.jpg", "theirs");
  write_file(named.folder / "a.jpg.json", "their sidecar");
  CHECK(file->publish_finish(barrier).value() == std::nullopt);
  CHECK(file->finish(how).value()->path == named.folder / "a_1.jpg");
  CHECK(content_of(named.folder / "a.jpg") == "theirs");
  CHECK(content_of(named.folder / "a.jpg.json") == "their sidecar");
  CHECK(content_of(named.folder / "a_1.jpg.json") == "{}");
}

TEST_CASE("resumable sidecar: a rename in two steps that was killed between them is mended") {
  Named named;
  write_file(named.folder / "a.jpg.json.part", "of the killed one");
  fs::create_hard_link(named.folder / "a.jpg.json.part", named.folder / "a.jpg.json");
  CHECK(named.finish(IfExists::number).value()->path == named.folder / "a.jpg");
  CHECK(named.names() == Names{"a.jpg", "a.jpg.json"});
  CHECK(content_of(named.folder / "a.jpg.json") == "{}");
}

TEST_CASE("resumable sidecar: one that is given up leaves nothing") {
  const TemporaryFolder folder;
  auto sidecar = Sidecar::reserve(folder / "a");
  REQUIRE((sidecar && *sidecar));
  CHECK(folder.names() == Names{"a.json.part"});
  (*sidecar)->discard();
  CHECK(folder.names().empty());
  CHECK_FALSE(Sidecar::reserve(folder / "none/a"));
}

TEST_CASE("resumable sidecar: who replaces a file replaces what stands beside it, too") {
  for (const auto* text : {"", "{\"new\": 1}"}) {
    Named named(text);
    write_file(named.folder / "a.jpg", "old");
    write_file(named.folder / "a.jpg.json", "of the old one");
    CHECK(named.finish(IfExists::replace).value()->path == named.folder / "a.jpg");
    CHECK(content_of(named.folder / "a.jpg") == as_text(named.bytes));
    CHECK(content_of(named.folder / "a.jpg.json") == text);
    CHECK(fs::exists(named.folder / "a.jpg.json") == (*text != '\0'));
  }
}

TEST_CASE("resumable sidecar: a taken name is refused or skipped before anything is written") {
  Named named;
  write_file(named.folder / "a.jpg", "mine");
  const auto refused = named.finish(IfExists::fail);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("a.jpg: File exists"));
  CHECK(named.names() == Names{"a.jpg", "a.jpg.part", "a.jpg.part.checkpoint"});
  CHECK(named.finish(IfExists::skip).value() == std::nullopt);
  CHECK(content_of(named.folder / "a.jpg") == "mine");
  CHECK_FALSE(fs::exists(named.folder / "a.jpg.json"));
}

TEST_CASE("resumable sidecar: it is written anew in place of what is there") {
  const TemporaryFolder folder;
  REQUIRE(renew_sidecar(folder / "a", "{\"first\": 1}"));
  REQUIRE(renew_sidecar(folder / "a", "{}"));
  CHECK(folder.names() == Names{"a.json"});
  CHECK(content_of(folder / "a.json") == "{}");
  CHECK_FALSE(renew_sidecar(folder / "none/a", "{}"));
}

} // namespace dualcam::resumable_sidecar_test
