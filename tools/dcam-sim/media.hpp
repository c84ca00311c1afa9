// What the simulated camera has recorded.
#pragma once

#include <string>
#include <vector>

#include "common/units.hpp"
#include "dcam-sim/options.hpp"
#include "dcam-sim/random.hpp"
#include "dualcam/files/file_kind.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::sim {

struct Recording {
  FileKind kind;
  std::string name; ///< for people
  ByteBuffer content;
  SystemTime finalised; ///< when the camera closed it: a FILE's last change
};

/// What is wrong with a FILE argument such as `videoq=PATH`, whose kind is none, or `photof=`;
/// empty: nothing.
std::string mistaken_file(const std::string& argument);

/// Reads a FILE argument: `photof=PATH`, or PATH whose content, or else name, tells photo from
/// video.
Result<Recording> load_recording(const std::string& argument);

/// A front photo and a front video: ffmpeg's test picture and a rising tone in PTMF, with the times
/// that a camera gives them. Errors: io, ffmpeg is missing or fails, or `stop` has become readable.
Result<std::vector<Recording>> generate_recordings(std::uint32_t seconds, unsigned frame_rate,
                                                   int stop);

/// Another file of the same size that begins like this one: every byte after the first packet (of a
/// file that has no more, after the first half) is different.
ByteBuffer other_content(Bytes content, Random random);

} // namespace dualcam::sim
