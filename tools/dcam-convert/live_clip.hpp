// A clip as it arrives: each picture and its sound once they are whole.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/stream_writer.hpp"

namespace dualcam::convert {

/// What can be done with a file of which only the beginning is known: pictures and times are those
/// of PtmfClipBuilder wherever these do not depend on what comes later. A chunk that comes late is
/// left out, a time that cannot be is replaced by the one that its number tells.
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
  /// Makes the times of a track rise.
  class Clock {
  public:
    std::uint64_t mend(std::uint32_t number, std::uint64_t time, std::uint64_t period);
    std::uint64_t mended() const { return mended_; }
    void restart() { *this = Clock(mended_); }
    Clock() = default;

  private:
    explicit Clock(std::uint64_t mended) : mended_(mended) {}

    bool started_ = false;
    std::uint32_t number_ = 0;
    std::uint64_t time_ = 0;           ///< of the latest one, as handed out
    std::uint64_t shift_ = 0;          ///< jumps of the clock, modulo 2^64
    std::optional<std::uint64_t> odd_; ///< the time of the latest one, if it was not believed
    std::uint64_t mended_ = 0;
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

  void add(const PtmfPicture& picture);
  void add(const PtmfSound& sound);
  void add(const PtmfDamage& damage);
  void take_head(Bytes head, const PtmfFormat& format);
  void begin(std::uint64_t time);
  void put_sound(std::uint64_t time, Bytes a_law);
  void put(Frame frame);
  void hand_out(const Frame& frame);
  void settle_head();
  void begin_writer(bool with_sound);

  Track sound_track_;
  StreamWriter& writer_;
  bool has_sound_track_ = false;
  bool settled_ = false;       ///< the writer has had its head
  std::vector<Frame> waiting_; ///< for that
  bool begun_ = false;         ///< this recording has had a key picture
  bool undisturbed_ = true;    ///< since the latest key picture nothing is missing
  std::uint64_t start_ = 0;    ///< of the recording, by the camera's clock
  std::uint64_t base_ = 0;     ///< of the recording, in what is handed out
  std::uint64_t end_ = 0;
  std::uint64_t period_ = 0;
  Clock picture_clock_;
  Clock sound_clock_;
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
