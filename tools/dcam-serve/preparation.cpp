#include "dcam-serve/preparation.hpp"

#include <cerrno>

#include <fmt/format.h>

#include "common/temporary_file.hpp"

namespace dualcam::serve {

Result<void> check_output(const std::filesystem::path& folder) {
  const int error = temporary_file(folder).get() < 0 ? errno : 0;
  if (error == 0) {
    return {};
  }
  const auto& name = folder.native();
  return std::unexpected(Error{
      ErrorCategory::io, 0,
      error == ENOENT
          ? fmt::format("the output folder {} does not exist; create it: mkdir -p {}", name, name)
          : fmt::format("cannot write to the output folder {}: {}", name, reason_of(error))});
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
