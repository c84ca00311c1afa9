/// \file
/// Bytes in any pieces -> whole commands.
///
/// A framer is used by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {

/// Cuts one side's byte stream into commands. Commands that lie whole within the fed bytes are
/// handed out as views into them; one that straddles two feeds is put together in a buffer of the
/// framer's own. Its length is checked against `commands`, and what `limit` makes of it, before a
/// byte of it is kept, so whatever comes, there are at most three such buffers, each of at most one
/// command.
class Framer {
public:
  /// A whole command. `payload` is valid until the next `feed`, that of a frame found by
  /// `drop_until_sync` until the next `next`.
  struct Frame {
    std::uint16_t id;     ///< one that this sender has
    Bytes payload;        ///< without id and length; its length is as `commands` and `limit` say
    std::uint64_t offset; ///< of the command's first byte in the stream
  };

  /// Whose side of the connection is read.
  explicit Framer(Sender sender);

  /// From here on a command of this id is refused if its payload has more than `most` bytes, or
  /// more than `commands` allows.
  void limit(CommandId id, std::size_t most);

  /// Adds input. `bytes` must stay valid until `next` has returned nullopt (and as long as payloads
  /// are looked at), and everything fed before must have been used up that way: it would be lost,
  /// std::logic_error.
  void feed(Bytes bytes);

  /// The next whole command; nullopt when more bytes are needed; an error (unsupported or
  /// malformed) when what comes next can be no command. After an error nothing is consumed:
  /// `skip` and `drop_until_sync` are the only ways on.
  Result<std::optional<Frame>> next();

  /// The next bytes that have come, at most `count`, without taking them. Fewer than `count` are
  /// all there are: the fed ones may go. Valid until the next call.
  Bytes ahead(std::size_t count);
  /// Takes `count` bytes of those that `ahead` showed.
  void skip(std::size_t count) { consume(count); }

  /// From here on drops every byte up to a SYNC of packet `highest` or lower, a STATUS that a
  /// device uses as an error or, with `or_start`, a START that offers something. `next` then
  /// returns it. The vendor's server finds its way back the same way [srv]: DATA in flight and
  /// garbage may stand before it [seen].
  void drop_until_sync(std::uint32_t highest, bool or_start = false);

  /// How many bytes have been consumed.
  std::uint64_t offset() const { return offset_; }

  /// How many bytes its buffers hold.
  std::size_t memory() const;

private:
  std::optional<Bytes> peek(std::size_t count);
  Bytes kept() const { return Bytes(kept_).subspan(kept_begin_); }
  void keep(std::size_t count);
  void consume(std::size_t count);
  std::optional<Frame> search();
  std::optional<std::size_t> push_to_window(std::byte byte);
  bool skip_length_of_repeat_init();

  Sender sender_;
  Bytes input_;                  ///< fed and not yet looked at
  ByteBuffer kept_;              ///< before it: the start of a command whose rest had not come
  std::size_t kept_begin_ = 0;   ///< what lies before has been consumed
  bool kept_is_lent_ = false;    ///< payloads in `kept_` were handed out since the last feed
  std::vector<ByteBuffer> lent_; ///< what was kept before, with payloads that may be looked at
  std::uint64_t offset_ = 0;
  bool after_repeat_init_ = false;
  std::array<std::uint16_t, commands.size()> most_; ///< payload bytes, by row

  bool searching_ = false;
  bool or_start_ = false;
  std::uint32_t highest_ = 0;
  std::array<std::byte, start_size> window_{}; ///< the last bytes dropped while searching
  std::size_t window_fill_ = 0;
};

} // namespace dualcam
