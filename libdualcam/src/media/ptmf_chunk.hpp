// What is looked at in one chunk of a file.
#pragma once

#include "dualcam/media/annex_b.hpp"
#include "dualcam/media/ptmf.hpp"

namespace dualcam {

inline bool is_sound(const PtmfHeader& header) { return header.kind == PtmfKind::sound; }

/// `chunk` begins with the header, and may go on behind what is its.
inline Bytes content_of(const PtmfHeader& header, Bytes chunk) {
  return chunk.subspan(ptmf_header_size, header.length - header.padding);
}

bool begins_with_voice_header(Bytes payload);

/// Of a picture alone.
VideoCodec likely_codec(Bytes unit);

/// Damage that costs `count` chunks of the header's track.
PtmfDamage loss_of(PtmfDamage damage, const PtmfHeader& header, std::uint32_t count);

} // namespace dualcam
