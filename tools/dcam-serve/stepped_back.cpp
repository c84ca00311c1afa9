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
  auto& [kinds, paths] = files_[imei];
  const auto before = std::pair(kinds, paths);
  kinds = kinds | file.kinds();
  paths = paths || !file.kind();
  return std::pair(kinds, paths) != before;
}

void SteppedBack::remove(std::uint64_t imei, const FileRef& file) {
  const auto found = files_.find(imei);
  if (found == files_.end()) {
    return;
  }
  auto& [kinds, paths] = found->second;
  kinds = kinds - file.kinds();
  paths = paths && file.kind();
  if (kinds.empty() && !paths) {
    files_.erase(found);
  }
}

AskedLast SteppedBack::of(std::uint64_t imei) const {
  const auto found = files_.find(imei);
  return found != files_.end() ? found->second : AskedLast();
}

} // namespace dualcam::serve
