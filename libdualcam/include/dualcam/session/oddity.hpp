/// \file
/// What no device is known to do. Each is told once a session; the file comes all the same.
///
/// Values, used by one thread at a time.
#pragma once

#include <string>

namespace dualcam {

/// What a device does.
enum class Oddity {
  protocol,          ///< it speaks one that is not known
  unknown_camera,    ///< a path of no known camera
  unwanted,          ///< it offers a path that is not wanted
  kinds_alone,       ///< it offers kinds where it should offer a path
  short_request,     ///< it is asked for a path by its first bytes
  enhanced,          ///< ENHANCED DATA of a protocol that does not have it
  start_in_packets,  ///< START counts packets, of a file that is counted in bytes
  too_many_bytes,    ///< more than START said
  other_offset,      ///< a packet for another byte than the one due
  end_status,        ///< an unusual STATUS behind the file
  last = end_status, ///< the last of these
};

/// One that was seen.
struct Odd {
  Oddity what;      ///< which
  std::string text; ///< a sentence
};

} // namespace dualcam
