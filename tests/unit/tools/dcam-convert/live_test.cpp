// dcam-convert --live, in this process.
#include "dcam-convert/live.hpp"

#include <csignal>
#include <future>

#include "common/json.hpp"
#include "dcam-convert/live_input.hpp"
#include "tools/dcam-convert/live_studio.hpp"

namespace dualcam::convert::live_test {

TEST_CASE("live: a file that can be read while it grows has every picture in a fragment") {
  LiveStudio studio;
  const auto ran = studio.run();
  CHECK(ran.errors == "");
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "a.mp4\n");
  const auto found = pictures_in(studio.made("a.mp4"));
  CHECK(found.pictures == 8);
  CHECK(found.fragments == 8);
  CHECK(found.has_sound);
  CHECK(studio.calls().empty());
}

TEST_CASE("live: the record tells what went out") {
  LiveStudio studio;
  studio.options.common.json = true;
  const auto record = Json::parse(studio.run().output);
  CHECK(record["output"] == "a.mp4");
  CHECK(record["format"] == "PTMF");
  CHECK(record["frames"] == 8);
  CHECK(record["seconds"] == 0.4);
  CHECK(record["sound_seconds"] == 0.32);
  CHECK(record["frames_lost"] == 0);
  CHECK(record["exit"] == 0);
  CHECK_FALSE(record.contains("error"));
}

TEST_CASE("live: to standard output goes Matroska, frame by frame") {
  LiveStudio studio;
  studio.options.container.reset();
  studio.options.output = "-";
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output.starts_with("\x1A\x45\xDF\xA3"));
  CHECK(count(ran.output, "\x1F\x43\xB6\x75") == 16);
  CHECK(count(ran.output, "A_MS/ACM") == 1);
  studio.options.audio = AudioMode::none;
  const auto silent = studio.run().output;
  CHECK(count(silent, "\x1F\x43\xB6\x75") == 8);
  CHECK(count(silent, "A_MS/ACM") == 0);
}

TEST_CASE("live: a playlist has a segment for each key picture") {
  for (const bool with_sound : {true, false}) {
    LiveStudio studio(with_sound);
    studio.options.output = studio.path("hls/a.m3u8");
    const auto ran = studio.run();
    CHECK(ran.code == ExitCode::done);
    CHECK(ran.output == "hls/a.m3u8\n");
    const auto playlist = studio.made("hls/a.m3u8");
    CHECK(count(playlist, "#EXTINF:0.200000,") == 2);
    CHECK(playlist.ends_with("#EXT-X-ENDLIST\n"));
    const auto head = studio.made("hls/a-init.mp4");
    const auto both =
        pictures_in(head + studio.made("hls/a-00000.m4s") + studio.made("hls/a-00001.m4s"));
    CHECK(both.pictures == 8);
    CHECK(both.fragments == 2);
    CHECK(both.has_sound == with_sound);
  }
}

TEST_CASE("live: what is damaged is told, and the rest goes out") {
  LiveStudio studio;
  auto file = recording();
  const auto first_sound = as_text(file).find("PTMF", 1);
  const auto second = as_text(file).find("PTMF", first_sound + 1);
  const auto behind = as_text(file).find("PTMF", second + 1);
  file.erase(file.begin() + static_cast<std::ptrdiff_t>(second),
             file.begin() + static_cast<std::ptrdiff_t>(behind));
  write_file(studio.path("in"), as_text(file));
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("in: damaged: "));
  CHECK(ran.output == "a.mp4\n");
  CHECK(pictures_in(studio.made("a.mp4")).pictures == 7);
}

TEST_CASE("live: without a picture there is no output") {
  LiveStudio studio;
  write_file(studio.path("in"), as_text(recording_without_key()));
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("in: holds no picture that can be decoded"));
  CHECK(ran.output.empty());
  CHECK(studio.folder.names() == std::set<std::string>{"in"});
  write_file(studio.path("in"), "PT");
  CHECK(studio.run().code == ExitCode::bad_data); // too short to be told
}

TEST_CASE("live: a name that is taken is treated as is wanted") {
  LiveStudio studio;
  write_file(studio.path("a.mp4"), "mine");
  CHECK(studio.run().output == "a_1.mp4\n");
  CHECK(studio.made("a.mp4") == "mine");
  studio.options.if_exists = IfExists::fail;
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK(studio.made("a.mp4") == "mine");
  studio.options.if_exists = IfExists::replace;
  CHECK(studio.run().output == "a.mp4\n");
  CHECK(pictures_in(studio.made("a.mp4")).pictures == 8);
  studio.options.output = studio.path("none/a.mp4");
  ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("none/a.mp4"));
}

TEST_CASE("live: an input that is not there, or is not PTMF") {
  LiveStudio studio;
  studio.options.inputs = {studio.path("none")};
  studio.options.container.reset();
  studio.options.output = "-";
  CHECK(studio.run().code == ExitCode::io);
  studio.options.inputs = {studio.path("in")};
  write_file(studio.path("in"), as_text(photo()));
  studio.ffmpeg_makes(matroska(1));
  CHECK(studio.run().code != ExitCode::done); // as without --live
}

TEST_CASE("live: a part is followed until it has got its name") {
  const TemporaryFolder folder;
  const StopSignal stop;
  const auto part = (folder / "a.part").string();
  const auto name = (folder / "a").string();
  write_file(part, "123");
  auto input = LiveInput::follow(part);
  REQUIRE(input);
  ByteBuffer bytes(10);
  CHECK(input->read(bytes, stop) == 3);
  auto next = std::async(std::launch::async, [&] { return input->read(bytes, stop).value_or(99); });
  std::ofstream(part, std::ios::app) << "4567";
  CHECK(next.get() == 4);
  CHECK(as_text(Bytes(bytes).first(4)) == "4567");
  fs::rename(part, name);
  CHECK(input->read(bytes, stop) == 0);
  CHECK(input->name() == name);
  CHECK_FALSE(input->is_given_up());
  auto late = LiveInput::follow(part); // it has its name already
  REQUIRE(late);
  CHECK(late->read(bytes, stop) == 7);
  CHECK(late->read(bytes, stop) == 0);
  CHECK_FALSE(LiveInput::follow(name + "x.part"));
  CHECK_FALSE(LiveInput::follow((folder / "none").string()));
  REQUIRE(::mkfifo((folder / "pipe.part").c_str(), 0600) == 0);
  for (const auto& other : {folder.path(), folder / "pipe.part", fs::path("/dev/zero")}) {
    const auto refused = LiveInput::follow(other.string());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "is no file that grows: give it as INPUT");
  }
}

TEST_CASE("live: a pipe that goes on for too long is given up") {
  const TemporaryFolder folder;
  const StopSignal stop;
  write_file(folder / "a", "1234567");
  ByteBuffer bytes(4);
  auto input = LiveInput::open((folder / "a").string(), 6);
  REQUIRE(input);
  CHECK(input->read(bytes, stop) == 4);
  const auto rest = input->read(bytes, stop);
  REQUIRE_FALSE(rest);
  CHECK(rest.error().message == "is endless, or too long: more than 6 bytes have come");
  auto other = LiveInput::open((folder / "a").string(), 7);
  CHECK(other->read(bytes, stop) == 4);
  CHECK(other->read(bytes, stop) == 3);
  CHECK(other->read(bytes, stop) == 0);
}

TEST_CASE("live: a part that is removed, or set aside, never gets its name") {
  const TemporaryFolder folder;
  const StopSignal stop;
  const auto part = (folder / "a.part").string();
  ByteBuffer bytes(10);
  for (const bool removed : {true, false}) {
    write_file(part, "123");
    auto input = LiveInput::follow(part);
    CHECK(input->read(bytes, stop) == 3);
    removed ? static_cast<void>(fs::remove(part)) : fs::rename(part, folder / "b.part");
    const auto count = input->read(bytes, stop);
    REQUIRE_FALSE(count);
    CHECK(input->is_given_up());
    CHECK_THAT(count.error().message, ContainsSubstring(removed ? "was removed" : "was set aside"));
  }
}

TEST_CASE("live: a part that has got its name meanwhile goes out") {
  LiveStudio studio;
  fs::rename(studio.path("in"), studio.path("in.part"));
  studio.options.live = false;
  studio.options.follow = studio.path("in.part");
  studio.options.inputs = {studio.path("in.part")};
  fs::rename(studio.path("in.part"), studio.path("in"));
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(pictures_in(studio.made("a.mp4")).pictures == 8);
}

TEST_CASE("live: nobody reads on, which ends the input") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const TemporaryFolder folder;
  const StopSignal stop;
  write_file(folder / "a.part", "");
  auto input = LiveInput::follow((folder / "a.part").string());
  input->watch(ends[1]);
  ::close(ends[0]);
  ByteBuffer bytes(10);
  CHECK(input->read(bytes, stop) == 0);
  CHECK(input->is_unread());
  write_file(folder / "a", "123");
  auto whole = LiveInput::open((folder / "a").string());
  REQUIRE(whole);
  whole->watch(ends[1]);
  CHECK(whole->read(bytes, stop) == 0); // though there is something
  CHECK(whole->is_unread());
  ::close(ends[1]);
}

TEST_CASE("live: what cannot be played before it is whole is converted once it has its name") {
  LiveStudio studio;
  studio.options.live = false;
  studio.options.container = Container::mp4;
  studio.options.dry_run = true;
  studio.options.follow = studio.path("in.part");
  studio.options.inputs = {studio.path("in.part")};
  CHECK(studio.run().code == ExitCode::done); // it has it: "in"
  studio.options.follow = studio.path("none.part");
  studio.options.inputs = {studio.path("none.part")};
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("none.part: cannot open: No such file or directory"));
}

TEST_CASE("live: after a stop signal nothing more is read of a part, or of a pipe") {
  const TemporaryFolder folder;
  const StopSignal stop;
  write_file(folder / "a.part", "123");
  auto part = LiveInput::follow((folder / "a.part").string());
  auto pipe = LiveInput::open((folder / "a.part").string());
  REQUIRE((part && pipe));
  std::raise(SIGTERM);
  for (auto* input : {&*part, &*pipe}) {
    ByteBuffer bytes(4);
    const auto read = input->read(bytes, stop);
    REQUIRE_FALSE(read);
    CHECK(read.error().message == "cannot read: Interrupted system call");
    CHECK_FALSE(input->is_given_up());
  }
}

TEST_CASE("live: what can be opened and not be read is told") {
  const TemporaryFolder folder;
  const StopSignal stop;
  auto input = LiveInput::open(folder.path().string());
  REQUIRE(input);
  ByteBuffer bytes(4);
  const auto read = input->read(bytes, stop);
  REQUIRE_FALSE(read);
  CHECK(read.error().message == "cannot read: Is a directory");
  CHECK_FALSE(input->is_given_up());
}

} // namespace dualcam::convert::live_test
