// Whether a file that another program has written is whole: its exit status proves nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dcam-convert/fragment_splitter.hpp"
#include "dcam-convert/mp4.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

enum class ResultForm { mp4, matroska, fragments, jpeg };

struct Verdict {
  std::string flaw;           ///< what it lacks, as in "it has no index"; empty: it is whole
  std::uint64_t pictures = 0; ///< how many are in it; of a video
  bool turned = false;        ///< it tells players to turn them; of Matroska
};

/// Looks at a Matroska file from front to back: that every element ends where the one around it
/// does, how many blocks its first track has, and whether a track is turned. Holds a few bytes.
class MatroskaCheck {
public:
  /// `live`: the segment may be of unknown size, as a muxer that cannot go back writes it.
  explicit MatroskaCheck(bool live) : live_(live) {}

  void feed(Bytes bytes);
  Verdict finish() const;

private:
  void open_element();
  void close_elements();

  bool live_;
  ByteBuffer head_;                 ///< of the element that has begun
  std::uint64_t offset_ = 0;        ///< of the next byte
  std::uint64_t skip_ = 0;          ///< bytes of a payload
  std::vector<std::uint64_t> ends_; ///< of the elements around the next byte
  bool started_ = false;
  bool has_segment_ = false;
  bool broken_ = false;
  std::uint64_t pictures_ = 0;
  bool turned_ = false;
};

/// Looks at fragmented MP4: that every box is whole, and how many pictures there are.
class FragmentCheck {
public:
  void feed(Bytes bytes);
  Verdict finish() const;

private:
  FragmentSplitter splitter_;
  std::uint64_t pictures_ = 0;
};

/// Looks at a JPEG for its start and its end.
class JpegCheck {
public:
  void feed(Bytes bytes);
  Verdict finish() const;

private:
  ByteBuffer first_;
  ByteBuffer last_;
};

/// Looks at a file of `size` bytes.
Verdict check_result(ResultForm form, std::uint64_t size, const ReadAt& read);

} // namespace dualcam::convert
