// --dry-run: where files would go.
#pragma once

#include "dcam-serve/options.hpp"

namespace dualcam::serve {

/// Prints the path that a file of each wanted kind and family would get if it came now, with the
/// first IMEI of --imei or an invented one. Makes and serves nothing.
ExitCode print_paths(const ServeOptions& options);

} // namespace dualcam::serve
