#include "dualcam/host/left_alone.hpp"

#include "dualcam/storage/checkpoint.hpp"

namespace dualcam {

void LeftAlone::add(const FileRef& file, Bytes metadata) {
  if (files_.size() >= most) {
    files_.clear();
  }
  files_.insert_or_assign(file, ByteBuffer(metadata.begin(), metadata.end()));
}

bool LeftAlone::contains(const FileRef& file, Bytes metadata) const {
  const auto found = files_.find(file);
  return found != files_.end() &&
         same_file({0, file, 0, 0, found->second},
                   {0, file, 0, 0, ByteBuffer(metadata.begin(), metadata.end())});
}

} // namespace dualcam
