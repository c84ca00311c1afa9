// Files that did not come, though the line was there for them: their camera's other files go first.
#pragma once

#include <cstdint>
#include <map>

#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

/// Of a bounded number of cameras, with paths of a bounded size: anybody may claim any IMEI.
class SteppedBack {
public:
  /// Whether that is new. `in_vain`: all attempts were made, and the line was there.
  bool add(std::uint64_t imei, const FileRef& file, bool in_vain);
  /// It has come.
  void remove(std::uint64_t imei, const FileRef& file);
  AskedLast of(std::uint64_t imei) const;

private:
  struct Files {
    FileKinds kinds;
    std::map<FileRef, unsigned> paths; ///< how often each was asked for in vain
  };

  void forget_all();

  std::map<std::uint64_t, Files> files_;
  std::size_t path_bytes_ = 0; ///< of all paths
};

} // namespace dualcam::serve
