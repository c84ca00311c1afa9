// Bytes in any pieces -> whole commands.
#pragma once

#include <cstdint>
#include <optional>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// Cuts one side's byte stream into commands, holding at most one unfinished command (its length is
/// checked against `payload_length` before anything is stored).
///
/// Commands that lie whole within the fed bytes are handed out as views into them; only a command
/// that straddles two feeds is assembled in a buffer of the framer's own.
class Framer {
public:
  /// `payload` is valid until the next `feed`, that of a frame found by `drop_until_sync` until the
  /// next `next`.
  struct Frame {
    std::uint16_t id;
    Bytes payload;
    std::uint64_t offset; ///< of the command's first byte in the stream
  };

  explicit Framer(Sender sender) : sender_(sender) {}

  /// Adds input. `bytes` must stay valid until `next` has returned nullopt (and as long as payloads
  /// are looked at), and everything fed before must have been used up that way.
  void feed(Bytes bytes);

  /// The next whole command; nullopt when more bytes are needed; an error (unsupported or
  /// malformed) when what comes next can be no command. After an error nothing is consumed:
  /// `drop_until_sync` is the only way on.
  Result<std::optional<Frame>> next();

  /// From here on drops every byte up to a SYNC of packet `highest` or lower, or a STATUS that a
  /// device uses as an error, which `next` then returns. The vendor's server finds its way back the
  /// same way [srv]: DATA in flight and garbage may stand before it [seen].
  void drop_until_sync(std::uint32_t highest);

  /// How many bytes have been consumed.
  std::uint64_t offset() const { return offset_; }

private:
  std::optional<Bytes> peek(std::size_t count);
  std::optional<Frame> search();
  bool push_to_window(std::byte byte);
  void consume();
  bool skip_length_of_repeat_init();

  Sender sender_;
  Bytes input_;
  ByteBuffer carry_;           ///< the start of a command whose rest has not come yet
  ByteBuffer held_;            ///< the last assembled command, which may still be looked at
  std::size_t frame_size_ = 0; ///< bytes of the frame handed out last, not yet consumed
  std::uint64_t offset_ = 0;
  bool after_repeat_init_ = false;

  bool searching_ = false;
  std::uint32_t highest_ = 0;
  std::array<std::byte, 8> window_{}; ///< the last bytes dropped while searching
  std::size_t window_fill_ = 0;
};

} // namespace dualcam
