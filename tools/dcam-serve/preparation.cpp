#include "dcam-serve/preparation.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/temporary_file.hpp"
#include "dcam-serve/output_folder.hpp"
#include "dualcam/storage/durable.hpp"

namespace dualcam::serve {
namespace {

constexpr auto usual_path = "/bin:/usr/bin"; // execvp's

/// 0, or the errno that says why not.
int can_run(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) {
    return errno;
  }
  if (!S_ISREG(status.st_mode)) {
    return EACCES;
  }
  return ::access(file.c_str(), X_OK) == 0 ? 0 : errno;
}

/// Of a PATH; an empty one is the current folder.
std::vector<std::filesystem::path> folders_of(std::string_view path) {
  std::vector<std::filesystem::path> folders;
  while (true) {
    const auto end = std::min(path.find(':'), path.size());
    folders.emplace_back(path.substr(0, end));
    if (end == path.size()) {
      return folders;
    }
    path.remove_prefix(end + 1);
  }
}

std::unexpected<Error> no_place_for(const std::string& folder) {
  return std::unexpected(Error{
      ErrorCategory::io, 0,
      fmt::format("the output folder {} does not exist, nor does the one it would be in; create "
                  "it: mkdir -p {}",
                  folder, folder)});
}

bool is_link(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_symlink(path, ignored);
}

std::unexpected<Error> not_writable(const std::string& folder, int error) {
  return std::unexpected(
      Error{ErrorCategory::io, 0,
            fmt::format("cannot write to the output folder {}: {}", folder,
                        error == ENOENT && is_link(folder) ? "it is a link to what is not there"
                                                           : reason_of(error))});
}

std::unexpected<Error> no_capture(const std::filesystem::path& path, std::string_view why) {
  return std::unexpected(Error{
      ErrorCategory::io, 0, fmt::format("cannot write to --capture {}: {}", path.native(), why)});
}

} // namespace

Result<void> check_output(const std::filesystem::path& folder) {
  const auto& name = folder.native();
  const int unmade = ::mkdir(name.c_str(), 0777) == 0 || errno == EEXIST ? 0 : errno;
  if (unmade == ENOENT) {
    return no_place_for(name);
  }
  if (temporary_file(folder).get() < 0) { // of one that is not there mkdir knows why
    return not_writable(name, errno == ENOENT && unmade != 0 ? unmade : errno);
  }
  return {};
}

Result<void> foresee_output(const std::filesystem::path& folder) {
  auto error = can_write(folder);
  if (error == ENOENT && !is_link(folder)) {
    error = can_write(folder_of(folder));
    if (error == ENOENT) {
      return no_place_for(folder.native());
    }
  }
  return error == 0 ? Result<void>() : not_writable(folder.native(), error);
}

Result<void> check_hook(const std::string& program) {
  int error = can_run(program);
  if (program.find('/') == std::string::npos) {
    const auto* path = std::getenv("PATH");
    for (const auto& folder : folders_of(path != nullptr ? path : usual_path)) {
      if (error = can_run(folder / program); error == 0) {
        break;
      }
    }
  }
  if (error == 0) {
    return {};
  }
  return std::unexpected(
      Error{ErrorCategory::io, 0,
            fmt::format("cannot run {}, the program of --exec: {}{}", program, reason_of(error),
                        program.find('/') == std::string::npos ? " in the folders of PATH" : "")});
}

Result<std::unique_ptr<PcapWriter>> open_capture(const std::filesystem::path& path,
                                                 const std::function<bool()>& waits) {
  auto capture = PcapWriter::open(path, waits);
  return capture ? std::move(capture) : no_capture(path, capture.error().message);
}

Result<void> foresee_capture(const std::filesystem::path& path) {
  struct stat status{};
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  int error = is_there ? 0 : errno;
  if (is_there ? S_ISREG(status.st_mode) : is_link(path)) {
    const auto checked = PcapWriter::check(path);
    return checked ? checked : no_capture(path, checked.error().message);
  }
  if (is_there && ::access(path.c_str(), W_OK) != 0) {
    error = errno;
  } else if (is_there && S_ISDIR(status.st_mode)) {
    error = EISDIR;
  } else if (error == ENOENT) {
    error = can_write(folder_of(path));
  }
  return error == 0 ? Result<void>() : no_capture(path, reason_of(error));
}

} // namespace dualcam::serve
