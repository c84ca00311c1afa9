#include "dcam-convert/result_check.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "dualcam/wire/fields.hpp"

namespace dualcam::convert {
namespace {

// Matroska element ids (RFC 9559), of what is looked into and of blocks
constexpr std::uint64_t ebml = 0x1A45DFA3;
constexpr std::uint64_t segment = 0x18538067;
constexpr std::uint64_t cluster = 0x1F43B675;
constexpr std::uint64_t block_group = 0xA0;
constexpr std::uint64_t simple_block = 0xA3;
constexpr std::uint64_t block = 0xA1;
constexpr std::uint64_t track_list = 0x1654AE6B;
constexpr std::uint64_t track_entry = 0xAE;
constexpr std::uint64_t video_settings = 0xE0;
constexpr std::uint64_t projection = 0x7670;
constexpr std::uint64_t pose_roll = 0x7675;

constexpr auto no_end = std::numeric_limits<std::uint64_t>::max();
constexpr std::byte first_track{0x81};
constexpr std::size_t marker_size = 2; // of a JPEG
constexpr std::size_t read_piece = std::size_t{256} * 1024;

/// What is gone into.
bool holds_elements(std::uint64_t id) {
  return id == segment || id == cluster || id == block_group || id == track_list ||
         id == track_entry || id == video_settings || id == projection;
}

/// How many bytes a variable-size integer that begins so has; 0: none does.
std::size_t length_of(std::byte first) {
  return static_cast<std::size_t>(std::countl_zero(std::to_integer<std::uint8_t>(first)) + 1) % 9;
}

template <class Check> Verdict feed_all(Check check, std::uint64_t size, const ReadAt& read) {
  ByteBuffer piece;
  for (std::uint64_t offset = 0; offset < size; offset += piece.size()) {
    piece.resize(std::min<std::uint64_t>(read_piece, size - offset));
    if (!read(offset, piece)) {
      return {.flaw = "it cannot be read back"};
    }
    check.feed(piece);
  }
  return check.finish();
}

Verdict check_mp4(std::uint64_t size, const ReadAt& read) {
  const auto facts = inspect_mp4(size, read);
  return {.flaw = !facts.indexed ? "it has no index"
                  : facts.whole  ? ""
                                 : "its index speaks of more than is in it",
          .pictures = facts.frames_inside};
}

} // namespace

void MatroskaCheck::feed(Bytes bytes) {
  while (!bytes.empty() && !broken_) {
    if (skip_ != 0) {
      const auto skipped = std::min<std::uint64_t>(skip_, bytes.size());
      skip_ -= skipped;
      offset_ += skipped;
      bytes = bytes.subspan(skipped);
    } else {
      head_.push_back(bytes.front());
      ++offset_;
      bytes = bytes.subspan(1);
      open_element();
    }
    close_elements();
  }
}

/// Once its id, its size and, of a block, its track are there.
void MatroskaCheck::open_element() {
  const auto id_length = length_of(head_.front());
  if (id_length == 0 || id_length > 4) {
    broken_ = true;
    return;
  }
  if (head_.size() <= id_length) {
    return;
  }
  const auto size_length = length_of(head_[id_length]);
  const auto head_length = id_length + size_length;
  if (size_length == 0 || head_.size() < head_length) {
    broken_ = size_length == 0;
    return;
  }
  const auto id = number_be(Bytes(head_).first(id_length));
  const auto all_ones = (std::uint64_t{1} << (7 * size_length)) - 1;
  const auto size = number_be(Bytes(head_).subspan(id_length, size_length)) & all_ones;
  const bool is_block = id == simple_block || id == block;
  if (is_block && size != 0 && head_.size() == head_length) {
    return; // the track comes next
  }
  const bool endless = size == all_ones;
  const auto end = endless ? no_end : offset_ - (head_.size() - head_length) + size;
  const auto around = ends_.empty() ? no_end : ends_.back();
  broken_ = (!started_ && id != ebml) || (endless && !(live_ && id == segment)) ||
            (end > around && !endless);
  started_ = true;
  has_segment_ = has_segment_ || id == segment;
  turned_ = turned_ || id == pose_roll;
  if (holds_elements(id)) {
    ends_.push_back(end);
  } else {
    skip_ = size - (head_.size() - head_length);
  }
  pictures_ += is_block && head_.back() == first_track ? 1 : 0;
  head_.clear();
}

void MatroskaCheck::close_elements() {
  while (skip_ == 0 && head_.empty() && !ends_.empty() && ends_.back() == offset_) {
    ends_.pop_back();
  }
}

Verdict MatroskaCheck::finish() const {
  const bool open = std::ranges::any_of(ends_, [](auto end) { return end != no_end; });
  const bool whole = has_segment_ && !broken_ && !open && skip_ == 0 && head_.empty();
  return {.flaw = whole ? "" : "it is not closed, or cut short",
          .pictures = pictures_,
          .turned = turned_};
}

void FragmentCheck::feed(Bytes bytes) {
  splitter_.feed(bytes);
  while (const auto piece = splitter_.next()) {
    pictures_ += piece->facts ? piece->facts->pictures : 0;
  }
}

Verdict FragmentCheck::finish() const {
  const bool whole =
      splitter_.has_head() && splitter_.is_plausible() && splitter_.is_between_boxes();
  return {.flaw = whole ? "" : "it is cut short", .pictures = pictures_};
}

void JpegCheck::feed(Bytes bytes) {
  append(first_, bytes.first(std::min(bytes.size(), marker_size - first_.size())));
  append(last_, bytes.last(std::min(bytes.size(), marker_size)));
  last_.erase(last_.begin(),
              last_.end() - static_cast<std::ptrdiff_t>(std::min(last_.size(), marker_size)));
}

Verdict JpegCheck::finish() const {
  constexpr std::uint64_t soi = 0xFFD8;
  constexpr std::uint64_t eoi = 0xFFD9;
  const bool whole = number_be(first_) == soi && number_be(last_) == eoi;
  return {.flaw = whole ? "" : "it has no end", .pictures = 1};
}

Verdict check_result(ResultForm form, std::uint64_t size, const ReadAt& read) {
  switch (form) {
  case ResultForm::mp4:
    return check_mp4(size, read);
  case ResultForm::matroska:
    return feed_all(MatroskaCheck(false), size, read);
  case ResultForm::fragments:
    return feed_all(FragmentCheck(), size, read);
  case ResultForm::jpeg:
    return feed_all(JpegCheck(), size, read);
  }
  return {};
}

} // namespace dualcam::convert
