// dcam-crc --scrub: a capture that can be shown to others.
#pragma once

#include <string>
#include <vector>

#include "common/input_file.hpp"
#include "common/standard_streams.hpp"
#include "dcam-crc/options.hpp"

namespace dualcam::crc {

/// Reads the captures twice: what is in them, and how it is to be replaced, then each frame, which
/// is written with other contents. `options.scrub` is the file that is made, `-` standard output;
/// it has its name when it is complete, and never takes another file's.
class Scrub {
public:
  Scrub(const CrcOptions& options, Product& product, Console& console)
      : options_(options), product_(product), console_(console) {}

  ExitCode run();

private:
  /// A capture, which can be read several times.
  struct Source {
    std::string path;
    std::size_t position; ///< among those that were named
    std::uint64_t time;
    std::optional<InputFile> kept; ///< in a file without a name: it could be read once
  };
  class Writer;
  class Pass;

  ExitCode failed(const std::string& path, const Error& error);
  Result<Source> look_at(const std::string& path) const;
  ExitCode find_sources();
  template <class Take> ExitCode read_all(bool again, const Take& take);
  ExitCode write(class ScrubPlan& plan, class ScrubValues& values, const class ScrubKey& key);
  void tell(const class ScrubPlan& plan, const class ScrubValues& values);

  const CrcOptions& options_;
  Product& product_;
  Console& console_;
  std::vector<Source> sources_; ///< in order of time
};

} // namespace dualcam::crc
