#include "dcam-serve/untold.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "dcam-serve/sha256.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file_system.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::serve {
namespace {

namespace fs = std::filesystem;

/// The cameras that something is known of.
std::vector<std::uint64_t> cameras_below(const fs::path& root) {
  std::vector<std::uint64_t> imeis;
  std::vector<std::string> names;
  FileSystem::current().list(root / state_folder_name, names);
  for (const auto& name : names) {
    if (const auto imei = parse_imei(name)) {
      imeis.push_back(*imei);
    }
  }
  return imeis;
}

Untold untold_of(const StateFolder& state, const FileRecord& record, Unsaid::Line line) {
  const auto path = state.absolute(record.name);
  return {.facts = facts_of(record.identity),
          .file = record.data,
          .path = path,
          .is_there = is_taken(path),
          .sha256 = {},
          .line = std::move(line)};
}

bool has_unsaid(const StateFolder& state) {
  const auto known = state.read();
  return known && std::ranges::any_of(known->records, std::logical_not(), &FileRecord::said);
}

/// It has its name, though a cut may have taken the note of that.
bool has_name(const StateFolder& state, const FileRecord& record) {
  return record.named ||
         (is_taken(state.absolute(record.name)) && !is_taken(state.absolute(record.part)));
}

} // namespace

std::vector<Untold> find_untold(const fs::path& root, const Wishes& wanted, Unsaid& unsaid) {
  std::vector<Untold> result;
  for (const auto imei : cameras_below(root)) {
    StateFolder state(root, imei);
    if (!has_unsaid(state)) { // as nearly all: no lock is asked for
      continue;
    }
    for (auto& [hold, record] : unsaid.take_all(state, imei)) {
      const bool tells = wanted.wants(record.identity.file) && has_name(state, record);
      if (tells && (record.named || state.settle(record).value_or(false))) {
        result.push_back(untold_of(state, record, {std::move(hold), record.id, 0}));
      }
    }
  }
  std::ranges::sort(result, {}, [](const Untold& untold) {
    return std::pair(untold.facts.received, untold.path);
  });
  return result;
}

Result<void> look_at(Untold& untold, bool wants_sha256) {
  if (!untold.is_there) {
    return {};
  }
  if (wants_sha256) {
    auto sum = sha256_of(untold.path);
    if (!sum) {
      return std::unexpected(sum.error());
    }
    untold.sha256 = std::move(*sum);
  }
  return write_sidecar(untold.path, untold.facts); // it may be lost, or still be FILE.json.part
}

} // namespace dualcam::serve
