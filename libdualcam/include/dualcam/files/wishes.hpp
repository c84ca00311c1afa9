/// \file
/// What a host wants of the files that devices offer, and in which order it asks.
///
/// A value of a few bytes. The functions may be called from any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dualcam/files/file_ref.hpp"

namespace dualcam {

/// Something that can be wished for.
enum class Wish : std::uint8_t {
  front_photo, ///< a DualCam's, as the three behind it; from protocol 6 on it comes by path
  rear_photo,  ///< as `front_photo`
  front_video, ///< as `front_photo`
  rear_video,  ///< as `front_photo`
  adas,        ///< a file by path of this family
  dsm,         ///< the same
  dashcam,     ///< the same
  path,        ///< any file by path, those of unknown cameras, too
};

/// From this protocol on a DualCam's bits in INIT offer files by path, if anything [run].
inline constexpr std::uint16_t first_protocol_by_path = 6;

/// Wishes, the first asked for first.
class Wishes {
public:
  /// None.
  constexpr Wishes() = default;
  /// A DualCam's kinds, in the order of `all_file_kinds`.
  constexpr Wishes(FileKinds kinds) {
    for (const auto kind : all_file_kinds) {
      if (kinds.contains(kind)) {
        add(wish_for(kind));
      }
    }
  }
  /// Whatever there is: files by path first, then a DualCam's kinds.
  static constexpr Wishes all() {
    Wishes wishes;
    wishes.add(Wish::path);
    wishes.add(FileKinds::all());
    return wishes;
  }

  /// Behind those that are there, unless it is one of them.
  constexpr void add(Wish wish) {
    if (std::ranges::find(list(), wish) == list().end()) {
      wishes_[count_++] = wish;
    }
  }
  /// The same for each of `others`, in their order.
  constexpr void add(const Wishes& others) {
    for (const auto wish : others.list()) {
      add(wish);
    }
  }
  /// Hides the files of all other families; whose path does not tell the family is not hidden. By
  /// kind a DashCam offers what a DualCam with a front lens does.
  constexpr void show_only(Camera camera) { only_ = camera; }

  /// Whether this file is wanted.
  bool wants(const FileRef& file) const;
  /// The kinds that are to be asked for as a DualCam's.
  FileKinds kinds() const;
  /// Which of these is asked for first; nullopt: none is wanted.
  std::optional<FileKind> first(FileKinds offered) const;
  /// Whether a device of this protocol may have a wanted file by path.
  bool want_paths(std::uint16_t protocol) const;
  /// Whether a path is asked for before `kind`. Both are wanted.
  bool want_path_before(FileKind kind, std::uint16_t protocol) const;

  friend constexpr bool operator==(const Wishes&, const Wishes&) = default;

private:
  static constexpr Wish wish_for(FileKind kind) {
    return static_cast<Wish>(std::ranges::find(all_file_kinds, kind) - all_file_kinds.begin());
  }
  constexpr std::span<const Wish> list() const { return std::span(wishes_).first(count_); }
  bool is_by_path(Wish wish, std::uint16_t protocol) const;

  std::array<Wish, static_cast<std::size_t>(Wish::path) + 1> wishes_{};
  std::size_t count_ = 0;
  std::optional<Camera> only_;
};

} // namespace dualcam
