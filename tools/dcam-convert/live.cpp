#include "dcam-convert/live.hpp"

#include <memory>

#include <sys/stat.h>
#include <unistd.h>

#include "dcam-convert/encoder.hpp"
#include "dcam-convert/fragment_writer.hpp"
#include "dcam-convert/live_clip.hpp"
#include "dcam-convert/live_input.hpp"
#include "dcam-convert/live_sink.hpp"
#include "dcam-convert/matroska.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t live_piece = 65536;

bool is_pipe(const std::string& path) {
  struct stat status{};
  const int error = path == "-" ? ::fstat(STDIN_FILENO, &status) : ::stat(path.c_str(), &status);
  return error == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

Result<LiveInput> open_input(const Workshop& workshop, const std::string& path) {
  return workshop.options.follow.empty() ? LiveInput::open(path) : LiveInput::follow(path);
}

Failure failure_of(const LiveInput& input, const Error& error) {
  return {input.is_given_up() ? ExitCode::incomplete : ExitCode::io, error.message};
}

void fill(const LiveClip& clip, const LiveSink& sink, Record& record) {
  record.has_clip = true;
  record.frames = clip.pictures();
  record.duration = clip.duration();
  record.sound_time = clip.sound_time();
  record.losses = clip.losses();
  record.lost_time = clip.lost_time();
  record.size_changes = clip.size_changes();
  record.output = sink.name();
}

bool has_to_be_encoded(const ConvertOptions& options) {
  return options.codec != Codec::copy || options.audio == AudioMode::aac;
}

/// One input on its way.
class Live {
public:
  Live(const Workshop& workshop, LiveInput& input, LiveSink& sink,
       const std::filesystem::path& target)
      : Live(workshop, input, sink, container_for(workshop.options, target),
             is_playlist_name(target)) {}

  /// The first bytes, which tell the kind.
  Outcome<ByteBuffer> begin() {
    ByteBuffer begin;
    while (begin.size() < ptmf_magic.size()) {
      const auto piece = read();
      if (!piece) {
        return std::unexpected(piece.error());
      }
      if (piece->empty()) {
        break;
      }
      append(begin, *piece);
    }
    return begin;
  }

  /// All of it; what has come is complete in any case.
  Outcome<void> run(Bytes begin) {
    auto done = pass_on(begin);
    if (done && !workshop_.stop.requested() && !is_unread()) {
      reader_.finish(); // the input has ended; where we let go of it is no damage
    }
    take_events();
    clip_.finish();
    if (auto last = hand_out(); done) {
      done = last;
    }
    if (const auto finished = sink_.finish(); !finished && done) {
      done = failure(ExitCode::io, finished.error().message);
    }
    return encoder_ != nullptr && !encoder_->pictures()
               ? std::unexpected(encoder_->pictures().error())
               : done;
  }

  const LiveClip& clip() const { return clip_; }
  /// How many pictures ffmpeg has made.
  std::optional<std::uint64_t> encoded() const {
    return encoder_ != nullptr ? std::optional(encoder_->pictures().value_or(0)) : std::nullopt;
  }
  bool is_unread() const { return sink_.reader_gone() || input_.is_unread(); }

private:
  Live(const Workshop& workshop, LiveInput& input, LiveSink& sink, Container container,
       bool segments)
      : workshop_(workshop), input_(input), sink_(sink), writer_(writer_for(container, segments)),
        clip_(workshop.options.audio == AudioMode::none         ? LiveClip::Track::none
              : has_to_be_encoded(workshop.options) || segments ? LiveClip::Track::if_heard
                                                                : LiveClip::Track::declared,
              *writer_) {
    reader_.hurry();
    if (encoder_ == nullptr && sink.name() == "-") {
      input_.watch(STDOUT_FILENO);
    }
  }

  std::unique_ptr<StreamWriter> writer_for(Container container, bool segments) {
    const auto pace = segments ? FragmentWriter::Pace::by_key : FragmentWriter::Pace::each_frame;
    if (has_to_be_encoded(workshop_.options)) {
      auto encoder = std::make_unique<Encoder>(workshop_, container, pace, sink_);
      encoder_ = encoder.get();
      return encoder;
    }
    if (container == Container::matroska) {
      return std::make_unique<MatroskaWriter>();
    }
    return std::make_unique<FragmentWriter>(pace);
  }

  Outcome<void> pass_on(Bytes begin) {
    for (auto piece = begin; !piece.empty();) {
      reader_.feed(piece);
      take_events();
      if (auto done = hand_out(); !done || sink_.reader_gone()) {
        return done;
      }
      const auto next = read();
      if (!next) {
        return std::unexpected(next.error());
      }
      piece = *next;
    }
    return {};
  }

  Outcome<Bytes> read() {
    const auto count = input_.read(piece_, workshop_.stop);
    return count ? Outcome<Bytes>(Bytes(piece_).first(*count))
                 : std::unexpected(failure_of(input_, count.error()));
  }

  void take_events() {
    while (const auto event = reader_.next()) {
      clip_.add(*event);
    }
  }

  Outcome<void> hand_out() {
    const auto ready = writer_->take();
    if (encoder_ != nullptr && encoder_->pipe() >= 0) {
      input_.watch(encoder_->pipe());
    }
    const auto written = ready.empty() ? Result<void>() : sink_.write(ready);
    return written ? Outcome<void>() : failure(ExitCode::io, written.error().message);
  }

  const Workshop& workshop_;
  LiveInput& input_;
  LiveSink& sink_;
  Encoder* encoder_ = nullptr; ///< the writer, if it is one
  std::unique_ptr<StreamWriter> writer_;
  PtmfReader reader_;
  LiveClip clip_;
  ByteBuffer piece_ = ByteBuffer(live_piece);
};

} // namespace

bool is_wanted_live(const Workshop& workshop, const ListedFile& input) {
  const auto& options = workshop.options;
  return options.task() == Task::convert && !options.dry_run &&
         (options.live || !options.follow.empty() || is_pipe(input.path));
}

std::optional<std::string> reason_to_wait(const Workshop& workshop,
                                          const std::filesystem::path& target) {
  const auto& options = workshop.options;
  const auto container = container_for(options, target);
  const bool fragments = container == Container::fragments;
  if (fragments && options.audio == AudioMode::aac) {
    return "live fragments have FLAC, not the AAC that --audio asks for";
  }
  const bool live_file = options.live && container == Container::matroska;
  if (target != "-" && !fragments && !live_file) {
    return "while it comes about, .mkv and fragmented MP4 can be";
  }
  return options.strict ? std::optional("--strict judges the input first") : std::nullopt;
}

Outcome<LiveEnd> run_live(const Workshop& workshop, const ListedFile& input,
                          const std::filesystem::path& target, Record& record) {
  auto opened = open_input(workshop, input.path);
  if (!opened) {
    return failure(ExitCode::io, opened.error().message);
  }
  auto sink = open_sink(workshop, target, true);
  if (!sink) {
    return std::unexpected(sink.error());
  }
  Live live(workshop, *opened, **sink, target);
  auto begin = live.begin();
  if (!begin) {
    return std::unexpected(begin.error());
  }
  if (!as_text(*begin).starts_with(ptmf_magic)) {
    return LiveEnd{.live = false, .begin = std::move(*begin), .rest = std::move(*opened)};
  }
  record.format = name_of(VideoFormat::ptmf);
  const auto done = live.run(*begin);
  fill(live.clip(), **sink, record);
  if (!record.losses.none()) {
    record.code = ExitCode::bad_data;
    workshop.reporter.damage(record);
  }
  workshop.reporter.size_changes(record);
  if (!done) {
    return std::unexpected(done.error());
  }
  if (record.frames == 0 && !live.is_unread()) {
    record.output.clear();
    return failure(ExitCode::bad_data, "holds no picture that can be decoded");
  }
  if (live.encoded() && !live.is_unread()) {
    const auto counted = check_count(workshop, record, *live.encoded(), record.frames);
    return counted ? Outcome<LiveEnd>(LiveEnd{}) : std::unexpected(counted.error());
  }
  return LiveEnd{};
}

Outcome<std::string> await_name(const Workshop& workshop, const std::string& part) {
  auto input = LiveInput::follow(part);
  if (!input) {
    return failure(ExitCode::io, input.error().message);
  }
  ByteBuffer piece(live_piece);
  for (;;) {
    const auto count = input->read(piece, workshop.stop);
    if (!count) {
      return std::unexpected(failure_of(*input, count.error()));
    }
    if (*count == 0) {
      return input->name();
    }
  }
}

} // namespace dualcam::convert
