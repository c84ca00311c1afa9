// A clip as it arrives: each picture and its sound once they are whole.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/kept_event.hpp"
#include "dcam-convert/live_clock.hpp"
#include "dcam-convert/live_heads.hpp"
#include "dcam-convert/stream_writer.hpp"

namespace dualcam::convert {

/// What can be done with a file of which only the beginning is known: pictures and times are those
/// of PtmfClipBuilder. Where only what comes next can tell what damage has changed, a picture or
/// sound waits for it, and all behind it. A chunk that comes late is left out, a wrong time that
/// differs by less than two periods stays.
class LiveClip {
public:
  enum class Track {
    none,     ///< of sound
    declared, ///< whether or not some comes: nothing has to wait
    if_heard, ///< if some comes within the first second, for which all waits
  };

  LiveClip(Track sound_track, StreamWriter& writer) : sound_track_(sound_track), writer_(writer) {}

  /// Gives to the writer what can be shown now.
  void add(const PtmfEvent& event);
  /// Nothing more comes.
  void finish();

  /// Whether what the writer was given has a track of sound.
  bool has_sound_track() const { return has_sound_track_; }
  const Losses& losses() const { return losses_; }
  const std::vector<SizeChange>& size_changes() const { return size_changes_; }
  std::uint64_t pictures() const { return pictures_; }
  std::uint64_t lost_time() const { return losses_.pictures() * period_; }
  std::uint64_t duration() const { return end_; }          ///< microseconds
  std::uint64_t sound_time() const { return sound_time_; } ///< microseconds

private:
  /// Of chunks that are not late.
  struct Numbers {
    std::int64_t next_picture = 0;
    std::int64_t next_sound = 0;
  };
  struct HeldSound {
    std::uint64_t time;
    ByteBuffer a_law;
  };
  struct Frame {
    bool is_sound;
    bool key;
    std::uint64_t time; ///< in what is handed out
    ByteBuffer bytes;
  };

  std::int64_t number_of(const PtmfEvent& event);
  bool waits(const PtmfEvent& event, std::int64_t number) const;
  bool has_odd_time(const PtmfPicture& picture, std::int64_t number) const;
  bool has_odd_time(const PtmfSound& sound, std::int64_t number) const;
  template <class Chunk> std::vector<LiveClock::Stamp> stamps_ahead(std::int64_t number) const;
  void take_kept(bool all);
  void take(const PtmfEvent& event, std::int64_t number);
  void take(const PtmfPicture& picture, std::int64_t number);
  void take(const PtmfSound& sound, std::int64_t number);
  void take(const PtmfDamage& damage, std::int64_t);
  PtmfPicture with_place(PtmfPicture headless) const;
  std::uint64_t latest_picture_time() const { return start_ + (end_ - base_) - period_; }
  ByteBuffer with_sound_head(const PtmfPicture& key_picture);
  void take_head(Bytes head, const PtmfFormat& format);
  void begin(std::uint64_t time);
  void put_sound(std::uint64_t time, Bytes a_law);
  void put(Frame frame);
  void hand_out(const Frame& frame);
  void settle_head();
  void begin_writer(bool with_sound);

  Track sound_track_;
  StreamWriter& writer_;
  LiveHeads heads_;
  std::deque<KeptEvent> kept_; ///< the first one waits
  std::size_t kept_size_ = 0;
  Numbers numbers_;
  bool has_sound_track_ = false;
  bool settled_ = false;       ///< the writer has had its head
  std::vector<Frame> waiting_; ///< for that
  bool begun_ = false;         ///< this recording has had a key picture
  bool undisturbed_ = true;    ///< since the latest key picture nothing is missing
  std::uint64_t start_ = 0;    ///< of the recording, by the camera's clock
  std::uint64_t base_ = 0;     ///< of the recording, in what is handed out
  std::uint64_t end_ = 0;
  bool begins_with_picture_ = false;
  unsigned frame_rate_ = 0; ///< of this recording's first picture
  std::uint64_t period_ = 0;
  LiveClock picture_clock_;
  LiveClock sound_clock_;
  ByteBuffer head_; ///< the latest parameter sets that are whole
  VideoCodec codec_ = VideoCodec::h265;
  PictureSize size_{};
  std::vector<SizeChange> size_changes_;
  std::vector<HeldSound> held_;
  Losses losses_;
  std::uint64_t pictures_ = 0;
  std::uint64_t sound_time_ = 0;
};

} // namespace dualcam::convert
