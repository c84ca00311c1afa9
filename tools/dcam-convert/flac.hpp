// A-law as FLAC (RFC 9639): without loss, without an encoder's delay, and every frame alone.
//
// Written by hand rather than with libFLAC: A-law stands for 13 bits a sample, and a verbatim
// subframe holds just these. An encoder that predicts would save a third of 13 KB a second and want
// to see a frame of its own size first.
#pragma once

#include <cstdint>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

/// At most so many samples may be in one frame.
inline constexpr std::uint32_t longest_flac_frame = 512;

/// The STREAMINFO block of 8000 Hz mono, without its header.
ByteBuffer flac_stream_info();

/// Appends a frame: these samples, of which the first has number `sample` in its stream.
/// Precondition: 1 to `longest_flac_frame` samples.
void append_flac_frame(std::uint64_t sample, Bytes a_law, ByteBuffer& out);

} // namespace dualcam::convert
