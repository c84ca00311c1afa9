#include "dcam-convert/hls_folder.hpp"

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/escape.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

/// As a URI has it (RFC 3986).
std::string encoded(std::string_view name) {
  std::string text;
  for (const char character : name) {
    const bool plain = (character >= 'A' && character <= 'Z') ||
                       (character >= 'a' && character <= 'z') ||
                       (character >= '0' && character <= '9') ||
                       std::string_view("-._~").find(character) != std::string_view::npos;
    text += plain ? std::string(1, character)
                  : fmt::format("%{:02X}", static_cast<unsigned char>(character));
  }
  return text;
}

} // namespace

HlsFolder::~HlsFolder() {
  if (part_) {
    part_->discard();
  }
}

Result<void> HlsFolder::write(Bytes bytes) {
  splitter_.feed(bytes);
  while (const auto piece = splitter_.next()) {
    if (const auto done = take(*piece); !done) {
      return done;
    }
  }
  return {};
}

Result<void> HlsFolder::take(const FragmentPiece& piece) {
  if (piece.type == "ftyp") {
    file_type_.assign(piece.bytes.begin(), piece.bytes.end());
    return {};
  }
  if (piece.type == "moov") {
    return write_head(piece.bytes);
  }
  if (piece.type == "moof") {
    return take_fragment(piece);
  }
  if (piece.type == "mdat") {
    auto done = append(piece.bytes);
    const bool whole = done && splitter_.is_between_boxes();
    whole_size_ = whole ? size_ : whole_size_;
    return whole && whole_segments_ && has_pictures_ ? close_segment(end_) : done;
  }
  return {};
}

Result<void> HlsFolder::take_fragment(const FragmentPiece& piece) {
  const auto& facts = piece.facts;
  if (facts && facts->key && has_pictures_) {
    if (const auto done = close_segment(facts->begin); !done) {
      return done;
    }
  }
  if (!part_) {
    if (const auto done = open_segment(); !done) {
      return done;
    }
  }
  if (facts) {
    begin_ = std::exchange(has_pictures_, true) ? begin_ : facts->begin;
    end_ = facts->begin + facts->duration;
  }
  return append(piece.bytes);
}

/// After an error the size is what it was to be, and so that of no whole fragment.
Result<void> HlsFolder::append(Bytes bytes) {
  size_ += bytes.size();
  return part_ ? part_->append(std::span(&bytes, 1)) : Result<void>();
}

Result<void> HlsFolder::open_segment() {
  const auto path = segment_path(segments_.size());
  if (!may_use_(path)) {
    return errno_error(EEXIST, escaped(path.string()) + " is a file that is read");
  }
  auto part = PartFile::create(path, Leftover::start_over, [this](const fs::path& name) {
    return Result<bool>(may_use_(name));
  });
  if (!part) {
    return std::unexpected(part.error());
  }
  part->set_final_name(path);
  part_ = std::move(*part);
  size_ = whole_size_ = 0;
  segment_ = {.file = path.filename().string(),
              .duration = 0,
              .head = head_,
              .discontinuous = !segments_.empty() && segments_.back().head != head_};
  return {};
}

/// `end`: where what follows begins.
Result<void> HlsFolder::close_segment(double end) {
  auto part = std::exchange(part_, std::nullopt);
  has_pictures_ = false;
  if (const auto named = part->finish(IfExists::replace); !named) {
    part->discard();
    return std::unexpected(named.error());
  }
  segment_.duration = std::max(end - begin_, 0.0);
  segments_.push_back(segment_);
  return write_playlist(false);
}

/// Where an older playlist is to be replaced, it goes first: its segments are written over.
Result<void> HlsFolder::make_folder() {
  std::error_code error;
  if (playlist_.has_parent_path()) {
    fs::create_directories(playlist_.parent_path(), error);
  }
  if (error) {
    return errno_error(error.value(), "cannot create " + escaped(playlist_.parent_path().string()));
  }
  if (if_exists_ == IfExists::replace && may_use_(playlist_)) {
    fs::remove(playlist_, error);
  }
  return {};
}

Result<void> HlsFolder::write_head(Bytes movie) {
  if (heads_ == 0) {
    if (const auto made = make_folder(); !made) {
      return made;
    }
  }
  head_ = file_name(heads_++ == 0 ? "init.mp4" : fmt::format("init{}.mp4", heads_));
  auto content = file_type_;
  dualcam::append(content, movie);
  return write_file(head_, content);
}

Result<void> HlsFolder::write_playlist(bool complete) {
  double longest = 2; // what it says must not change
  for (const auto& segment : segments_) {
    longest = std::max(longest, segment.duration);
  }
  auto text = fmt::format("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n"
                          "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                          "#EXT-X-START:TIME-OFFSET=0\n",
                          static_cast<int>(std::ceil(longest)));
  std::string_view head;
  for (const auto& segment : segments_) {
    text += segment.discontinuous ? "#EXT-X-DISCONTINUITY\n" : "";
    if (std::exchange(head, segment.head) != segment.head) {
      text += fmt::format("#EXT-X-MAP:URI=\"{}\"\n", encoded(segment.head));
    }
    text += fmt::format("#EXTINF:{:.6f},\n{}\n", segment.duration, encoded(segment.file));
  }
  text += complete ? "#EXT-X-ENDLIST\n" : "";
  auto done = write_file(playlist_.filename().string(), as_bytes(text));
  listed_ = done ? segments_.size() : listed_;
  return done;
}

Result<void> HlsFolder::write_file(const std::string& name, Bytes content) const {
  const auto path = playlist_.parent_path() / name;
  if (!may_use_(path)) {
    return errno_error(EEXIST, escaped(path.string()) + " is a file that is read");
  }
  auto output = Output::create(path, false, may_use_);
  if (!output) {
    return std::unexpected(output.error());
  }
  if (const auto written = output->write(content); !written) {
    return written;
  }
  const auto named = output->finish(IfExists::replace);
  return named ? Result<void>() : std::unexpected(named.error());
}

/// What a program that was stopped has left.
Result<void> HlsFolder::drop_torn_fragment() {
  if (whole_size_ != 0 && has_pictures_) {
    return whole_size_ == size_ ? Result<void>() : part_->truncate(whole_size_);
  }
  part_->discard();
  part_.reset();
  return {};
}

Result<void> HlsFolder::end_segment() {
  if (part_) {
    if (const auto done = drop_torn_fragment(); !done) {
      return done;
    }
  }
  return part_ ? close_segment(end_) : Result<void>();
}

/// What no playlist names goes: on a full disk its room is needed.
Result<void> HlsFolder::end_playlist() {
  std::error_code ignored;
  for (auto number = segments_.size(); fs::remove(segment_path(number), ignored); ++number) {
  } // an older playlist's
  auto done = segments_.empty() ? Result<void>() : write_playlist(true);
  if (!done) {
    for (; segments_.size() > listed_; segments_.pop_back()) {
      fs::remove(segment_path(segments_.size() - 1), ignored);
    }
    (void)(segments_.empty() ? Result<void>() : write_playlist(true)); // the first error is told
  }
  if (segments_.empty() && heads_ != 0) {
    fs::remove(playlist_.parent_path() / head_, ignored);
  }
  return done;
}

Result<void> HlsFolder::finish() {
  auto done = end_segment();
  if (const auto ended = end_playlist(); done) {
    done = ended;
  }
  return done;
}

fs::path HlsFolder::segment_path(std::size_t number) const {
  return playlist_.parent_path() / file_name(fmt::format("{:05}.m4s", number));
}

/// `index-00012.m4s` beside `index.m3u8`.
std::string HlsFolder::file_name(std::string_view rest) const {
  return fmt::format("{}-{}", playlist_.stem().string(), rest);
}

} // namespace dualcam::convert
