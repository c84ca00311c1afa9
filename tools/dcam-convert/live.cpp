#include "dcam-convert/live.hpp"

#include <array>

#include <sys/stat.h>
#include <unistd.h>

#include "common/escape.hpp"
#include "dcam-convert/live_clip.hpp"
#include "dcam-convert/live_input.hpp"

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

void fill(const LiveClip& clip, Record& record) {
  record.has_clip = true;
  record.frames = clip.pictures();
  record.duration = clip.duration();
  record.sound_time = clip.sound_time();
  record.losses = clip.losses();
  record.lost_time = clip.lost_time();
  record.output = "-";
}

/// One input on its way.
class Live {
public:
  Live(const Workshop& workshop, LiveInput& input, Output& output)
      : workshop_(workshop), input_(input), output_(output),
        clip_(workshop.options.audio != AudioMode::none) {
    reader_.hurry();
  }

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

  Outcome<void> run(Bytes begin) {
    for (auto piece = begin; !piece.empty();) {
      reader_.feed(piece);
      if (auto done = hand_out(); !done || output_.reader_gone()) {
        return done;
      }
      const auto next = read();
      if (!next) {
        return std::unexpected(next.error());
      }
      piece = *next;
    }
    reader_.finish();
    return hand_out();
  }

  const LiveClip& clip() const { return clip_; }

private:
  Outcome<Bytes> read() {
    const auto count = input_.read(piece_, workshop_.stop);
    return count ? Outcome<Bytes>(Bytes(piece_).first(*count))
                 : std::unexpected(failure_of(input_, count.error()));
  }

  Outcome<void> hand_out() {
    ByteBuffer ready;
    while (const auto event = reader_.next()) {
      clip_.add(*event, ready);
    }
    if (ready.empty()) {
      return {};
    }
    const auto written = output_.write(ready);
    return written ? Outcome<void>() : failure(ExitCode::io, written.error().message);
  }

  const Workshop& workshop_;
  LiveInput& input_;
  Output& output_;
  PtmfReader reader_;
  LiveClip clip_;
  ByteBuffer piece_ = ByteBuffer(live_piece);
};

} // namespace

bool goes_live(const Workshop& workshop, const ListedFile& input, const std::string& target) {
  const auto& options = workshop.options;
  const bool wanted = options.live || !options.follow.empty() || is_pipe(input.path);
  return wanted && target == "-" && options.task() == Task::convert && !options.dry_run &&
         !options.strict && options.codec == Codec::copy && options.audio != AudioMode::aac;
}

Outcome<LiveEnd> run_live(const Workshop& workshop, const ListedFile& input, Record& record) {
  auto opened = open_input(workshop, input.path);
  if (!opened) {
    return failure(ExitCode::io, opened.error().message);
  }
  auto output = create_output(workshop, "-", false);
  if (!output) {
    return std::unexpected(output.error());
  }
  Live live(workshop, *opened, *output);
  auto begin = live.begin();
  if (!begin) {
    return std::unexpected(begin.error());
  }
  if (!as_text(*begin).starts_with(ptmf_magic)) {
    return LiveEnd{.live = false, .begin = std::move(*begin), .rest = std::move(*opened)};
  }
  record.format = name_of(VideoFormat::ptmf);
  const auto done = live.run(*begin);
  fill(live.clip(), record);
  if (!record.losses.none()) {
    record.code = ExitCode::bad_data;
    workshop.reporter.damage(record);
  }
  if (!done) {
    return std::unexpected(done.error());
  }
  if (record.frames == 0 && !output->reader_gone()) {
    record.output.clear();
    return failure(ExitCode::bad_data, "holds no picture that can be decoded");
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
