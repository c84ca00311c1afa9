#include "dcam-serve/stepped_back.hpp"

#include <utility>

namespace dualcam::serve {
namespace {

constexpr std::size_t most_cameras = 65'536;

} // namespace

bool SteppedBack::add(std::uint64_t imei, const FileRef& file) {
  if (files_.size() >= most_cameras) {
    files_.clear();
  }
  auto& kinds = files_[imei];
  const auto before = std::exchange(kinds, kinds | file.kinds());
  return kinds != before;
}

void SteppedBack::remove(std::uint64_t imei, const FileRef& file) {
  const auto found = files_.find(imei);
  if (found == files_.end()) {
    return;
  }
  found->second = found->second - file.kinds();
  if (found->second.empty()) {
    files_.erase(found);
  }
}

FileKinds SteppedBack::of(std::uint64_t imei) const {
  const auto found = files_.find(imei);
  return found != files_.end() ? found->second : FileKinds();
}

} // namespace dualcam::serve
