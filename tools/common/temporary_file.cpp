#include "common/temporary_file.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace dualcam::inline tools {

Descriptor temporary_file(const std::filesystem::path& folder) {
  int descriptor = -1;
  do {
    descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
    auto name = (folder / ".dcam-serve-XXXXXX").string();
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) {
      ::unlink(name.c_str());
    }
  }
  return Descriptor(descriptor);
}

} // namespace dualcam::inline tools
