#include "dcam-serve/disks.hpp"

#include <algorithm>

namespace dualcam::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_disks = 64; // what lies beyond shares the output folder's

/// Below the output folder, as names.
fs::path relative_to(const fs::path& root, const fs::path& folder) {
  const auto relative = folder.lexically_relative(root);
  return relative == "." ? fs::path() : relative;
}

} // namespace

Disk& Disks::root() {
  if (!root_disk_) {
    auto disk = std::make_unique<Disk>(loop_, clock_, root_, root_);
    const std::lock_guard lock(mutex_);
    root_disk_ = std::move(disk);
  }
  return *root_disk_;
}

/// Each part of the way on the thread of the file system that it goes through.
asio::awaitable<Disk*> Disks::of(fs::path folder) {
  auto* disk = &root();
  Walk walk(root_, relative_to(root_, folder));
  if (!root_device_) {
    const auto look = [this] { return device_of(root_ / "."); }; // itself it may be a link
    root_device_ = co_await disk->run(look);
  }
  const auto begin = [this, &walk] {
    return root_device_ ? walk.go_on(*root_device_) : std::nullopt;
  };
  auto entered = co_await disk->run(begin);
  while (entered) {
    disk = &enter(*entered, folder, walk.reached());
    const auto go_on = [&walk, device = *entered] { return walk.go_on(device); };
    entered = co_await disk->run(go_on);
  }
  co_return disk;
}

/// `name` is what led there first.
Disk& Disks::enter(Device device, const fs::path& name, const fs::path& folder) {
  const auto known = others_.find(device);
  if (known != others_.end()) {
    return *known->second;
  }
  if (device == root_device_ || others_.size() >= most_disks) {
    return root();
  }
  auto disk = std::make_unique<Disk>(loop_, clock_, name, folder);
  const std::lock_guard lock(mutex_);
  return *others_.emplace(device, std::move(disk)).first->second;
}

DiskFigures Disks::figures() const {
  const std::lock_guard lock(mutex_);
  auto figures = root_disk_ ? root_disk_->figures() : DiskFigures();
  for (const auto& [device, disk] : others_) {
    figures.add(disk->figures());
  }
  return figures;
}

std::vector<fs::path> Disks::busy() const {
  const std::lock_guard lock(mutex_);
  std::vector<fs::path> result;
  for (const auto& [device, disk] : others_) {
    if (disk->is_busy()) {
      result.push_back(disk->name());
    }
  }
  if (root_disk_ && root_disk_->is_busy()) {
    result.push_back(root_disk_->name());
  }
  return result;
}

void Disks::join() {
  if (root_disk_) {
    root_disk_->join();
  }
  for (const auto& [device, disk] : others_) {
    disk->join();
  }
}

} // namespace dualcam::serve
