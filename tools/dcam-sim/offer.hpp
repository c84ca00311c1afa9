// A recording as the device offers it: which camera's file it is, and what is told about it.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "dcam-sim/family.hpp"
#include "dcam-sim/media.hpp"
#include "dcam-sim/options.hpp"
#include "dualcam/files/file_ref.hpp"

namespace dualcam::sim {

struct Offer {
  const Recording* recording;
  const Family* family;
  FileRef file;
  SystemTime finalised; ///< maybe later than the recording was

  /// A camera's recording. Its path, if it goes by one, is made from kind and time, or it is
  /// `options.path`. A path that is made is none of `taken`: rather the time is a later one.
  static Offer of(const Recording& recording, const Family& family, SystemTime finalised,
                  const SimOptions& options, const std::set<FileRef>& taken);
};

/// Every recording by every camera, these taking turns.
std::vector<Offer> offers_of(std::span<const Recording> recordings, const SimOptions& options);

/// The METADATA payload for it; empty: the device has none to tell.
ByteBuffer metadata_of(const Offer& offer, const SimOptions& options);

} // namespace dualcam::sim
