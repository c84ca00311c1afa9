#include "dcam-serve/output_folder.hpp"

#include <algorithm>

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

fs::path below(const fs::path& folder, const fs::path& path) {
  if (folder == ".") {
    return path;
  }
  return path.empty() ? folder : folder / path;
}

} // namespace dualcam::serve
