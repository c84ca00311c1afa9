#include "dcam-convert/page/collection.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "dcam-convert/page/text.hpp"
#include "dualcam/storage/file_names.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

bool is_stream_name(const fs::path& path) {
  constexpr std::array<std::string_view, 6> extensions{".h265", ".hevc", ".265",
                                                       ".h264", ".H265", ".HEVC"};
  return std::ranges::find(extensions, path.extension().string()) != extensions.end();
}

/// Without .part.
fs::path whole_name(const fs::path& path) {
  return path.extension() == part_suffix ? fs::path(path).replace_extension() : path;
}

/// The names of a folder.
class Listing {
public:
  explicit Listing(const std::vector<ListedFile>& files) {
    for (const auto& file : files) {
      const fs::path path(file.path);
      paths_.insert(path);
      if (is_stream_name(path)) {
        stems_.insert(fs::path(path).replace_extension());
      }
    }
  }

  bool has(const fs::path& path) const { return paths_.contains(path); }
  bool has_sidecar(const fs::path& path) const { return has(sidecar_of(path)); }

  /// `clip.mp4` beside `clip.h265`.
  bool is_conversion(const fs::path& path) const {
    return container_of(path) && !has_sidecar(path) &&
           stems_.contains(fs::path(path).replace_extension());
  }

private:
  std::set<fs::path> paths_;
  std::set<fs::path> stems_; ///< of streams
};

} // namespace

fs::path place_of(const fs::path& path) {
  std::error_code error;
  if (std::ranges::find(path, "..") != path.end()) { // leads elsewhere where there are links
    const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (auto canonical = fs::canonical(folder, error); !error) {
      return canonical / path.filename();
    }
  }
  return fs::absolute(path).lexically_normal();
}

std::vector<ListedFile> list_for_page(const std::vector<std::string>& inputs,
                                      std::vector<std::string>& unread) {
  auto files = list_files(inputs, Parts::listed, unread);
  std::erase_if(files, [&](const ListedFile& file) {
    const auto extension = whole_name(file.path).extension();
    return extension == ".html" || extension == ".htm";
  });
  return files;
}

std::vector<Entry> collect(const std::vector<ListedFile>& files, const fs::path& page) {
  const Listing listing(files);
  const auto page_folder = place_of(page).parent_path();
  std::vector<Entry> entries;
  for (const auto& file : files) {
    Entry entry;
    entry.path = file.path;
    entry.incomplete = entry.path.extension() == part_suffix;
    const auto name = whole_name(entry.path);
    const auto stamp = stamp_of(entry.path);
    if (name.extension() == sidecar_suffix || name.extension() == ".txt" ||
        listing.is_conversion(name) || (!stamp && entry.incomplete)) { // it has got its name
      continue;
    }
    entry.stamp = stamp.value_or(Stamp{});
    entry.place = place_of(entry.path);
    entry.link = relative_link(entry.place, page_folder);
    entry.has_sidecar = file.from_folder() ? listing.has_sidecar(entry.path)
                                           : stamp_of(sidecar_of(entry.path)).has_value();
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool has_media_name(const fs::path& path) {
  const auto container = container_of(path);
  return is_stream_name(path) || is_jpeg_name(path) ||
         (container && container != Container::matroska); // which no camera makes, but we do
}

} // namespace dualcam::convert
