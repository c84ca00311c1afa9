// What can be seen of a photo's state without decoding it (ITU-T T.81, annex B).
#pragma once

#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

enum class JpegState {
  whole, ///< to its end marker; what follows is not the photo's
  cut,   ///< it begins to show a picture, and ends or has lost bytes before the picture is complete
  nothing, ///< not as far as the first byte of a picture
};

/// `photo` is a file's content.
JpegState inspect_jpeg(Bytes photo);

} // namespace dualcam::convert
