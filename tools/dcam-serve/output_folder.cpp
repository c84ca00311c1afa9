#include "dcam-serve/output_folder.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace dualcam::serve {

namespace fs = std::filesystem;

namespace {

/// Without empty names and dots, so that nothing changes its meaning.
fs::path without_dots(const fs::path& path) {
  fs::path result;
  for (const auto& name : path) {
    if (!name.empty() && name != ".") {
      result /= name;
    }
  }
  return result;
}

} // namespace

fs::path one_spelling(const fs::path& folder) {
  auto result = without_dots(folder);
  if (std::ranges::find(result, "..") != result.end()) {
    const auto shorter = without_dots(result.lexically_normal());
    std::error_code ignored;
    if (fs::equivalent(shorter.empty() ? "." : shorter, folder, ignored)) {
      result = shorter;
    }
  }
  if (result.empty()) {
    return ".";
  }
  return result.native().starts_with('-') ? "." / result : result; // never an option
}

int can_write(const fs::path& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) {
    return errno;
  }
  if (!S_ISDIR(status.st_mode)) {
    return ENOTDIR;
  }
  return ::access(folder.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
}

fs::path below(const fs::path& folder, const fs::path& path) {
  if (folder == ".") {
    return path;
  }
  return path.empty() ? folder : folder / path;
}

} // namespace dualcam::serve
