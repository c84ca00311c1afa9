// What all packets of a transfer together say about their numbers, once all of them are known.
#pragma once

#include <string_view>

#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam {

/// Packets whose numbers were inferred may have come again with stated ones, which settles theirs.
void settle_numbers(CapturedTransfer& transfer);

/// A number is a repeat if it came before, whatever the order of the others.
void mark_repeats(CapturedTransfer& transfer);

/// Gives a packet another number, which is inferred.
void renumber(CapturedPacket& packet, std::int64_t shift);

/// Says once why numbers were changed.
void note_correction(CapturedTransfer& transfer, std::string_view reason);

} // namespace dualcam
