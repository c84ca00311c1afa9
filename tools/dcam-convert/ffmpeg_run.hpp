// Running ffmpeg, and judging it by what it has made: 5.1 exits with 0 when a disk is full.
#pragma once

#include <functional>

#include "dcam-convert/converter.hpp"
#include "dcam-convert/result_check.hpp"

namespace dualcam::convert {

/// What ffmpeg reads: the frames of a stream, or bytes, or a file that has no name.
struct FfmpegFeed {
  FrameStream* stream = nullptr;
  Bytes bytes;
  int file = -1;
};

/// The feed of a command that reads this source; `stream` where it is one.
FfmpegFeed feed_of(const Source& source, FrameStream* stream);

/// Runs ffmpeg; its standard output. Errors: child_failed with ffmpeg's last lines.
Outcome<ByteBuffer> run_ffmpeg(const Workshop& workshop, const Command& command,
                               const FfmpegFeed& feed);

/// Of a doubtful source that ffmpeg has failed on: whether the source is to blame, since ffmpeg
/// runs but finds no picture in it.
bool finds_no_picture(const Workshop& workshop, const Source& source, const FfmpegInput& input);

/// A file that ffmpeg is to make.
struct FfmpegJob {
  /// The command for an output.
  std::function<Command(const FfmpegOutput&)> command;
  FfmpegFeed feed;
  ResultForm form;
  std::function<void(std::uint64_t frames)> on_progress; ///< not while it goes to standard output
};

/// Runs ffmpeg into `output`, which it does not finish, and looks at what has come of it, which is
/// then whole and has pictures. Errors: io with the sentence for a disk that takes no more,
/// child_failed for whatever else leaves no whole file.
Outcome<Verdict> run_ffmpeg_into(const Workshop& workshop, Output& output, const FfmpegJob& job);

/// Runs ffmpeg, and gives `write` what comes out as it comes, until that returns false: nobody
/// wants more. What it was; errors as above, or io of `write`. Needs no Output, and
/// may be called in a thread of its own.
Outcome<Verdict> run_ffmpeg_through(const Workshop& workshop, const FfmpegJob& job,
                                    const std::function<Result<bool>(Bytes)>& write);

} // namespace dualcam::convert
