// What an earlier page knew of its files, kept in the page itself: so nothing else lies about, and
// whoever deletes the page starts afresh.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dcam-convert/page/entry.hpp"

namespace dualcam::convert {

class KnownFacts {
public:
  /// From a page as it was written; whatever is no such page knows nothing.
  static KnownFacts of_page(std::string_view page);

  /// Of the file with this link, if it has still this stamp.
  std::optional<Facts> find(const std::string& link, const Stamp& stamp) const;

private:
  struct Known {
    Stamp stamp;
    Facts facts;
  };

  std::map<std::string, Known> files_;
};

/// What stands in the page for the next one to know.
Json known_facts(const std::vector<Entry>& entries);

/// Whether a file's first bytes are those of a page of ours.
bool is_page(std::string_view page);

} // namespace dualcam::convert
