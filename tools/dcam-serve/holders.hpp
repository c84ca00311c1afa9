// One connection for each camera: a second one waits until the first has ended or owes a step
// (ServerSession::overdue_at).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "dcam-serve/guest.hpp"

namespace dualcam::serve {

class Holders {
public:
  enum class Answer {
    granted,
    waits,   ///< another connection of this camera is at work; `look_at` says when to ask again
    crowded, ///< too many wait already
  };
  /// To be the one connection that serves this camera. A guest asks for one camera only.
  Answer ask_for(Guest& guest, std::uint64_t imei, TimePoint now);
  TimePoint look_at(std::uint64_t imei, TimePoint now) const;
  /// It does not wait any longer.
  void give_up(Guest& guest);
  /// It has gone: who waits for its camera has its turn.
  void leave(Guest& guest);

  bool holds(const Guest& guest, std::uint64_t imei) const;
  bool empty() const { return holders_.empty(); }

private:
  Guest* next_in_line(std::uint64_t imei);

  std::map<std::uint64_t, Guest*> holders_;
  std::map<std::uint64_t, std::deque<Guest*>> waiting_; ///< in the order in which they asked
  std::map<const Guest*, std::uint64_t> asked_for_;     ///< who holds or waits for which
};

} // namespace dualcam::serve
