#include "dcam-serve/unsaid.hpp"

#include <algorithm>

#include <fcntl.h>

namespace dualcam::serve {
namespace {

/// Also where a link leads to it.
std::expected<File, int> open_folder(const std::filesystem::path& path) {
  return File::open(path.empty() ? "." : path / ".", O_RDONLY | O_DIRECTORY);
}

} // namespace

Unsaid::Hold Unsaid::hold(std::uint64_t imei) {
  const std::lock_guard guard(locking_);
  if (!folder_.is_open()) {
    folder_ = open_folder(root_).value_or(File());
  }
  if (holds_[imei]++ == 0 && folder_.is_open()) {
    // Of a folder only shared locks can be had, but they are seen by who would want another. Where
    // there are no locks a file may be told by two servers.
    (void)folder_.try_share_byte(imei);
  }
  return {*this, imei};
}

std::vector<Unsaid::Found> Unsaid::take_all(const StateFolder& state, std::uint64_t imei) {
  auto turn = open_folder(root_);
  if (turn) {
    (void)turn->lock(); // one server after the other
  }
  const auto own = hold(imei);
  std::vector<Found> result;
  if (is_held_elsewhere(imei)) {
    return result;
  }
  const auto queued = queued_of(imei);
  for (auto& record : state.read().value_or(CameraState()).records) {
    if (!record.said && !queued.contains(record.id)) {
      result.push_back({hold(imei), std::move(record)});
    }
  }
  return result;
}

std::optional<Unsaid::Hold> Unsaid::take(const StateFolder& state, std::uint64_t imei,
                                         std::uint64_t record) {
  auto all = take_all(state, imei);
  const auto found =
      std::ranges::find(all, record, [](const Found& each) { return each.record.id; });
  return found == all.end() ? std::nullopt : std::optional(std::move(found->hold));
}

void Unsaid::queued(Line line) {
  const std::lock_guard guard(queueing_);
  lines_.push_back(std::move(line));
}

std::set<std::uint64_t> Unsaid::queued_of(std::uint64_t imei) {
  const std::lock_guard guard(queueing_);
  std::set<std::uint64_t> records;
  for (const auto& line : lines_) {
    if (line.hold.imei() == imei) {
      records.insert(line.record);
    }
  }
  return records;
}

const Unsaid::Line* Unsaid::first_written(std::uint64_t bytes) {
  const std::lock_guard guard(queueing_);
  return !lines_.empty() && lines_.front().end <= bytes ? &lines_.front() : nullptr;
}

void Unsaid::note_written(std::uint64_t bytes, const std::function<void(const Line&)>& note) {
  const std::lock_guard one_after_the_other(noting_);
  while (const auto* line = first_written(bytes)) {
    note(*line); // more may be queued behind it meanwhile
    Line noted;
    const std::lock_guard guard(queueing_);
    noted = std::move(lines_.front());
    lines_.pop_front();
  }
}

void Unsaid::release(std::uint64_t imei) {
  const std::lock_guard guard(locking_);
  const auto held = holds_.find(imei);
  if (held != holds_.end() && --held->second == 0) {
    holds_.erase(held);
    if (folder_.is_open()) {
      folder_.unlock_byte(imei);
    }
  }
}

bool Unsaid::is_held_elsewhere(std::uint64_t imei) {
  const std::lock_guard guard(locking_);
  return folder_.is_open() && folder_.is_byte_locked(imei).value_or(false);
}

} // namespace dualcam::serve
