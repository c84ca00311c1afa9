#include "dcam-convert/jpeg.hpp"

#include <algorithm>
#include <string_view>

#include "dcam-convert/jpeg_scan.hpp"

namespace dualcam::convert {
namespace {

constexpr std::uint8_t end_of_image = 0xD9;
constexpr std::uint8_t start_of_scan = 0xDA;
constexpr std::uint8_t huffman_tables = 0xC4;
constexpr std::uint8_t restart_interval = 0xDD;

bool begins_frame(std::uint8_t marker) { return marker >= 0xC0 && marker <= 0xC3; }
bool is_restart(std::uint8_t marker) { return marker >= 0xD0 && marker <= 0xD7; }
bool stands_alone(std::uint8_t marker) { return is_restart(marker) || marker == 1; }

/// In coded data, behind 0xFF: a byte of it, or one that may be repeated.
bool goes_on_behind(std::uint8_t next) { return next == 0 || next == 0xFF || is_restart(next); }

class Walker {
public:
  explicit Walker(Bytes photo) : text_(as_text(photo)) {}

  JpegState run() {
    for (auto marker = next_marker(); marker != 0; marker = next_marker()) {
      if (marker == end_of_image) {
        return shows_picture_ ? JpegState::whole : JpegState::nothing;
      }
      if (!stands_alone(marker) && !take_segment(marker)) {
        break;
      }
      if (marker == start_of_scan && !skip_scan()) {
        break;
      }
    }
    return shows_picture_ ? JpegState::cut : JpegState::nothing;
  }

private:
  std::uint8_t byte(std::size_t at) const {
    return at < text_.size() ? static_cast<std::uint8_t>(text_[at]) : 0;
  }

  /// 0: there is none where one must be.
  std::uint8_t next_marker() {
    if (byte(at_) != 0xFF) {
      return 0;
    }
    while (byte(at_) == 0xFF) { // may be repeated
      ++at_;
    }
    return byte(at_++);
  }

  bool take_segment(std::uint8_t marker) {
    const auto length = static_cast<std::size_t>(byte(at_) << 8 | byte(at_ + 1));
    if (length < 2 || at_ > text_.size() || text_.size() - at_ < length) {
      return false;
    }
    segment_ = as_bytes(text_.substr(at_ + 2, length - 2));
    at_ += length;
    if (begins_frame(marker)) {
      scan_.take_frame(marker, segment_);
    } else if (marker == huffman_tables) {
      scan_.take_tables(segment_);
    } else if (marker == restart_interval) {
      scan_.take_restart_interval(segment_);
    }
    return true;
  }

  /// Skips coded data up to the marker behind it. False: it has lost bytes, or there is no marker.
  bool skip_scan() {
    const auto begin = at_;
    auto end = text_.find('\xFF', at_);
    while (end != text_.npos && goes_on_behind(byte(end + 1))) {
      end = text_.find('\xFF', end + (byte(end + 1) == 0xFF ? 1 : 2));
    }
    at_ = std::min(end, text_.size());
    shows_picture_ = shows_picture_ || at_ > begin;
    return end != text_.npos &&
           scan_.is_whole(segment_, as_bytes(text_.substr(begin, at_ - begin)));
  }

  std::string_view text_;
  JpegScan scan_;
  Bytes segment_;      ///< the latest one
  std::size_t at_ = 2; // behind the start of the image
  bool shows_picture_ = false;
};

} // namespace

JpegState inspect_jpeg(Bytes photo) { return Walker(photo).run(); }

} // namespace dualcam::convert
