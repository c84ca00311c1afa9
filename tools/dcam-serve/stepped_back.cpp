#include "dcam-serve/stepped_back.hpp"

#include <algorithm>
#include <utility>

namespace dualcam::serve {
namespace {

constexpr std::size_t most_cameras = 65'536;
constexpr std::size_t most_path_bytes = 16'777'216;
/// REPEAT INIT, which passes a file over, is also what follows one that has come: a device that
/// takes it so forgets the file, which therefore has to be hopeless.
constexpr unsigned hopeless_in_vain = 2;
constexpr unsigned hopeless_in_all = 3; // links are lost for other reasons, too
constexpr unsigned most_unanswered = 2;
constexpr unsigned most_untold = 5; // by then a file that alone is to blame is passed over

} // namespace

bool SteppedBack::is_hopeless(const Attempts& attempts) {
  return attempts.in_vain >= hopeless_in_vain || attempts.all >= hopeless_in_all;
}

bool SteppedBack::add(std::uint64_t imei, const FileRef& file, Attempt attempt) {
  if (attempt == Attempt::grew) {
    forgive(imei, file);
    return false;
  }
  auto& camera = of_camera(imei);
  if (file.kind()) {
    const auto before = std::exchange(camera.kinds, camera.kinds | file.kinds());
    return camera.kinds != before && attempt == Attempt::in_vain;
  }
  const auto [entry, is_new] = camera.paths.try_emplace(file);
  auto& attempts = entry->second;
  ++attempts.all;
  attempts.in_vain += attempt == Attempt::in_vain ? 1 : 0;
  path_bytes_ += is_new ? file.request().size() : 0;
  return (attempt == Attempt::in_vain || is_hopeless(attempts)) &&
         !std::exchange(attempts.told, true);
}

void SteppedBack::add_unnamed(std::uint64_t imei) { of_camera(imei).unnamed = true; }

void SteppedBack::add_unanswered(std::uint64_t imei, const FileRef& file,
                                 ServerSession::Owes what) {
  auto& camera = of_camera(imei);
  camera.untold_metadata += what == ServerSession::Owes::metadata ? 1 : 0;
  const auto whose = file.kind() ? std::nullopt : file.camera();
  camera.unanswered += whose && is_like_dualcam(*whose) ? 1 : 0; // others want the whole path [srv]
}

void SteppedBack::tells_metadata(std::uint64_t imei) {
  if (const auto found = files_.find(imei); found != files_.end()) {
    found->second.untold_metadata = 0;
  }
}

Manner SteppedBack::manner(std::uint64_t imei) const {
  const auto found = files_.find(imei);
  if (found == files_.end()) {
    return {};
  }
  const auto& camera = found->second;
  return {.by_first_bytes = camera.unanswered >= most_unanswered && camera.unanswered % 2 == 0,
          .without_metadata = camera.untold_metadata >= most_untold};
}

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
  auto& camera = found->second;
  camera.kinds = camera.kinds - file.kinds();
  camera.unnamed = camera.unnamed && file.kind();
  path_bytes_ -= camera.paths.erase(file) > 0 ? file.request().size() : 0;
  camera.untold_metadata = std::min(camera.untold_metadata, most_untold - 1); // next time it may
  if (camera.is_empty()) {
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
  const auto& camera = found->second;
  AskedLast last{.kinds = camera.kinds, .paths = camera.unnamed || !camera.paths.empty()};
  for (const auto& [path, attempts] : camera.paths) {
    if (is_hopeless(attempts)) {
      last.in_vain.insert(path);
    }
  }
  return last;
}

} // namespace dualcam::serve
