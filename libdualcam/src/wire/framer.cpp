#include "dualcam/wire/framer.hpp"

#include <algorithm>

namespace dualcam {
namespace {

constexpr std::size_t header_size = 4;
constexpr std::uint32_t highest_device_status = 26;

} // namespace

void Framer::feed(Bytes bytes) {
  consume();
  ByteBuffer().swap(held_);
  input_ = bytes;
}

/// The next `count` bytes in one piece, not consumed; nullopt when there are fewer.
std::optional<Bytes> Framer::peek(std::size_t count) {
  if (carry_.empty()) {
    return input_.size() < count ? std::nullopt : std::optional(input_.first(count));
  }
  if (carry_.size() < count) {
    const auto missing = input_.first(std::min(count - carry_.size(), input_.size()));
    append(carry_, missing);
    input_ = input_.subspan(missing.size());
  }
  return carry_.size() < count ? std::nullopt : std::optional(Bytes(carry_).first(count));
}

/// Moves on behind the frame handed out last. Its bytes stay where they are: they may be in use.
void Framer::consume() {
  offset_ += frame_size_;
  if (carry_.empty()) {
    input_ = input_.subspan(frame_size_);
  } else if (frame_size_ != 0) {
    held_ = std::move(carry_);
    carry_.assign(held_.begin() + static_cast<std::ptrdiff_t>(frame_size_), held_.end());
  }
  frame_size_ = 0;
}

/// A server that follows the page's general structure sends REPEAT INIT with a length of 0. Read as
/// two bytes, these zeros look like the start of a CLOSE, whose own length is 0 and no other.
bool Framer::skip_length_of_repeat_init() {
  if (!after_repeat_init_) {
    return false;
  }
  const auto header = peek(header_size);
  if (!header || load_be<std::uint16_t>(*header) != 0 ||
      load_be<std::uint16_t>(header->subspan(2)) == 0) {
    return false;
  }
  frame_size_ = 2;
  consume();
  return true;
}

Result<std::optional<Framer::Frame>> Framer::next() {
  consume();
  if (searching_) {
    return search();
  }
  const auto short_of_bytes = [&] {
    append(carry_, input_);
    input_ = {};
    return std::nullopt;
  };
  if (skip_length_of_repeat_init()) {
    after_repeat_init_ = false;
  }
  const auto id_bytes = peek(2);
  if (!id_bytes) {
    return short_of_bytes();
  }
  const auto id = load_be<std::uint16_t>(*id_bytes);
  const auto range = payload_length(sender_, id);
  if (!range) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, offset_, "there is no command " + std::to_string(id)});
  }
  const auto header = lacks_length(sender_, id) ? std::size_t{2} : header_size;
  auto length = range->least;
  if (header == header_size) {
    const auto header_bytes = peek(header_size);
    if (!header_bytes) {
      return short_of_bytes();
    }
    length = load_be<std::uint16_t>(header_bytes->subspan(2));
    if (length < range->least || length > range->most) {
      return std::unexpected(Error{ErrorCategory::malformed, offset_,
                                   "command " + std::to_string(id) + " announces " +
                                       std::to_string(length) + " bytes, expected " +
                                       std::to_string(range->least) + " to " +
                                       std::to_string(range->most)});
    }
  }
  const auto whole = peek(header + length);
  if (!whole) {
    return short_of_bytes();
  }
  frame_size_ = whole->size();
  after_repeat_init_ =
      sender_ == Sender::server && id == static_cast<std::uint16_t>(CommandId::repeat_init);
  return Frame{id, whole->subspan(header), offset_};
}

void Framer::drop_until_sync(std::uint32_t highest) {
  consume();
  searching_ = true;
  highest_ = highest;
  window_fill_ = 0;
}

std::optional<Framer::Frame> Framer::search() {
  while (!carry_.empty() || !input_.empty()) {
    bool found = false;
    for (const auto byte : carry_.empty() ? input_ : Bytes(carry_)) {
      ++frame_size_;
      found = push_to_window(byte);
      if (found) {
        break;
      }
    }
    consume();
    if (found) {
      searching_ = false;
      return Frame{load_be<std::uint16_t>(window_), Bytes(window_).subspan(header_size),
                   offset_ - window_.size()};
    }
  }
  return std::nullopt;
}

/// Returns whether the last 8 bytes are a command to go on from.
bool Framer::push_to_window(std::byte byte) {
  std::ranges::rotate(window_, window_.begin() + 1);
  window_.back() = byte;
  window_fill_ = std::min(window_fill_ + 1, window_.size());
  const auto head = load_be<std::uint32_t>(window_);
  const auto number = load_be<std::uint32_t>(Bytes(window_).subspan(header_size));
  return window_fill_ == window_.size() &&
         ((head == 0x0003'0004 && number <= highest_) ||
          (head == 0x0005'0004 && number != 0 && number <= highest_device_status));
}

} // namespace dualcam
