// Where a stream goes while it comes about: standard output, a file that can be read meanwhile, a
// folder for HLS.
#pragma once

#include <memory>

#include "dcam-convert/converter.hpp"

namespace dualcam::convert {

/// Errors are of category io and name the path.
class LiveSink {
public:
  LiveSink() = default;
  LiveSink(const LiveSink&) = delete;
  LiveSink& operator=(const LiveSink&) = delete;
  virtual ~LiveSink() = default;

  virtual Result<void> write(Bytes bytes) = 0;
  /// Nothing more comes. What has come can be played before, too.
  virtual Result<void> finish() = 0;
  /// Nobody reads on, which is no error.
  virtual bool reader_gone() const { return false; }
  /// What can be read: a path, "-", or nothing.
  virtual std::string name() const = 0;
};

/// Standard output for "-", an HLS folder for NAME.m3u8, otherwise a file, which --if-exists number
/// may give another name. `whole_segments`: every fragment is a segment of its own.
Outcome<std::unique_ptr<LiveSink>>
open_sink(const Workshop& workshop, const std::filesystem::path& target, bool whole_segments);

} // namespace dualcam::convert
