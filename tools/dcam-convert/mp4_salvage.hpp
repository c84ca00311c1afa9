// A whole MP4 file made of what a damaged one still has.
#pragma once

#include <vector>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/input.hpp"
#include "dcam-convert/mp4_index.hpp"

namespace dualcam::convert {

/// Takes the samples out of `index` that are not, or not whole, in the file of `size` bytes, and
/// pictures that no key picture precedes; says what that costs. Reads every picture once.
///
/// A picture is not whole if it has a run of zeros that no picture has, or if its NAL units do not
/// fit into it; a JPEG picture, if it has fewer blocks than it should. Nothing is lost of other
/// codecs but what lies outside.
Losses remove_mp4_losses(Mp4Index& index, std::uint64_t size, const ReadAt& read);

/// How long the pictures, or all of the sound, of an index are, in microseconds.
std::uint64_t duration_of(const Mp4Index& index, bool video);
std::uint64_t count_pictures(const Mp4Index& index);
/// When each picture is shown, in rising order, in microseconds of the movie.
std::vector<std::uint64_t> picture_times(const Mp4Index& index);
/// By their own parameter sets, or by their descriptions. Reads the beginning of each key picture.
std::vector<SizeChange> size_changes(const Mp4Index& index, const ReadAt& read);

/// A file that holds the samples of `index` and no others, at the times that they had: first
/// `head`, then `parts` of the old file.
struct Mp4Layout {
  ByteBuffer head;
  std::vector<Input::Part> parts;
};
Mp4Layout lay_out_mp4(const Mp4Index& index);

} // namespace dualcam::convert
