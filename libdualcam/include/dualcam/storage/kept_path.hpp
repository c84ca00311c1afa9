/// \file
/// A path that is kept for as long as a file is open. A value, used by one thread at a time.
#pragma once

#include <filesystem>
#include <string>

namespace dualcam {

/// std::filesystem::path holds each of its names beside the whole: some 400 bytes of a usual one,
/// which ten thousand open files feel. This is the text alone; to use it makes a path of it.
class KeptPath {
public:
  KeptPath() = default;
  /// The same path, for keeping.
  KeptPath(const std::filesystem::path& path) : text_(path.native()) {}

  /// The same path, for use.
  operator std::filesystem::path() const { return text_; }
  /// For a system call; valid until the object is changed.
  const char* c_str() const { return text_.c_str(); }
  /// Whether it is the path of nothing.
  bool empty() const { return text_.empty(); }

private:
  std::string text_;
};

} // namespace dualcam
