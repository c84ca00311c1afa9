#include "dcam-serve/walk.hpp"

#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

namespace dualcam::serve {
namespace {

namespace fs = std::filesystem;

constexpr unsigned most_links = 40; // as the kernel's

/// Of what the kernel knows already: a server behind a mount is not asked.
std::optional<struct statx> known_of(const fs::path& path) {
  struct statx status{};
  const auto done =
      ::statx(AT_FDCWD, path.empty() ? "." : path.c_str(),
              AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE, &status);
  return done == 0 ? std::optional(status) : std::nullopt;
}

Device device_in(const struct statx& status) {
  return Device{status.stx_dev_major} << 32 | status.stx_dev_minor;
}

/// The first name of a path, and what is behind it.
std::pair<fs::path, fs::path> split(const fs::path& path) {
  fs::path rest;
  for (auto name = std::next(path.begin()); name != path.end(); ++name) {
    rest /= *name;
  }
  return {*path.begin(), rest};
}

} // namespace

std::optional<Device> device_of(const fs::path& path) {
  const auto status = known_of(path);
  return status ? std::optional(device_in(*status)) : std::nullopt;
}

std::optional<Device> Walk::go_on(Device device) {
  while (!ahead_.empty()) {
    auto [name, rest] = split(ahead_);
    const auto next = name.is_absolute() ? name : reached_ / name;
    const auto status = known_of(next);
    if (!status) {
      return std::nullopt;
    }
    ahead_ = std::move(rest);
    if (S_ISLNK(status->stx_mode)) {
      if (!follow_link(next)) {
        return std::nullopt;
      }
      continue;
    }
    reached_ = next;
    if (device_in(*status) != device) {
      return device_in(*status);
    }
  }
  return std::nullopt;
}

/// False: it leads nowhere.
bool Walk::follow_link(const fs::path& name) {
  std::error_code error;
  const auto target = fs::read_symlink(name, error);
  if (error || target.empty() || ++links_ > most_links) {
    return false;
  }
  ahead_ = ahead_.empty() ? target : target / ahead_;
  return true;
}

} // namespace dualcam::serve
