// Which metadata was told of last: a camera may say the same a thousand times.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "dcam-serve/file_facts.hpp"

namespace dualcam::serve {

class ToldMetadata {
public:
  /// Whether it differs from what this camera told last, and this one does not do so all the time.
  bool is_news(const FileFacts& facts, TimePoint now) {
    if (told_.size() >= most_cameras && !told_.contains(facts.imei)) {
      told_.clear();
    }
    auto& last = told_[facts.imei];
    const auto what = std::hash<std::string>{}(facts.file.text() + ' ' +
                                               std::string(as_text(facts.metadata_payload)));
    if (last.changes != 0 && last.what == what) {
      return false;
    }
    if (now - last.began >= std::chrono::minutes(1)) {
      last = {.began = now};
    }
    last.what = what;
    return ++last.changes <= most_changes;
  }

private:
  static constexpr std::size_t most_cameras = 100'000;
  static constexpr unsigned most_changes = 100; // a minute; an honest camera has some files then

  struct Last {
    TimePoint began{};
    std::size_t what = 0;
    unsigned changes = 0;
  };
  std::map<std::uint64_t, Last> told_;
};

} // namespace dualcam::serve
