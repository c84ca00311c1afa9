// Where a finished file goes below the output folder.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dualcam::serve {

/// What is known of a file when it is named. Values may come from the network.
struct NameValues {
  std::string imei;
  std::string time;         ///< device time, or receive time where that is not known
  std::string trigger_time; ///< like `time` where the device does not tell
  std::string received;
  std::string kind;
  std::string camera;
  std::string path; ///< as the device told it
  std::string trigger;
  std::string extension; ///< with its dot
};

/// A relative path with placeholders: `{imei}/{time}_{kind}{ext}`.
class NameTemplate {
public:
  /// The error says what is wrong with the template.
  static std::expected<NameTemplate, std::string> parse(std::string_view text);

  /// A relative path that stays below the folder it is appended to, whatever the values are: each
  /// is reduced to `[A-Za-z0-9._-]`, no component is empty, `.` or `..`, none begins with a dash or
  /// is longer than a file system takes with `_99999`, `.json` and `.part` behind it. What is cut
  /// for that is not the file's extension. Nor is a name of the kind that is made for parts,
  /// checkpoints and sidecars.
  std::filesystem::path expand(const NameValues& values) const;

  /// The folder that all files of all cameras are below, as far as the template says one.
  std::filesystem::path fixed_folder() const;

  /// How many levels of folders a name has.
  unsigned levels() const;

private:
  struct Part {
    std::string literal;
    std::string NameValues::* value; ///< null: only the literal
  };
  std::vector<Part> parts_;
};

} // namespace dualcam::serve
