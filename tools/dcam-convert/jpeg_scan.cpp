#include "dcam-convert/jpeg_scan.hpp"

#include <algorithm>
#include <string>

#include "dualcam/wire/fields.hpp"

namespace dualcam::convert {
namespace {

constexpr std::uint8_t baseline = 0xC0;
constexpr std::uint8_t extended_sequential = 0xC1;
constexpr std::size_t most_filling = 16; // bytes behind the last block

/// Zeros that a packet which never came has left, unless they are the code of a flat area. Of what
/// cannot be read a dark area may code as some, not as so many.
constexpr std::size_t hole_in_scan = 400;

unsigned byte_at(Bytes bytes, std::size_t at) {
  return at < bytes.size() ? std::to_integer<unsigned>(bytes[at]) : 0;
}

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) { return (value + by - 1) / by; }

} // namespace

/// The bits up to the next marker.
class JpegScan::Bits {
public:
  explicit Bits(Bytes data) : data_(data) {}

  /// The next 16, ones behind the end.
  std::uint32_t peek() {
    while (count_ < 16) {
      const bool at_end = at_ >= data_.size() || (byte_at(data_, at_) == 0xFF && at_marker());
      ones_ += at_end ? 8 : 0;
      buffer_ = buffer_ << 8 | (at_end ? 0xFFU : byte_at(data_, at_));
      at_ += at_end ? 0 : byte_at(data_, at_) == 0xFF ? 2 : 1;
      count_ += 8;
    }
    return buffer_ >> (count_ - 16) & 0xFFFF;
  }

  /// Not more than 16.
  void skip(unsigned count) {
    peek();
    count_ -= count;
  }

  /// More was taken than there is.
  bool overrun() const { return ones_ > count_; }

  /// Goes behind the next marker. False: there are bytes in front of it that nothing has taken.
  bool restart() {
    const auto untaken = (count_ - std::min(count_, ones_)) / 8;
    auto next = at_;
    while (next < data_.size() && (byte_at(data_, next) != 0xFF || byte_at(data_, next + 1) == 0)) {
      ++next;
    }
    const bool done = untaken + (next - at_) <= most_filling;
    while (byte_at(data_, next) == 0xFF) { // may be repeated
      ++next;
    }
    at_ = std::min(next + 1, data_.size());
    count_ = ones_ = 0;
    return done;
  }

private:
  bool at_marker() const { return byte_at(data_, at_ + 1) != 0 || at_ + 1 >= data_.size(); }

  Bytes data_;
  std::size_t at_ = 0;
  std::uint64_t buffer_ = 0;
  unsigned count_ = 0; ///< of bits in `buffer_`
  unsigned ones_ = 0;  ///< the last of them, which are not in the data
};

void JpegScan::take_frame(std::uint8_t marker, Bytes segment) {
  frame_.reset();
  const std::size_t count = byte_at(segment, 5);
  if ((marker != baseline && marker != extended_sequential) || segment.size() < 6 + count * 3) {
    return;
  }
  Frame frame{.width = static_cast<unsigned>(number_be(segment, 3, 2)),
              .height = static_cast<unsigned>(number_be(segment, 1, 2)),
              .components = {}};
  for (std::size_t at = 6; at < 6 + count * 3; at += 3) {
    const auto factors = byte_at(segment, at + 1);
    frame.components.push_back(
        {static_cast<std::uint8_t>(byte_at(segment, at)), factors >> 4, factors & 15});
    if (frame.components.back().wide == 0 || frame.components.back().high == 0) {
      return;
    }
  }
  if (frame.width != 0 && frame.height != 0 && count != 0) {
    frame_ = std::move(frame);
  }
}

void JpegScan::take_tables(Bytes segment) {
  constexpr std::size_t lengths = 16;
  while (segment.size() > lengths) {
    const auto kind = byte_at(segment, 0);
    Table table;
    std::int32_t code = 0;
    std::size_t symbols = 0;
    for (std::size_t length = 1; length <= lengths; ++length) {
      const auto count = byte_at(segment, length);
      code *= 2;
      table.first[length] = static_cast<std::int32_t>(symbols) - code;
      code += static_cast<std::int32_t>(count);
      table.end[length] = code;
      symbols += count;
    }
    segment = segment.subspan(1 + lengths);
    if (segment.size() < symbols || (kind & 0xEC) != 0) {
      return;
    }
    for (const auto symbol : segment.first(symbols)) {
      table.symbols.push_back(std::to_integer<std::uint8_t>(symbol));
    }
    tables_[(kind >> 4 & 1) * 4U + (kind & 3U)] = std::move(table);
    segment = segment.subspan(symbols);
  }
}

void JpegScan::take_restart_interval(Bytes segment) {
  restart_interval_ = static_cast<unsigned>(number_be(segment, 0, 2));
}

std::optional<JpegScan::Layout> JpegScan::layout_of(Bytes header) const {
  const std::size_t count = byte_at(header, 0);
  if (!frame_ || count == 0 || header.size() < 1 + count * 2) {
    return std::nullopt;
  }
  unsigned widest = 1;
  unsigned highest = 1;
  for (const auto& component : frame_->components) {
    widest = std::max(widest, component.wide);
    highest = std::max(highest, component.high);
  }
  Layout layout{.unit = {},
                .units = divided_up(frame_->width, std::uint64_t{8} * widest) *
                         divided_up(frame_->height, std::uint64_t{8} * highest)};
  for (std::size_t at = 1; at < 1 + count * 2; at += 2) {
    const auto component =
        std::ranges::find(frame_->components, byte_at(header, at), &Component::id);
    const auto& dc = tables_[byte_at(header, at + 1) >> 4 & 3U];
    const auto& ac = tables_[4U + (byte_at(header, at + 1) & 3U)];
    if (component == frame_->components.end() || !dc || !ac) {
      return std::nullopt;
    }
    if (count == 1) { // blocks in the order of lines
      layout.units =
          divided_up(divided_up(std::uint64_t{frame_->width} * component->wide, widest), 8) *
          divided_up(divided_up(std::uint64_t{frame_->height} * component->high, highest), 8);
    }
    const auto blocks = count == 1 ? 1 : component->wide * component->high;
    layout.unit.insert(layout.unit.end(), blocks, Block{&*dc, &*ac});
  }
  return layout;
}

/// Negative: these bits are no code.
int JpegScan::next_symbol(Bits& bits, const Table& table) {
  const auto next = bits.peek();
  for (unsigned length = 1; length <= 16; ++length) {
    const auto code = static_cast<std::int32_t>(next >> (16 - length));
    if (code < table.end[length]) {
      bits.skip(length);
      const auto index = table.first[length] + code;
      return table.symbols[static_cast<std::size_t>(index)];
    }
  }
  return -1;
}

bool JpegScan::skip_block(Bits& bits, const Block& block) {
  constexpr int end_of_block = 0;
  constexpr int sixteen_zeros = 0xF0;
  const auto size = next_symbol(bits, *block.dc);
  if (size < 0 || size > 16) {
    return false;
  }
  bits.skip(static_cast<unsigned>(size));
  for (int coefficient = 1; coefficient < 64; ++coefficient) {
    const auto symbol = next_symbol(bits, *block.ac);
    if (symbol == end_of_block) {
      break;
    }
    coefficient += symbol >> 4;
    if (symbol < 0 || coefficient > 63 || ((symbol & 15) == 0 && symbol != sixteen_zeros)) {
      return false;
    }
    bits.skip(static_cast<unsigned>(symbol & 15));
  }
  return !bits.overrun();
}

bool JpegScan::zeros_are_flat(const Layout& layout) {
  return std::ranges::all_of(layout.unit, [](const Block& block) {
    const auto is_zero = [](const Table* table) {
      return !table->symbols.empty() && table->symbols[0] == 0;
    };
    return is_zero(block.dc) && is_zero(block.ac);
  });
}

bool JpegScan::is_whole(Bytes header, Bytes data) const {
  const auto layout = layout_of(header);
  static const std::string hole(hole_in_scan, '\0');
  if (!(layout && zeros_are_flat(*layout)) && as_text(data).find(hole) != std::string_view::npos) {
    return false;
  }
  if (!layout) {
    return true;
  }
  Bits bits(data);
  for (std::uint64_t unit = 0; unit < layout->units; ++unit) {
    if (restart_interval_ != 0 && unit != 0 && unit % restart_interval_ == 0 && !bits.restart()) {
      return false;
    }
    for (const auto& block : layout->unit) {
      if (!skip_block(bits, block)) {
        return false;
      }
    }
  }
  return bits.restart();
}

} // namespace dualcam::convert
