// Which metadata was told of last: a camera may say the same a thousand times.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "dcam-serve/file_facts.hpp"

namespace dualcam::serve {

class ToldMetadata {
public:
  /// Whether it differs from what this camera told last of a file of this kind, and this one does
  /// not do so all the time.
  bool is_news(const FileFacts& facts, TimePoint now) {
    auto& last = last_of(facts.imei);
    const auto what = std::hash<std::string>{}(
        facts.file.text() + ' ' + std::string(as_text(facts.metadata_payload.bytes())));
    const auto kind = std::ranges::find(kinds, facts.kind()) - kinds.begin();
    auto& before = last.what[static_cast<std::size_t>(kind)];
    if (before == what) {
      return false;
    }
    if (now - last.began >= std::chrono::minutes(1)) {
      last.began = now;
      last.changes = 0;
    }
    before = what;
    return ++last.changes <= most_changes;
  }

  /// Once a camera.
  bool is_first_odd_time(std::uint64_t imei) {
    return !std::exchange(last_of(imei).odd_time, true);
  }

private:
  /// As FileFacts::kind.
  static constexpr std::array<std::string_view, 6> kinds{"photof", "photor", "videof",
                                                         "videor", "photo",  "video"};
  static constexpr std::size_t most_cameras = 100'000;
  static constexpr unsigned most_changes = 100; // a minute; an honest camera has some files then

  struct Last {
    TimePoint began{};
    std::array<std::size_t, kinds.size() + 1> what{}; ///< of each kind, and of what is none
    unsigned changes = 0;
    bool odd_time = false; ///< its clock was told of
  };
  Last& last_of(std::uint64_t imei) {
    if (told_.size() >= most_cameras && !told_.contains(imei)) {
      told_.clear();
    }
    return told_[imei];
  }

  std::map<std::uint64_t, Last> told_;
};

} // namespace dualcam::serve
