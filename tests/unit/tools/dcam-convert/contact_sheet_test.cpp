#include "dcam-convert/contact_sheet.hpp"

#include "redirected.hpp"
#include "tools/dcam-convert/mp4_parts.hpp"
#include "tools/dcam-convert/studio.hpp"

namespace dualcam::convert::contact_sheet_test {

TEST_CASE("contact sheet: each file has its cells, and a bad one does not spoil it") {
  constexpr std::size_t cell = std::size_t{cell_width} * cell_height * 3;
  Studio studio;
  studio.clip(16, false);
  studio.input("b.jpg", photo());
  studio.input("c", from_hex("0011"));
  studio.options.contact_sheet = studio.path("s.jpg");
  studio.options.dry_run = true;
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("c: is neither PTMF nor HEVC"));
  CHECK_THAT(ran.output, ContainsSubstring("eq(n\\,0)+eq(n\\,4)+eq(n\\,8)+eq(n\\,12)'"));
  CHECK_THAT(ran.output, ContainsSubstring("'a.ptmf  %{pts"));
  CHECK_THAT(ran.output, ContainsSubstring("'b.jpg  '"));
  CHECK_THAT(ran.output, ContainsSubstring("; } | ffmpeg "));
  studio.options.dry_run = false;
  studio.ffmpeg_has("product", std::string(cell * 2 + 5, 'x')); // which is no JPEG
  CHECK(studio.run().code == ExitCode::child_failed);
  CHECK(studio.folder.names() == std::set<std::string>{"a.ptmf", "b.jpg", "c"});
  studio.options.inputs = {studio.path("c")};
  ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("no picture to show"));
}

TEST_CASE("contact sheet: folders stand for their files, a taken name is treated as is wanted") {
  Studio studio;
  fs::create_directory(studio.path("d"));
  const auto clip = ptmf_clip::make_clip(16, false).file;
  for (const auto* name : {"d/b", "d/a"}) {
    write_file(studio.path(name), as_text(clip));
  }
  write_file(studio.path("d/.hidden"), as_text(clip));
  write_file(studio.path("d/a.json"), "{}");
  studio.options.inputs = {studio.path("d")};
  studio.options.contact_sheet = studio.path("s.jpg");
  studio.options.dry_run = true;
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.errors.empty());
  const auto a = ran.output.find("-- d/a |");
  CHECK(a < ran.output.find("-- d/b |"));
  CHECK(ran.output.find("hidden") == std::string::npos);
  write_file(studio.path("s.jpg"), "mine");
  studio.options.dry_run = false;
  studio.options.if_exists = IfExists::skip;
  CHECK_THAT(studio.run().errors, ContainsSubstring("d: skipped, s.jpg exists"));
  studio.options.if_exists = IfExists::fail;
  ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("s.jpg exists"));
  CHECK(studio.calls().empty());
  studio.options.if_exists = IfExists::replace;
  studio.ffmpeg_has("product", std::string(std::size_t{cell_width} * cell_height * 3, 'x'));
  CHECK(studio.run().code == ExitCode::child_failed); // tried, but the result is no JPEG
  CHECK_FALSE(studio.calls().empty());
  CHECK(content_of(studio.path("s.jpg")) == "mine");
  studio.options.contact_sheet = studio.path("d/b.jpg");
  fs::rename(studio.path("d/b"), studio.path("d/b.jpg"));
  ran = studio.run();
  CHECK(ran.code == ExitCode::usage);
  CHECK_THAT(ran.errors, ContainsSubstring("d/b.jpg is one of the inputs"));
  CHECK(studio.calls().empty());
}

TEST_CASE("contact sheet: what is chosen is spread evenly") {
  using Numbers = std::vector<std::uint64_t>;
  CHECK(spread(10, 4) == Numbers{0, 2, 5, 7});
  CHECK(spread(3, 4) == Numbers{0, 1, 2});
  CHECK(spread(0, 4).empty());
}

TEST_CASE("contact sheet: a video of which ffmpeg finds no picture is told, and left out") {
  Studio studio;
  mp4_parts::TrackParts unknown;
  unknown.codec = box("av01", ByteBuffer(78));
  studio.input("a.mp4", mp4_parts::file_of({unknown.build()}));
  studio.options.contact_sheet = studio.path("s.jpg");
  studio.ffmpeg_has("status", "1");
  const std::string failed = "a.mp4: ffmpeg failed with status 1";
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring(failed));
  CHECK_THAT(ran.errors, ContainsSubstring("a.mp4: no picture to show\n"));
  studio.ffmpeg_has("product", "#format: frame checksums\n0, 0, 0, 1, 1, 1\n"); // it has one
  ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK_THAT(ran.errors, ContainsSubstring(failed));
}

TEST_CASE("contact sheet: standard output may be a file in the folder, unless it has content") {
  for (const bool has_content : {false, true}) {
    Studio studio;
    studio.clip(8, false);
    studio.input("s.jpg", has_content ? photo() : ByteBuffer());
    studio.options.contact_sheet = "-";
    studio.options.dry_run = true;
    std::vector<std::string> unread;
    const auto inputs = list_files(studio.options.inputs, Parts::left_out, unread);
    const Quiet quiet;
    const Redirected output(STDOUT_FILENO,
                            ::open(studio.path("s.jpg").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    auto files = RunFiles::plan(studio.options, inputs);
    REQUIRE(files);
    const StopSignal stop;
    Reporter reporter(studio.options.common, 2);
    const auto code = make_contact_sheet({studio.options, inputs, *files, reporter, stop});
    CHECK((code == ExitCode::usage) == has_content);
  }
}

TEST_CASE("contact sheet: cells of several files have their names, of plain characters and cut") {
  for (const auto& [name, label] : {std::pair<std::string, std::string>{"09azAZ._-", "09azAZ._-"},
                                    {"a b/:@[`{+", "______"},
                                    {std::string(28, 'x'), std::string(28, 'x')},
                                    {std::string(29, 'x'), std::string(25, 'x') + "..."}}) {
    Studio studio;
    fs::create_directory(studio.path("a b"));
    const auto clip = ptmf_clip::make_clip(2, false).file;
    studio.input(name, clip);
    studio.options.contact_sheet = studio.path("s.jpg");
    studio.options.dry_run = true;
    CHECK_THAT(studio.run().output, ContainsSubstring("text='\\\'\'%{pts")); // of one there is none
    studio.input("other", clip);
    CHECK_THAT(studio.run().output, ContainsSubstring("text='\\\'\'" + label + "  %{pts"));
  }
}

} // namespace dualcam::convert::contact_sheet_test
