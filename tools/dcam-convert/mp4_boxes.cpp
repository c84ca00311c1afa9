#include "dcam-convert/mp4_boxes.hpp"

#include <algorithm>
#include <array>

#include "dualcam/wire/fields.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t most_boxes = 10'000; // in one other
constexpr std::size_t short_head = 8;
constexpr std::size_t long_head = 16;

} // namespace

bool Mp4BoxHead::is_plausible() const {
  const bool named = std::ranges::all_of(type, [](char c) { return c >= ' ' && c <= '~'; });
  return named && length >= size;
}

Mp4BoxHead mp4_box_head(Bytes bytes, std::uint64_t rest) {
  if (bytes.size() < short_head) {
    return {.type = {}, .size = short_head, .length = 0};
  }
  Mp4BoxHead head{.type = std::string(as_text(bytes.subspan(4, 4))),
                  .size = short_head,
                  .length = number_be(bytes, 0, 4)};
  if (head.length == 1) {
    head.size = long_head;
    head.length = number_be(bytes, 8, 8);
  } else if (head.length == 0) { // the last one
    head.length = rest;
  }
  return head;
}

Mp4BoxHead mp4_box_head_at(std::uint64_t at, std::uint64_t size, const ReadAt& read) {
  std::array<std::byte, long_head> bytes{};
  const auto there = std::span(bytes).first(std::min<std::uint64_t>(long_head, size - at));
  return mp4_box_head(read(at, there) ? Bytes(there) : Bytes(), size - at);
}

std::vector<Mp4Box> mp4_boxes(Bytes bytes) {
  std::vector<Mp4Box> boxes;
  while (boxes.size() < most_boxes) {
    const auto head = mp4_box_head(bytes, bytes.size());
    if (head.length < head.size || head.length > bytes.size()) {
      break;
    }
    boxes.push_back({.type = as_text(bytes.subspan(4, 4)),
                     .whole = bytes.first(head.length),
                     .content = bytes.first(head.length).subspan(head.size)});
    bytes = bytes.subspan(head.length);
  }
  return boxes;
}

Bytes find_mp4_box(Bytes bytes, std::string_view type) {
  for (const auto& box : mp4_boxes(bytes)) {
    if (box.type == type) {
      return box.content;
    }
  }
  return {};
}

Bytes find_mp4_box(Bytes bytes, std::initializer_list<std::string_view> path) {
  for (const auto type : path) {
    bytes = find_mp4_box(bytes, type);
  }
  return bytes;
}

} // namespace dualcam::convert
