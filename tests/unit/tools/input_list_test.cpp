#include "dcam-convert/input_list.hpp"

#include "dualcam/storage/file_system.hpp"
#include "tools/mp4_bytes.hpp"
#include "tools/studio.hpp"

namespace dualcam::convert {
namespace {

/// What is left of a list, seen from the folder.
struct Listed {
  std::vector<std::string> files(const Outcome<std::vector<ListedFile>>& list) const {
    REQUIRE(list);
    std::vector<std::string> names;
    for (const auto& file : *list) {
      names.push_back(fs::path(file.path).lexically_relative(folder.path()).string());
      CHECK((!file.from_folder() || file.place == names.back()));
    }
    return names;
  }
  std::vector<std::string> all(Parts parts) const {
    return files(list_files({folder.path().string()}, parts));
  }
  void put(std::string_view name, std::string_view content = "x") const {
    const auto path = folder.path() / name;
    fs::create_directories(path.parent_path());
    write_file(path, content);
  }

  TemporaryFolder folder;
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("input list: files of folders come in order, hidden ones and helpers do not") {
  const Listed some;
  for (const auto* name : {"b", "a", "c/d/e", "c/a", ".hidden", ".git/x", "a.checkpoint",
                           "p.h265.part", "p.h265.part.checkpoint"}) {
    some.put(name);
  }
  fs::create_directory_symlink(some.folder / "c", some.folder / "link");
  fs::create_symlink(some.folder / "a", some.folder / "z");
  CHECK(some.all(Parts::left_out) == Names{"a", "b", "c/a", "c/d/e", "z"});
  CHECK(some.all(Parts::listed) == Names{"a", "b", "c/a", "c/d/e", "p.h265.part", "z"});
  const auto one = list_files({"-", (some.folder / "none").string()}, Parts::left_out);
  REQUIRE(one);
  CHECK(one->size() == 2); // as they were given
  CHECK_FALSE(one->front().from_folder());
}

TEST_CASE("input list: what --page has made is left out, unless its file is gone") {
  const Listed some;
  for (const auto* name : {"a.h265", "a.h265.web.mp4", "a.h265.web.jpg", "a.h265.web.mp4.part",
                           "b.h265.web.mp4", "b.h265.web.jpg"}) {
    some.put(name);
  }
  CHECK(some.all(Parts::left_out) == Names{"a.h265", "b.h265.web.mp4"});
  CHECK(some.all(Parts::listed) == Names{"a.h265", "b.h265.web.mp4"});
}

TEST_CASE("input list: a folder that cannot be read is an error") {
  class Unreadable : public FileSystem {
    int list(const fs::path&, std::vector<std::string>&) override { return EACCES; }
  } unreadable;
  const FileSystem::Use use(unreadable);
  const Listed some;
  const auto list = list_files({some.folder.path().string()}, Parts::listed);
  REQUIRE_FALSE(list);
  CHECK(list.error().code == ExitCode::io);
  CHECK(list.error().message ==
        "cannot read " + some.folder.path().string() + "/: Permission denied");
}

TEST_CASE("input list: of a folder's files those are taken that are videos") {
  const Listed some;
  const auto clip = ptmf_clip::make_clip(2).file;
  some.put("clip", as_text(clip));
  some.put("clip.json", as_text(clip));
  some.put("clip.txt", as_text(clip));
  some.put("photo", as_text(photo()));
  some.put("movie", as_text(box("ftyp", from_hex("69736f6d 00000000 69736f6d"))));
  some.put("stream", as_text(from_hex("00000001 40010c01 00000001 42010101 00000001 2601a011")));
  some.put("other");
  ConvertOptions options;
  options.inputs = {some.folder.path().string()};
  const StopSignal stop;
  CHECK(some.files(list_videos(options, stop)) == Names{"clip", "stream"});
  options.output = "elsewhere/"; // then an MP4 is not what was made
  CHECK(some.files(list_videos(options, stop)) == Names{"clip", "movie", "stream"});
  options.output.clear();
  options.thumbnail = "elsewhere/";
  CHECK(some.files(list_videos(options, stop)) == Names{"clip", "movie", "photo", "stream"});
  options.inputs = {(some.folder / "other").string(), (some.folder / "clip.txt").string()};
  CHECK(some.files(list_videos(options, stop)) == Names{"other", "clip.txt"}); // by name
}

} // namespace dualcam::convert
