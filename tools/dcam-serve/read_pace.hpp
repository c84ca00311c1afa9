// How often what a camera has sent is fetched, where there are thousands of them.
#pragma once

#include <cstddef>

#include "dualcam/session/deadlines.hpp"

namespace dualcam::serve {

/// Of one connection.
class ReadPace {
public:
  /// So many bytes of DATA have been fetched.
  void fetched(std::size_t bytes) { bytes_ += bytes; }

  /// When to look for more, if that is nothing that anybody waits for: now, or, of very many
  /// `connections`, some packets later. To be woken for each packet costs more than the packet.
  /// Who sends much is not kept waiting.
  TimePoint next(std::size_t connections, TimePoint now);

private:
  TimePoint since_; ///< for `bytes_`
  std::size_t bytes_ = 0;
  bool much_ = false; ///< has come in the pause before
};

} // namespace dualcam::serve
