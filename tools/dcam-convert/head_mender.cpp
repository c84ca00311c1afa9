#include "dcam-convert/head_mender.hpp"

#include <algorithm>
#include <ranges>
#include <set>
#include <string_view>

namespace dualcam::convert {

Bytes head_of(const PtmfPicture& key_picture) {
  const auto damaged = key_picture.damaged_head;
  return damaged != 0 ? key_picture.payload.first(damaged)
                      : head_of_access_unit(key_picture.payload, key_picture.codec);
}

std::optional<PictureSize> confirmed_size(const PtmfPicture& key_picture) {
  if (key_picture.damaged_head != 0) {
    return std::nullopt;
  }
  const auto size = picture_size(head_of(key_picture), key_picture.codec);
  const PictureSize told{key_picture.format.width, key_picture.format.height};
  return size == told ? size : std::nullopt;
}

void HeadMender::add(std::uint64_t offset, Bytes head, bool damaged, VideoCodec codec,
                     bool resized) {
  heads_.insert_or_assign(offset, Head{.size = static_cast<std::uint32_t>(head.size()),
                                       .damaged = damaged,
                                       .resized = resized,
                                       .sets = parameter_sets_of(head, codec)});
}

/// Of a set and one that goes on behind its end, the rarer is damaged; the longer, if both are as
/// frequent.
void HeadMender::find_swallowed(std::vector<Place>& places, std::size_t kind) {
  std::map<std::string_view, std::vector<Place*>> groups; // what begins alike stands together
  for (auto& place : places) {
    if (!place.damaged && !place.head->resized && !place.head->sets.units[kind].empty()) {
      groups[place.head->sets.units[kind]].push_back(&place);
    }
  }
  auto shorter = groups.begin();
  for (auto longer = groups.begin(); longer != groups.end(); ++longer) {
    if (longer == shorter || !longer->first.starts_with(shorter->first)) {
      shorter = longer;
      continue;
    }
    const bool longer_is_bad = longer->second.size() <= shorter->second.size();
    for (auto* place : longer_is_bad ? longer->second : shorter->second) {
      place->damaged = true;
    }
    shorter = longer_is_bad ? shorter : longer;
  }
}

/// Where the next ones are those of the one before again. Ones that come a second time are meant.
void HeadMender::find_odd_ones(std::vector<Place>& places) {
  const auto sets_of = [](const Place* place) {
    const auto& units = place->head->sets.units;
    return std::array<std::string_view, 3>{units[0], units[1], units[2]};
  };
  std::vector<Place*> sound;
  for (auto& place : places) {
    if (!place.damaged && !place.head->resized) {
      sound.push_back(&place);
    }
  }
  std::set<std::array<std::string_view, 3>> seen;
  const Place* before = nullptr; // the latest one that is not odd
  for (std::size_t i = 0; i < sound.size(); ++i) {
    auto* place = sound[i];
    const bool is_new = seen.insert(sets_of(place)).second;
    place->damaged = is_new && before != nullptr && i + 1 < sound.size() &&
                     sets_of(sound[i + 1]) == sets_of(before);
    before = place->damaged ? before : place;
  }
}

const HeadMender::Place* HeadMender::donor_for(const std::vector<Place>& places,
                                               std::size_t damaged) {
  const auto can_serve = [](const Place& place) {
    return !place.damaged && place.head->sets.has_all();
  };
  for (auto i = damaged; i-- > 0;) {
    if (can_serve(places[i])) {
      return &places[i];
    }
  }
  const auto behind = std::ranges::subrange(
      places.begin() + static_cast<std::ptrdiff_t>(damaged) + 1, places.end());
  const auto found = std::ranges::find_if(behind, can_serve);
  if (found != behind.end()) {
    return &*found;
  }
  return places[damaged].head->sets.has_all() ? &places[damaged] : nullptr;
}

std::vector<PtmfDamage> HeadMender::mend(std::vector<ClipPicture>& pictures) const {
  std::vector<Place> places;
  for (auto& picture : pictures) {
    if (const auto head = heads_.find(picture.offset); head != heads_.end()) {
      places.push_back({&picture, picture.offset, &head->second, head->second.damaged});
    }
  }
  for (std::size_t kind = 0; kind < std::tuple_size_v<decltype(ParameterSets::units)>; ++kind) {
    find_swallowed(places, kind);
  }
  find_odd_ones(places);
  std::vector<PtmfDamage> damage;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& [picture, offset, head, damaged] = places[i];
    if (!damaged) {
      continue;
    }
    if (!head->damaged) {
      damage.push_back({.kind = PtmfDamageKind::bad_head,
                        .offset = offset,
                        .length = head->size,
                        .message = "a key picture is whole, but its parameter sets are not those "
                                   "of the others: they are damaged"});
    }
    if (const auto* donor = donor_for(places, i)) {
      const auto& sets = donor->head->sets;
      picture->sets_offset = donor->offset + sets.begin;
      picture->sets_size = static_cast<std::uint32_t>(sets.end - sets.begin);
      picture->offset += head->size;
      picture->size -= head->size;
    } else {
      picture->size = 0;
    }
  }
  // without sets it cannot be decoded
  std::erase_if(pictures, [](const ClipPicture& picture) { return picture.size == 0; });
  return damage;
}

} // namespace dualcam::convert
