#include "dcam-convert/contact_sheet.hpp"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/shell.hpp"
#include "dcam-convert/ffmpeg_run.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_cells = 1000; // 32 x 32 cells fit a JPEG
constexpr std::size_t cell_size = std::size_t{cell_width} * cell_height * 3;

/// Pictures of each video: many of a single one, a row of each of several, one of each of very
/// many.
std::uint64_t pictures_each(std::size_t files) { return files == 1 ? 12 : files <= 50 ? 4 : 1; }

/// For ffmpeg's drawtext: nothing that it would interpret.
std::string label_of(const std::string& path) {
  auto label = path == "-" ? "stdin" : fs::path(path).filename().string();
  for (auto& character : label) {
    const bool plain = (character >= '0' && character <= '9') ||
                       (character >= 'a' && character <= 'z') ||
                       (character >= 'A' && character <= 'Z') || character == '.' ||
                       character == '_' || character == '-';
    character = plain ? character : '_';
  }
  return label.size() > 28 ? label.substr(0, 25) + "..." : label;
}

class ContactSheet {
public:
  explicit ContactSheet(const Workshop& workshop)
      : workshop_(workshop), options_(workshop.options) {
    record_.input = name_of_inputs(options_);
  }

  ExitCode run() {
    return make_and_report(workshop_, record_, [this] { return make(); });
  }

private:
  Outcome<void> make() {
    const auto& files = workshop_.inputs;
    if (const auto wanted = check_target(); !wanted || !*wanted) {
      return wanted ? Outcome<void>() : std::unexpected(wanted.error());
    }
    each_ = pictures_each(files.size());
    labelled_ = files.size() > 1;
    for (std::size_t i = 0; i < files.size() && cells_ < most_cells; ++i) {
      const auto before = cells_;
      workshop_.reporter.progress(i, 0, each_);
      if (const auto done = add(files[i]); !done) {
        return done;
      }
      workshop_.reporter.progress(i, cells_ - before, cells_ - before);
    }
    if (cells_ == 0) {
      return std::unexpected(
          Failure{worse_of(record_.code, ExitCode::bad_data), "no picture to show"});
    }
    if (cells_ >= most_cells) {
      workshop_.reporter.warning(fmt::format("only the first {} pictures fit", most_cells));
    }
    return options_.dry_run ? show() : write();
  }

  /// The pictures of one file. One bad file does not spoil the sheet.
  Outcome<void> add(const ListedFile& file) {
    Record record;
    record.input = file.path;
    auto source = open_source(workshop_, file.path, record);
    if (workshop_.stop.requested()) {
      return std::unexpected(Failure{ExitCode::incomplete, "stopped"});
    }
    if (!source && file.from_folder() && record.format == name_of(VideoFormat::unknown)) {
      return {}; // a sidecar, a text
    }
    record_.code = worse_of(record_.code, record.code);
    if (!source) {
      record_.code = worse_of(record_.code, source.error().code);
      workshop_.reporter.error(escaped(file.path) + ": " + source.error().message);
      return {};
    }
    const auto selection = select(*source);
    if (selection.pictures.empty()) {
      return {};
    }
    const auto input = source->is_stream() ? stream_input(false) : file_input(*source);
    const auto command = cells_command(options_, input, selection);
    if (options_.dry_run) {
      commands_.push_back(source->is_stream() ? pasteable(options_, *source, command,
                                                          Extract::matroska, AudioMode::none)
                                              : shell_command(command));
      cells_ += selection.pictures.size();
      return {};
    }
    return draw(*source, command);
  }

  static FfmpegInput file_input(const Source& source) {
    const bool jpeg = source.file.format() == VideoFormat::jpeg;
    return {.stream = false, .argument = source.file_argument(), .format = jpeg ? "jpeg_pipe" : ""};
  }

  Selection select(const Source& source) const {
    Selection selection;
    selection.label = labelled_ ? label_of(source.file.path()) : "";
    selection.has_time = source.file.format() != VideoFormat::jpeg;
    if (!source.is_stream()) { // a photo is one picture, too
      selection.pictures = spread(std::max<std::uint64_t>(source.mp4.frames, 1), each_);
      return selection;
    }
    const auto& pictures = source.clip->pictures;
    const auto keys = static_cast<std::uint64_t>(
        std::ranges::count_if(pictures, [](const ClipPicture& picture) { return picture.key; }));
    selection.key_only = keys >= each_; // much faster, and close enough
    selection.pictures = spread(selection.key_only ? keys : pictures.size(), each_);
    return selection;
  }

  Outcome<void> draw(const Source& source, const Command& command) {
    std::optional<FrameStream> stream;
    if (source.is_stream()) {
      stream.emplace(source.file, *source.clip, FrameStream::Choice{.sound = false});
    }
    const auto drawn = run_ffmpeg(workshop_, command, feed_of(source, stream ? &*stream : nullptr));
    if (!drawn) {
      const auto message = escaped(source.file.path()) + ": " + drawn.error().message;
      if (drawn.error().code == ExitCode::child_failed &&
          finds_no_picture(workshop_, source, file_input(source))) {
        record_.code = worse_of(record_.code, ExitCode::bad_data);
        workshop_.reporter.error(message);
        return {};
      }
      return std::unexpected(Failure{drawn.error().code, message});
    }
    const auto whole = drawn->size() - drawn->size() % cell_size;
    pixels_.insert(pixels_.end(), drawn->begin(),
                   drawn->begin() + static_cast<std::ptrdiff_t>(whole));
    cells_ += whole / cell_size;
    return {};
  }

  Outcome<void> show() {
    std::string all;
    for (const auto& command : commands_) {
      all += command + "; ";
    }
    const auto& target = workshop_.files.target(0);
    const auto sheet =
        shell_command(sheet_command(options_, cells_,
                                    {target == "-" ? "pipe:1" : file_argument(target),
                                     options_.if_exists == IfExists::replace}));
    workshop_.reporter.command(record_.input, "{ " + all + "} | " + sheet);
    return {};
  }

  /// As a file is that the shell has just made, maybe in one of the folders.
  static bool stdout_is_empty() {
    struct stat status{};
    return ::fstat(STDOUT_FILENO, &status) == 0 && status.st_size == 0;
  }

  /// False: the name is taken and to be left alone.
  Outcome<bool> check_target() const {
    const auto& target = workshop_.files.target(0);
    const auto name = escaped(target.string());
    std::error_code ignored;
    if (target == "-" && workshop_.files.is_input(target) && !stdout_is_empty()) {
      return std::unexpected(Failure{ExitCode::usage, "standard output is one of the inputs"});
    }
    if (target == "-" || !fs::exists(target, ignored)) {
      return true;
    }
    if (options_.if_exists == IfExists::fail) {
      return std::unexpected(Failure{ExitCode::io, name + " exists"});
    }
    if (options_.if_exists == IfExists::replace && workshop_.files.is_input(target)) {
      return std::unexpected(
          Failure{ExitCode::usage, name + " is one of the inputs; give another --contact-sheet"});
    }
    if (options_.if_exists == IfExists::skip) {
      workshop_.reporter.note(fmt::format("{}: skipped, {} exists", escaped(record_.input), name));
    }
    return options_.if_exists != IfExists::skip;
  }

  Outcome<void> write() {
    auto output = create_output(workshop_, workshop_.files.target(0), false);
    if (!output) {
      return std::unexpected(output.error());
    }
    const auto drawn = run_ffmpeg_into(
        workshop_, *output,
        {.command = [this](const FfmpegOutput& to) { return sheet_command(options_, cells_, to); },
         .feed = {.stream = nullptr, .bytes = pixels_},
         .form = ResultForm::jpeg,
         .on_progress = {}});
    if (!drawn) {
      return std::unexpected(drawn.error());
    }
    return finish_output(workshop_, *output, record_);
  }

  const Workshop& workshop_;
  const ConvertOptions& options_;
  Record record_;
  std::uint64_t each_ = 0;
  bool labelled_ = false;
  ByteBuffer pixels_;
  std::uint64_t cells_ = 0;
  std::vector<std::string> commands_;
};

} // namespace

std::vector<std::uint64_t> spread(std::uint64_t all, std::uint64_t count) {
  std::vector<std::uint64_t> numbers(std::min(all, count));
  for (std::uint64_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = i * all / numbers.size();
  }
  return numbers;
}

ExitCode make_contact_sheet(const Workshop& workshop) { return ContactSheet(workshop).run(); }

} // namespace dualcam::convert
