// Stands in for exif.cpp where libexiv2 was not found.
#include "dcam-meta/exif.hpp"

namespace dualcam::meta {

std::string exif_version() { return "no Exiv2 (--tag is not available)"; }

bool has_exif_support() { return false; }

Result<ByteBuffer> with_exif(Bytes, const Record&) {
  return std::unexpected(Error{ErrorCategory::unsupported, 0, "built without Exiv2"});
}

} // namespace dualcam::meta
