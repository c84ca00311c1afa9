// What dcam-convert tells the world: paths or JSON records on standard output, notes and a progress
// line on standard error. Its functions may be called by several threads at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/exit_code.hpp"
#include "common/json.hpp"
#include "common/standard_streams.hpp"
#include "dcam-convert/clip.hpp"

namespace dualcam::convert {

/// What became of one input.
struct Record {
  std::string input;
  std::string output; ///< empty = none; "-" = standard output
  std::string format;
  bool has_clip = false; ///< the fields below are known
  std::uint64_t frames = 0;
  std::uint64_t duration = 0; ///< microseconds
  std::uint64_t sound_time = 0;
  std::uint64_t lost_time = 0;
  Losses losses;
  std::vector<SizeChange> size_changes;
  std::string error;
  ExitCode code = ExitCode::done;
};

/// "3 of 60 frames lost (0.150 s)", or of a photo what is wrong with it. Precondition: it is
/// damaged.
std::string damage_summary(const Record& record);

class Reporter {
public:
  Reporter(const CommonOptions& options, std::size_t files)
      : json_(options.json), console_("dcam-convert", options), product_(direct_output(), options),
        files_(files) {}

  void detail(std::string_view text);
  void note(std::string_view text);
  /// The same one once: what is wrong with a file may be met several times.
  void warning(std::string_view text);
  void error(std::string_view text);

  /// What is missing in a damaged clip, and what is wrong with the file.
  void damage(const Record& record);
  /// Where pictures become larger or smaller.
  void size_changes(const Record& record);
  /// A command that would have been run.
  void command(const std::string& input, const std::string& command);
  /// The end of one input: its path or JSON record. `input` is a path as given.
  void finished(const Record& record);

  /// There are more files than inputs: folders.
  void expect(std::size_t files);
  /// Progress of one file, identified by any number: frames done of all.
  void progress(std::size_t file, std::uint64_t frames, std::uint64_t of);

  const Product& product() const { return product_; }
  /// Whether an output was told of that ends where its input was left.
  bool has_cut_output() const { return has_cut_output_; }

private:
  struct Frames {
    std::uint64_t done = 0;
    std::uint64_t all = 0;
  };

  void show_progress();

  bool json_;
  std::mutex mutex_;
  Console console_;
  Product product_;
  bool has_cut_output_ = false;
  std::set<std::string, std::less<>> warned_of_;
  std::size_t files_;
  std::map<std::size_t, Frames> frames_; ///< of every file that has been begun
  std::chrono::steady_clock::time_point shown_;
};

} // namespace dualcam::convert
