// What a downloaded file holds, told by its content; names and endings say nothing.
#pragma once

#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Facts: shared/ptmf.md.
enum class VideoFormat {
  ptmf,    ///< the camera's container, see ptmf.hpp
  annex_b, ///< an HEVC elementary stream: `00 00 00 01 40`
  mp4,     ///< newer DashCams: `ftyp` at byte 4
  jpeg,    ///< a photo: `FF D8`
  unknown,
};

/// How many bytes of a file `detect` should be given: enough for a PTMF file whose first chunks are
/// destroyed. With fewer it still knows every undamaged file from its first 8 bytes.
inline constexpr std::size_t detection_size = 65536;

/// Judges a file by its first bytes. When these say nothing, a plausible PTMF header further on
/// does: a file may have lost its beginning.
VideoFormat detect(Bytes first_bytes);

/// "PTMF", "HEVC Annex B", "MP4", "JPEG" or "unknown".
std::string_view name_of(VideoFormat format);

} // namespace dualcam
