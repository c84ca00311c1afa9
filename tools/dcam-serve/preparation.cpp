#include "dcam-serve/preparation.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <sys/stat.h>

#include "common/temporary_file.hpp"

namespace dualcam::serve {

Result<void> check_output(const std::filesystem::path& folder) {
  const auto& name = folder.native();
  if (::mkdir(name.c_str(), 0777) != 0 && errno == ENOENT) {
    return std::unexpected(Error{
        ErrorCategory::io, 0,
        fmt::format("the output folder {} does not exist, nor does the one it would be in; create "
                    "it: mkdir -p {}",
                    name, name)});
  }
  if (temporary_file(folder).get() < 0) {
    return std::unexpected(
        Error{ErrorCategory::io, 0,
              fmt::format("cannot write to the output folder {}: {}", name, reason_of(errno))});
  }
  return {};
}

Result<std::unique_ptr<PcapWriter>> open_capture(const std::filesystem::path& path) {
  auto capture = PcapWriter::open(path);
  if (!capture) {
    capture.error().message =
        fmt::format("cannot write to --capture {}: {}", path.native(), capture.error().message);
  }
  return capture;
}

} // namespace dualcam::serve
