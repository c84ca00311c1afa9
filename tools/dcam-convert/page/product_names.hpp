// What --page makes for a file, by its name.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace dualcam::convert {

/// What is made for a FILE stands beside it, with this behind its name. It has its modification
/// time, which tells whether it is of the file as it is.
inline constexpr std::string_view web_video = ".web.mp4";
inline constexpr std::string_view web_thumbnail = ".web.jpg";

/// The file that something of this name, or a part of it, is made for; nullopt: the name is neither
/// a video's nor a thumbnail's.
std::optional<std::filesystem::path> source_of_product(std::filesystem::path path);

} // namespace dualcam::convert
