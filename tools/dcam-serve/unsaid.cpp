#include "dcam-serve/unsaid.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace dualcam::serve {
namespace {

Descriptor open_folder(const std::filesystem::path& path) {
  const auto& name = path.empty() ? std::filesystem::path(".") : path;
  return Descriptor(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// A lock on the folder itself at the offset of the IMEI. Of a folder only shared ones can be had,
/// but they can be asked for by who would want an exclusive one.
struct flock range_of(std::uint64_t imei, short type) {
  struct flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(imei);
  range.l_len = 1;
  return range;
}

} // namespace

Unsaid::Hold Unsaid::hold(std::uint64_t imei) {
  const std::lock_guard guard(locking_);
  if (holds_[imei]++ == 0) {
    lock(imei, F_RDLCK);
  }
  return {*this, imei};
}

std::vector<Unsaid::Found> Unsaid::take_all(const StateFolder& state, std::uint64_t imei) {
  const auto turn = open_folder(root_); // one server after the other
  while (::flock(turn.get(), LOCK_EX) != 0 && errno == EINTR) {
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
    lock(imei, F_UNLCK);
  }
}

/// Where there are no such locks a file may be told by two servers.
void Unsaid::lock(std::uint64_t imei, short type) {
  if (folder_.get() < 0) {
    folder_ = open_folder(root_);
  }
  auto range = range_of(imei, type);
  ::fcntl(folder_.get(), F_OFD_SETLK, &range);
}

bool Unsaid::is_held_elsewhere(std::uint64_t imei) {
  const std::lock_guard guard(locking_);
  auto range = range_of(imei, F_WRLCK);
  return ::fcntl(folder_.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

} // namespace dualcam::serve
