// The coded data of a photo, read without making a picture of it (ITU-T T.81, annexes B and F).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

/// Knows what the segments of a photo say, each without its marker and length.
class JpegScan {
public:
  void take_frame(std::uint8_t marker, Bytes segment);
  void take_tables(Bytes segment); ///< Huffman's
  void take_restart_interval(Bytes segment);

  /// Whether `data`, with its restart markers, holds as many blocks as the picture has, and nothing
  /// behind them. Of a kind that is not read here (progressive, arithmetic), or if the tables are
  /// not there: whether it has no long run of zeros.
  bool is_whole(Bytes header, Bytes data) const;

private:
  struct Component {
    std::uint8_t id;
    unsigned wide, high; ///< blocks, in what is coded at once
  };
  struct Frame {
    unsigned width, height;
    std::vector<Component> components;
  };
  struct Table { ///< of code lengths 1 to 16
    std::vector<std::uint8_t> symbols;
    std::array<std::int32_t, 17> end{};   ///< behind the last code of a length
    std::array<std::int32_t, 17> first{}; ///< symbol of the code 0 of a length, if there were one
  };
  struct Block { ///< how one of the blocks that are coded in turn is coded
    const Table* dc;
    const Table* ac;
  };
  struct Layout {
    std::vector<Block> unit; ///< coded in turn
    std::uint64_t units = 0;
  };
  class Bits;

  std::optional<Layout> layout_of(Bytes header) const;
  static int next_symbol(Bits& bits, const Table& table);
  static bool zeros_are_flat(const Layout& layout);
  static bool skip_block(Bits& bits, const Block& block);

  std::optional<Frame> frame_;                 ///< of the kind that is read here
  std::array<std::optional<Table>, 8> tables_; ///< for DC, then for AC
  unsigned restart_interval_ = 0;
};

} // namespace dualcam::convert
