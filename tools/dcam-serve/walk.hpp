// Where a path leads, without waiting for a file system that it leads into.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace dualcam::serve {

/// Which file system something is on.
using Device = std::uint64_t;

/// Of this very name, which may be a link; nothing is asked of a file system that is mounted there.
/// nullopt: there is nothing.
std::optional<Device> device_of(const std::filesystem::path& path);

/// A path, name by name. Whoever waits for a name waits for the file system of the folder that it
/// is in, so each part of the way can be gone by a thread that may wait for just that one.
class Walk {
public:
  /// From `folder`, which exists, to `path` below it.
  Walk(std::filesystem::path folder, std::filesystem::path path)
      : reached_(std::move(folder)), ahead_(std::move(path)) {}

  /// Goes on for as long as what is reached is on this file system. nullopt: it is, to the end, or
  /// to where nothing is there yet; otherwise which one is entered.
  std::optional<Device> go_on(Device device);
  /// A folder, without links but for what it began with.
  const std::filesystem::path& reached() const { return reached_; }

private:
  bool follow_link(const std::filesystem::path& name);

  std::filesystem::path reached_;
  std::filesystem::path ahead_;
  unsigned links_ = 0;
};

} // namespace dualcam::serve
