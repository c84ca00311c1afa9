#include "dcam-serve/stepped_back.hpp"

#include <utility>

namespace dualcam::serve {
namespace {

constexpr std::size_t most_cameras = 65'536;
constexpr std::size_t most_path_bytes = 16'777'216;
/// REPEAT INIT, which passes a file over, is also what follows one that has come: a device that
/// takes it so forgets the file, which therefore has to be hopeless.
constexpr unsigned hopeless = 2;

} // namespace

bool SteppedBack::add(std::uint64_t imei, const FileRef& file, bool in_vain) {
  if (files_.size() >= most_cameras || path_bytes_ >= most_path_bytes) {
    forget_all();
  }
  auto& [kinds, paths] = files_[imei];
  if (file.kind()) {
    const auto before = std::exchange(kinds, kinds | file.kinds());
    return kinds != before;
  }
  const auto [entry, is_new] = paths.try_emplace(file);
  entry->second += in_vain ? 1 : 0;
  path_bytes_ += is_new ? file.request().size() : 0;
  return is_new;
}

void SteppedBack::remove(std::uint64_t imei, const FileRef& file) {
  const auto found = files_.find(imei);
  if (found == files_.end()) {
    return;
  }
  auto& [kinds, paths] = found->second;
  kinds = kinds - file.kinds();
  path_bytes_ -= paths.erase(file) > 0 ? file.request().size() : 0;
  if (kinds.empty() && paths.empty()) {
    files_.erase(found);
  }
}

void SteppedBack::forget_all() {
  files_.clear();
  path_bytes_ = 0;
}

AskedLast SteppedBack::of(std::uint64_t imei) const {
  const auto found = files_.find(imei);
  if (found == files_.end()) {
    return {};
  }
  const auto& [kinds, paths] = found->second;
  AskedLast last{.kinds = kinds, .paths = !paths.empty()};
  for (const auto& [path, times] : paths) {
    if (times >= hopeless) {
      last.in_vain.insert(path);
    }
  }
  return last;
}

} // namespace dualcam::serve
