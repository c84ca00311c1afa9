// What dcam-serve has before it and has done since it began, as Prometheus reads it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dcam-serve/durations.hpp"

namespace dualcam::serve {

struct Metrics {
  // now
  std::uint64_t connections = 0;
  std::uint64_t places = 0; ///< how many there may be
  std::uint64_t cameras = 0;
  std::uint64_t transfers = 0;
  double oldest_unsaved = 0; ///< seconds; 0: everything is durable

  // since the start
  std::uint64_t connections_so_far = 0;
  std::uint64_t received = 0; ///< verified bytes of files
  std::uint64_t files = 0;
  std::uint64_t file_bytes = 0; ///< of these
  std::uint64_t failures = 0;
  std::uint64_t resumes = 0;
  std::map<std::string, std::uint64_t> refusals; ///< by reason
  std::uint64_t dropped_lines = 0;
  Durations commits;
};

/// The text format of Prometheus' exposition, version 0.0.4.
std::string prometheus_text(const Metrics& metrics);

} // namespace dualcam::serve
