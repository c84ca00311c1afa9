#include "dcam-convert/run_files.hpp"

#include "quiet.hpp"
#include "redirected.hpp"
#include "standard_input.hpp"

#include <sys/stat.h>

namespace dualcam::convert::run_files_test {
namespace {

using Names = std::vector<std::string>;

struct Place {
  TemporaryFolder folder;
  ConvertOptions options;

  std::string path(std::string_view name) const { return (folder.path() / name).string(); }
  std::string file(std::string_view name) const {
    write_file(path(name), "x");
    return path(name);
  }

  std::vector<ListedFile> inputs() const {
    std::vector<ListedFile> listed;
    for (const auto& input : options.inputs) {
      listed.push_back({input});
    }
    return listed;
  }

  /// The targets, those in the folder without its name; or what is wrong.
  Names plan() const {
    const auto files = RunFiles::plan(options, inputs());
    if (!files) {
      return {"error: " + files.error()};
    }
    Names names;
    const bool one = makes_one(options.task());
    for (std::size_t i = 0; i < (one ? 1 : options.inputs.size()); ++i) {
      auto name = files->target(i).string();
      const auto prefix = folder.path().string() + "/";
      names.push_back(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
    }
    return names;
  }

  std::string error() const {
    const auto names = plan();
    REQUIRE(names.front().starts_with("error: "));
    return names.front();
  }
};

} // namespace

TEST_CASE("run files: a result stands beside its input, with the extension of its kind") {
  Place place;
  place.options.inputs = {place.file("a.h265"), place.file("b")};
  CHECK(place.plan() == Names{"a.mp4", "b.mp4"});
  place.options.extract = Extract::video;
  CHECK(place.plan() == Names{"a.hevc", "b.hevc"});
  place.options.extract = Extract::audio;
  CHECK(place.plan() == Names{"a.al", "b.al"});
  place.options.extract = Extract::matroska;
  CHECK(place.plan() == Names{"a.mkv", "b.mkv"});
}

TEST_CASE("run files: an output is a file for one input and a folder for several") {
  Place place;
  fs::create_directory(place.path("d"));
  place.options.inputs = {place.file("a.h265")};
  for (const auto& [output, name] :
       {std::pair("x.mkv", "x.mkv"), std::pair("d", "d/a.mp4"), std::pair("new/", "new/a.mp4")}) {
    place.options.output = place.path(output);
    CHECK(place.plan() == Names{name});
  }
  for (const auto* output : {"x", "x.avi", "x.jpg"}) {
    place.options.output = place.path(output);
    CHECK_THAT(place.error(), ContainsSubstring("neither a folder nor a name with .mp4"));
  }
  place.options.output = "-";
  CHECK(place.plan() == Names{"-"});
  place.options.inputs.push_back(place.file("b.h265"));
  for (const auto* output : {"d", "new", "new/", "new.d/"}) {
    place.options.output = place.path(output);
    const auto in = fs::path(output) / "";
    CHECK(place.plan() == Names{(in / "a.mp4").string(), (in / "b.mp4").string()});
  }
  for (const auto& output : {place.path("x.mp4"), place.file("taken")}) {
    place.options.output = output;
    CHECK_THAT(place.error(), ContainsSubstring("several inputs need a folder"));
  }
  place.options.inputs = {"-"};
  place.options.output = place.path("d");
  CHECK(place.plan() == Names{"d/stdin.mp4"});
  place.options.extract = Extract::audio;
  place.options.output = place.path("any.name");
  CHECK(place.plan() == Names{"any.name"});
}

TEST_CASE("run files: a device, a pipe or a socket is no output") {
  Place place;
  place.options.inputs = {place.file("a.h265")};
  REQUIRE(::mkfifo(place.path("pipe.mp4").c_str(), 0600) == 0);
  place.options.output = place.path("pipe.mp4");
  CHECK_THAT(place.error(), ContainsSubstring("neither a file nor a folder; - is standard output"));
  place.options.output.clear();
  REQUIRE(::mkfifo(place.path("a.mp4").c_str(), 0600) == 0);
  CHECK(place.plan() == Names{"a_1.mp4"});
  place.options.if_exists = IfExists::replace;
  CHECK_THAT(place.error(), ContainsSubstring("no file that could be replaced"));
  place.options.if_exists = IfExists::skip;
  CHECK(place.plan() == Names{"a.mp4"});
}

TEST_CASE("run files: images are named as such") {
  Place place;
  fs::create_directory(place.path("d"));
  fs::create_directory(place.path("d.jpg"));
  place.options.inputs = {place.file("a.h265")};
  place.options.thumbnail = place.path("t.JPEG");
  CHECK(place.plan() == Names{"t.JPEG"});
  place.options.thumbnail = place.path("d");
  CHECK(place.plan() == Names{"d/a.jpg"});
  place.options.thumbnail = place.path("t.mp4");
  CHECK_THAT(place.error(), ContainsSubstring("neither a folder nor a name that ends in .jpg"));
  CHECK_THAT(place.error(), ContainsSubstring("--thumbnail"));
  place.options.thumbnail.clear();
  place.options.contact_sheet = place.path("s.jpg");
  place.options.inputs.push_back(place.file("b.h265"));
  CHECK(place.plan() == Names{"s.jpg"});
  for (const auto* name : {"s.mp4", "d", "d.jpg"}) {
    place.options.contact_sheet = place.path(name);
    CHECK_THAT(place.error(), ContainsSubstring("give a name that ends in .jpg or .jpeg, or -"));
    CHECK_THAT(place.error(), ContainsSubstring("--contact-sheet"));
  }
  place.options.contact_sheet = "-";
  CHECK(place.plan() == Names{"-"});
}

TEST_CASE("run files: no two outputs of a run share a name") {
  Place place;
  fs::create_directory(place.path("d"));
  fs::create_directory(place.path("e"));
  place.options.inputs = {place.file("d/a.h265"), place.file("e/a.h265"), place.file("a.h265")};
  place.options.output = place.path("new/");
  CHECK(place.plan() == Names{"new/a.mp4", "new/a_1.mp4", "new/a_2.mp4"});
  place.options.if_exists = IfExists::replace;
  CHECK(place.plan() == Names{"new/a.mp4", "new/a_1.mp4", "new/a_2.mp4"});
  place.options.output = place.path("e");
  place.file("e/a.mp4");
  place.options.if_exists = IfExists::number;
  CHECK(place.plan() == Names{"e/a_1.mp4", "e/a_2.mp4", "e/a_3.mp4"});
  place.options.inputs = {place.path("d/a.h265"), place.path("d/../d/a.h265")};
  place.options.output.clear();
  CHECK(place.plan() == Names{"d/a.mp4", "d/../d/a_1.mp4"});
}

TEST_CASE("run files: no input is written over, by whatever name or link") {
  Place place;
  place.options.if_exists = IfExists::replace;
  place.options.inputs = {place.file("a.mp4")};
  CHECK_THAT(place.error(),
             ContainsSubstring("would be written over an input; give another --output"));
  place.options.if_exists = IfExists::number;
  CHECK(place.plan() == Names{"a_1.mp4"});
  place.options.if_exists = IfExists::replace;
  fs::create_symlink("a.mp4", place.path("link.mp4"));
  fs::create_hard_link(place.path("a.mp4"), place.path("hard.mp4"));
  for (const auto* name : {"link.mp4", "hard.mp4", "./a.mp4"}) {
    place.options.output = place.path(name);
    CHECK_THAT(place.error(), ContainsSubstring("over an input"));
  }
  place.options.output = place.path("other.mp4");
  place.file("other.mp4");
  CHECK(place.plan() == Names{"other.mp4"});
  place.options.meta = place.path("other.mp4");
  CHECK_THAT(place.error(), ContainsSubstring("over an input"));
  place.options.meta.clear();
  place.options.inputs = {place.file("b")};
  fs::rename(place.path("other.mp4"), place.path("b.json"));
  fs::create_symlink("b.json", place.path("other.mp4"));
  CHECK_THAT(place.error(), ContainsSubstring("over an input"));
}

TEST_CASE("run files: what is read is known by what it is, not by its name") {
  Place place;
  place.options.inputs = {place.file("a.h265")};
  auto files = RunFiles::plan(place.options, place.inputs());
  REQUIRE(files);
  CHECK(files->is_input(place.path("a.h265")));
  CHECK_FALSE(files->is_input(place.path("none")));
  place.file("b.h265.json");
  CHECK_FALSE(files->is_input(place.file("b.h265")));
  files->add_input(place.path("b.h265"));
  CHECK(files->is_input(place.path("b.h265")));
  CHECK(files->is_input(place.path("b.h265.json")));
  files->add_input(place.folder.path().string());
  CHECK_FALSE(files->is_input(place.folder.path())); // a folder is no file that is read
  const StandardInput input("x");
  files->add_input("-");
  CHECK(files->is_input(input.path()));
  CHECK_FALSE(files->is_input("-"));
  const Quiet quiet; // standard output is another file
  CHECK_FALSE(files->is_input("-"));
}

TEST_CASE("run files: standard output is no input either") {
  const StandardInput input("x");
  Place place;
  place.options.inputs = {"-"};
  place.options.output = "-";
  CHECK(place.plan() == Names{"-"});
  const int saved = ::dup(STDOUT_FILENO);
  ::dup2(STDIN_FILENO, STDOUT_FILENO);
  const auto planned = place.plan();
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  CHECK_THAT(planned.front(), ContainsSubstring("standard output would be written over an input"));
}

TEST_CASE("run files: what is to be made, and stands among the inputs, gets a hint") {
  Place place;
  const auto a = place.file("a.h265");
  const auto said = [&](const char* last) {
    place.options.inputs = {a, place.path(last)};
    return place.error();
  };
  for (const auto* last : {"x.mp4", "x.m3u8", "x.jpg", "x.html", "x.htm", "new/"}) {
    CHECK_THAT(said(last), ContainsSubstring("no such file; if it is to be made, write -o "));
  }
  place.options.thumbnail = "t.jpg";
  CHECK_THAT(said("x.mp4"), ContainsSubstring("write --thumbnail "));
  place.options.thumbnail.clear();
  place.options.contact_sheet = "s.jpg";
  CHECK_THAT(said("x.mp4"), ContainsSubstring("write --contact-sheet "));
  place.options.contact_sheet.clear();
  place.options.page = "p.html";
  CHECK_THAT(said("x.mp4"), ContainsSubstring("write --page "));
  place.options.page.clear();
  place.options.inputs = {a, place.path("x.h265")}; // it is looked for, and told later
  CHECK(place.plan() == Names{"a.mp4", "x.mp4"});
  place.options.inputs = {a, place.file("there.mp4")};
  CHECK(place.plan() == Names{"a.mp4", "there_1.mp4"});
  place.options.inputs = {place.path("x.mp4")};
  CHECK(place.plan() == Names{"x.mp4"});
}

TEST_CASE(
    "run files: a last input that may be meant for the output gets a hint, a plain one none") {
  Place place;
  const auto hint = [&](Names inputs, std::vector<ListedFile> listed = {}) {
    place.options.inputs = std::move(inputs);
    return hint_at_output(place.options, listed.empty() ? place.inputs() : listed).value_or("");
  };
  const auto a = place.file("a.h265");
  const auto b = place.file("b.mp4");
  fs::create_directory(place.path("d"));
  CHECK_THAT(hint({a, b}), ContainsSubstring("b.mp4' is taken for a second input"));
  CHECK_THAT(hint({a, place.path("d")}, {{a}}), ContainsSubstring("no video in "));
  CHECK_THAT(hint({a, a, place.path("d")}, {{a}, {a}}), ContainsSubstring("write -o "));
  CHECK(hint({place.path("d")}).empty());
  CHECK(hint({a, place.path("d")}, {{a}, {place.path("d/x"), "x"}}).empty());
  CHECK(hint({a, a}).empty());
  CHECK(hint({b, b}).empty());
  CHECK(hint({a, a, b}).empty());
  place.options.output = "x.mp4";
  CHECK(hint({a, b}).empty());
  place.options.output.clear();
  place.options.thumbnail = "t";
  CHECK(hint({a, b}).empty());
  place.options.thumbnail.clear();
  place.file("b.mp4.json");
  CHECK(hint({a, b}).empty());
}

TEST_CASE("run files: a page, a stack and a recipe have names of their own kind") {
  Place place;
  fs::create_directory(place.path("d.html"));
  place.options.inputs = {place.file("a.h265"), place.file("b.h265")};
  place.options.page = place.path("p.htm");
  CHECK(place.plan() == Names{"p.htm"});
  place.file("p.htm"); // it is replaced, if it is one
  CHECK(place.plan() == Names{"p.htm"});
  for (const auto* name : {"d.html", "p.txt", "p"}) {
    place.options.page = place.path(name);
    CHECK_THAT(place.error(), ContainsSubstring("give a name that ends in .html or .htm, or -"));
    CHECK_THAT(place.error(), ContainsSubstring("--page"));
  }
  place.options.page.clear();
  place.options.stack = true;
  CHECK(place.plan() == Names{"a.stack.mp4"});
  place.options.output = place.path("x.m3u8");
  CHECK_THAT(place.error(), ContainsSubstring("--stack and --vendor-recipe make .mp4"));
  place.options.output = place.path("x.mov");
  CHECK(place.plan() == Names{"x.mov"});
  place.options.stack = false;
  place.options.inputs.pop_back();
  place.options.output = place.path("x.m3u8");
  CHECK(place.plan() == Names{"x.m3u8"});
  place.options.vendor_recipe = true;
  CHECK_THAT(place.error(), ContainsSubstring("--stack and --vendor-recipe make .mp4"));
  place.options.vendor_recipe = false;
  place.options.output.clear();
  for (const auto& [container, name] : {std::pair{Container::matroska, "a.mkv"},
                                        {Container::mov, "a.mov"},
                                        {Container::fragments, "a.mp4"}}) {
    place.options.container = container;
    CHECK(place.plan() == Names{name});
  }
}

TEST_CASE("run files: standard output and --meta are for one file") {
  Place place;
  place.options.inputs = {place.file("a.h265"), place.file("b.h265")};
  place.options.output = "-";
  CHECK_THAT(place.error(), ContainsSubstring("--output: standard output takes one file"));
  place.options.stack = true;
  CHECK(place.plan() == Names{"-"});
  place.options.stack = false;
  place.options.output.clear();
  place.options.meta = place.file("m.json");
  CHECK_THAT(place.error(), ContainsSubstring("--meta describes one file"));
  place.options.inputs.pop_back();
  CHECK(place.plan() == Names{"a.mp4"});
  place.options.output = place.path("m.mp4");
  fs::create_hard_link(place.path("m.json"), place.path("m.mp4"));
  place.options.if_exists = IfExists::replace; // what is read is not written over
  CHECK_THAT(place.error(), ContainsSubstring("would be written over an input"));
}

TEST_CASE("run files: a pipe is no file that could be written over") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const int same = ::dup(ends[1]);
  Place place;
  place.options.inputs = {"-"};
  place.options.output = "-";
  Names planned;
  {
    const Redirected input(STDIN_FILENO, ends[0]);
    const Redirected output(STDOUT_FILENO, same);
    planned = place.plan();
  }
  ::close(ends[1]);
  CHECK(planned == Names{"-"});
}

} // namespace dualcam::convert::run_files_test
