// What has become of what was asked for: the exit status in the end.
#pragma once

#include <cstdint>
#include <map>
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

  /// A part of this file is there, the rest may come; so often it was resumed.
  void incomplete(std::uint64_t imei, const FileRef& file, unsigned resumptions) {
    incomplete_[key_of(imei, file)] = resumptions;
  }
  /// How often it was resumed before it was last left as a part.
  unsigned resumptions(std::uint64_t imei, const FileRef& file) const {
    const auto found = incomplete_.find(key_of(imei, file));
    return found != incomplete_.end() ? found->second : 0;
  }
  /// The file is dealt with; `counts` if it was kept. Whether no further file is wanted.
  bool stored(std::uint64_t imei, const FileRef& file, bool counts);
  /// Nobody wants the rest of anything.
  void forget_incomplete() { incomplete_.clear(); }
  std::size_t incomplete_files() const { return incomplete_.size(); }

  /// An ExitCode, or 128 + signal.
  int exit_status() const;

private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;
  static Key key_of(std::uint64_t imei, const FileRef& file);

  const ServeOptions& options_;
  ExitCode code_ = ExitCode::done;
  int signal_ = 0;
  std::uint64_t files_ = 0;
  std::map<Key, unsigned> incomplete_;
};

} // namespace dualcam::serve
