// A clip as it arrives: each picture and its sound as Matroska once they are whole.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/matroska.hpp"

namespace dualcam::convert {

/// What can be done with a file of which only the beginning is known: pictures and times are those
/// of PtmfClipBuilder wherever these do not depend on what comes later. A chunk that comes late is
/// left out, a time that cannot be is replaced by the one that its number tells.
class LiveClip {
public:
  explicit LiveClip(bool with_sound) : with_sound_(with_sound) {}

  /// Appends to `out` what can be shown now.
  void add(const PtmfEvent& event, ByteBuffer& out);

  const Losses& losses() const { return losses_; }
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

  void add(const PtmfPicture& picture, ByteBuffer& out);
  void add(const PtmfSound& sound, ByteBuffer& out);
  void add(const PtmfDamage& damage);
  void begin(const PtmfPicture& picture, std::uint64_t time, ByteBuffer& out);
  void append_frame(MatroskaTrack track, bool key, std::uint64_t time, Bytes payload,
                    ByteBuffer& out);
  void append_sound(std::uint64_t time, Bytes a_law, ByteBuffer& out);

  bool with_sound_;
  bool has_head_ = false;   ///< of the Matroska stream
  bool begun_ = false;      ///< this recording has had a key picture
  bool undisturbed_ = true; ///< since the latest key picture nothing is missing
  std::uint64_t start_ = 0; ///< of the recording, by the camera's clock
  std::uint64_t base_ = 0;  ///< of the recording, in what is handed out
  std::uint64_t end_ = 0;
  std::uint64_t period_ = 0;
  Clock picture_clock_;
  Clock sound_clock_;
  ByteBuffer head_; ///< the latest parameter sets that are whole
  std::vector<HeldSound> held_;
  Losses losses_;
  std::uint64_t pictures_ = 0;
  std::uint64_t sound_time_ = 0;
};

} // namespace dualcam::convert
