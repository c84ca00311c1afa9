// wire_cases_server.txt and wire_cases_camera.txt, each case in a session of its own; the server's
// fed in several ways, because the reaction may not depend on how TCP cuts the stream.
#include <set>

#include "dualcam/session/camera_session.hpp"
#include "figures.hpp"
#include "session/session_testing.hpp"
#include "session/wire_cases.hpp"

namespace dualcam::wire_cases_test {
namespace {

constexpr std::size_t least_cases = 500; // of the server's
constexpr std::size_t least_camera_cases = 150;

std::string name_of(Ended::Reason reason) {
  constexpr std::array names{"finished", "unanswered", "rejected", "stranger", "unsupported",
                             "lost",     "idle",       "bad_line", "violation"};
  return names.at(static_cast<std::size_t>(reason));
}

void add_event(std::string& reaction, std::string_view event) {
  reaction += (reaction.empty() ? "" : ";") + canonical(event);
}

/// The host's events as the cases have them.
std::string reaction_of(const TestHost& host, std::size_t first_event) {
  std::string reaction;
  std::size_t file = 0;
  for (std::size_t i = 0; i < host.events().size(); ++i) {
    auto event = host.events()[i];
    if (event.starts_with("note ")) {
      event = "note";
    } else if (event.starts_with("completed ")) {
      const auto& stored = host.files().at(file++);
      event += stored.file.text() + to_hex(stored.content);
    } else if (event == "ended") {
      event += name_of(host.ended()->reason);
    }
    if (i >= first_event) {
      add_event(reaction, event);
    }
  }
  return reaction;
}

/// A session in one case, its input cut into pieces of `next_size` bytes.
template <class NextSize> std::string server_reaction(const WireCase& wire, NextSize next_size) {
  const bool by_path = wire.options.starts_with("path");
  const ServerConfig config{.wanted = by_path ? Wishes::all() : FileKinds::all(),
                            .metadata = wire.options.ends_with("metadata")};
  TestHost host(config);
  host.admit = wire.options != "refuse";
  if (wire.options == "held") {
    host.held = from_hex("6162 6364 6566 6768");
    host.resume_point = {
        .packet = 2, .held = 2, .offset = 4, .crc = 0x5fb5, .overlap = from_hex("65666768")};
  }
  const auto perform = [&](std::string_view text) {
    for (const auto& step : wire_steps(text)) {
      for (Bytes rest = step.bytes; !rest.empty();) {
        const auto piece = rest.first(std::min<std::size_t>(next_size(), rest.size()));
        host.receive(piece);
        rest = rest.subspan(piece.size());
      }
      host.wait(Milliseconds(step.wait));
      if (step.gone) {
        host.disconnect();
      }
    }
  };
  perform(wire.before);
  const auto events_before = host.events().size();
  perform(wire.bytes);
  return reaction_of(host, events_before);
}

std::string camera_reaction(const WireCase& wire, std::size_t piece_size) {
  auto photo = ByteBuffer(1024, std::byte{'a'});
  photo.resize(2048, std::byte{'b'});
  photo.resize(2058, std::byte{'c'});
  const ByteBuffer video(1, std::byte{'v'});
  const std::vector<CameraFile> files{
      {FileKind::front_photo, photo, from_hex("0104 00000192d84dac30 00 0000")},
      {FileKind::rear_video, video, {}}};
  CameraSession camera(
      {.imei = 350612071913857,
       .crc_after_sync = wire.options == "chain" ? CrcAfterSync::chain : CrcAfterSync::zero,
       .first_sync = wire.options == "sync0" ? 0U : 1U},
      files);
  std::string reaction;
  const auto poll = [&] {
    while (const auto action = camera.poll()) {
      if (const auto* sent = std::get_if<CameraSend>(&*action)) {
        add_event(reaction, "send" + to_hex(sent->bytes));
      } else if (const auto* asked = std::get_if<CameraAsked>(&*action)) {
        add_event(reaction, "asked" + asked->text);
      } else if (const auto* taken = std::get_if<CameraFileTaken>(&*action)) {
        add_event(reaction, "taken" + std::to_string(taken->index));
      } else {
        const bool by_server = std::get<CameraEnded>(*action).by_server;
        add_event(reaction, by_server ? "ended by server" : "ended by camera");
      }
    }
  };
  const auto perform = [&](std::string_view text) {
    for (const auto& step : wire_steps(text)) {
      for (Bytes rest = step.bytes; !rest.empty();) {
        const auto piece = rest.first(std::min(piece_size, rest.size()));
        camera.received(piece);
        poll();
        rest = rest.subspan(piece.size());
      }
    }
  };
  poll();
  perform(wire.before);
  reaction.clear();
  perform(wire.bytes);
  return reaction;
}

} // namespace

TEST_CASE("wire: the server's session reacts rightly to every case, however it is cut") {
  constexpr std::uint32_t seed = 1;
  const auto cases = read_wire_cases(DUALCAM_WIRE_CASES "_server.txt");
  const auto random_cuts = tries(full(3, 100));
  std::set<std::string> names;
  std::mt19937 random(seed);
  std::size_t failed = 0;
  for (const auto& wire : cases) {
    CAPTURE(seed, wire.name, wire.bytes);
    CHECK(names.insert(wire.name).second);
    const auto whole = server_reaction(wire, [] { return 1U << 20; });
    CHECK(whole == wire.reaction);
    REQUIRE(server_reaction(wire, [] { return 1U; }) == whole);
    failed += whole != wire.reaction ? 1 : 0;
    for (std::uint32_t i = 0; i < random_cuts; ++i) {
      REQUIRE(server_reaction(wire, [&] { return 1 + random() % 40; }) == whole);
    }
  }
  CHECK(cases.size() >= least_cases);
  figure("wire cases", "server: tests/unit/wire_cases_server.txt", cases.size(),
         std::to_string(cases.size() - failed) + " right", "right reaction each, >= 500");
  figure("stream cuts", "each wire case byte by byte and in random pieces, seed 1",
         cases.size() * (1 + random_cuts), "identical events and files", "identical");
}

TEST_CASE("wire: the camera's session reacts rightly to every case, whole and byte by byte") {
  const auto cases = read_wire_cases(DUALCAM_WIRE_CASES "_camera.txt");
  std::set<std::string> names;
  std::size_t failed = 0;
  for (const auto& wire : cases) {
    CAPTURE(wire.name, wire.bytes);
    CHECK(names.insert(wire.name).second);
    const auto whole = camera_reaction(wire, wire.bytes.size() + wire.before.size());
    CHECK(whole == wire.reaction);
    CHECK(camera_reaction(wire, 1) == whole);
    failed += whole != wire.reaction ? 1 : 0;
  }
  CHECK(cases.size() >= least_camera_cases);
  figure("wire cases", "camera: tests/unit/wire_cases_camera.txt", cases.size(),
         std::to_string(cases.size() - failed) + " right", "right reaction each");
}

} // namespace dualcam::wire_cases_test
