// The boxes that an MP4 file consists of (ISO 14496-12).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

/// Fills the span with what stands at the offset; false if it is not there.
using ReadAt = std::function<bool(std::uint64_t, std::span<std::byte>)>;

/// What a box begins with.
struct Mp4BoxHead {
  std::string type;
  std::uint64_t size;   ///< of the head itself
  std::uint64_t length; ///< of the box, its head included

  /// Its name can be one, and its length is not less than its head's.
  bool is_plausible() const;
};

/// Of the box at the start of `bytes`, of which `rest` are left in what holds it; `bytes` need be
/// no more than the first 16 of them. Length 0: they are too few.
Mp4BoxHead mp4_box_head(Bytes bytes, std::uint64_t rest);

/// The same for the box at `at` in a file of `size` bytes.
Mp4BoxHead mp4_box_head_at(std::uint64_t at, std::uint64_t size, const ReadAt& read);

/// A box inside others.
struct Mp4Box {
  std::string_view type;
  Bytes whole;
  Bytes content;
};

/// The boxes that `bytes` consist of, up to the first that is damaged.
std::vector<Mp4Box> mp4_boxes(Bytes bytes);

/// The content of the first box of this type; empty if there is none.
Bytes find_mp4_box(Bytes bytes, std::string_view type);
/// The same inside one another.
Bytes find_mp4_box(Bytes bytes, std::initializer_list<std::string_view> path);

} // namespace dualcam::convert
