// What was captured, as events for programs have it.
#pragma once

#include <vector>

#include "common/json.hpp"
#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam::crc {

/// How many of what is bad is listed; the rest is only counted.
inline constexpr std::size_t most_listed = 10'000;

/// `[[1, 3], [7, 7]]`.
Json to_json(const std::vector<PacketRange>& packets);
Json to_json(const std::vector<ByteRange>& bytes);
/// `stream`: that it came in.
Json to_json(const DumpSkipped& skipped, const DumpStream& stream);
Json to_json(const CapturedPacket& packet, const DumpStream& stream);
/// But for its packets.
Json to_json(const CapturedTransfer& transfer);

} // namespace dualcam::crc
