// Who is served: one connection for each camera, and no more at once than there are places. The
// protocol does not authenticate an IMEI, so nobody gets a place for good by naming one.
//
// A camera's second connection waits until the first has ended or owes a step (ServerSession::
// overdue_at). When places run out those give way that have shown least: no INIT, a step that is
// overdue, an IMEI that nothing is known of and no file behind it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

/// For how many connections so many descriptors are enough, each with a file on its way; at least
/// one.
std::uint32_t places_for(std::uint64_t descriptors);

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
  /// What it waits for may have come: it is to call `claim` again.
  virtual void look_again() = 0;
};

class Admission {
public:
  /// `places` for peers that have said who they are, and a few more for those that have yet to.
  explicit Admission(std::size_t places) : places_(places) {}

  void enter(Guest& guest, TimePoint now);
  void leave(Guest& guest);

  /// The guest says which camera it is. False: there is no place for it.
  bool identify(Guest& guest, std::uint64_t imei, TimePoint now);

  enum class Claim {
    granted,
    waits,   ///< another connection of this camera is at work; `look_at` says when to ask again
    crowded, ///< too many wait already
  };
  /// Behind `identify`: to be the one connection that serves its camera.
  Claim claim(Guest& guest, TimePoint now);
  TimePoint look_at(Guest& guest, TimePoint now) const;
  /// It does not wait any longer.
  void give_up(Guest& guest);

  /// This camera is a real one: it goes last from here on, with later connections too.
  void is_known(std::uint64_t imei);
  bool knows(std::uint64_t imei) const { return known_.contains(imei); }

  std::size_t guests() const { return guests_.size(); }
  bool serves_anybody() const { return !holders_.empty(); }

private:
  enum class Rank { overdue, unknown, known, proved };
  struct Entry {
    std::uint64_t imei = 0;
    bool identified = false;
  };
  using Guests = std::map<Guest*, Entry>;

  Rank rank_of(const Standing& standing, Guest& guest, std::uint64_t imei, TimePoint now) const;
  Guest* first_to_go(Guest& newcomer, TimePoint now) const;
  Guest* next_in_line(std::uint64_t imei);

  std::size_t places_;
  Guests guests_;
  std::map<std::uint64_t, Guest*> holders_;
  std::map<std::uint64_t, std::deque<Guest*>> waiting_; ///< in the order of their claims
  std::set<std::uint64_t> known_;
};

/// How many bytes came in about the last minute.
class RecentBytes {
public:
  void add(std::size_t bytes, TimePoint now);
  std::uint64_t value(TimePoint now) const;

private:
  void turn(TimePoint now);

  TimePoint since_; ///< of `current_`
  std::uint64_t current_ = 0;
  std::uint64_t previous_ = 0;
};

} // namespace dualcam::serve
