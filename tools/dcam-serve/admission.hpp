// Who is served: no more connections at once than there are places. The protocol does not
// authenticate an IMEI, so nobody gets a place for good by naming one: when places run out those
// give way that have shown least: no INIT, a step that is overdue, an IMEI that nothing is known of
// and no file behind it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "dcam-serve/holders.hpp"

namespace dualcam::serve {

/// Fewer may not be enough for one camera's file and all that can be open beside it: who is about
/// to say who they are, a capture, a hook.
inline constexpr std::uint64_t least_descriptors = 48;
/// For how many connections so many descriptors are enough, each with a file on its way; 0 below
/// `least_descriptors`.
std::uint32_t places_for(std::uint64_t descriptors);

class Admission {
public:
  /// `places` for peers that have said who they are, and a few more for those that have yet to.
  explicit Admission(std::size_t places) : places_(places) {}

  void enter(Guest& guest, TimePoint now);
  void leave(Guest& guest);

  /// The guest says which camera it is. False: there is no place for it.
  bool identify(Guest& guest, std::uint64_t imei, TimePoint now);

  /// Behind `identify`: the one connection that serves its camera.
  Holders& holders() { return holders_; }

  /// This camera is a real one: it goes last from here on, with later connections too.
  void is_known(std::uint64_t imei);
  bool knows(std::uint64_t imei) const { return known_.contains(imei); }

  std::size_t guests() const { return guests_.size(); }

private:
  enum class Rank { overdue, unknown, known, proved };
  struct Entry {
    std::uint64_t imei = 0;
    bool identified = false;
    bool was_told = false; ///< to go at once
  };
  struct Oldest {
    Guest* guest;
    TimePoint opened;
  };
  using Guests = std::map<Guest*, Entry>;

  static void note(std::optional<Oldest>& oldest, Guest& guest, const Standing& standing);

  void send_off(Guest& guest, std::string why);
  Rank rank_of(const Standing& standing, Guest& guest, std::uint64_t imei, TimePoint now) const;
  Guest* first_to_go(Guest& newcomer, TimePoint now) const;

  std::size_t places_;
  Guests guests_;
  Holders holders_;
  std::set<std::uint64_t> known_;
};

} // namespace dualcam::serve
