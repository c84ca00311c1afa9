#include "dualcam/files/wishes.hpp"

namespace dualcam {
namespace {

/// nullopt: a wish for files by path.
std::optional<FileKind> kind_of(Wish wish) {
  const auto index = static_cast<std::size_t>(wish);
  return index < all_file_kinds.size() ? std::optional(all_file_kinds.at(index)) : std::nullopt;
}

bool is_meant(Wish wish, const FileRef& file) {
  switch (wish) {
  case Wish::front_photo:
  case Wish::rear_photo:
  case Wish::front_video:
  case Wish::rear_video:
    return file.like_kinds().contains(*kind_of(wish));
  case Wish::adas:
    return file.camera() == Camera::adas;
  case Wish::dsm:
    return file.camera() == Camera::dsm;
  case Wish::dashcam:
    return file.camera() == Camera::dashcam;
  case Wish::path:
    return !file.kind();
  }
  return false;
}

/// Those that a camera of this family may offer by kind.
FileKinds kinds_of(Camera camera) {
  FileKinds front;
  front.insert(FileKind::front_photo);
  front.insert(FileKind::front_video);
  return camera == Camera::dualcam   ? FileKinds::all()
         : camera == Camera::dashcam ? front
                                     : FileKinds();
}

} // namespace

bool Wishes::wants(const FileRef& file) const {
  const auto family = file.camera();
  const bool hidden =
      only_ && (file.kind() ? !kinds_of(*only_).contains(*file.kind()) : family && family != only_);
  return !hidden && std::ranges::any_of(list(), [&](Wish wish) { return is_meant(wish, file); });
}

FileKinds Wishes::kinds() const {
  FileKinds kinds;
  for (const auto kind : all_file_kinds) {
    if (wants(kind)) {
      kinds.insert(kind);
    }
  }
  return kinds;
}

std::optional<FileKind> Wishes::first(FileKinds offered) const {
  const auto wanted = offered & kinds();
  for (const auto wish : list()) {
    if (const auto kind = kind_of(wish); kind && wanted.contains(*kind)) {
      return kind;
    }
  }
  return std::nullopt;
}

/// Before protocol 6 a DualCam has no files by path.
bool Wishes::is_by_path(Wish wish, std::uint16_t protocol) const {
  const bool is_new = protocol >= first_protocol_by_path;
  switch (wish) {
  case Wish::front_photo:
  case Wish::rear_photo:
  case Wish::front_video:
  case Wish::rear_video:
    return is_new && (!only_ || is_like_dualcam(*only_));
  case Wish::adas:
    return !only_ || only_ == Camera::adas;
  case Wish::dsm:
    return !only_ || only_ == Camera::dsm;
  case Wish::dashcam:
    return !only_ || only_ == Camera::dashcam;
  case Wish::path:
    return is_new || only_ != Camera::dualcam;
  }
  return false;
}

bool Wishes::want_paths(std::uint16_t protocol) const {
  return std::ranges::any_of(list(), [&](Wish wish) { return is_by_path(wish, protocol); });
}

bool Wishes::want_path_before(FileKind kind, std::uint16_t protocol) const {
  for (const auto wish : list()) {
    if (is_by_path(wish, protocol)) {
      return true;
    }
    if (wish == wish_for(kind)) {
      return false;
    }
  }
  return false;
}

} // namespace dualcam
