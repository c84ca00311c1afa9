// A simulated camera at a Collector, without a network: connections that end when they are told to.
#pragma once

#include <deque>
#include <functional>
#include <limits>

#include "dualcam/host/collector.hpp"
#include "session/dialects.hpp"

namespace dualcam {

/// How a connection ends.
struct Line {
  std::size_t bytes = std::numeric_limits<std::size_t>::max(); ///< of the device until it is cut
  bool dies = false;                                           ///< not the line, but the host does
  std::size_t piece = 65'536;                                  ///< what the host gets at once
  bool tells = true;                ///< otherwise the host goes at the first file to be told
  std::function<void()> on_taken{}; ///< the device forgets a file
};

/// What came of it.
struct Came {
  std::vector<FileStored> told;
  std::vector<std::size_t> taken; ///< files that the device has forgotten
  std::vector<std::string> asked; ///< of the device
  std::size_t sent = 0;           ///< by it, in bytes
  std::optional<Ended> ended;
  std::optional<Error> failed;
};

class CameraVisit {
public:
  CameraVisit(const CameraConfig& config, std::span<const CameraFile> files, CollectorConfig host,
              Line line = {})
      : line_(std::move(line)), camera_(config, files), collector_(std::move(host), now_) {}

  Came run() {
    for (int rounds = 0; !collector_.ended() && !gone_; ++rounds) {
      REQUIRE(rounds < 100'000);
      if (!speak()) {
        now_ = std::max(now_, collector_.deadline());
        collector_.tick(now_);
      }
      perform_all();
      hear();
    }
    hear();
    while (speak()) {
    }
    return std::move(came_);
  }

private:
  /// The device does its next thing; false: it waits.
  bool speak() {
    auto action = camera_.poll();
    if (!action) {
      return false;
    }
    if (const auto* send = std::get_if<CameraSend>(&*action)) {
      deliver(send->bytes);
    } else if (const auto* taken = std::get_if<CameraFileTaken>(&*action)) {
      came_.taken.push_back(taken->index);
      if (line_.on_taken) {
        line_.on_taken();
      }
    } else if (const auto* asked = std::get_if<CameraAsked>(&*action)) {
      came_.asked.push_back(asked->text);
    } else {
      collector_.disconnected();
    }
    return true;
  }

  void deliver(Bytes bytes) {
    const bool is_cut = came_.sent + bytes.size() > line_.bytes;
    for (bytes = bytes.first(is_cut ? line_.bytes - came_.sent : bytes.size()); !bytes.empty();) {
      const auto piece = bytes.first(std::min(bytes.size(), line_.piece));
      came_.sent += piece.size();
      if (!collector_.ended() && !gone_) {
        collector_.received(piece, now_);
        perform_all();
      }
      bytes = bytes.subspan(piece.size());
    }
    if (is_cut) {
      gone_ = line_.dies;
      collector_.disconnected();
    }
  }

  void perform_all() {
    while (!gone_) {
      const auto event = collector_.poll();
      if (!event) {
        return;
      }
      if (const auto* send = std::get_if<Send>(&*event)) {
        pending_.push_back(send->bytes);
      } else if (const auto* stored = std::get_if<FileStored>(&*event)) {
        came_.told.push_back(*stored);
        gone_ = !line_.tells;
        if (line_.tells) {
          collector_.told(now_);
        }
      } else if (const auto* ended = std::get_if<Ended>(&*event)) {
        came_.ended = *ended;
      } else {
        came_.failed = std::get<StorageFailed>(*event).error;
      }
    }
  }

  void hear() {
    while (heard_ < pending_.size()) {
      camera_.received(pending_[heard_++]);
    }
  }

  Line line_;
  Came came_;
  TimePoint now_{std::chrono::hours(1)};
  CameraSession camera_;
  Collector collector_;
  std::deque<ByteBuffer> pending_; ///< what the camera's framer may still look at
  std::size_t heard_ = 0;
  bool gone_ = false;
};

/// Of the tests: told by what is known of the file alone.
inline std::string test_name(const FileIdentity& file) {
  const auto text = file.file.kind() ? file.file.text() : "path" + std::to_string(file.announced);
  return text + std::string(file.file.extension());
}

inline CollectorConfig in_folder(const std::string& folder) {
  return {.folder = folder, .name = test_name};
}

} // namespace dualcam
