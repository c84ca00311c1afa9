// The dump reader: whatever comes, in whatever pieces, its events are the same, in order, and
// within the stream.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "dualcam/capture/transfer_log.hpp"

namespace {

using namespace dualcam;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

/// The events as numbers; the gap that the input's first byte asks for included.
std::vector<std::uint64_t> events(Bytes stream, std::size_t piece, std::size_t gap_at,
                                  const DumpReaderOptions& options) {
  DumpReader reader(options);
  TransferLog log(1000);
  std::vector<std::uint64_t> result;
  std::uint64_t packets = 0;
  const auto drain = [&] {
    while (const auto event = reader.poll()) {
      result.push_back(event->index());
      log.event({1, "", ""}, *event);
      if (const auto* packet = std::get_if<DumpPacket>(&*event)) {
        require(packet->ordinal == packets++);
        require(packet->number >= 1);
        require(packet->offset <= stream.size() + 100);
        require(packet->verdict != DumpVerdict::good || packet->received_crc.has_value());
        result.push_back(packet->offset);
        result.push_back(packet->number);
        for (const auto byte : packet->payload) { // views must be valid
          result.back() += std::to_integer<std::uint64_t>(byte) << 32;
        }
      } else if (std::holds_alternative<DumpTransferBegan>(*event)) {
        packets = 0;
      } else if (const auto* skipped = std::get_if<DumpSkipped>(&*event)) {
        require(skipped->bytes >= skipped->missing && skipped->bytes != 0);
        result.push_back(skipped->offset);
        result.push_back(skipped->bytes);
      }
    }
  };
  for (std::size_t at = 0; at < stream.size();) {
    const auto limit = at < gap_at ? gap_at - at : stream.size() - at;
    const auto size = std::min({piece, limit, stream.size() - at});
    const std::vector<std::byte> copy(stream.begin() + static_cast<std::ptrdiff_t>(at),
                                      stream.begin() + static_cast<std::ptrdiff_t>(at + size));
    reader.received(copy);
    drain();
    at += size;
    if (at == gap_at) {
      reader.missing(100);
      drain();
    }
  }
  reader.finish();
  drain();
  log.finish();
  while (const auto finding = log.poll()) {
    const auto* transfer = std::get_if<CapturedTransfer>(&*finding);
    require(transfer == nullptr || !transfer->is_complete() ||
            (transfer->missing().empty() && transfer->holes().empty()));
    result.push_back(transfer != nullptr ? transfer->bytes() + transfer->missing_count() : 0);
  }
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  if (input.size() < 2) {
    return 0;
  }
  const auto gap = std::to_integer<std::size_t>(input[0]) * 16;
  const auto piece = std::to_integer<std::size_t>(input[1]) + 1;
  const auto stream = input.subspan(2);
  DumpReaderOptions options;
  options.both_sides = piece % 2 == 0;
  if (piece % 3 == 0) {
    options.initial = static_cast<std::uint16_t>(piece);
  }
  const auto whole = events(stream, stream.size() + 1, gap, options);
  require(events(stream, piece, gap, options) == whole);
  return 0;
}
