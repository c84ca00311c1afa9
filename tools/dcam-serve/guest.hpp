// A connection, as those see it who decide whether it is served.
#pragma once

#include <cstdint>
#include <string>

#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

/// What a connection has shown so far.
struct Standing {
  TimePoint opened;
  TimePoint stepped;              ///< when the device last did what was due
  TimePoint overdue_at;           ///< when it will owe a step
  bool proved = false;            ///< it stored a file, or went on with one
  bool leaving = false;           ///< it will be gone soon anyway
  std::uint64_t recent_bytes = 0; ///< verified in the last minute
};

/// A connection, as admission sees it.
class Guest {
public:
  Guest() = default;
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  virtual ~Guest() = default;

  virtual Standing standing(TimePoint now) const = 0;
  /// The peer has hung up.
  virtual bool has_gone() = 0;
  /// It is to save what it has and leave.
  virtual void give_way(std::string why) = 0;
  /// What it waits for may have come: it is to call `ask_for` again.
  virtual void look_again() = 0;
};

} // namespace dualcam::serve
