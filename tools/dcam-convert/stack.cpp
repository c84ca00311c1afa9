#include "dcam-convert/stack.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "common/shell.hpp"
#include "common/temporary_file.hpp"
#include "dcam-convert/ffmpeg_run.hpp"
#include "dcam-convert/moment.hpp"
#include "dualcam/storage/file_names.hpp"

namespace dualcam::convert {
namespace {

using Micros = std::chrono::microseconds;

/// Between two clips of one event; what is longer is a wrong pair, or a wrong clock.
constexpr std::chrono::minutes longest_gap{10};

constexpr std::array<const char*, 2> titles{"front", "rear"};

double in_seconds(Micros time) { return static_cast<double>(time.count()) / 1e6; }

struct StackedClip {
  Record record;
  std::optional<Source> source;
  Micros start{0};   ///< since that of the earlier one
  Descriptor stream; ///< what ffmpeg reads, if it is not the file itself

  Micros duration() const { return Micros(record.duration); }
  bool has_sound() const {
    return source->is_stream() ? !source->clip->sounds.empty() : source->mp4.has_sound;
  }
};

class Stack {
public:
  explicit Stack(const Workshop& workshop)
      : workshop_(workshop), options_(workshop.options), target_(workshop.files.target(0)) {
    for (std::size_t i = 0; i < clips_.size(); ++i) {
      clips_[i].record.input = options_.inputs[i];
    }
  }

  ExitCode run() {
    auto& first = clips_[0].record;
    const auto done = attempt([&] { return make(); });
    if (workshop_.stop.requested() && first.output.empty()) {
      return ExitCode::incomplete;
    }
    if (!done) {
      blamed_->code = worse_of(blamed_->code, done.error().code);
      blamed_->error = done.error().message;
    }
    const auto code = worse_of(first.code, clips_[1].record.code);
    if (!options_.dry_run || !done) {
      tell();
    }
    return code;
  }

private:
  Outcome<void> make() {
    for (auto& clip : clips_) {
      blamed_ = &clip.record;
      if (const auto opened = open(clip); !opened) {
        return opened;
      }
    }
    blamed_ = &clips_[0].record;
    if (const auto placed = place(); !placed) {
      return placed;
    }
    if (options_.dry_run) {
      show_command();
      return {};
    }
    if (const auto wanted = check_target(); !wanted || !*wanted) {
      return wanted ? Outcome<void>() : std::unexpected(wanted.error());
    }
    for (auto& clip : clips_) {
      if (const auto spooled = spool(clip); !spooled) {
        return spooled;
      }
    }
    return encode();
  }

  Outcome<void> open(StackedClip& clip) {
    auto source = open_source(workshop_, clip.record.input, clip.record);
    if (!source) {
      return std::unexpected(source.error());
    }
    clip.source = std::move(*source);
    if (options_.audio == AudioMode::copy && !can_copy_audio(container(), input_of(clip, ""))) {
      return failure(ExitCode::usage,
                     "--audio copy: MP4 cannot hold A-law; .mkv and .mov can, or take aac");
    }
    const auto& mp4 = clip.source->mp4;
    const auto taken = mp4.has_sound ? 2U : 1U;
    if (!clip.source->is_stream() && mp4.tracks > taken) {
      workshop_.reporter.note(fmt::format("{}: {} left out: --stack takes one of pictures and one "
                                          "of sound",
                                          escaped(clip.record.input),
                                          counted(mp4.tracks - taken, "track")));
    }
    const bool photo = clip.source->file.format() == VideoFormat::jpeg;
    if (photo || clip.record.frames == 0) {
      return photo ? failure(ExitCode::usage, "is a JPEG photo: --stack takes videos")
                   : failure(ExitCode::bad_data, "holds no picture that can be decoded");
    }
    return {};
  }

  /// Puts both on one clock.
  Outcome<void> place() {
    const auto front = start_of(clips_[0].source->sidecar, clips_[0].duration());
    const auto rear = start_of(clips_[1].source->sidecar, clips_[1].duration());
    for (const auto* without : {front ? nullptr : &clips_[0], rear ? nullptr : &clips_[1]}) {
      if (without != nullptr) {
        workshop_.reporter.warning(
            fmt::format("{}: no metadata tells when it was taken: the clips start together",
                        escaped(without->record.input)));
      }
    }
    if (!front || !rear) {
      return {};
    }
    const Micros rear_after = *rear - *front;
    clips_[0].start = std::max(-rear_after, Micros(0));
    clips_[1].start = std::max(rear_after, Micros(0));
    const auto gap =
        std::max(clips_[0].start - clips_[1].duration(), clips_[1].start - clips_[0].duration());
    if (gap > longest_gap) {
      return failure(
          ExitCode::usage,
          fmt::format("there are {} between it and {}: they are not of one recording",
                      format_duration(std::chrono::floor<std::chrono::milliseconds>(gap)),
                      escaped(clips_[1].record.input)));
    }
    if (gap >= Micros(0)) {
      workshop_.reporter.warning(fmt::format("{} and {} do not overlap: {:.3f} s lie between them",
                                             escaped(clips_[0].record.input),
                                             escaped(clips_[1].record.input), in_seconds(gap)));
    }
    return {};
  }

  /// A size that both fit into.
  PictureSize cell() const {
    PictureSize cell{0, 0};
    for (const auto& clip : clips_) {
      const auto size = size_of(*clip.source);
      cell.width = std::max(cell.width, size.width);
      cell.height = std::max(cell.height, size.height);
    }
    const auto even = [](std::uint32_t number) { return number + number % 2; };
    return {even(cell.width), even(cell.height)};
  }

  static PictureSize size_of(const Source& source) {
    if (!source.is_stream()) {
      const auto& mp4 = source.mp4;
      return mp4.width != 0 && mp4.height != 0 ? PictureSize{mp4.width, mp4.height} : usual_size;
    }
    constexpr std::size_t sets_size = 4096;
    const auto& first = source.clip->pictures.front();
    const auto offset = first.sets_size != 0 ? first.sets_offset : first.offset;
    const auto size = first.sets_size != 0 ? first.sets_size : first.size;
    ByteBuffer start(std::min<std::size_t>(size, sets_size));
    return source.file.read(offset, start)
               ? picture_size(start, source.clip->codec).value_or(usual_size)
               : usual_size;
  }

  static FfmpegInput input_of(const StackedClip& clip, std::string argument) {
    const bool stream = clip.source->is_stream();
    return {.stream = stream,
            .argument = std::move(argument),
            .format = stream ? "matroska" : "",
            .has_sound = clip.has_sound()};
  }

  AudioMode audio_of(const StackedClip& clip) const {
    return audio_for(options_.audio, container(), input_of(clip, ""));
  }

  /// What ffmpeg reads of a clip: a file that has a name, or what a descriptor of ours leads to.
  static std::string argument_of(const StackedClip& clip) {
    const auto& file = clip.source->file;
    if (!clip.source->is_stream() && file.has_path()) {
      return file_argument(file.path());
    }
    const int descriptor = clip.source->is_stream() ? clip.stream.get() : file.descriptor();
    return fmt::format("file:/proc/{}/fd/{}", ::getpid(), descriptor);
  }

  Command command(const std::array<std::string, 2>& arguments, const FfmpegOutput& output) const {
    std::array<StackedInput, 2> inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = {
          .input = input_of(clips_[i], arguments[i]), .start = clips_[i].start, .title = titles[i]};
    }
    return stack_command(options_, container(), inputs, cell(), clips_[0].source->sidecar, output);
  }

  Container container() const {
    return target_ == "-" ? Container::matroska : container_of(target_).value_or(Container::mp4);
  }

  /// A stream as a file without a name: ffmpeg has one standard input only.
  Outcome<void> spool(StackedClip& clip) {
    if (!clip.source->is_stream()) {
      return {};
    }
    clip.stream = temporary_file(folder_of_temporaries());
    if (clip.stream.get() < 0) {
      return failure(ExitCode::io, temporary_error("make", errno).error().message);
    }
    FrameStream stream(clip.source->file, *clip.source->clip,
                       {.sound = audio_of(clip) != AudioMode::none,
                        .fill_holes = audio_of(clip) == AudioMode::aac});
    for (auto piece = stream.next(); !piece.empty(); piece = stream.next()) {
      if (const int error = write_to_reader(clip.stream.get(), as_text(piece)); error != 0) {
        return failure(ExitCode::io, temporary_error("write", error).error().message);
      }
      if (workshop_.stop.requested()) {
        return failure(ExitCode::incomplete, "stopped");
      }
    }
    return stream.error() ? failure(ExitCode::io, stream.error()->message) : Outcome<void>();
  }

  /// False: the name is taken and to be left alone.
  Outcome<bool> check_target() const {
    if (target_ == "-" || !is_taken(target_)) {
      return true;
    }
    const auto name = escaped(target_.string());
    if (options_.if_exists == IfExists::fail) {
      return failure(ExitCode::io, name + " exists");
    }
    if (options_.if_exists == IfExists::skip) {
      workshop_.reporter.note(
          fmt::format("{}: skipped, {} exists", escaped(clips_[0].record.input), name));
    }
    return options_.if_exists != IfExists::skip;
  }

  Outcome<void> encode() {
    auto output =
        create_output(workshop_, target_, !options_.output.empty() && target_ != options_.output);
    if (!output) {
      return std::unexpected(output.error());
    }
    const auto all = clips_[0].record.frames + clips_[1].record.frames;
    const auto made = run_ffmpeg_into(
        workshop_, *output,
        {.command =
             [&](const FfmpegOutput& to) {
               return command({argument_of(clips_[0]), argument_of(clips_[1])}, to);
             },
         .feed = {},
         .form = container() == Container::matroska ? ResultForm::matroska : ResultForm::mp4,
         .on_progress =
             [&](std::uint64_t frames) { workshop_.reporter.progress(0, frames, all); }});
    if (!made) {
      return std::unexpected(made.error());
    }
    const auto least = std::max(clips_[0].record.frames, clips_[1].record.frames);
    if (!output->reader_gone() && made->pictures < least) {
      return failure(ExitCode::child_failed, fmt::format("ffmpeg wrote {} pictures, of at least {}",
                                                         made->pictures, least));
    }
    return finish_output(workshop_, *output, clips_[0].record);
  }

  /// In a shell that has process substitution.
  void show_command() const {
    const std::array<std::string, 2> places{"\x01", "\x02"};
    std::array<std::string, 2> arguments;
    std::array<std::string, 2> feeders;
    for (std::size_t i = 0; i < clips_.size(); ++i) {
      const bool stream = clips_[i].source->is_stream();
      arguments[i] = stream ? places[i] : argument_of(clips_[i]);
      feeders[i] = stream ? "<(" +
                                shell_command(feeder(options_, *clips_[i].source, Extract::matroska,
                                                     audio_of(clips_[i]))) +
                                ")"
                          : "";
    }
    std::string text;
    for (const auto& word : command(arguments, {target_ == "-" ? "pipe:1" : file_argument(target_),
                                                options_.if_exists == IfExists::replace})) {
      text += text.empty() ? "" : " ";
      text += word == places[0] ? feeders[0] : word == places[1] ? feeders[1] : shell_word(word);
    }
    workshop_.reporter.command(clips_[0].record.input, text);
  }

  /// A record for each input; the path once.
  void tell() {
    auto& [front, rear] = clips_;
    if (options_.common.json) {
      rear.record.output = front.record.output;
    }
    workshop_.reporter.finished(front.record);
    if (options_.common.json || !rear.record.error.empty()) {
      workshop_.reporter.finished(rear.record);
    }
  }

  const Workshop& workshop_;
  const ConvertOptions& options_;
  std::filesystem::path target_;
  std::array<StackedClip, 2> clips_;
  Record* blamed_ = nullptr; ///< of the clip that is at work
};

} // namespace

ExitCode stack(const Workshop& workshop) { return Stack(workshop).run(); }

} // namespace dualcam::convert
