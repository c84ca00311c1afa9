#include "dcam-convert/input_list.hpp"

#include <climits>

#include "dualcam/storage/file_system.hpp"
#include "tools/dcam-convert/mp4_bytes.hpp"
#include "tools/dcam-convert/studio.hpp"

namespace dualcam::convert::input_list_test {
namespace {

/// What is left of a list, seen from the folder.
struct Listed {
  std::vector<std::string> files(const std::vector<ListedFile>& list) const {
    CHECK(unread.empty());
    std::vector<std::string> names;
    for (const auto& file : list) {
      names.push_back(fs::path(file.path).lexically_relative(folder.path()).string());
      CHECK((!file.from_folder() || file.place == names.back()));
    }
    return names;
  }
  std::vector<std::string> all(Parts parts) {
    return files(list_files({folder.path().string()}, parts, unread));
  }
  void put(std::string_view name, std::string_view content = "x") const {
    const auto path = folder.path() / name;
    fs::create_directories(path.parent_path());
    write_file(path, content);
  }

  TemporaryFolder folder;
  std::vector<std::string> unread;
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("input list: files of folders come in order, hidden ones and helpers do not") {
  Listed some;
  for (const auto* name : {"b", "a", "c/d/e", "c/a", ".hidden", ".git/x", "a.checkpoint",
                           "p.h265.part", "p.h265.part.checkpoint"}) {
    some.put(name);
  }
  fs::create_directory_symlink(some.folder / "c", some.folder / "link");
  fs::create_symlink(some.folder / "a", some.folder / "z");
  CHECK(some.all(Parts::left_out) == Names{"a", "b", "c/a", "c/d/e", "z"});
  CHECK(some.all(Parts::listed) == Names{"a", "b", "c/a", "c/d/e", "p.h265.part", "z"});
  const auto one = list_files({"-", (some.folder / "none").string()}, Parts::left_out, some.unread);
  CHECK(one.size() == 2); // as they were given
  CHECK_FALSE(one.front().from_folder());
}

TEST_CASE("input list: what --page has made is left out, of files that were removed as well") {
  Listed some;
  for (const auto* name :
       {"a.h265", "a.h265.web.mp4", "a.h265.web.jpg", "a.h265.web.mp4.part", "b.h265.web.mp4",
        "b.h265.web.jpg", "clip", "clip.web.mp4", "talk.web.mp4"}) {
    some.put(name);
  }
  CHECK(some.all(Parts::left_out) == Names{"a.h265", "clip", "talk.web.mp4"});
  CHECK(some.all(Parts::listed) == Names{"a.h265", "clip", "talk.web.mp4"});
}

TEST_CASE("input list: a folder that cannot be read is told and passed over") {
  class Unreadable : public FileSystem {
    int list(const fs::path& folder, std::vector<std::string>& names) override {
      return folder.filename() == "b" ? EACCES : FileSystem::list(folder, names);
    }
  } unreadable;
  const FileSystem::Use use(unreadable);
  Listed some;
  for (const auto* name : {"a/x", "b/x", "c/x"}) {
    some.put(name);
  }
  const auto list = list_files({some.folder.path().string()}, Parts::listed, some.unread);
  CHECK(some.unread ==
        Names{"cannot read " + (some.folder / "b").string() + ": Permission denied"});
  some.unread.clear();
  CHECK(some.files(list) == Names{"a/x", "c/x"});
}

TEST_CASE("input list: of a folder's files those are taken that are videos") {
  Listed some;
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
  CHECK(some.files(list_videos(options, stop, some.unread)) == Names{"clip", "stream"});
  options.output = "elsewhere/"; // then an MP4 is not what was made
  CHECK(some.files(list_videos(options, stop, some.unread)) == Names{"clip", "movie", "stream"});
  options.output.clear();
  options.thumbnail = "elsewhere/";
  CHECK(some.files(list_videos(options, stop, some.unread)) ==
        Names{"clip", "movie", "photo", "stream"});
  options.inputs = {(some.folder / "other").string(), (some.folder / "clip.txt").string()};
  CHECK(some.files(list_videos(options, stop, some.unread)) ==
        Names{"other", "clip.txt"}); // by name
}

TEST_CASE("input list: what lies deeper than a path can tell is told and passed over") {
  class Deep : public FileSystem {
    int list(const fs::path& folder, std::vector<std::string>& names) override {
      names = {folder.filename() == "a" ? std::string(PATH_MAX, 'd') : "gone"};
      return FileSystem::list(folder, names);
    }
  } deep;
  const FileSystem::Use use(deep);
  Listed some;
  some.put("a/x");
  some.put("b/y");
  const auto list = list_files({some.folder.path().string()}, Parts::listed, some.unread);
  CHECK(some.unread ==
        Names{"cannot read " + (some.folder / "a" / std::string(PATH_MAX, 'd')).string() +
              ": File name too long"});
  some.unread.clear();
  CHECK(some.files(list) == Names{"a/x", "b/y"});
}

} // namespace dualcam::convert::input_list_test
