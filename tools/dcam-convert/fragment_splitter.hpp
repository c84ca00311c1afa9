// Fragmented MP4 as it comes: its head, and what each fragment has of pictures.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

/// What a fragment has of the first track of pictures.
struct FragmentFacts {
  std::uint64_t pictures = 0;
  bool key = false; ///< the first of them can be decoded alone
  double begin = 0; ///< seconds
  double duration = 0;
};

/// A box, or some bytes of the one that holds the data.
struct FragmentPiece {
  std::string type;                                  ///< "ftyp", "moov", "moof", "mdat", ...
  Bytes bytes;                                       ///< valid until the next call
  bool is_head = false;                              ///< the box's own, in front of data
  std::optional<FragmentFacts> facts = std::nullopt; ///< of a moof that has pictures
};

/// Takes the file in any pieces; the data is not held.
class FragmentSplitter {
public:
  /// `bytes` must stay valid until `next` has returned nullopt.
  void feed(Bytes bytes) { input_ = bytes; }
  /// The next piece; nullopt: more bytes are needed.
  std::optional<FragmentPiece> next();

  /// Whether what was fed can be a part of such a file.
  bool is_plausible() const { return !broken_; }
  /// Whether it ends between two boxes.
  bool is_between_boxes() const { return held_.empty() && data_left_ == 0; }
  /// The first sample description of that track; valid until the next moov.
  Bytes picture_entry() const { return entry_; }
  /// Whether there was a moov.
  bool has_head() const { return has_head_; }

private:
  struct Defaults {
    std::uint64_t duration = 0;
    std::uint64_t flags = 0;
  };

  bool hold(std::uint64_t size);
  void take_head(Bytes movie);
  std::optional<FragmentFacts> facts_of(Bytes fragment) const;
  static std::uint64_t add_run(Bytes run, const Defaults& defaults, FragmentFacts& facts);

  Bytes input_;
  ByteBuffer held_; ///< of a box that is not yet whole
  ByteBuffer box_;  ///< handed out last
  std::uint64_t data_left_ = 0;
  bool has_head_ = false;
  bool broken_ = false;
  ByteBuffer entry_;
  std::uint64_t track_ = 0;                    ///< the first of pictures
  std::uint64_t scale_ = 1;                    ///< its units a second
  std::map<std::uint64_t, Defaults> defaults_; ///< by track
};

} // namespace dualcam::convert
