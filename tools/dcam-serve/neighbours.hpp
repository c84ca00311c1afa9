// Other servers on the same folder: one of them serves a camera at a time (CameraLocks), and who
// has a camera that is silent gives it to one that wants it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <asio/steady_timer.hpp>

#include "common/clock.hpp"
#include "common/coroutine.hpp"
#include "common/standard_streams.hpp"
#include "dcam-serve/disk.hpp"
#include "dualcam/storage/camera_locks.hpp"

namespace dualcam::serve {

/// Used by the loop's thread.
class Neighbours {
public:
  /// `locks` is of the disk's writing thread from here on; all outlive it.
  Neighbours(CameraLocks locks, Disk& disk, Clock& clock, Console& console);

  /// That one camera is served here, or is to be. Given up with the object, behind all that the
  /// disk has been asked for by then.
  class Reservation {
  public:
    Reservation(Neighbours& neighbours, std::uint64_t imei)
        : neighbours_(neighbours), disk_(neighbours.disk_), locks_(neighbours.locks_), imei_(imei) {
    }
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;
    ~Reservation();

    /// Whether no other server has it now.
    asio::awaitable<bool> take();
    /// The camera has a part from now on. Before that nothing is made on the disk for it.
    void has_part() {
      if (!is_locked_) {
        lock();
      }
    }

  private:
    void lock();

    Neighbours& neighbours_;
    Disk& disk_; ///< which outlives the neighbours
    std::shared_ptr<CameraLocks> locks_;
    std::uint64_t imei_;
    bool is_locked_ = false;
  };

  /// Once a second, until `stop`: which cameras `silent` are, and that another server is to have
  /// this one.
  asio::awaitable<void> run(std::function<std::vector<std::uint64_t>()> silent,
                            std::function<void(std::uint64_t)> give_way);
  void stop();

private:
  enum class Taken { no, yes, without_lock };
  Taken judge(const Result<Taken>& taken);

  std::shared_ptr<CameraLocks> locks_;
  Disk& disk_;
  Clock& clock_;
  Console& console_;
  asio::steady_timer timer_;
  bool failing_ = false;
  bool stopping_ = false;
};

} // namespace dualcam::serve
