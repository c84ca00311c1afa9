#include "dcam-convert/converter.hpp"

#include <charconv>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/shell.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_last_lines = 5;

std::unexpected<Failure> failure(ExitCode code, std::string message) {
  return std::unexpected(Failure{code, std::move(message)});
}

/// Finds `frame=123` in what ffmpeg tells of its progress, whatever pieces it comes in.
class ProgressReader {
public:
  /// The latest number, once a new one is complete.
  std::optional<std::uint64_t> take(Bytes bytes) {
    std::optional<std::uint64_t> latest;
    text_ += as_text(bytes);
    for (auto end = text_.find('\n'); end != text_.npos; end = text_.find('\n')) {
      constexpr std::string_view key = "frame=";
      const auto line = text_.substr(0, end);
      std::uint64_t number = 0;
      if (line.starts_with(key) &&
          std::from_chars(line.data() + key.size(), line.data() + line.size(), number).ec ==
              std::errc{}) {
        latest = number;
      }
      text_.erase(0, end + 1);
    }
    return latest;
  }

private:
  std::string text_;
};

/// One input on its way to its output.
class Conversion {
public:
  Conversion(const Workshop& workshop, std::size_t number, Record& record)
      : workshop_(workshop), options_(workshop.options), number_(number), record_(record) {}

  Outcome<void> run() {
    auto source = open_source(workshop_, record_.input, record_);
    if (!source) {
      return std::unexpected(source.error());
    }
    source_ = &*source;
    if (const auto possible = check(); !possible) {
      return possible;
    }
    const auto target = choose_target();
    if (!target) {
      return std::unexpected(target.error());
    }
    target_ = *target;
    if (options_.dry_run) {
      return show_command();
    }
    if (const auto wanted = check_target(); !wanted || !*wanted) {
      return wanted ? Outcome<void>() : std::unexpected(wanted.error());
    }
    return make();
  }

private:
  std::string_view extension() const {
    switch (options_.extract) {
    case Extract::nothing:
      return options_.task() == Task::thumbnail ? ".jpg" : ".mp4";
    case Extract::video:
      return ".hevc";
    case Extract::audio:
      return ".al";
    case Extract::matroska:
      return ".mkv";
    }
    return {};
  }

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
                     fmt::format("is {}: --extract takes PTMF and HEVC", name_of(format)));
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

  Outcome<fs::path> choose_target() const {
    const bool is_thumbnail = options_.task() == Task::thumbnail;
    const auto& wanted = is_thumbnail ? options_.thumbnail : options_.output;
    const bool many = options_.inputs.size() > 1;
    auto path = output_path(wanted, record_.input, extension(), many);
    const bool by_extension =
        options_.task() == Task::convert || options_.task() == Task::vendor_recipe;
    if (by_extension && path != "-" && !container_of(path)) {
      return failure(ExitCode::usage,
                     fmt::format("--output '{}': neither a folder nor a name with .mp4, .mkv or "
                                 ".mov",
                                 escaped(wanted)));
    }
    const auto container = container_of(path).value_or(Container::matroska);
    if (options_.task() == Task::convert && options_.audio == AudioMode::copy &&
        !can_copy_audio(container, ffmpeg_input())) {
      return failure(ExitCode::usage,
                     "--audio copy: MP4 cannot hold A-law; .mkv and .mov can, or take aac");
    }
    return path;
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
    if (options_.if_exists == IfExists::replace &&
        fs::equivalent(target_, record_.input, ignored)) {
      return failure(ExitCode::usage, "would be replaced by its own result; give another --output");
    }
    return true;
  }

  FfmpegInput ffmpeg_input() const {
    if (source_->is_stream()) {
      return stream_input(!source_->clip->sounds.empty() && options_.audio != AudioMode::none);
    }
    const bool jpeg = source_->file.format() == VideoFormat::jpeg;
    return {.stream = false,
            .argument = source_->file_argument(),
            .format = jpeg ? "jpeg_pipe" : "",
            .hevc = source_->mp4.hevc};
  }

  Container container() const {
    return target_ == "-" ? Container::matroska : container_of(target_).value_or(Container::mp4);
  }

  Command command(const FfmpegOutput& output) const {
    switch (options_.task()) {
    case Task::vendor_recipe:
      return vendor_command(options_, source_->frame_rate, record_.input, container(), output);
    case Task::thumbnail:
      return thumbnail_command(options_, ffmpeg_input(), output);
    default:
      return convert_command(options_, container(), ffmpeg_input(), source_->sidecar, output);
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
    const auto& wanted = options_.task() == Task::thumbnail ? options_.thumbnail : options_.output;
    auto output = Output::create(target_, !wanted.empty() && target_ != wanted);
    if (!output) {
      return failure(ExitCode::io, output.error().message);
    }
    const auto made = options_.task() == Task::extract ? extract(*output) : transcode(*output);
    if (!made) {
      return made;
    }
    auto name = output->finish(options_.if_exists);
    if (!name) {
      return failure(ExitCode::io, name.error().message);
    }
    if (*name) {
      record_.output = output->is_stdout() ? "-" : (*name)->string();
    }
    return {};
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

  Outcome<void> transcode(Output& output) {
    const bool to_stdout = output.is_stdout();
    auto whole = command(to_stdout ? FfmpegOutput{"pipe:1"}
                                   : FfmpegOutput{file_argument(output.temporary_path()), true});
    std::optional<FrameStream> stream;
    if (is_fed()) {
      const bool thumbnail = options_.task() == Task::thumbnail;
      stream.emplace(source_->file, *source_->clip,
                     FrameStream::Choice{.sound = audio() != AudioMode::none,
                                         .fill_holes = audio() == AudioMode::aac,
                                         .first_only = thumbnail});
    }
    std::uint64_t frames = 0;
    std::optional<Error> write_error;
    ProgressReader progress;
    const auto take = [&](Bytes bytes) {
      if (to_stdout) {
        if (const auto written = output.write(bytes); !written) {
          write_error = written.error();
        }
        return !write_error && !output.reader_gone();
      }
      if (const auto done = progress.take(bytes)) {
        frames = *done;
        workshop_.reporter.progress(number_, frames, expected_frames());
      }
      return true;
    };
    workshop_.reporter.progress(number_, 0, expected_frames());
    const auto ran =
        run_ffmpeg(workshop_, *source_, to_stdout ? whole : with_progress(std::move(whole)),
                   stream ? &*stream : nullptr, take);
    if (write_error) {
      return failure(ExitCode::io, write_error->message);
    }
    if (!ran) {
      return output.reader_gone() ? Outcome<void>() : std::unexpected(ran.error());
    }
    return to_stdout ? Outcome<void>() : check_frames(frames);
  }

  std::uint64_t expected_frames() const {
    return source_->is_stream() ? source_->clip->pictures.size() : source_->mp4.frames;
  }

  /// ffmpeg's word for it that no picture got lost on the way.
  Outcome<void> check_frames(std::uint64_t frames) {
    if (options_.task() != Task::convert || !source_->is_stream() || frames == expected_frames()) {
      return {};
    }
    const auto message = fmt::format("ffmpeg wrote {} of {} frames", frames, expected_frames());
    if (record_.losses.none()) {
      return failure(ExitCode::child_failed, message);
    }
    workshop_.reporter.warning(escaped(record_.input) + ": " + message);
    return {};
  }

  const Workshop& workshop_;
  const ConvertOptions& options_;
  std::size_t number_;
  Record& record_;
  Source* source_ = nullptr;
  fs::path target_;
};

} // namespace

Outcome<ByteBuffer> run_ffmpeg(const Workshop& workshop, const Source& source,
                               const Command& command, FrameStream* stream,
                               std::function<bool(Bytes)> take) {
  if (workshop.stop.requested()) {
    return failure(ExitCode::incomplete, "stopped");
  }
  workshop.reporter.detail("running " + escaped(shell_command(command)));
  Process process{.command = command, .output = std::move(take)};
  process.stop = workshop.stop.descriptor();
  if (stream != nullptr) {
    process.input = [stream] { return stream->next(); };
  } else if (!source.file.has_path()) {
    process.input_file = source.file.descriptor();
  }
  auto result = run_process(process);
  if (!result) {
    return failure(ExitCode::child_failed,
                   result.error().message +
                       "; install it (apt-get install ffmpeg) or say where it is with --ffmpeg");
  }
  if (workshop.stop.requested()) {
    return failure(ExitCode::incomplete, "stopped");
  }
  if (stream != nullptr && stream->error()) {
    return failure(ExitCode::io, stream->error()->message);
  }
  if (result->status != 0) {
    auto message = fmt::format("ffmpeg failed with status {}", result->status);
    for (const auto& line : last_lines(result->errors, most_last_lines)) {
      message += "; " + line;
    }
    return failure(ExitCode::child_failed, message);
  }
  return std::move(result->output);
}

std::string pasteable(const ConvertOptions& options, const Source& source, const Command& command,
                      Extract extract, AudioMode audio) {
  Command feeder{options.program, "--extract", extract == Extract::matroska ? "matroska" : "video"};
  if (audio == AudioMode::none || audio == AudioMode::aac) {
    feeder.insert(feeder.end(), {"--audio", audio == AudioMode::none ? "none" : "aac"});
  }
  if (source.file.format() == VideoFormat::annex_b) {
    feeder.insert(feeder.end(), {"--fps", std::to_string(source.frame_rate)});
  }
  feeder.insert(feeder.end(), {"-o", "-", "--", source.file.path()});
  return shell_command(feeder) + " | " + shell_command(command);
}

ExitCode convert(const Workshop& workshop, std::size_t number) {
  Record record;
  record.input = workshop.options.inputs[number];
  Conversion conversion(workshop, number, record);
  const auto done = conversion.run();
  if (workshop.stop.requested()) {
    return ExitCode::incomplete;
  }
  if (!done) {
    record.code = worse_of(record.code, done.error().code);
    record.error = done.error().message;
  }
  if (!workshop.options.dry_run || !done) {
    workshop.reporter.finished(record);
  }
  return record.code;
}

} // namespace dualcam::convert
