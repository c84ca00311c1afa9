#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "testing.hpp"

namespace dualcam {

namespace fs = std::filesystem;

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
  TemporaryFolder() {
    auto pattern = (fs::temp_directory_path() / "dualcam-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(const char* name) const { return path_ / name; }
  std::set<std::string> names() const {
    std::set<std::string> result;
    for (const auto& entry : fs::directory_iterator(path_)) {
      result.insert(entry.path().filename());
    }
    return result;
  }

private:
  fs::path path_;
};

inline std::string content_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_file(const fs::path& path, std::string_view content) {
  std::ofstream(path) << content;
}

} // namespace dualcam
