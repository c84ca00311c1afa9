// What has become of what was asked for: the exit status in the end.
#pragma once

#include <cstdint>
#include <set>
#include <utility>

#include "common/exit_code.hpp"
#include "dcam-serve/options.hpp"
#include "dualcam/files/file_ref.hpp"

namespace dualcam::serve {

class Outcome {
public:
  explicit Outcome(const ServeOptions& options) : options_(options) {}

  /// Something that was asked for could not be done.
  void failed(ExitCode code) { code_ = worse_of(code_, code); }
  void stopped_by(int signal) { signal_ = signal; }

  /// A part of this file is there, the rest may come.
  void partial(std::uint64_t imei, const FileRef& file) { partials_.insert(part_of(imei, file)); }
  /// The file is dealt with; `counts` if it was kept. Whether no further file is wanted.
  bool stored(std::uint64_t imei, const FileRef& file, bool counts);
  /// Nobody wants the rest of anything.
  void forget_partials() { partials_.clear(); }
  std::size_t partials() const { return partials_.size(); }

  /// An ExitCode, or 128 + signal.
  int exit_status() const;

private:
  using Part = std::pair<std::uint64_t, std::uint64_t>;
  static Part part_of(std::uint64_t imei, const FileRef& file);

  const ServeOptions& options_;
  ExitCode code_ = ExitCode::done;
  int signal_ = 0;
  std::uint64_t files_ = 0;
  std::set<Part> partials_;
};

} // namespace dualcam::serve
