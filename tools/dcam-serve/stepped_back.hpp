// Files that did not come, though the line was there for them: their camera's other files go first.
#pragma once

#include <cstdint>
#include <map>

#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

/// Of a bounded number of cameras: anybody may claim any IMEI.
class SteppedBack {
public:
  /// Whether that is new.
  bool add(std::uint64_t imei, const FileRef& file);
  /// It has come.
  void remove(std::uint64_t imei, const FileRef& file);
  /// Of those by path the device tells which is next, so one stands for all.
  AskedLast of(std::uint64_t imei) const;

private:
  std::map<std::uint64_t, AskedLast> files_;
};

} // namespace dualcam::serve
