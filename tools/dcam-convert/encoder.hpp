// ffmpeg between what arrives and where it goes.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "common/descriptor.hpp"
#include "dcam-convert/ffmpeg_run.hpp"
#include "dcam-convert/fragment_writer.hpp"
#include "dcam-convert/live_sink.hpp"
#include "dcam-convert/matroska.hpp"

namespace dualcam::convert {

/// Encodes in a process and a thread of their own; what comes of it goes to the sink at once, of
/// which nothing else may be used meanwhile.
///
/// Into Matroska ffmpeg puts all. For fragments it gets the pictures only: its muxer gives wrong
/// times to pictures between which sound comes, and would let them wait for it.
class Encoder : public StreamWriter {
public:
  Encoder(const Workshop& workshop, Container container, FragmentWriter::Pace pace, LiveSink& sink)
      : workshop_(workshop), container_(container), sink_(sink), fragments_(pace) {}
  ~Encoder() override { to_ffmpeg_.close(); } // which ends ffmpeg, and so the thread

  /// Throws if descriptors or threads have run out.
  void begin(const StreamHead& head) override;
  /// Waits until ffmpeg takes it; what it no longer wants is dropped.
  void picture(bool key, std::uint64_t time, Bytes unit) override;
  void sound(std::uint64_t time, Bytes a_law) override;
  /// Waits until all is encoded.
  void finish() override;

  /// The pipe to ffmpeg, -1 before `begin`: nobody reads from it any more when ffmpeg has ended.
  int pipe() const { return to_ffmpeg_.get(); }
  /// How many pictures there are; after `finish`.
  const Outcome<std::uint64_t>& pictures() const { return pictures_; }

private:
  struct Sound {
    std::uint64_t time;
    ByteBuffer a_law;
  };

  bool by_fragments() const { return container_ == Container::fragments; }
  Command command(const FfmpegOutput& output) const;
  void run();
  void feed(Bytes bytes);
  Result<bool> take(Bytes bytes);
  void take(const FragmentPiece& piece);
  void release_sound(std::uint64_t until);
  Result<bool> hand_out();

  const Workshop& workshop_;
  Container container_;
  LiveSink& sink_;
  StreamHead head_{};
  MatroskaWriter matroska_;
  Descriptor to_ffmpeg_;
  Descriptor from_us_;

  std::mutex mutex_; ///< for what follows
  FragmentWriter fragments_;
  FragmentSplitter splitter_;
  bool has_entry_ = false;
  std::deque<Sound> held_; ///< until the pictures have come as far
  std::optional<std::uint64_t> first_time_;
  std::optional<double> first_begin_; ///< of the same picture, as ffmpeg tells it
  FragmentFacts facts_{};
  ByteBuffer unit_;
  std::optional<Error> write_error_;

  Outcome<std::uint64_t> pictures_ = 0;
  std::jthread thread_; ///< the last member: it uses the others
};

} // namespace dualcam::convert
