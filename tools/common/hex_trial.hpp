// Which reading of a text is right, if its looks do not tell: the one in which a camera speaks.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "common/hex_style.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// How many of these bytes are what is looked for. Where offsets begin again at 0, another block
/// begins: it may be a packet.
using Vouch = std::function<std::size_t(std::span<const ByteBuffer> blocks)>;

/// A part of a text.
struct HexSample {
  std::string_view text;
  bool goes_on = false; ///< more follows: its end, in the middle of a string, is no fault
};

/// `text` up to where its end cuts no line, or at least no number.
std::string_view without_cut_end(std::string_view text);

/// `judged`, unless another form reads much more of `sample` for which `vouch` vouches. Some 300
/// forms are tried where nothing fits. nullopt: none reads anything of that.
std::optional<HexForm> proven_form(const HexSample& sample,
                                   const std::expected<HexForm, HexProblem>& judged,
                                   const Vouch& vouch);

/// What `sample`, of which no form is proven, is, if it is known and has to be printed otherwise.
std::optional<HexProblem> known_otherwise(const HexSample& sample,
                                          const std::expected<HexForm, HexProblem>& judged,
                                          const Vouch& vouch);

} // namespace dualcam::inline tools
