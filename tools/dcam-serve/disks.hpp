// The file systems that files go to: a Disk for each, so that a slow or hung one delays only what
// is stored on it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "dcam-serve/disk.hpp"
#include "dcam-serve/walk.hpp"

namespace dualcam::serve {

/// Links and mounts below the output folder may lead to other file systems. Used on the loop, but
/// for what is said otherwise.
class Disks {
public:
  /// `root` is the output folder. It and the others outlive this.
  Disks(asio::io_context& loop, Clock& clock, const std::filesystem::path& root)
      : loop_(loop), clock_(clock), root_(root) {}

  /// That of the output folder, which exists by now.
  Disk& root();
  /// That of a folder below the output folder, which need not be there yet.
  asio::awaitable<Disk*> of(std::filesystem::path folder);

  asio::io_context& loop() { return loop_; }

  /// Of all together; from any thread.
  DiskFigures figures() const;
  /// Those that owe an answer; from any thread. For people.
  std::vector<std::filesystem::path> busy() const;

  /// As Disk's.
  void join();

private:
  Disk& enter(Device device, const std::filesystem::path& name,
              const std::filesystem::path& folder);

  asio::io_context& loop_;
  Clock& clock_;
  const std::filesystem::path& root_;
  std::optional<Device> root_device_; ///< once it is known
  mutable std::mutex mutex_;          ///< of what follows: only the loop changes it
  std::unique_ptr<Disk> root_disk_;
  std::map<Device, std::unique_ptr<Disk>> others_;
};

} // namespace dualcam::serve
