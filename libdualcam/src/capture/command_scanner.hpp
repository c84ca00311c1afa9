// A device's byte stream with gaps in it -> its commands, and what is between them, through damage.
//
// It knows how commands are framed and what makes bytes likely to be one. What they mean for a
// transfer is somebody else's business: TransferTracker's, which says what is `Known`.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "capture/command_evidence.hpp"
#include "capture/short_queue.hpp"
#include "dualcam/capture/dump.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// A whole command.
struct ScannedCommand {
  std::uint64_t offset;
  Message message;
  std::optional<std::uint16_t> before; ///< the two bytes before it, if a search ended here
};

/// A command of the server, where both sides are in one stream.
struct ScannedServerCommand {
  Message message; ///< views into the stream
};

/// A DATA or ENHANCED DATA that is not all there.
struct ScannedCut {
  std::uint64_t offset;
  std::optional<std::uint32_t> place;        ///< in the file, by its header: of ENHANCED DATA
  Bytes payload;                             ///< what is there of it
  std::optional<std::uint16_t> received_crc; ///< its CRC, if that is
};

/// The way was lost, and is found again: the next thing is a command.
struct ScannedLoss {
  std::uint64_t bytes;
  bool damaged_packet; ///< there is one at its start
  bool length_known;   ///< the capture says how much is missing
};

/// Nothing more comes.
struct ScannedEnd {
  std::uint64_t offset;
};

using Scanned = std::variant<ScannedCommand, ScannedServerCommand, ScannedCut, DumpSkipped,
                             ScannedLoss, ScannedEnd>;

/// Takes pieces of any size. Views in what it hands out are good until the next `received`.
class CommandScanner {
public:
  /// `first`: offset of the stream's first byte.
  explicit CommandScanner(std::uint64_t first = 0)
      : first_(first), base_(first), lost_(Lost{.from = first, .reported = first}) {}

  void received(Bytes bytes);
  void missing(std::uint64_t count) { gap_ += count; }
  void finish() { finished_ = true; }

  /// The next thing, told apart by what is known; nullopt: more bytes are needed, or none come.
  std::optional<Scanned> next(const command_evidence::Known& known);

  /// Where the stream ends so far, and where what has not been told yet begins: behind `next` has
  /// returned nullopt.
  std::uint64_t end() const { return base_ + buffer_.size() + gap_; }
  std::uint64_t told() const { return lost_ ? lost_->from : offset(); }

  /// About how many bytes it holds.
  std::size_t memory() const { return buffer_.capacity() + dropped_.capacity(); }

private:
  using Known = command_evidence::Known;

  /// A stretch in which the way was lost.
  struct Lost {
    std::uint64_t from;          ///< where the first command is damaged, or missing
    std::uint64_t reported;      ///< what stands before this is in a ScannedCut
    std::uint64_t missing = 0;   ///< bytes that are missing from the capture
    bool length_known = false;   ///< some were missing, and it is known how many
    std::size_t stated = 0;      ///< the damaged DATA's size by its header; 0: none, or reported
    bool damaged_packet = false; ///< there is, or was, one
    bool missing_inside = false; ///< it is cut by a gap or the end
  };

  bool step(const Known& known);
  bool read_command(const Known& known);
  bool read_data(std::size_t size, const Known& known);
  command_evidence::Fit fits_by_chance(std::size_t size, const Known& known) const;
  void take(Bytes command);
  bool search(const Known& known);
  std::optional<bool> read_server_command(const Known& known);
  command_evidence::Fit is_opening(const Known& known) const;
  void close_gap();
  void end_of_stream();

  void lose(std::size_t stated);
  void lose_what_is_left();
  void found();
  void report_cut();
  void report_skipped();

  Bytes window() const { return Bytes(buffer_).subspan(position_); }
  std::uint64_t offset() const { return base_ + position_; }
  bool at_end() const { return finished_ || gap_ != 0; }

  std::uint64_t first_;
  ByteBuffer buffer_;
  ByteBuffer dropped_;       ///< the buffer before, as long as there may be views into it
  std::size_t position_ = 0; ///< in the buffer: everything before is dealt with
  std::uint64_t base_;       ///< the buffer's offset in the stream
  std::uint64_t gap_ = 0;    ///< bytes missing behind the buffer
  bool finished_ = false;
  bool ended_ = false;
  std::optional<Lost> lost_;            ///< a stream may begin anywhere
  bool way_found_ = false;              ///< the next command was searched for
  std::optional<std::uint16_t> before_; ///< the two bytes before it
  ShortQueue<Scanned> scanned_;         ///< at most three
};

} // namespace dualcam
