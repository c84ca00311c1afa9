#include "dcam-convert/jpeg.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace dualcam::convert {
namespace {

constexpr std::uint8_t end_of_image = 0xD9;
constexpr std::uint8_t start_of_scan = 0xDA;

/// Zeros that a packet which never came has left. A dark area may code as some, not as so many.
constexpr std::size_t hole_in_scan = 400;

bool is_restart(std::uint8_t marker) { return marker >= 0xD0 && marker <= 0xD7; }
bool stands_alone(std::uint8_t marker) { return is_restart(marker) || marker == 1; }

class Walker {
public:
  explicit Walker(Bytes photo) : text_(as_text(photo)) {}

  JpegState run() {
    for (auto marker = next_marker(); marker != 0; marker = next_marker()) {
      if (marker == end_of_image) {
        return shows_picture_ ? JpegState::whole : JpegState::nothing;
      }
      if (!stands_alone(marker) && !skip_segment()) {
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

  bool skip_segment() {
    const auto length = static_cast<std::size_t>(byte(at_) << 8 | byte(at_ + 1));
    if (length < 2 || at_ > text_.size() || text_.size() - at_ < length) {
      return false;
    }
    at_ += length;
    return true;
  }

  /// Skips coded data up to the marker behind it. False: it has lost bytes, or there is no marker.
  bool skip_scan() {
    const auto begin = at_;
    auto end = text_.find('\xFF', at_);
    while (end != text_.npos && (byte(end + 1) == 0 || is_restart(byte(end + 1)))) {
      end = text_.find('\xFF', end + 2);
    }
    at_ = std::min(end, text_.size());
    shows_picture_ = shows_picture_ || at_ > begin;
    static const std::string hole(hole_in_scan, '\0');
    return end != text_.npos && text_.substr(begin, at_ - begin).find(hole) == text_.npos;
  }

  std::string_view text_;
  std::size_t at_ = 2; // behind the start of the image
  bool shows_picture_ = false;
};

} // namespace

JpegState inspect_jpeg(Bytes photo) { return Walker(photo).run(); }

} // namespace dualcam::convert
