// A stream as HLS (RFC 8216): a playlist that grows, and a file a segment beside it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dcam-convert/fragment_splitter.hpp"
#include "dcam-convert/live_sink.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam::convert {

/// Cuts fragmented MP4 in front of key pictures, so that each segment can be played alone. A file
/// has its name when it is complete, and stands in the playlist then; after any interruption the
/// playlist plays what is there.
class HlsFolder : public LiveSink {
public:
  /// Makes the folder, once there is something for it. `whole_segments`: every fragment is one.
  /// `may_use` may refuse a name.
  HlsFolder(std::filesystem::path playlist, bool whole_segments, IfExists if_exists,
            std::function<bool(const std::filesystem::path&)> may_use)
      : playlist_(std::move(playlist)), whole_segments_(whole_segments), if_exists_(if_exists),
        may_use_(std::move(may_use)) {}
  /// A segment that has begun goes, if `finish` was not called.
  ~HlsFolder() override;

  Result<void> write(Bytes bytes) override;
  /// The last segment, and the mark that none follows.
  Result<void> finish() override;
  std::string name() const override {
    return listed_ != 0 && is_taken(playlist_) ? playlist_.string() : "";
  }

private:
  struct Segment {
    std::string file;
    double duration;
    std::string head;   ///< the file with what it needs to be played
    bool discontinuous; ///< it has another one than that before
  };

  Result<void> make_folder();
  Result<void> take(const FragmentPiece& piece);
  Result<void> take_fragment(const FragmentPiece& piece);
  Result<void> drop_torn_fragment();
  Result<void> end_segment();
  Result<void> end_playlist();
  Result<void> append(Bytes bytes);
  Result<void> open_segment();
  Result<void> close_segment(double end);
  Result<void> write_head(Bytes movie);
  Result<void> write_playlist(bool complete);
  Result<void> write_file(const std::string& name, Bytes content) const;
  std::filesystem::path segment_path(std::size_t number) const;
  std::string file_name(std::string_view rest) const;

  std::filesystem::path playlist_;
  bool whole_segments_;
  IfExists if_exists_;
  std::function<bool(const std::filesystem::path&)> may_use_;
  FragmentSplitter splitter_;
  ByteBuffer file_type_; ///< the ftyp box
  std::string head_;     ///< the latest head's file
  unsigned heads_ = 0;
  std::optional<PartFile> part_; ///< of the segment that grows
  Segment segment_{};
  std::uint64_t size_ = 0;       ///< of it
  std::uint64_t whole_size_ = 0; ///< up to the end of the latest fragment that is whole
  bool has_pictures_ = false;    ///< it has some
  double begin_ = 0;             ///< of it
  double end_ = 0;
  std::vector<Segment> segments_;
  std::size_t listed_ = 0; ///< how many of them the playlist has
};

} // namespace dualcam::convert
