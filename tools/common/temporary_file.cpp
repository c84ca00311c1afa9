#include "common/temporary_file.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "dualcam/storage/durable.hpp"

namespace dualcam::inline tools {

Descriptor temporary_file(const std::filesystem::path& folder) {
  int descriptor = -1;
  do {
    descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
    auto name = (folder / ".dualcam-XXXXXX").string();
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) {
      ::unlink(name.c_str());
    }
  }
  return Descriptor(descriptor);
}

std::filesystem::path folder_of_temporaries() {
  const auto* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

std::unexpected<Error> temporary_error(std::string_view what, int error) {
  const auto what_where = fmt::format("{} a temporary file in", what);
  auto failure = io_error(what_where.c_str(), folder_of_temporaries(), error);
  failure.error().message += "; TMPDIR may name another folder";
  return failure;
}

} // namespace dualcam::inline tools
