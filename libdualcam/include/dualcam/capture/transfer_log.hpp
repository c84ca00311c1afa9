/// \file
/// The events of a capture's connections -> its files, each as far as the capture proves it.
///
/// A log is used by one thread at a time, and owns all that it hands out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam {

/// Bytes outside of any transfer that are no command.
struct CapturedStray {
  DumpStream stream;   ///< where
  DumpSkipped skipped; ///< which
};

/// What `TransferLog::poll` hands out.
using CaptureFinding = std::variant<CapturedTransfer, CapturedStray>;

/// Puts together what came of each file, over all connections: a transfer that ended early and one
/// that goes on with it on another connection are one, whatever ended the first, and whichever
/// the capture shows to have ended first. They are taken for the same file if camera, kind, path,
/// length and metadata are, as far as they are known, the second begins beyond packet 1, and no
/// good packet of both differs.
///
/// Packets whose numbers were inferred and that came again with stated ones get theirs in the end,
/// when the whole file is known.
///
/// Legal calls: for each stream `event` with what its DumpReader gave, in order, then `over`; at
/// the end `finish`; `poll` at any time. Streams may be mixed. Events that make no sense (a packet
/// outside of a transfer, anything behind `over`) are taken as well as they can be.
///
/// Memory: 56 bytes for each packet and 24 for each skipped stretch of transfers under way,
/// together at most `most_records` of them, and what has not been polled. Beyond that, incomplete
/// transfers of connections that have ended are given up, oldest first; then packets are counted
/// (`not_kept`) and not kept.
class TransferLog {
public:
  /// 1.5 GiB of full packets.
  static constexpr std::uint64_t default_most_records = 3 << 19;
  /// How many incomplete transfers may wait for their rest.
  static constexpr std::size_t most_suspended = 64;

  /// Holds up to `most_records` packets and skipped stretches.
  explicit TransferLog(std::uint64_t most_records = default_most_records);
  ~TransferLog();
  /// Leaves the other one good for destruction and assignment only.
  TransferLog(TransferLog&&) noexcept;
  /// As the constructor.
  TransferLog& operator=(TransferLog&&) noexcept;

  /// The next event of a stream. `place` is kept with a packet, for callers that keep payloads.
  void event(const DumpStream& stream, const DumpEvent& event, std::uint64_t place = 0);
  /// Nothing more comes of this stream.
  void over(const DumpStream& stream);
  /// The capture has ended: transfers that nobody has resumed are done, too.
  void finish();

  /// The next finding, in the order in which they were made; nullopt: none yet.
  std::optional<CaptureFinding> poll();

  /// Whether the next packet will be kept, rather than only counted.
  bool has_room() const;

private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

} // namespace dualcam
