#include "dcam-serve/stepped_back.hpp"

#include <utility>

namespace dualcam::serve {
namespace {

constexpr std::size_t most_cameras = 65'536;
constexpr std::size_t most_path_bytes = 16'777'216;
/// REPEAT INIT, which passes a file over, is also what follows one that has come: a device that
/// takes it so forgets the file, which therefore has to be hopeless.
constexpr unsigned hopeless_in_vain = 2;
constexpr unsigned hopeless_in_all = 3; // links are lost for other reasons, too

} // namespace

bool SteppedBack::is_hopeless(const Attempts& attempts) {
  return attempts.in_vain >= hopeless_in_vain || attempts.all >= hopeless_in_all;
}

bool SteppedBack::add(std::uint64_t imei, const FileRef& file, Attempt attempt) {
  if (attempt == Attempt::grew) {
    forgive(imei, file);
    return false;
  }
  auto& [kinds, paths, unnamed] = of_camera(imei);
  if (file.kind()) {
    const auto before = std::exchange(kinds, kinds | file.kinds());
    return kinds != before && attempt == Attempt::in_vain;
  }
  const auto [entry, is_new] = paths.try_emplace(file);
  auto& attempts = entry->second;
  ++attempts.all;
  attempts.in_vain += attempt == Attempt::in_vain ? 1 : 0;
  path_bytes_ += is_new ? file.request().size() : 0;
  return (attempt == Attempt::in_vain || is_hopeless(attempts)) &&
         !std::exchange(attempts.told, true);
}

void SteppedBack::add_unnamed(std::uint64_t imei) { of_camera(imei).unnamed = true; }

/// It comes after all, if slowly.
void SteppedBack::forgive(std::uint64_t imei, const FileRef& file) {
  if (const auto camera = files_.find(imei); camera != files_.end()) {
    if (const auto found = camera->second.paths.find(file); found != camera->second.paths.end()) {
      found->second = {.told = found->second.told};
    }
  }
}

void SteppedBack::remove(std::uint64_t imei, const FileRef& file) {
  const auto found = files_.find(imei);
  if (found == files_.end()) {
    return;
  }
  auto& [kinds, paths, unnamed] = found->second;
  kinds = kinds - file.kinds();
  unnamed = unnamed && file.kind();
  path_bytes_ -= paths.erase(file) > 0 ? file.request().size() : 0;
  if (kinds.empty() && paths.empty() && !unnamed) {
    files_.erase(found);
  }
}

void SteppedBack::passed_over(std::uint64_t imei, const std::set<FileRef>& files) {
  const auto camera = files_.find(imei);
  if (camera == files_.end()) {
    return;
  }
  for (auto& [path, attempts] : camera->second.paths) {
    if (files.contains(path)) {
      attempts.all = hopeless_in_all - 1;
      attempts.in_vain = hopeless_in_vain - 1;
    }
  }
}

SteppedBack::Files& SteppedBack::of_camera(std::uint64_t imei) {
  if (files_.size() >= most_cameras || path_bytes_ >= most_path_bytes) {
    files_.clear();
    path_bytes_ = 0;
  }
  return files_[imei];
}

AskedLast SteppedBack::of(std::uint64_t imei) const {
  const auto found = files_.find(imei);
  if (found == files_.end()) {
    return {};
  }
  const auto& [kinds, paths, unnamed] = found->second;
  AskedLast last{.kinds = kinds, .paths = unnamed || !paths.empty()};
  for (const auto& [path, attempts] : paths) {
    if (is_hopeless(attempts)) {
      last.in_vain.insert(path);
    }
  }
  return last;
}

} // namespace dualcam::serve
