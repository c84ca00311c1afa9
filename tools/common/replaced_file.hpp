// A small file that is replaced as a whole, again and again, by a thread of its own: nobody waits
// for its disk.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace dualcam::inline tools {

/// Puts a file that everybody may read in the place of `path`, so that whoever opens that has the
/// old text or the new one. FILE.new is what it is until then. Only a regular file is replaced. Why
/// that does not work; empty if it does.
std::string replace_file(const std::filesystem::path& path, const std::string& text);
/// The same, as far as it can be told before.
std::string why_not_replaced(const std::filesystem::path& path);

class ReplacedFile {
public:
  explicit ReplacedFile(std::filesystem::path path);
  /// What still waits is lost.
  ~ReplacedFile();
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  /// Has it written some time; of several that wait the newest is.
  void write(std::string text);
  /// Waits until nothing is to be written, in that time; else false.
  bool flush(std::chrono::milliseconds at_most);
  /// How the last write that is over went: why it failed, or empty. Nothing: none is.
  std::optional<std::string> outcome() const;
  bool is_idle() const;

private:
  class State;

  std::shared_ptr<State> state_; ///< the thread's, too, which may outlive us in a system call
};

} // namespace dualcam::inline tools
