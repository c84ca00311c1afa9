// TCP cuts a stream anywhere. Whole sessions with every kind of fault are recorded and fed again in
// other pieces: each time the same happens, and the same files come out.
#include "figures.hpp"
#include "session/conversation.hpp"

namespace dualcam::stream_cuts_test {
namespace {

using Recording = std::vector<Recorded>;
using Line = std::function<void(ByteBuffer&, std::uint32_t packet)>;

struct Session {
  std::string name;
  Dialect dialect;
  CameraConfig camera{};
  bool metadata = true; ///< the device knows METADATA REQUEST
  Line line = [](auto&, auto) {};
};

/// Calls `damage` for every `nth` DATA.
Line every(unsigned nth, const std::function<void(ByteBuffer&)>& damage) {
  return [=, count = 0U](ByteBuffer& bytes, std::uint32_t packet) mutable {
    if (packet != 0 && ++count % nth == 0) {
      damage(bytes);
    }
  };
}

void flip(ByteBuffer& bytes) { bytes[bytes.size() / 2] ^= std::byte{0x10}; }
void shorten(ByteBuffer& bytes) {
  bytes.resize(bytes.size() - std::min<std::size_t>(bytes.size(), 450));
}
void garble_header(ByteBuffer& bytes) { bytes[1] = std::byte{6}; }
void precede(ByteBuffer& bytes) { bytes.insert(bytes.begin(), 100, std::byte{0xAA}); }
void duplicate(ByteBuffer& bytes) { append(bytes, ByteBuffer(bytes)); }

/// SYNC comes twice, as the captured device sent it when the server had asked twice.
void repeat_sync(ByteBuffer& bytes, std::uint32_t /*packet*/) {
  if (bytes[1] == std::byte{3}) {
    duplicate(bytes);
  }
}

/// The two photos come, no file behind them.
Line refuse_videos() {
  return [started = 0](ByteBuffer& bytes, std::uint32_t /*packet*/) mutable {
    if (bytes[1] == std::byte{1} && ++started > 2) {
      bytes = encode(Status{0x11});
    }
  };
}

/// Everything that the device did wrong in a capture: dualcam-protocol(7), CRC.
Line all_faults(std::uint32_t seed) {
  return [random = std::mt19937(seed)](ByteBuffer& bytes, std::uint32_t packet) mutable {
    constexpr std::array damages{flip, shorten, garble_header, precede, duplicate};
    if (packet != 0 && random() % 6 == 0) {
      damages[random() % damages.size()](bytes);
    } else if (packet == 0 && random() % 3 == 0) {
      repeat_sync(bytes, packet);
    }
  };
}

std::vector<Session> sessions() {
  std::vector<Session> all;
  for (const auto& dialect : dialects()) {
    for (const auto habit : {CrcAfterSync::zero, CrcAfterSync::chain}) {
      auto camera = dialect.camera();
      camera.crc_after_sync = habit;
      const auto add = [&](
                           const std::string& name, bool metadata = true,
                           const Line& line = [](auto&, auto) {}) {
        all.push_back({dialect.name + (", " + name), dialect, camera, metadata, line});
      };
      add("clean");
      add("no metadata", false);
      add("bad CRCs", true, every(3, flip));
      add("missing bytes", true, every(4, shorten));
      add("unknown commands", true, every(5, garble_header));
      add("garbage between packets", true, every(3, precede));
      add("packets twice", true, every(4, duplicate));
      add("SYNC twice", true, repeat_sync);
      add("errors", true, refuse_videos());
      for (std::uint32_t seed = 1; seed <= full(2, dialect.by_path() ? 2 : 10); ++seed) {
        add("all faults, seed " + std::to_string(seed), seed % 2 == 0, all_faults(seed));
      }
      camera.first_sync = 0;
      add("first SYNC 0");
    }
  }
  return all;
}

/// All four kinds, two front photos: INIT is repeated with something still to be had.
Recording record(const Session& session, std::vector<std::string>& events) {
  FourFiles four(session.dialect);
  const auto second_photo = random_bytes(3000, 5);
  four.files.push_back({session.dialect.file(), second_photo, {}});
  if (!session.metadata) {
    for (auto& file : four.files) {
      file.metadata.clear();
    }
  }
  Conversation conversation(session.camera, four.files);
  conversation.line = session.line;
  conversation.run();
  events = conversation.host.events();
  return conversation.recording();
}

void check_same(const TestHost& host, const TestHost& expected) {
  REQUIRE(host.events() == expected.events());
  REQUIRE(host.files().size() == expected.files().size());
  for (std::size_t i = 0; i < host.files().size(); ++i) {
    REQUIRE((host.files()[i].content == expected.files()[i].content));
  }
}

/// What the device said between two silences becomes one stretch.
Recording joined(const Recording& recording) {
  Recording stretches(1);
  for (const auto& said : recording) {
    append(stretches.back().bytes, said.bytes);
    if (said.silence != Milliseconds{0}) {
      stretches.back().silence = said.silence;
      stretches.emplace_back();
    }
  }
  return stretches;
}

template <class NextSize>
void feed(TestHost& host, const Recording& recording, NextSize next_size) {
  for (const auto& said : recording) {
    for (Bytes rest = said.bytes; !rest.empty();) {
      const auto piece = rest.first(std::min<std::size_t>(next_size(), rest.size()));
      host.receive(piece);
      rest = rest.subspan(piece.size());
    }
    host.wait(said.silence);
  }
}

} // namespace

TEST_CASE("cuts: a session goes the same way whole, byte by byte and in random pieces") {
  constexpr std::uint32_t seed = 1;
  const auto random_splits = tries(full(10, 500));
  std::mt19937 random(seed);
  std::uint64_t count = 0;
  for (const auto& session : sessions()) {
    CAPTURE(seed, session.name);
    std::vector<std::string> events;
    const auto recording = joined(record(session, events));
    TestHost whole(every_file());
    feed(whole, recording, [] { return std::size_t{1} << 30; });
    REQUIRE(whole.events() == events);
    REQUIRE(whole.ended());
    TestHost bytewise(every_file());
    feed(bytewise, recording, [] { return 1; });
    check_same(bytewise, whole);
    for (std::uint32_t i = 0; i < random_splits; ++i) {
      const auto largest = 1U << random() % 13; // from bytes to whole packets and more
      TestHost pieces(every_file());
      feed(pieces, recording, [&] { return 1 + random() % largest; });
      check_same(pieces, whole);
    }
    count += 2 + random_splits;
  }
  figure("stream cuts", "whole sessions with every fault, recorded, fed in other pieces, seed 1",
         count, "identical events and files", "identical");
}

} // namespace dualcam::stream_cuts_test
