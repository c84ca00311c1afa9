#include "dcam-convert/moment.hpp"

#include "testing.hpp"

namespace dualcam::convert::moment_test {
namespace {

using namespace std::chrono_literals;

const SystemTime taken(1'730'205'822'000ms); // 2024-10-29T12:43:42Z

Sidecar sidecar(std::optional<std::chrono::milliseconds> trigger = std::nullopt) {
  Sidecar facts;
  facts.time = taken;
  if (trigger) {
    facts.trigger_time = taken + *trigger;
  }
  return facts;
}

Clip clip_of(std::initializer_list<std::pair<bool, std::uint64_t>> pictures) {
  Clip clip;
  for (const auto& [key, time] : pictures) {
    clip.pictures.push_back({.key = key, .number = 0, .time = time, .offset = 0, .size = 1});
  }
  return clip;
}

using Place = std::pair<std::uint64_t, std::pair<std::size_t, std::size_t>>;

} // namespace

TEST_CASE("moment: a clip's time is that of its end") {
  CHECK(start_of(sidecar(), 10s) == taken - 10s);
  CHECK(start_of(sidecar(), 1500us) == taken - 1ms);
  CHECK_FALSE(start_of({}, 10s));
}

TEST_CASE("moment: the trigger is where it was, if it lies within the clip") {
  const auto at = [](std::chrono::milliseconds trigger) {
    return *moment_in_clip(std::nullopt, sidecar(trigger), 10s);
  };
  CHECK(at(-4s) == 6s);
  CHECK(at(-10s) == 0s);
  CHECK(at(-1ms) == 9'999ms);
  CHECK_FALSE(at(-10'001ms));
  CHECK_FALSE(at(0ms));
  CHECK_FALSE(*moment_in_clip(std::nullopt, sidecar(), 10s));
  Sidecar timeless;
  timeless.trigger_time = taken;
  CHECK_FALSE(*moment_in_clip(std::nullopt, timeless, 10s));
}

TEST_CASE("moment: one that is wanted lies within the clip, or it is told what does") {
  const auto at = [](const Moment& wanted, const Sidecar& facts,
                     std::chrono::microseconds duration) -> std::string {
    const auto found = moment_in_clip(wanted, facts, duration);
    return found ? std::to_string(found->value().count()) : found.error().message;
  };
  CHECK(at(Moment(2500ms), {}, 10s) == "2500000");
  CHECK(at(Moment(0ms), {}, 10s) == "0");
  CHECK(at(Moment(9'999'999us), {}, 10s) == "9999999");
  CHECK(at(Moment(10s), {}, 10s) == "9999999");
  CHECK(at(Moment(10s + 1us), {}, 10s) == "--at: the clip is 10.000 s long");
  CHECK(at(Moment(-1us), {}, 10s) == "--at: the clip is 10.000 s long");
  CHECK(at(Moment(100s), {}, 0s) == "100000000"); // nobody knows how long it is
  CHECK(at(Moment(taken - 4s), sidecar(), 10s) == "6000000");
  CHECK(at(Moment(taken), sidecar(), 10s) == "9999999");
  CHECK(at(Moment(taken + 1ms), sidecar(), 10s) ==
        "--at: the clip begins at 2024-10-29T12:43:32.000Z and is 10.000 s long");
  CHECK(at(Moment(taken - 11s), sidecar(), 10s).find("begins at 2024") != std::string::npos);
  CHECK(at(Moment(taken), {}, 10s) == "--at: no metadata tells when the clip was taken");
  CHECK(moment_in_clip(Moment(taken), {}, 10s).error().code == ExitCode::usage);
}

TEST_CASE("moment: ffmpeg reads a file from between the picture and the one before") {
  const std::vector<std::uint64_t> times{1000, 50'000, 50'001, 90'000};
  const auto from = [&](std::chrono::microseconds at) { return seek_time(times, at).count(); };
  CHECK(from(0us) == 0);
  CHECK(from(1000us) == 0);
  CHECK(from(49'999us) == 0);
  CHECK(from(50'000us) == 25'500);
  CHECK(from(50'001us) == 50'000);
  CHECK(from(89'999us) == 50'000);
  CHECK(from(10s) == 70'000);
  CHECK(seek_time({}, 10s) == 10s);
}

TEST_CASE("moment: the picture that is shown, and those that a decoder needs for it") {
  const auto clip = clip_of({{true, 0}, {false, 50}, {false, 100}, {true, 150}, {false, 200}});
  const auto at = [](const Clip& of, std::uint64_t time) {
    return picture_at(of, std::chrono::microseconds(time));
  };
  CHECK(at(clip, 0) == Place{0, {0, 3}});
  CHECK(at(clip, 49) == Place{0, {0, 3}});
  CHECK(at(clip, 50) == Place{1, {0, 3}});
  CHECK(at(clip, 149) == Place{2, {0, 3}});
  CHECK(at(clip, 150) == Place{3, {3, 5}});
  CHECK(at(clip, 1'000'000) == Place{4, {3, 5}});
  const auto reordered = clip_of({{true, 0}, {false, 150}, {false, 50}, {false, 100}});
  CHECK(at(reordered, 100) == Place{2, {0, 4}}); // shown third, decoded last
  CHECK(at(reordered, 60) == Place{1, {0, 4}});
  CHECK(at(clip_of({{false, 10}, {false, 20}}), 25) == Place{1, {0, 2}}); // no key picture
  CHECK(at(clip_of({{true, 10}}), 0) == Place{0, {0, 1}});                // before the first
}

} // namespace dualcam::convert::moment_test
