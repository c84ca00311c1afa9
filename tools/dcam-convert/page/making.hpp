// What a page's files lack: a video for browsers, a thumbnail.
#pragma once

#include <atomic>

#include "dcam-convert/page/entry.hpp"

namespace dualcam::convert {

/// Looks into files and makes what they lack. Several threads may use it, each for an entry of its
/// own.
class PageMaker {
public:
  explicit PageMaker(const Workshop& workshop);

  /// Takes over what is there for an entry whose facts are known. False: something is missing.
  static bool take_what_is_there(Entry& entry);

  /// Looks into the file and makes what is missing; its facts, video and thumbnail are set then.
  /// After a failure that others would meet, too, nothing more is made, and nothing more told.
  /// False: it is neither photo nor video, and nothing says that it should be.
  bool make(Entry& entry, std::size_t number) const;

private:
  Outcome<void> make_product(Entry& entry, Source& source, const Record& seen, Task task,
                             std::size_t number) const;

  const Workshop& workshop_;
  ConvertOptions video_options_;
  ConvertOptions thumbnail_options_;
  mutable std::atomic<ExitCode> given_up_ = ExitCode::done; ///< why nothing more is made
};

} // namespace dualcam::convert
