// A simulated camera and our side, talking to each other without a network.
#pragma once

#include <functional>

#include "dualcam/session/camera_session.hpp"
#include "dualcam/wire/crc16.hpp"
#include "session/dialects.hpp"
#include "session/session_testing.hpp"

namespace dualcam {

inline ServerConfig every_file() { return {.wanted = Wishes::all()}; }

/// What the device said, then how long it was silent.
struct Recorded {
  ByteBuffer bytes;
  Milliseconds silence;
};

/// Runs a session to its end; `line` may change what the device sends, `next_size` cuts it.
class Conversation {
public:
  Conversation(const CameraConfig& config, std::span<const CameraFile> files,
               const ServerConfig& server = every_file())
      : host(server), camera_(config, files) {}

  std::function<void(ByteBuffer&, std::uint32_t packet)> line = [](auto&, auto) {};
  std::function<std::size_t()> next_size = [] { return std::size_t{1} << 20; };

  void run() {
    for (;;) {
      while (auto action = camera_.poll()) {
        if (auto* send = std::get_if<CameraSend>(&*action)) {
          deliver(*send);
        } else if (const auto* taken = std::get_if<CameraFileTaken>(&*action)) {
          taken_.push_back(taken->index);
        } else if (const auto* ended = std::get_if<CameraEnded>(&*action)) {
          ended_ = *ended;
        } else {
          asked_.push_back(std::get<CameraAsked>(*action).text);
        }
      }
      if (host.session().ended() || ended_) {
        return;
      }
      const auto before = host.events().size();
      constexpr Milliseconds patience{2'000};
      recording_.push_back({{}, patience});
      host.wait(patience);
      hear();
      REQUIRE((host.events().size() != before || ++silent_ < 100));
    }
  }

  TestHost host;
  const std::vector<std::size_t>& taken() const { return taken_; }
  const std::optional<CameraEnded>& ended() const { return ended_; }
  const std::vector<std::string>& asked() const { return asked_; }

  const std::vector<Recorded>& recording() const { return recording_; }

private:
  static constexpr std::size_t endless = 100'000; ///< commands of the device

  void deliver(CameraSend& send) {
    line(send.bytes, send.packet);
    REQUIRE(recording_.size() < endless);
    recording_.push_back({send.bytes, {}});
    for (Bytes rest = send.bytes; !rest.empty();) {
      const auto size = std::min(rest.size(), next_size());
      host.receive(rest.first(size));
      rest = rest.subspan(size);
    }
    hear();
  }

  void hear() {
    from_server_ = host.take_sent();
    if (!from_server_.empty()) {
      pending_.push_back(std::move(from_server_));
      camera_.received(pending_.back());
    }
  }

  CameraSession camera_;
  ByteBuffer from_server_;
  std::deque<ByteBuffer> pending_; ///< what the camera's framer may still look at
  std::vector<Recorded> recording_;
  std::vector<std::size_t> taken_;
  std::vector<std::string> asked_;
  std::optional<CameraEnded> ended_;
  int silent_ = 0;
};

struct FourFiles {
  Dialect dialect;
  std::vector<ByteBuffer> contents{random_bytes(1, 1), random_bytes(1024, 2), random_bytes(5000, 3),
                                   random_bytes(20480, 4)};
  std::vector<CameraFile> files;

  explicit FourFiles(const Dialect& talks = dialects()[0]) : dialect(talks) {
    for (std::size_t i = 0; i < 4; ++i) {
      const auto kind = static_cast<std::uint8_t>(all_file_kinds[i]);
      auto metadata = from_hex("0100 00000192d84dac30 00 0003");
      metadata[1] = static_cast<std::byte>(kind);
      files.push_back({dialect.file(all_file_kinds[i]), contents[i], std::move(metadata)});
    }
  }

  void check_all_arrived(const TestHost& host) const {
    REQUIRE(host.files().size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(host.files()[i].file == dialect.file(all_file_kinds[i]));
      CHECK((host.files()[i].content == contents[i]));
      CHECK(host.files()[i].crc == crc16(contents[i]));
    }
  }
};

} // namespace dualcam
