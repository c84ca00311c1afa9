// The order of a page: cameras, what happened to each, and the files of it.
#pragma once

#include <string>
#include <vector>

#include "dcam-convert/page/entry.hpp"

namespace dualcam::convert {

/// What one trigger has made: at most one file of each kind, at most a dozen in all, within two
/// minutes and one day.
struct PageEvent {
  std::vector<const Entry*> entries; ///< newest first, at least one

  const Entry& newest() const { return *entries.front(); }
  std::string day() const;     ///< UTC: "2024-10-29"
  std::string trigger() const; ///< "crash"; printable
};

struct PageCamera {
  std::string name;              ///< its IMEI, or the folder's name; printable
  std::string family;            ///< "DSM"; empty: not told
  std::vector<PageEvent> events; ///< newest first, at least one

  std::size_t files() const;
};

/// Newest first. The entries must outlive it.
std::vector<PageCamera> group(const std::vector<Entry>& entries);

} // namespace dualcam::convert
