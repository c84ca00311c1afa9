#include "dcam-convert/run_files.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "dcam-convert/ffmpeg.hpp"
#include "dcam-convert/output.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/name_length.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

std::string_view option_of(Task task) {
  return task == Task::thumbnail       ? "--thumbnail"
         : task == Task::contact_sheet ? "--contact-sheet"
         : task == Task::page          ? "--page"
                                       : "--output";
}

const std::string& wanted_by(const ConvertOptions& options) {
  const auto task = options.task();
  return task == Task::thumbnail       ? options.thumbnail
         : task == Task::contact_sheet ? options.contact_sheet
         : task == Task::page          ? options.page
                                       : options.output;
}

std::string_view extension_of(const ConvertOptions& options) {
  switch (options.extract) {
  case Extract::nothing:
    return options.task() == Task::thumbnail || options.task() == Task::contact_sheet ? ".jpg"
           : options.task() == Task::stack                                            ? ".stack.mp4"
           : options.container == Container::matroska                                 ? ".mkv"
           : options.container == Container::mov                                      ? ".mov"
                                                                                      : ".mp4";
  case Extract::video:
    return ".hevc";
  case Extract::audio:
    return ".al";
  case Extract::matroska:
    return ".mkv";
  }
  return {};
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return path.ends_with('/') || fs::is_directory(path, ignored);
}

/// A device, a pipe or a socket, which a result would not go into but take the place of.
bool is_special(const fs::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/// The input's name with another extension; cut where that would be too long for a name.
fs::path renamed(fs::path input, std::string_view extension) {
  const auto stem = cut_name(input.stem().string(), longest_name - extension.size());
  return input.replace_filename(stem + std::string(extension));
}

/// `extension` (".mp4") in place of the input's, beside the input or in the folder `output`, or
/// `output` itself where it names a file. "-" stays "-". `many`: `output` must be a folder.
fs::path output_path(const std::string& output, const ListedFile& input, std::string_view extension,
                     bool many) {
  auto name = renamed(input.path == "-" ? "stdin" : input.path, extension);
  if (output.empty()) {
    return name;
  }
  if (output != "-" && (many || is_folder(output))) {
    return fs::path(output) /
           (input.from_folder() ? renamed(input.place, extension) : name.filename());
  }
  return output;
}

bool is_html_name(const fs::path& path) {
  return path.extension() == ".html" || path.extension() == ".htm";
}

/// `a.h265 out.mp4`, as cp and ffmpeg have it.
std::optional<std::string> misplaced_output(const ConvertOptions& options) {
  const auto last = options.inputs.empty() ? std::string() : options.inputs.back();
  struct stat status{};
  const bool looks_so =
      last.ends_with('/') || container_of(last) || is_jpeg_name(last) || is_html_name(last);
  if (options.inputs.size() < 2 || !looks_so || ::stat(last.c_str(), &status) == 0) {
    return std::nullopt;
  }
  return fmt::format("'{0}': no such file; if it is to be made, write {1} {0}", escaped(last),
                     options.task() == Task::thumbnail       ? "--thumbnail"
                     : options.task() == Task::contact_sheet ? "--contact-sheet"
                     : options.task() == Task::page          ? "--page"
                                                             : "-o");
}

/// What is wrong with the name as an option gives it; nullopt if nothing is.
std::optional<std::string> objection(const ConvertOptions& options, bool many) {
  const auto task = options.task();
  const auto& wanted = wanted_by(options);
  if (wanted.empty() || wanted == "-") {
    return std::nullopt;
  }
  const auto name = fmt::format("{} '{}'", option_of(task), escaped(wanted));
  const bool folder = is_folder(wanted);
  if (is_special(wanted)) {
    return name + ": neither a file nor a folder; - is standard output";
  }
  if (task == Task::contact_sheet) {
    return !folder && is_jpeg_name(wanted)
               ? std::nullopt
               : std::optional(name + ": give a name that ends in .jpg or .jpeg, or -");
  }
  if (task == Task::page) {
    return !folder && is_html_name(wanted)
               ? std::nullopt
               : std::optional(name + ": give a name that ends in .html or .htm, or -");
  }
  if (many) {
    struct stat status{};
    const bool taken = ::stat(wanted.c_str(), &status) == 0;
    return folder || (!taken && !fs::path(wanted).has_extension())
               ? std::nullopt
               : std::optional(name + ": several inputs need a folder; a new one whose name has a "
                                      "dot ends in /");
  }
  if (folder || task == Task::extract) {
    return std::nullopt;
  }
  if (task == Task::thumbnail) {
    return is_jpeg_name(wanted)
               ? std::nullopt
               : std::optional(name + ": neither a folder nor a name that ends in .jpg or .jpeg");
  }
  if (task != Task::convert && is_playlist_name(wanted)) {
    return name + ": --stack and --vendor-recipe make .mp4, .mkv or .mov";
  }
  return container_of(wanted)
             ? std::nullopt
             : std::optional(name + ": neither a folder nor a name with .mp4, .mkv, .mov or .m3u8");
}

/// Gives out names that no other output of the run has.
class Names {
public:
  explicit Names(IfExists if_exists) : if_exists_(if_exists) {}

  fs::path take(const fs::path& wanted) {
    const auto number = free_number(wanted, [&](unsigned each) {
      const auto name = numbered(wanted, each);
      return (if_exists_ == IfExists::number && is_taken(name)) ||
             taken_.contains(one_spelling(name));
    });
    auto name = numbered(wanted, number.value_or(0));
    taken_.insert(one_spelling(name));
    return name;
  }

private:
  static fs::path one_spelling(const fs::path& path) {
    std::error_code error;
    const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    auto resolved = fs::weakly_canonical(folder, error);
    return (error ? folder : resolved) / path.filename();
  }

  IfExists if_exists_;
  std::set<fs::path> taken_;
};

} // namespace

std::expected<RunFiles, std::string> RunFiles::plan(const ConvertOptions& options,
                                                    const std::vector<ListedFile>& inputs) {
  const bool one = makes_one(options.task());
  const bool several =
      !one && (options.inputs.size() > 1 || std::ranges::any_of(inputs, &ListedFile::from_folder));
  if (auto text = misplaced_output(options)) {
    return std::unexpected(std::move(*text));
  }
  if (auto text = objection(options, several)) {
    return std::unexpected(std::move(*text));
  }
  if (!one && inputs.size() > 1 && options.output == "-") {
    return std::unexpected("--output: standard output takes one file");
  }
  if (wanted_by(options) == "-" && !options.dry_run && ::isatty(STDOUT_FILENO) == 1) {
    return std::unexpected("standard output is a terminal: send it to a file or to a program, or "
                           "give another " +
                           std::string(option_of(options.task())));
  }
  if (inputs.size() > 1 && !options.meta.empty()) {
    return std::unexpected(
        "--meta describes one file; for several there is INPUT.json beside each");
  }
  RunFiles files;
  for (const auto& input : inputs) {
    files.add_input(input.path);
  }
  files.add(options.meta);
  const auto& wanted = wanted_by(options);
  Names names(options.if_exists);
  for (std::size_t number = 0; number < (one ? 1 : inputs.size()); ++number) {
    const auto target =
        output_path(wanted, one ? ListedFile{options.inputs.front()} : inputs[number],
                    extension_of(options), several);
    const bool as_it_is = target == "-" || options.task() == Task::page;
    files.targets_.push_back(as_it_is ? target : names.take(target));
    if (target != "-" && options.if_exists == IfExists::replace &&
        is_special(files.targets_.back())) {
      return std::unexpected(escaped(files.targets_.back().string()) +
                             " is no file that could be replaced");
    }
    // a contact sheet knows its files better: what a shell makes in a folder is no input yet
    if (!one && (target == "-" || options.if_exists == IfExists::replace) &&
        files.is_input(files.targets_.back())) {
      return std::unexpected(
          fmt::format("{} would be written over an input; give another {}",
                      target == "-" ? "standard output" : escaped(files.targets_.back().string()),
                      option_of(options.task())));
    }
  }
  return files;
}

std::optional<std::string> hint_at_output(const ConvertOptions& options,
                                          const std::vector<ListedFile>& inputs) {
  const auto& given = options.inputs;
  if (options.task() != Task::convert || !options.output.empty() || given.size() < 2) {
    return std::nullopt;
  }
  std::error_code ignored;
  const auto& last = given.back();
  if (fs::is_directory(last, ignored)) {
    const bool gives_none =
        inputs.empty() || !inputs.back().from_folder() || !inputs.back().path.starts_with(last);
    return gives_none
               ? std::optional(fmt::format("no video in '{0}'; if the output is to go there, "
                                           "write -o {0}",
                                           escaped(last)))
               : std::nullopt;
  }
  const bool looks_so = given.size() == 2 && container_of(last) && !container_of(given.front());
  if (!looks_so || fs::exists(sidecar_of(last), ignored)) { // what a camera sent has its metadata
    return std::nullopt;
  }
  return fmt::format("'{0}' is taken for a second input; if it is meant to be the output, write "
                     "-o {0}",
                     escaped(last));
}

void RunFiles::add_input(const std::string& path) {
  if (path == "-") {
    add(STDIN_FILENO);
    return;
  }
  add(fs::path(path));
  add(sidecar_of(path));
}

void RunFiles::add(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    inputs_.emplace(status.st_dev, status.st_ino);
  }
}

void RunFiles::add(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
    inputs_.emplace(status.st_dev, status.st_ino);
  }
}

bool RunFiles::is_input(const fs::path& path) const {
  struct stat status{};
  const bool found =
      path == "-" ? ::fstat(STDOUT_FILENO, &status) == 0 : ::stat(path.c_str(), &status) == 0;
  return found && inputs_.contains({status.st_dev, status.st_ino});
}

} // namespace dualcam::convert
