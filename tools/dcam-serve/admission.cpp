#include "dcam-serve/admission.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace dualcam::serve {
namespace {

constexpr std::chrono::seconds time_for_init{2}; ///< a mobile network may need that long
constexpr std::size_t most_known = 100'000;
constexpr std::chrono::seconds half_a_minute{30};
// The slowest line brings three times as much; less is only there to keep a place.
constexpr std::uint64_t least_in_a_minute = 65'536;

// How many may be about to say who they are when all places are taken.
constexpr std::size_t least_in_lobby = 16;
constexpr std::size_t places_for_one_in_lobby = 64;
std::size_t lobby_for(std::size_t places) {
  return least_in_lobby + places / places_for_one_in_lobby;
}

constexpr std::uint64_t descriptors_each = 2; // socket, part
constexpr std::uint64_t descriptors_besides =
    128;                                         // sidecars, logs, hooks, what is open for a moment
constexpr std::uint64_t most_places = 1'000'000; // as --max-connections

} // namespace

std::uint32_t places_for(std::uint64_t descriptors) {
  if (descriptors < least_descriptors) {
    return 0;
  }
  const auto reserve = std::min(descriptors_besides, descriptors / 2) + least_in_lobby;
  const auto rest = std::min(descriptors - reserve, most_places * (descriptors_each + 1));
  const auto places =
      rest * places_for_one_in_lobby / (descriptors_each * places_for_one_in_lobby + 1);
  return static_cast<std::uint32_t>(std::min(places, most_places));
}

void Admission::enter(Guest& guest, TimePoint now) {
  guests_.try_emplace(&guest);
  if (guests_.size() <= places_) {
    return;
  }
  std::size_t staying = 0;
  std::size_t in_lobby = 0;
  std::optional<Oldest> silent;
  std::optional<Oldest> lingering; // its peer is to hang up first
  for (const auto& [other, entry] : guests_) {
    const auto standing = other->standing(now);
    if (standing.leaving && !entry.was_told) {
      note(lingering, *other, standing);
    }
    if (other == &guest || standing.leaving) {
      continue;
    }
    ++staying;
    if (!entry.identified) {
      ++in_lobby;
      note(silent, *other, standing);
    }
  }
  const auto lobby = lobby_for(places_);
  const bool late = silent && now - silent->opened >= time_for_init;
  if (staying >= places_ && silent && (late || in_lobby >= lobby)) {
    send_off(*silent->guest, "made room for another connection");
  }
  if (guests_.size() > places_ + lobby && lingering) { // as many descriptors as there are guests
    send_off(*lingering->guest, "made room for another connection");
  }
}

void Admission::note(std::optional<Oldest>& oldest, Guest& guest, const Standing& standing) {
  if (!oldest || standing.opened < oldest->opened) {
    oldest = {&guest, standing.opened};
  }
}

void Admission::send_off(Guest& guest, std::string why) {
  guests_.at(&guest).was_told = true;
  guest.give_way(std::move(why));
}

void Admission::leave(Guest& guest) {
  guests_.erase(&guest);
  holders_.leave(guest);
}

bool Admission::identify(Guest& guest, std::uint64_t imei, TimePoint now) {
  guests_[&guest] = {.imei = imei, .identified = true};
  if (guests_.size() <= places_) {
    return true;
  }
  const auto identified = std::ranges::count_if(guests_, [now](const auto& other) {
    return other.second.identified && !other.first->standing(now).leaving;
  });
  if (static_cast<std::size_t>(identified) <= places_) {
    return true;
  }
  auto* other = first_to_go(guest, now);
  if (other == nullptr) {
    guests_[&guest].identified = false;
    return false;
  }
  send_off(*other, "made room for another camera");
  return true;
}

Admission::Rank Admission::rank_of(const Standing& standing, Guest& guest, std::uint64_t imei,
                                   TimePoint now) const {
  if (standing.overdue_at <= now) {
    return Rank::overdue;
  }
  if (standing.proved) {
    return Rank::proved;
  }
  const bool serves = holders_.holds(guest, imei); // who waits has only its word
  return serves && known_.contains(imei) ? Rank::known : Rank::unknown;
}

/// Of those that a camera of whom only the IMEI is known may take the place of; null: nobody.
Guest* Admission::first_to_go(Guest& newcomer, TimePoint now) const {
  const auto& own = guests_.at(&newcomer);
  const auto own_rank = known_.contains(own.imei) ? Rank::known : Rank::unknown;
  Guest* first = nullptr;
  std::tuple<Rank, std::uint64_t, TimePoint> first_place;
  for (const auto& [other, entry] : guests_) {
    const auto standing = other->standing(now);
    if (other == &newcomer || !entry.identified || standing.leaving) {
      continue;
    }
    const auto rank = rank_of(standing, *other, entry.imei, now);
    const bool idles = standing.recent_bytes == 0 || (now - standing.opened >= 2 * half_a_minute &&
                                                      standing.recent_bytes < least_in_a_minute);
    const std::tuple place(rank, standing.recent_bytes, standing.stepped);
    if ((rank < own_rank || (rank == Rank::unknown && idles)) &&
        (first == nullptr || place < first_place)) {
      first = other;
      first_place = place;
    }
  }
  return first;
}

void Admission::is_known(std::uint64_t imei) {
  if (known_.size() < most_known) {
    known_.insert(imei);
  }
}

} // namespace dualcam::serve
