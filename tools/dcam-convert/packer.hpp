// A clip in a container that we write ourselves, where ffmpeg's would not do.
#pragma once

#include <functional>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/input.hpp"
#include "dcam-convert/stream_writer.hpp"

namespace dualcam::convert {

/// Gives `write` what `writer` makes of the clip, which begins anew where pictures become larger or
/// smaller. The clip has pictures, in the order in which they are shown. Errors: of the input, or
/// of `write`.
Result<void> pack(const Input& input, const Clip& clip, bool with_sound, StreamWriter& writer,
                  const std::function<Result<void>(Bytes)>& write);

} // namespace dualcam::convert
