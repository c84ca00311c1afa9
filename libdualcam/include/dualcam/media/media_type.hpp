/// \file
/// What a downloaded file holds, judged by its content; names and endings say nothing.
/// Facts: dualcam-ptmf(7), OTHER FILES.
///
/// The functions may be called from any thread. All text is static: it is valid for ever.
#pragma once

#include <string_view>

#include "dualcam/media/ptmf.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// What was recognised.
enum class VideoFormat {
  ptmf,    ///< the camera's container, see ptmf.hpp
  annex_b, ///< an HEVC elementary stream: `00 00 00 01 40`
  h264,    ///< an H.264 elementary stream: `00 00 00 01 67`
  mp4,     ///< newer DashCams: `ftyp` at byte 4
  jpeg,    ///< a photo: `FF D8`
  unknown, ///< none of these
};

/// How many bytes of a file `detect` should be given. With fewer it still knows every undamaged
/// file from its first 8 bytes.
inline constexpr std::size_t detection_size = 65536;

/// How many when it has said `unknown`, `annex_b` or `h264`: a PTMF file that lost its beginning
/// may show its first header only after the largest chunk.
inline constexpr std::size_t thorough_detection_size = largest_ptmf_payload + 2 * ptmf_header_size;

/// Judges a file by its first bytes; a stream's first start code may be damaged. When these say
/// nothing, or seem to begin an HEVC stream, a PTMF header further on decides: a file may have lost
/// its beginning, and no stream can hold the eight zeros of a header.
VideoFormat detect(Bytes first_bytes);

/// How many bytes of a file `extension_of_content` should be given. More tell no more.
inline constexpr std::size_t extension_sample_size = 1024;

/// What the name of a file should end in, by its first bytes: `.jpg`, `.mp4`, `.h265` (PTMF as the
/// vendor's server names it, and Annex B of H.265), `.h264` (Annex B), `.ts`, `.png`, `.avi`,
/// `.mkv`; empty: they do not tell. Of undamaged files: `detect` is for what may have lost its
/// beginning.
std::string_view extension_of_content(Bytes first_bytes);

/// "PTMF", "HEVC Annex B", "H.264 Annex B", "MP4", "JPEG" or "unknown".
std::string_view name_of(VideoFormat format);

} // namespace dualcam
