#include "dcam-convert/input_list.hpp"

#include <algorithm>
#include <system_error>

#include "common/escape.hpp"
#include "dcam-convert/input.hpp"
#include "dcam-convert/page/collection.hpp"
#include "dcam-convert/page/product_names.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/file_system.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

/// Whether --page has made it, or is making it, for a file among `names`, which are sorted, or one
/// that was removed; `talk.web.mp4` may be somebody's own.
bool is_product(const std::string& name, const std::vector<std::string>& names) {
  const auto source = source_of_product(name);
  return source && (!name.ends_with(".mp4") || has_media_name(*source) ||
                    std::ranges::binary_search(names, source->string()));
}

/// Appends what is in `root`/`place`, folders in it too.
void list_folder(const fs::path& root, const fs::path& place, Parts parts,
                 std::vector<ListedFile>& files, std::vector<std::string>& unread) {
  const auto folder = root / place;
  const auto pass_over = [&unread](const fs::path& path, const std::string& reason) {
    unread.push_back("cannot read " + escaped(path.string()) + ": " + reason);
  };
  std::vector<std::string> names;
  if (const int error = FileSystem::current().list(folder, names); error != 0) {
    pass_over(folder, std::generic_category().message(error));
  }
  std::ranges::sort(names);
  for (const auto& name : names) {
    if (name.starts_with(".") || name.ends_with(checkpoint_suffix) ||
        (name.ends_with(part_suffix) && parts == Parts::left_out) || is_product(name, names)) {
      continue;
    }
    std::error_code error;
    std::error_code ignored;
    const auto status = fs::symlink_status(folder / name, error);
    if (!fs::status_known(status)) { // its path is too long; one that has just vanished is known
      pass_over(folder / name, error.message());
    } else if (fs::is_directory(status)) {
      list_folder(root, place / name, parts, files, unread);
    } else if (fs::is_regular_file(folder / name, ignored)) {
      files.push_back({(folder / name).string(), (place / name).string()});
    }
  }
}

bool is_video(VideoFormat format, bool beside) {
  return format == VideoFormat::ptmf || is_elementary(format) ||
         (format == VideoFormat::mp4 && !beside);
}

} // namespace

std::vector<ListedFile> list_files(const std::vector<std::string>& inputs, Parts parts,
                                   std::vector<std::string>& unread) {
  std::vector<ListedFile> files;
  for (const auto& input : inputs) {
    std::error_code ignored;
    if (input == "-" || !fs::is_directory(input, ignored)) {
      files.push_back({input});
    } else {
      list_folder(input, "", parts, files, unread);
    }
  }
  return files;
}

std::vector<ListedFile> list_videos(const ConvertOptions& options, const StopSignal& stop,
                                    std::vector<std::string>& unread) {
  auto files = list_files(options.inputs, Parts::left_out, unread);
  const bool photos_too = options.task() == Task::thumbnail;
  const bool beside = options.output.empty() && !photos_too;
  std::erase_if(files, [&](const ListedFile& file) {
    const auto extension = fs::path(file.path).extension();
    if (!file.from_folder() || stop.requested()) {
      return false;
    }
    if (extension == sidecar_suffix || extension == ".txt") {
      return true;
    }
    const auto opened = Input::open(file.path, stop);
    const auto format = opened ? opened->format() : VideoFormat::ptmf; // its error is told later
    return !is_video(format, beside) && !(photos_too && format == VideoFormat::jpeg);
  });
  return files;
}

} // namespace dualcam::convert
