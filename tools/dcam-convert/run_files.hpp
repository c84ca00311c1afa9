// Which files a run reads and which names it may write to, settled before anything is touched.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "dcam-convert/listed_file.hpp"
#include "dcam-convert/options.hpp"

namespace dualcam::convert {

class RunFiles {
public:
  /// A name for each output: no two of a run share one. Errors are of usage: a name that cannot be
  /// meant, or one that leads to an input and would be replaced.
  static std::expected<RunFiles, std::string> plan(const ConvertOptions& options,
                                                   const std::vector<ListedFile>& inputs);

  /// The result's name; "-" is standard output. There is one for each input, of a contact sheet one
  /// for all.
  const std::filesystem::path& target(std::size_t number) const { return targets_[number]; }

  /// One more file that is read, and its metadata: out of a folder.
  void add_input(const std::string& path);

  /// Whether this name, or a link it is, leads to a file that is read. None of them is ever written
  /// to or replaced.
  bool is_input(const std::filesystem::path& path) const;

private:
  void add(int descriptor);
  void add(const std::filesystem::path& path);

  std::set<std::pair<dev_t, ino_t>> inputs_;
  std::vector<std::filesystem::path> targets_;
};

/// `a.h265 out.mp4` where out.mp4 exists, or `a.h265 mp4/` where no video is in mp4: what to say of
/// a last input that may have been meant for the output; nullopt: it is plainly an input.
std::optional<std::string> hint_at_output(const ConvertOptions& options,
                                          const std::vector<ListedFile>& inputs);

} // namespace dualcam::convert
