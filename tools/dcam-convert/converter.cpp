#include "dcam-convert/converter.hpp"

#include <algorithm>
#include <cerrno>
#include <tuple>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/shell.hpp"
#include "dcam-convert/ffmpeg_run.hpp"
#include "dcam-convert/fragment_writer.hpp"
#include "dcam-convert/live.hpp"
#include "dcam-convert/live_sink.hpp"
#include "dcam-convert/moment.hpp"
#include "dcam-convert/packer.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

/// One input on its way to its output.
class Conversion {
public:
  Conversion(const Workshop& workshop, fs::path target, std::size_t number, Record& record)
      : workshop_(workshop), options_(workshop.options), number_(number), record_(record),
        target_(std::move(target)) {}

  Outcome<void> run() {
    auto path = record_.input;
    LiveEnd end;
    const auto& input = workshop_.inputs[number_];
    const auto reason = reason_to_wait(workshop_, target_);
    if (is_wanted_live(workshop_, input) && !reason) {
      if (const auto wanted = check_live(); !wanted || !*wanted) {
        return wanted ? Outcome<void>() : std::unexpected(wanted.error());
      }
      auto ran = run_live(workshop_, input, target_, record_);
      if (!ran || ran->live) {
        return ran ? Outcome<void>() : std::unexpected(ran.error());
      }
      end = std::move(*ran);
      if (options_.live) {
        workshop_.reporter.note(fmt::format("{}: is not live, only PTMF is: the output comes once "
                                            "all of it has",
                                            escaped(path)));
      }
    } else if (is_wanted_live(workshop_, input) &&
               (options_.live || container() == Container::fragments)) {
      workshop_.reporter.note(
          fmt::format("{}: {} can be played once it is whole; {}", escaped(path),
                      target_ == "-" ? "the output" : escaped(target_.string()), *reason));
    }
    if (!options_.follow.empty()) {
      const auto name = await_name(workshop_, path);
      if (!name) {
        return std::unexpected(name.error());
      }
      path = *name;
    }
    auto source = open_source(workshop_, path, record_, end.begin);
    return source ? run(*source) : std::unexpected(source.error());
  }

  Outcome<void> run(Source& source) {
    source_ = &source;
    if (const auto possible = check(); !possible) {
      return possible;
    }
    if (options_.task() == Task::thumbnail) {
      if (const auto picked = pick(); !picked) {
        return picked;
      }
    }
    if (options_.dry_run) {
      return show_command();
    }
    if (const auto wanted = check_target(); !wanted || !*wanted) {
      return wanted ? Outcome<void>() : std::unexpected(wanted.error());
    }
    return make();
  }

private:
  /// Whether the task can be done with this input at all.
  Outcome<void> check() const {
    const auto task = options_.task();
    const auto format = source_->file.format();
    if (format == VideoFormat::jpeg && task != Task::thumbnail) {
      return failure(ExitCode::usage,
                     "is a JPEG photo, not a video; --thumbnail and --contact-sheet take photos");
    }
    if (task == Task::extract && !source_->is_stream()) {
      return failure(ExitCode::usage,
                     fmt::format("is {}: --extract takes PTMF, HEVC and H.264", name_of(format)));
    }
    if (options_.task() == Task::convert && options_.audio == AudioMode::copy &&
        !can_copy_audio(container(), ffmpeg_input())) {
      return no_raw_sound();
    }
    if (!source_->is_stream()) {
      return {};
    }
    if (options_.extract == Extract::audio) {
      return source_->clip->sounds.empty() ? failure(ExitCode::bad_data, "has no sound")
                                           : Outcome<void>();
    }
    return source_->clip->pictures.empty()
               ? failure(ExitCode::bad_data, "holds no picture that can be decoded")
               : Outcome<void>();
  }

  static std::unexpected<Failure> no_raw_sound() {
    return failure(ExitCode::usage,
                   "--audio copy: MP4 cannot hold A-law or PCM; .mkv and .mov can, or take aac");
  }

  /// As `check` and `check_target`, before anything has come.
  Outcome<bool> check_live() const {
    const bool fits = can_copy_audio(container(), stream_input(true));
    return options_.audio == AudioMode::copy && !fits ? Outcome<bool>(no_raw_sound())
                                                      : check_target();
  }

  /// Finds the picture for the thumbnail: the one that --at tells, or at the trigger, or the first
  /// key picture.
  Outcome<void> pick() {
    const auto duration = std::chrono::microseconds(record_.duration);
    const auto at = moment_in_clip(options_.at, source_->sidecar, duration);
    if (!at) {
      return std::unexpected(at.error());
    }
    if (source_->file.format() == VideoFormat::jpeg || !*at) {
      return {};
    }
    pick_ = {.first_key = false, .number = 0, .at = **at};
    if (source_->is_stream()) {
      std::tie(pick_.number, picked_) = picture_at(*source_->clip, pick_.at);
    } else {
      pick_.at = seek_time(source_->mp4_times, pick_.at);
    }
    return {};
  }

  /// How many pictures are shown before those that ffmpeg gets for a thumbnail.
  std::uint64_t rank_of_first_picked() const {
    return options_.task() == Task::thumbnail && !pick_.first_key ? picked_.first : 0;
  }

  /// False: the name is taken and to be left alone.
  Outcome<bool> check_target() const {
    std::error_code ignored;
    if (target_ == "-" || !fs::exists(target_, ignored)) {
      return true;
    }
    if (options_.if_exists == IfExists::skip) {
      workshop_.reporter.note(
          fmt::format("{}: skipped, {} exists", escaped(record_.input), escaped(target_.string())));
      return false;
    }
    if (options_.if_exists == IfExists::fail) {
      return failure(ExitCode::io, escaped(target_.string()) + " exists");
    }
    return true;
  }

  FfmpegInput ffmpeg_input() const {
    if (source_->is_stream()) {
      return stream_input(!source_->clip->sounds.empty() && options_.audio != AudioMode::none,
                          source_->clip->codec);
    }
    const bool jpeg = source_->file.format() == VideoFormat::jpeg;
    return {.stream = false,
            .argument = source_->file_argument(),
            .format = jpeg ? "jpeg_pipe" : "",
            .hevc = source_->mp4.hevc,
            .raw_sound = source_->mp4.raw_sound};
  }

  Container container() const { return container_for(options_, target_); }

  ResultForm form() const {
    switch (container()) {
    case Container::matroska:
      return ResultForm::matroska;
    case Container::fragments:
      return ResultForm::fragments;
    case Container::mp4:
    case Container::mov:
      break;
    }
    return ResultForm::mp4;
  }

  Command command(const FfmpegOutput& output) const {
    switch (options_.task()) {
    case Task::vendor_recipe:
      return vendor_command(options_, source_->frame_rate, record_.input, container(), output);
    case Task::thumbnail:
      return thumbnail_command(options_, ffmpeg_input(), pick_, output);
    default:
      return convert_command(options_, container(), ffmpeg_input(), source_->sidecar, output,
                             {.live = false, .by_key = is_playlist_name(target_)});
    }
  }

  AudioMode audio() const { return audio_for(options_.audio, container(), ffmpeg_input()); }

  bool is_fed() const { return source_->is_stream() && options_.task() != Task::vendor_recipe; }

  Outcome<void> show_command() const {
    if (options_.task() == Task::extract) {
      workshop_.reporter.note(escaped(record_.input) + ": --extract needs no ffmpeg");
      return {};
    }
    const auto whole = command({target_ == "-" ? "pipe:1" : file_argument(target_),
                                options_.if_exists == IfExists::replace});
    const auto sound = options_.task() == Task::thumbnail ? AudioMode::none : audio();
    workshop_.reporter.command(
        record_.input, is_fed() ? pasteable(options_, *source_, whole, Extract::matroska, sound)
                                : shell_command(whole));
    return {};
  }

  Outcome<void> make() {
    if (options_.task() == Task::convert && is_playlist_name(target_)) {
      return make_playlist();
    }
    const auto& wanted = options_.task() == Task::thumbnail ? options_.thumbnail : options_.output;
    auto output = create_output(workshop_, target_, !wanted.empty() && target_ != wanted);
    if (!output) {
      return std::unexpected(output.error());
    }
    const auto made = options_.task() == Task::extract ? extract(*output) : transcode(*output);
    return made ? finish_output(workshop_, *output, record_) : made;
  }

  Outcome<void> extract(Output& output) {
    using enum Extract;
    const auto form = options_.extract == video   ? FrameStream::Form::video
                      : options_.extract == audio ? FrameStream::Form::audio
                                                  : FrameStream::Form::matroska;
    FrameStream stream(source_->file, *source_->clip,
                       {.form = form,
                        .sound = options_.audio != AudioMode::none,
                        .fill_holes = options_.audio == AudioMode::aac});
    for (auto piece = stream.next(); !piece.empty(); piece = stream.next()) {
      const auto written = output.write(piece);
      if (!written) {
        return failure(ExitCode::io, written.error().message);
      }
      if (workshop_.stop.requested()) {
        return failure(ExitCode::incomplete, "stopped");
      }
      if (output.reader_gone()) {
        break;
      }
    }
    return stream.error() ? failure(ExitCode::io, stream.error()->message) : Outcome<void>();
  }

  /// What is encoded or packed, and how.
  std::optional<FrameStream> frames() {
    std::optional<FrameStream> stream;
    if (is_fed()) {
      const bool thumbnail = options_.task() == Task::thumbnail;
      stream.emplace(
          source_->file, *source_->clip,
          FrameStream::Choice{.sound = audio() != AudioMode::none,
                              .fill_holes = audio() == AudioMode::aac,
                              .only = thumbnail ? std::optional(picked_) : std::nullopt});
      pick_.number -= rank_of_first_picked();
    }
    return stream;
  }

  FfmpegJob job_of(FrameStream* stream) {
    const auto on_progress = [this](std::uint64_t frames) {
      workshop_.reporter.progress(number_, frames, expected_frames());
    };
    on_progress(0);
    return {.command = [this](const FfmpegOutput& to) { return command(to); },
            .feed = feed_of(*source_, stream),
            .form = options_.task() == Task::thumbnail ? ResultForm::jpeg : form(),
            .on_progress = on_progress};
  }

  Outcome<void> transcode(Output& output) {
    auto stream = frames();
    const auto made = run_ffmpeg_into(workshop_, output, job_of(stream ? &*stream : nullptr));
    return made && output.reader_gone() ? Outcome<void>() : judge(made);
  }

  Outcome<void> make_playlist() {
    const bool own = needs_several_heads();
    auto sink = open_sink(workshop_, target_, own);
    if (!sink) {
      return std::unexpected(sink.error());
    }
    const auto made = own ? pack_into(**sink) : transcode_into(**sink);
    const auto finished = (*sink)->finish();
    record_.output = (*sink)->name();
    return made && !finished ? failure(ExitCode::io, finished.error().message) : made;
  }

  /// ffmpeg's fragments would have that of the first picture for all.
  bool needs_several_heads() const {
    return options_.codec == Codec::copy && options_.audio != AudioMode::aac && is_fed() &&
           !source_->clip->size_changes.empty() &&
           std::ranges::is_sorted(source_->clip->pictures, {}, &ClipPicture::time);
  }

  Outcome<void> pack_into(LiveSink& sink) const {
    FragmentWriter writer(FragmentWriter::Pace::by_key);
    const bool with_sound = options_.audio != AudioMode::none && !source_->clip->sounds.empty();
    const auto packed =
        pack(source_->file, *source_->clip, with_sound, writer, [&](Bytes bytes) -> Result<void> {
          return workshop_.stop.requested() ? errno_error(EINTR, "stopped") : sink.write(bytes);
        });
    return packed ? Outcome<void>() : failure(ExitCode::io, packed.error().message);
  }

  Outcome<void> transcode_into(LiveSink& sink) {
    auto stream = frames();
    return judge(run_ffmpeg_through(
        workshop_, job_of(stream ? &*stream : nullptr), [&](Bytes bytes) -> Result<bool> {
          const auto written = sink.write(bytes);
          return written ? Result<bool>(true) : std::unexpected(written.error());
        }));
  }

  /// What ffmpeg has made.
  Outcome<void> judge(const Outcome<Verdict>& made) {
    if (made) {
      tell_lost_rotation(*made);
      return check_pictures(made->pictures);
    }
    const bool bad_data = made.error().code == ExitCode::child_failed &&
                          finds_no_picture(workshop_, *source_, ffmpeg_input());
    return bad_data ? failure(ExitCode::bad_data, made.error().message)
                    : std::unexpected(made.error());
  }

  /// ffmpeg turns what it encodes, but into Matroska it writes rotation since version 6.1 only.
  void tell_lost_rotation(const Verdict& made) const {
    if (options_.task() == Task::convert && options_.codec == Codec::copy &&
        container() == Container::matroska && source_->mp4.turned && !made.turned) {
      workshop_.reporter.note(fmt::format("{}: its rotation is left out: this ffmpeg writes none "
                                          "into Matroska; .mp4 and .mov keep it",
                                          escaped(record_.input)));
    }
  }

  std::uint64_t expected_frames() const {
    return source_->is_stream() ? source_->clip->pictures.size() : source_->mp4.frames;
  }

  /// Whether no picture got lost on the way.
  Outcome<void> check_pictures(std::uint64_t pictures) const {
    const bool counts = options_.task() == Task::convert && source_->is_stream();
    return counts ? check_count(workshop_, record_, pictures, expected_frames()) : Outcome<void>();
  }

  const Workshop& workshop_;
  const ConvertOptions& options_;
  std::size_t number_;
  Record& record_;
  Source* source_ = nullptr;
  fs::path target_;
  Pick pick_;
  std::pair<std::size_t, std::size_t> picked_{0, 1}; ///< pictures that a thumbnail needs
};

} // namespace

Command feeder(const ConvertOptions& options, const Source& source, Extract extract,
               AudioMode audio) {
  Command command{options.program, "--extract",
                  extract == Extract::matroska ? "matroska" : "video"};
  if (audio == AudioMode::none || audio == AudioMode::aac) {
    command.insert(command.end(), {"--audio", audio == AudioMode::none ? "none" : "aac"});
  }
  if (source.file.format() == VideoFormat::annex_b) {
    command.insert(command.end(), {"--fps", fmt::format("{}", source.frame_rate)});
  }
  command.insert(command.end(), {"-o", "-", "--", source.file.path()});
  return command;
}

std::string pasteable(const ConvertOptions& options, const Source& source, const Command& command,
                      Extract extract, AudioMode audio) {
  return shell_command(feeder(options, source, extract, audio)) + " | " + shell_command(command);
}

Outcome<Output> create_output(const Workshop& workshop, const fs::path& target, bool make_folder) {
  auto output = Output::create(
      target, make_folder, [&](const fs::path& part) { return !workshop.files.is_input(part); });
  return output ? Outcome<Output>(std::move(*output))
                : failure(ExitCode::io, output.error().message);
}

Outcome<void> finish_output(const Workshop& workshop, Output& output, Record& record) {
  const auto name = output.finish(workshop.options.if_exists);
  if (!name) {
    return failure_of_all(ExitCode::io, name.error().message);
  }
  if (*name) {
    record.output = output.is_stdout() ? "-" : (*name)->string();
  }
  return {};
}

Outcome<void> convert_source(const Workshop& workshop, Source& source, const fs::path& target,
                             std::size_t number, Record& record) {
  return Conversion(workshop, target, number, record).run(source);
}

Outcome<void> check_count(const Workshop& workshop, const Record& record, std::uint64_t pictures,
                          std::uint64_t expected) {
  if (pictures == expected) {
    return {};
  }
  const auto message = fmt::format("ffmpeg wrote {} of {} frames", pictures, expected);
  if (record.losses.none()) {
    return failure(ExitCode::child_failed, message);
  }
  workshop.reporter.warning(escaped(record.input) + ": " + message);
  return {};
}

ExitCode make_and_report(const Workshop& workshop, Record& record,
                         const std::function<Outcome<void>()>& make) {
  const auto done = attempt(make);
  if (workshop.stop.requested() && record.output.empty()) {
    return ExitCode::incomplete;
  }
  if (!done && workshop.stop.requested()) {
    record.code = ExitCode::incomplete;
    record.error = "stopped; what had come by then can be played";
  } else if (!done) {
    record.code = worse_of(record.code, done.error().code);
    record.error = done.error().message;
  }
  if (!workshop.options.dry_run || !done) {
    workshop.reporter.finished(record);
  }
  return record.code;
}

std::string name_of_inputs(const ConvertOptions& options) {
  return options.inputs.size() == 1 ? options.inputs.front()
                                    : fmt::format("{} inputs", options.inputs.size());
}

ExitCode convert(const Workshop& workshop, std::size_t number) {
  Record record;
  record.input = workshop.inputs[number].path;
  Conversion conversion(workshop, workshop.files.target(number), number, record);
  return make_and_report(workshop, record, [&] { return conversion.run(); });
}

} // namespace dualcam::convert
