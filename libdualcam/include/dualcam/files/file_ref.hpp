/// \file
/// Which file is meant: one of a DualCam's four kinds, or one by path.
/// Facts: dualcam-protocol(7), FILES BY PATH.
///
/// A value that owns its path. The functions may be called from any thread; views in their results
/// are valid as long as the FileRef they came from, unchanged.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "dualcam/files/camera.hpp"
#include "dualcam/files/file_kind.hpp"
#include "dualcam/wire/command.hpp"

namespace dualcam {

/// What a file shows.
enum class Medium {
  photo,   ///< one picture
  video,   ///< many
  unknown, ///< the path does not tell: its content may
};

/// A file on a device.
class FileRef {
public:
  /// A DualCam's.
  FileRef(FileKind kind) : kind_(kind) {}
  /// By path, as PATH gave it: any bytes, a trailing NUL included. nullopt: none, or more than
  /// `longest_path`.
  static std::optional<FileRef> of_path(std::string_view path);
  /// From what `text` gave; nullopt: anything else.
  static std::optional<FileRef> of_text(std::string_view text);

  /// The kind; nullopt: by path.
  std::optional<FileKind> kind() const { return kind_; }
  /// The kind as a set; empty: by path.
  FileKinds kinds() const;
  /// The path as it was received; empty: by kind.
  std::string_view path() const { return path_; }

  /// What FILE REQUEST carries: the identifier, or the path as it was received.
  std::string_view request() const;
  /// The form of a path that the vendor's server sends to some: the first 7 bytes [run]. nullopt:
  /// a kind, which is asked for in one way.
  std::optional<std::string_view> short_request() const;
  /// What METADATA REQUEST carries: as FILE REQUEST, nothing for ADAS and DSM [srv].
  std::string_view metadata_request() const;

  /// For people: "front photo", or the path without its trailing NUL; printable ASCII on one line
  /// (other bytes and backslashes are `\xHH`), cut short behind 255 bytes. Never a path to open.
  std::string label() const;
  /// The path as it was received, every byte of it: printable ASCII on one line (other bytes and
  /// backslashes are `\xHH`). Empty: by kind.
  std::string escaped_path() const;
  /// For a file's name: `photof`, or by path the camera's; empty: the path does not tell.
  std::string_view short_name() const;
  /// Of the file's name: by kind `.jpg` or `.h265`; by path as the path ends, if that is the ending
  /// of a photo or video (`.jpg .mp4 .h265 .ts` and so on, in lower case), else `.jpg` for a
  /// picture. Empty: only the content tells (`extension_of_content`, media_type.hpp).
  std::string_view extension() const;
  /// Whether metadata that tells this kind, or none, may be its. Those of files by path may tell
  /// any.
  bool may_be(std::optional<FileKind> told) const { return !kind_ || told == kind_; }
  /// What it shows.
  Medium medium() const;
  /// Whose it is; nullopt: the path does not tell.
  std::optional<Camera> camera() const;
  /// The DualCam kinds that it is of, whatever way it goes: of a DualCam's or DashCam's path the
  /// lens and what it shows, which may leave two. Empty: another camera's.
  FileKinds like_kinds() const;
  /// The date in the path, `.../<yymmdd>/<hhmmss>...`, which is probably UTC; nullopt: there is
  /// none.
  std::optional<std::chrono::sys_seconds> time() const;

  /// For checkpoints and records: `photof`, or `path:` and the path, every byte of it; printable
  /// ASCII without blanks (other bytes and backslashes are `\xHH`). Equal texts, equal files.
  std::string text() const;

  /// In any order that is always the same.
  friend auto operator<=>(const FileRef&, const FileRef&) = default;

private:
  explicit FileRef(std::string path) : path_(std::move(path)) {}

  std::optional<FileKind> kind_;
  std::string path_; ///< of a file that has no kind
};

} // namespace dualcam
