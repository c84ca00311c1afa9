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

/// Puts together what came of each file, over all connections in order of time, whatever ended
/// them, and whichever the capture shows to have ended first. Parts are of the same file if camera,
/// kind, path, length and metadata are, as far as they are known, if no good packet of both
/// differs, and if something speaks for it: equal packets, equal metadata, or that the later one
/// goes on behind the file's beginning. So a whole file that is offered again belongs to it.
///
/// Packets whose numbers were inferred and that came again with stated ones get theirs in the end,
/// when the whole file is known.
///
/// Legal calls: for each stream `event` with what its DumpReader gave, in order, then `over`; at
/// the end `finish`; `poll` at any time. Streams may be mixed. Events that make no sense (a packet
/// outside of a transfer, anything behind `over`) are taken as well as they can be.
///
/// Memory: of transfers under way at most `most_entries`, which are packets of 56 bytes, skipped
/// stretches of 24, and METADATA and PATH at twice their size, one entry for 24 bytes of it;
/// 2 KiB for each part, at most `most_parts`, and what has not been polled. Beyond that, and
/// of files of one camera beyond `most_suspended`, the oldest files of connections that have ended
/// are told; then entries are counted (`not_kept`) and not kept. All others are told by `finish`,
/// in order of time.
class TransferLog {
public:
  /// 1.125 GiB of full packets.
  static constexpr std::uint64_t default_most_entries = 9 << 17;
  /// How many files of one camera may wait for their rest.
  static constexpr std::size_t most_suspended = 64;
  /// How many parts all that wait may have.
  static constexpr std::size_t most_parts = 16'384;

  /// Holds up to `most_entries` packets and what else comes.
  explicit TransferLog(std::uint64_t most_entries = default_most_entries);
  ~TransferLog();
  /// Leaves the other one good for destruction and assignment only.
  TransferLog(TransferLog&&) noexcept;
  /// As the constructor.
  TransferLog& operator=(TransferLog&&) noexcept;

  /// The next event of a stream. `kept_at` goes with a packet, for callers that keep payloads.
  void event(const DumpStream& stream, const DumpEvent& event, std::uint64_t kept_at = 0);
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
