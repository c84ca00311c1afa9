// The files that a run's inputs are, folders taken apart.
#pragma once

#include <string>
#include <vector>

#include "dcam-convert/converter.hpp"

namespace dualcam::convert {

/// Parts of files that are on their way.
enum class Parts { left_out, listed };

/// The files given, and those in folders given, at any depth and in the order of their paths.
/// Hidden ones, checkpoints and what --page has made are left out, links to folders not followed.
/// Folders that cannot be read are passed over: `unread` is told why.
std::vector<ListedFile> list_files(const std::vector<std::string>& inputs, Parts parts,
                                   std::vector<std::string>& unread);

/// The same without what is no video in a folder: told by content, but for JSON and text, which
/// are many. Without `--output` an MP4 in a folder is what would be made, and so left out.
std::vector<ListedFile> list_videos(const ConvertOptions& options, const StopSignal& stop,
                                    std::vector<std::string>& unread);

} // namespace dualcam::convert
