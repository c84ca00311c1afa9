// JSON documents as cameras send them, and their users edit them.
#pragma once

#include <string_view>

#include "common/json.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::inline tools {

/// JSON documents longer than this, or nested deeper, are refused: they come from the network. The
/// largest METADATA makes a sidecar that is not longer, with it as hex and as JSON.
inline constexpr std::size_t longest_document = 1 << 20;
inline constexpr std::size_t deepest_document = 64;

/// A JSON object of any size and depth allowed above. Bytes that are no UTF-8 are taken for
/// Latin-1, NULs behind it for padding; a number that is too large to represent becomes text. A key
/// that stands twice in one object does so in the result, too: only who knows what it means can
/// tell which of its values is good.
Result<Json> parse_document(std::string_view text);

/// The same with each key once, as others read it: the last value counts.
Json without_repeats(const Json& document);

} // namespace dualcam::inline tools
