// Hex text in the shapes people paste -> bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Whether bytes are text that can be a hex dump: printable, with hex digits in it. 4 KiB tell.
bool is_hex_text(Bytes first_bytes);

/// Understands, told apart by the first line with hex in it:
/// - lines with offsets: xxd, hexdump -C (also `*` for repeated lines), od -A x -t x1, tcpdump -x
///   and -X, Wireshark's hex dump and its "follow stream", where the other side's lines are
///   indented. Text columns are dropped. An offset that jumps ahead tells how many bytes are
///   missing; lines that came before are dropped; offset 0 begins another block.
/// - hex digits in pairs or any longer groups, with spaces, commas, colons, semicolons, quotes,
///   braces, `0x` or `\x` between or none, on one line or many. One digit alone is a byte.
/// Other lines are passed over and counted.
class HexReader {
public:
  class Listener {
  public:
    virtual ~Listener() = default;
    /// `other_side`: from an indented line of "follow stream". Valid during the call.
    virtual void bytes(Bytes bytes, bool other_side) = 0;
    virtual void missing(std::uint64_t count, bool other_side) = 0;
    /// Offsets begin again at 0: another packet.
    virtual void next_block() = 0;
  };

  /// `listener` must outlive the reader.
  explicit HexReader(Listener& listener) : listener_(listener) {}

  void feed(std::string_view text);
  void finish();

  /// Lines that hold something, but no hex.
  std::uint64_t lines_passed_over() const { return passed_over_; }

private:
  enum class Shape { unknown, with_offsets, plain };
  struct Line {
    std::uint64_t offset;
    std::size_t indent;
    ByteBuffer bytes;
  };
  struct Side {
    std::optional<std::uint64_t> expected; ///< offset of the next line
    ByteBuffer last;                       ///< what `*` repeats
  };

  static std::optional<Line> parse_line(std::string_view line, bool first);
  void line(std::string_view line);
  void offset_line(const Line& line);
  void repeat_last(Side& side, std::uint64_t until, bool other_side);
  void plain(std::string_view text);
  void end_of_token();

  Listener& listener_;
  Shape shape_ = Shape::unknown;
  std::string pending_;    ///< a line whose end has not come yet
  bool long_line_ = false; ///< its start has been dealt with as plain digits
  std::uint64_t passed_over_ = 0;

  std::size_t indent_ = 0;
  Side sides_[2];
  bool repeated_ = false; ///< the line before was `*`

  std::optional<unsigned> digit_; ///< the first of two
  std::size_t digits_ = 0;        ///< of this group
  bool escaped_ = false;          ///< behind a backslash
};

} // namespace dualcam::inline tools
