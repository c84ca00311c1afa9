// Which files of those in the folder a page shows.
#pragma once

#include <filesystem>
#include <vector>

#include "dcam-convert/input_list.hpp"
#include "dcam-convert/page/entry.hpp"

namespace dualcam::convert {

/// A path as links have it: absolute and without dots.
std::filesystem::path place_of(const std::filesystem::path& path);

/// What a page is made of: as list_files, without pages.
std::vector<ListedFile> list_for_page(const std::vector<std::string>& inputs,
                                      std::vector<std::string>& unread);

/// An entry for each of these files that may be one: not for sidecars, nor for `clip.mp4` beside
/// `clip.h265`. What the content tells is not known yet. Links are seen from `page`.
std::vector<Entry> collect(const std::vector<ListedFile>& files, const std::filesystem::path& page);

/// Whether the name speaks for a photo or a video, so that it is worth telling if it is none.
bool has_media_name(const std::filesystem::path& path);

} // namespace dualcam::convert
