// dcam-convert --page in this process, with a shell script for ffmpeg.
#include "dcam-convert/page/making.hpp"

#include "common/json.hpp"
#include "tools/dcam-convert/mp4_bytes.hpp"
#include "tools/dcam-convert/studio.hpp"

namespace dualcam::convert::page_making_test {
namespace {

/// A camera's folder, where a clip of three pictures and a photo are.
struct PageStudio : Studio {
  PageStudio() {
    fs::create_directories(folder.path() / "footage/350612071913857");
    options.inputs = {path("footage")};
    options.page = path("index.html");
    put("a.h265", ptmf_clip::make_clip(3, false).file);
    put("b.jpg", convert::photo());
    ffmpeg_makes(indexed_file(0, false));
    ffmpeg_has("photo", as_text(convert::photo()));
  }

  std::string camera(std::string_view name) const {
    return path("footage/350612071913857/" + std::string(name));
  }
  void put(std::string_view name, Bytes content) const {
    write_file(camera(name), as_text(content));
  }
  std::string page() const { return made("index.html"); }
  std::size_t runs_of_ffmpeg() const {
    const auto text = calls();
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }
};

} // namespace

TEST_CASE("page making: what browsers need is made once, and again for another file") {
  PageStudio studio;
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "footage/350612071913857/a.h265.web.mp4\n"
                      "footage/350612071913857/a.h265.web.jpg\nindex.html\n");
  CHECK(ran.errors == "dcam-convert: index.html: 2 files, 0 incomplete\n");
  const auto calls = studio.calls();
  CHECK_THAT(calls, ContainsSubstring("-c:v libx264"));
  CHECK_THAT(calls, ContainsSubstring("scale=min(640\\,iw):-2"));
  CHECK(studio.runs_of_ffmpeg() == 2);
  const auto clip = stamp_of(studio.camera("a.h265"));
  for (const auto* name : {"a.h265.web.mp4", "a.h265.web.jpg"}) {
    CHECK(stamp_of(studio.camera(name))->modified == clip->modified);
  }
  const auto page = studio.page();
  CHECK_THAT(page, ContainsSubstring("<title>footage</title>"));
  CHECK_THAT(page, ContainsSubstring("data-video=\"footage/350612071913857/a.h265.web.mp4\" "
                                     "aria-label=\"Play: Video, "));
  CHECK_THAT(page, ContainsSubstring("src=\"footage/350612071913857/a.h265.web.jpg\""));
  CHECK_THAT(page,
             ContainsSubstring("<img loading=\"lazy\" src=\"footage/350612071913857/b.jpg\""));

  studio.options.ffmpeg = "/no/such/ffmpeg";
  ran = studio.run(); // the page knows
  CHECK(ran.output == "index.html\n");
  CHECK(studio.page() == page);
  fs::remove(studio.path("index.html"));
  ran = studio.run(); // the files tell
  CHECK(ran.output == "index.html\n");
  CHECK(studio.page() == page);
}

TEST_CASE("page making: a product that is of another file, or empty, is made again") {
  PageStudio studio;
  (void)studio.run();
  for (const bool remembered : {true, false}) {
    CAPTURE(remembered);
    write_file(studio.camera("a.h265.web.jpg"), "");
    if (!remembered) {
      fs::remove(studio.path("index.html"));
    }
    CHECK(studio.run().output == "footage/350612071913857/a.h265.web.jpg\nindex.html\n");
    CHECK(studio.runs_of_ffmpeg() == 1);
  }
  studio.put("a.h265", ptmf_clip::make_clip(3).file);
  fs::last_write_time(studio.camera("a.h265"),
                      fs::file_time_type::clock::now() + std::chrono::seconds(5));
  CHECK(count(studio.run().output, "a.h265.web.") == 2);
  CHECK(studio.made("footage/350612071913857/a.h265.web.mp4") == as_text(indexed_file(0, false)));
}

TEST_CASE("page making: what is there is taken over") {
  Entry photo;
  photo.facts.format = VideoFormat::jpeg;
  CHECK(PageMaker::take_what_is_there(photo));
  CHECK(photo.video.empty());
  TemporaryFolder folder;
  write_file(folder / "a", "a");
  write_file(folder / "a.web.jpg", "p");
  Entry clip;
  clip.path = folder / "a";
  clip.link = "x/a";
  clip.stamp = *stamp_of(folder / "a.web.jpg");
  clip.facts.format = VideoFormat::mp4;
  CHECK_FALSE(PageMaker::take_what_is_there(clip));
  CHECK(clip.thumbnail == "x/a.web.jpg");
  CHECK(clip.video.empty());
  clip.facts.plays_as_it_is = true;
  CHECK(PageMaker::take_what_is_there(clip));
  CHECK(clip.video == "x/a");
  auto other = clip;
  other.thumbnail.clear();
  ++other.stamp.modified;
  CHECK_FALSE(PageMaker::take_what_is_there(other));
  CHECK(other.thumbnail.empty());
}

TEST_CASE("page making: a file that fails is shown as such, and keeps no other from being made") {
  PageStudio studio;
  studio.put("c.h265", ptmf_clip::make_clip(3).file);
  studio.ffmpeg_has("status", "9");
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK(count(ran.errors, "ffmpeg failed with status 9") == 2);
  CHECK_THAT(ran.errors,
             ContainsSubstring("index.html: 2 files are damaged or cannot be shown whole; the page "
                               "says which\n"));
  CHECK(ran.output == "index.html\n");
  CHECK(count(studio.page(), "<span class=\"state bad\">failed</span>") == 2);
  CHECK_THAT(studio.page(), ContainsSubstring("<p class=\"why\">ffmpeg failed with status 9"));
  CHECK_THAT(studio.page(), ContainsSubstring("1 camera, 3 files, 2 damaged; newest "));
  fs::remove(studio.tools / "status");
  ran = studio.run(); // another day
  CHECK(ran.code == ExitCode::done);
  CHECK(count(ran.output, ".web.") == 4);
}

TEST_CASE(
    "page making: a name with no room for what is to be made keeps no other from being made") {
  PageStudio studio;
  const auto name = std::string(250, '1') + ".h265"; // it comes first
  studio.put(name, ptmf_clip::make_clip(3).file);
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring(name + ".web.mp4: File name too long\n"));
  CHECK_THAT(ran.output, ContainsSubstring("a.h265.web.mp4\n"));
}

TEST_CASE("page making: no ffmpeg and no room are met once") {
  for (const bool full : {false, true}) {
    CAPTURE(full);
    PageStudio studio;
    studio.put("c.h265", ptmf_clip::make_clip(3).file);
    if (full) {
      studio.ffmpeg_has("complaints", "a: No space left on device\n");
    } else {
      studio.options.ffmpeg = "/no/such/ffmpeg";
    }
    const auto ran = studio.run();
    CHECK(ran.code == (full ? ExitCode::io : ExitCode::child_failed));
    CHECK(count(ran.errors, full ? "No space left on device" : "--ffmpeg\n") == 1);
    const auto page = studio.page();
    CHECK(count(page,
                "<p class=\"why\">no video was made of it: that of another file failed before "
                "it</p>") == 1);
    CHECK(count(page, "It cannot be shown") == 2);
  }
}

TEST_CASE("page making: a file is left out that nothing says to be a picture") {
  PageStudio studio;
  studio.put("sums", as_bytes("x"));
  studio.put("told", as_bytes("x"));
  studio.put("told.json", as_bytes("{\"kind\": \"photof\"}"));
  studio.put("named.mp4", as_bytes("x"));
  studio.put("list.txt", as_bytes("x"));
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("index.html: 4 files, 0 incomplete\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("index.html: 2 files are damaged"));
  const auto page = studio.page();
  CHECK(page.find("sums") == page.npos);
  CHECK(page.find("list.txt") == page.npos);
  CHECK(count(page, "<p class=\"why\">is neither PTMF nor HEVC, H.264, MP4 or JPEG") == 2);
  CHECK_THAT(page, ContainsSubstring("<h4>Front photo <span class=\"state bad\">damaged</span>"));
}

TEST_CASE("page making: what is wrong with metadata is told once, though they are read twice") {
  PageStudio studio;
  studio.put("a.h265.json", as_bytes("{\"time\": \"2024-13-01T00:00:00Z\"}"));
  CHECK(count(studio.run().errors, "is no point in time") == 1);
}

TEST_CASE("page making: damage is told, and what is whole is shown") {
  PageStudio studio;
  auto clip = ptmf_clip::make_clip(4, false);
  std::ranges::fill(std::span(clip.file).subspan(clip.chunks[3].offset + 40, 20), std::byte{0});
  studio.put("a.h265", clip.file);
  for (int i = 0; i < 2; ++i) { // the second time by memory
    const auto ran = studio.run();
    CHECK(ran.code == ExitCode::bad_data);
    CHECK_THAT(ran.errors, ContainsSubstring("index.html: 1 file is damaged or cannot be shown"));
    CHECK_THAT(studio.page(), ContainsSubstring("<p class=\"why\">"));
    CHECK_THAT(studio.page(), ContainsSubstring("data-video=\"footage/350612071913857/a.h265.web"));
  }
  studio.options.common.quiet = true;
  CHECK(studio.run().errors == "dcam-convert: index.html: 1 file is damaged or cannot be shown "
                               "whole; the page says which\n");
}

TEST_CASE("page making: a dry run shows the commands in the files' order, and writes nothing") {
  PageStudio studio;
  studio.put("c.h265", ptmf_clip::make_clip(3).file);
  studio.options.dry_run = true;
  studio.options.jobs = 4;
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(count(ran.output, "\n") == 4);
  CHECK(ran.output.find("a.h265") < ran.output.find("c.h265"));
  CHECK_THAT(ran.output, ContainsSubstring("file:footage/350612071913857/a.h265.web.mp4"));
  CHECK(studio.calls().empty());
  CHECK(studio.folder.names() == std::set<std::string>{"footage"});
}

TEST_CASE("page making: only a page is replaced unasked") {
  PageStudio studio;
  write_file(studio.path("index.html"), "<title>my own</title>");
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK(ran.errors == "dcam-convert: footage: index.html exists and is no page of dcam-convert: "
                      "give another name, or --if-exists "
                      "replace\n");
  CHECK(studio.page() == "<title>my own</title>");
  CHECK(studio.calls().empty());
  studio.options.if_exists = IfExists::replace;
  CHECK(studio.run().code == ExitCode::done);
  CHECK_THAT(studio.page(),
             ContainsSubstring("<meta name=\"generator\" content=\"dcam-convert\">"));
  studio.options.page = studio.path("none/index.html");
  ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("No such file or directory"));
}

TEST_CASE("page making: a page is called as its folder, and records tell what was made") {
  PageStudio studio;
  studio.options.inputs = {studio.path("footage/350612071913857/")};
  studio.options.common.json = true;
  const auto ran = studio.run();
  CHECK_THAT(studio.page(), ContainsSubstring("<title>350612071913857</title>"));
  std::vector<std::string> outputs;
  for (std::size_t at = 0; at < ran.output.size(); at = ran.output.find('\n', at) + 1) {
    const auto record = Json::parse(ran.output.substr(at, ran.output.find('\n', at) - at));
    CHECK(record["exit"] == 0);
    outputs.push_back(fs::path(record["output"].get<std::string>()).filename());
  }
  CHECK(outputs == std::vector<std::string>{"a.h265.web.mp4", "a.h265.web.jpg", "index.html"});
  studio.options.inputs = {studio.camera("a.h265"), studio.camera("b.jpg")};
  studio.options.common.json = false;
  CHECK(studio.run().output == "index.html\n");
  CHECK_THAT(studio.page(), ContainsSubstring("<title>Camera files</title>"));
}

TEST_CASE("page making: an empty folder has a page, too") {
  PageStudio studio;
  fs::create_directories(studio.path("none"));
  studio.options.inputs = {studio.path("none")};
  CHECK(studio.run().errors == "dcam-convert: index.html: 0 files, 0 incomplete\n");
  CHECK_THAT(studio.page(), ContainsSubstring("<p class=\"empty\">No photo and no video yet.</p>"));
  CHECK_THAT(studio.page(), ContainsSubstring("<p class=\"summary\">0 cameras, 0 files</p>"));
}

TEST_CASE("page making: parts are told by their checkpoints, and none is converted") {
  PageStudio studio;
  studio.put("c.h265.part", ptmf_clip::make_clip(3).file);
  studio.put("c.h265.part.checkpoint", as_bytes("dualcam checkpoint 2"));
  studio.put("d.json.part", as_bytes("{}"));
  const auto ran = studio.run();
  CHECK(ran.errors == "dcam-convert: index.html: 3 files, 1 incomplete\n");
  CHECK(ran.output.find("c.h265") == ran.output.npos);
  CHECK_THAT(studio.page(), ContainsSubstring("Incomplete: "));
  CHECK_THAT(studio.page(), ContainsSubstring("<span class=\"state open\">incomplete</span>"));
  CHECK_THAT(studio.page(), ContainsSubstring("1 camera, 3 files, 1 incomplete; newest "));
}

} // namespace dualcam::convert::page_making_test
