#include "dcam-convert/page/groups.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/escape.hpp"

namespace dualcam::convert {
namespace {

constexpr std::chrono::minutes longest_event{2};
constexpr std::size_t most_files = 12; ///< of one event: browsers leave out what is not looked at
constexpr std::chrono::seconds same_trigger{10}; ///< as front and rear tell the moment

std::string name_of_camera(const Entry& entry) {
  if (auto imei = entry.imei(); !imei.empty()) {
    return imei;
  }
  const auto folder = entry.place.parent_path().filename().string();
  return folder.empty() ? "Unknown camera" : escaped(folder);
}

std::string family_of(const Entry& entry) {
  return entry.sidecar.camera ? std::string(description_of(*entry.sidecar.camera)) : "";
}

std::string day_of(const Entry& entry) { return format_time(entry.time()).substr(0, 10); }

std::string trigger_of(const Entry& entry) { return entry.sidecar.trigger.value_or("not known"); }

bool is_part_of(const Entry& entry, const PageEvent& event) {
  const auto& newest = event.newest();
  const auto& moment = entry.sidecar.trigger_time;
  const auto& its_moment = newest.sidecar.trigger_time;
  const bool same_moment =
      !moment || !its_moment || std::chrono::abs(*moment - *its_moment) <= same_trigger;
  const bool has_kind = std::ranges::any_of(event.entries, [&](const Entry* other) {
    return entry.file_kind() && other->file_kind() == entry.file_kind();
  });
  return event.entries.size() < most_files && same_moment && !has_kind &&
         trigger_of(entry) == trigger_of(newest) && day_of(entry) == day_of(newest) &&
         newest.time() - entry.time() <= longest_event;
}

/// `entries` come newest first.
std::vector<PageEvent> events_of(const std::vector<const Entry*>& entries) {
  std::vector<PageEvent> events;
  for (const auto* entry : entries) {
    if (events.empty() || !is_part_of(*entry, events.back())) {
      events.emplace_back();
    }
    events.back().entries.push_back(entry);
  }
  return events;
}

} // namespace

std::string PageEvent::day() const { return day_of(newest()); }

std::string PageEvent::trigger() const { return trigger_of(newest()); }

std::size_t PageCamera::files() const {
  std::size_t count = 0;
  for (const auto& event : events) {
    count += event.entries.size();
  }
  return count;
}

std::vector<PageCamera> group(const std::vector<Entry>& entries) {
  std::vector<const Entry*> order;
  std::map<std::string, std::set<std::string>> families; // of each name
  for (const auto& entry : entries) {
    order.push_back(&entry);
    if (auto family = family_of(entry); !family.empty()) {
      families[name_of_camera(entry)].insert(std::move(family));
    }
  }
  std::ranges::sort(order, [](const Entry* a, const Entry* b) {
    return std::pair(b->time(), std::string_view(a->link)) <
           std::pair(a->time(), std::string_view(b->link));
  });
  std::vector<PageCamera> cameras;
  std::vector<std::vector<const Entry*>> files; // of each camera
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const auto* entry : order) {
    const auto name = name_of_camera(*entry);
    auto family = family_of(*entry);
    if (const auto& known = families[name]; family.empty() && known.size() == 1) {
      family = *known.begin(); // it does not tell, but its neighbours do
    }
    const auto [place, added] = places.try_emplace({name, family}, cameras.size());
    if (added) {
      cameras.push_back({name, family, {}});
      files.emplace_back();
    }
    files[place->second].push_back(entry);
  }
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    cameras[i].events = events_of(files[i]);
  }
  return cameras;
}

} // namespace dualcam::convert
