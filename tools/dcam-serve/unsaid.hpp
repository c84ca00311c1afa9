// Stored files whose path has yet to be written to standard output: each is told at least once, by
// one of the servers that share a folder.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "dualcam/storage/file.hpp"
#include "dualcam/storage/state_folder.hpp"

namespace dualcam::serve {

/// May be used by several threads. `hold`, `take_all`, `take` and `note_written` may wait for the
/// disk.
class Unsaid {
public:
  /// While there is one, no other server tells files of this camera: from before a file has its
  /// record until that says `said`. To let it go may wait for the disk, too.
  class Hold {
  public:
    Hold() = default;
    Hold(Unsaid& owner, std::uint64_t imei) : owner_(&owner), imei_(imei) {}
    Hold(Hold&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), imei_(other.imei_) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(imei_, other.imei_);
      return *this;
    }
    ~Hold() {
      if (owner_ != nullptr) {
        owner_->release(imei_);
      }
    }
    std::uint64_t imei() const { return imei_; }

  private:
    Unsaid* owner_ = nullptr;
    std::uint64_t imei_ = 0;
  };

  /// A file whose line is on its way.
  struct Line {
    Hold hold;
    std::uint64_t record = 0; ///< its number
    std::uint64_t end = 0;    ///< of the line among all bytes of standard output
  };

  /// `root` is the folder that has the state folders.
  explicit Unsaid(std::filesystem::path root) : root_(std::move(root)) {}

  /// For a file that is about to get its record.
  Hold hold(std::uint64_t imei);
  /// A file that is stored and not said.
  struct Found {
    Hold hold;
    FileRecord record;
  };
  /// All of this camera but for those that somebody is about to tell, this server or another one.
  /// Of those that are not named it is to be seen whether they are stored.
  std::vector<Found> take_all(const StateFolder& state, std::uint64_t imei);
  /// One of those; nullopt: it is none.
  std::optional<Hold> take(const StateFolder& state, std::uint64_t imei, std::uint64_t record);

  void queued(Line line);
  /// Whether there are lines among the first `bytes` of standard output, all written by now.
  bool has_written(std::uint64_t bytes) { return first_written(bytes) != nullptr; }
  /// For each of those, in their order: `note` lets its record say so, and until it has, nobody
  /// takes the file for one not said. Waits for the disk as `note` does.
  void note_written(std::uint64_t bytes, const std::function<void(const Line&)>& note);

private:
  void release(std::uint64_t imei);
  bool is_held_elsewhere(std::uint64_t imei);
  std::set<std::uint64_t> queued_of(std::uint64_t imei);
  const Line* first_written(std::uint64_t bytes);

  std::filesystem::path root_;
  std::mutex locking_;
  File folder_; ///< a byte of it for each IMEI, locked while there are holds
  std::map<std::uint64_t, unsigned> holds_;
  std::mutex noting_;
  std::mutex queueing_;    ///< for the thread that must not wait
  std::deque<Line> lines_; ///< in the order of their ends
};

} // namespace dualcam::serve
