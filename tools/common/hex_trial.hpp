// Which reading of a text is right, if its looks do not tell: the one in which a camera speaks.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string_view>

#include "common/hex_style.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// How many of these bytes are what is looked for. Where offsets begin again at 0, another block
/// begins: it may be a packet.
using Vouch = std::function<std::size_t(std::span<const ByteBuffer> blocks)>;

/// A text's first lines.
struct HexSample {
  std::string_view text;
  bool goes_on = false; ///< more follows: its end, in the middle of a line, is no fault
};

/// `judged`, unless another form reads much more of `sample` for which `vouch` vouches. Some 300
/// forms are tried where nothing fits.
std::expected<HexForm, HexProblem> proven_form(const HexSample& sample,
                                               const std::expected<HexForm, HexProblem>& judged,
                                               const Vouch& vouch);

} // namespace dualcam::inline tools
