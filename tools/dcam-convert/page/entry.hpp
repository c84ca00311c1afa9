// One file of the folder that a page shows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "dcam-convert/converter.hpp"
#include "dcam-convert/sidecar.hpp"
#include "dualcam/files/file_kind.hpp"

namespace dualcam::convert {

/// What tells a file from the one that takes its place.
struct Stamp {
  std::uint64_t size = 0;
  std::int64_t modified = 0; ///< nanoseconds since 1970
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// nullopt and errno: there is no file of this name.
std::optional<Stamp> stamp_of(const std::filesystem::path& path);

/// What a look into a file has told: true as long as it has the same stamp.
struct Facts {
  VideoFormat format = VideoFormat::unknown;
  std::uint64_t duration = 0;  ///< of a video, microseconds
  bool plays_as_it_is = false; ///< in every browser
  std::string damage;          ///< "3 of 60 frames lost (0.150 s)"; printable
  std::string error;           ///< why it cannot be shown at all; printable
  ExitCode code = ExitCode::done;

  bool is_video() const {
    return error.empty() && format != VideoFormat::jpeg && format != VideoFormat::unknown;
  }
  /// They are the file's own; a full disk or a missing ffmpeg is another day's.
  bool are_lasting() const { return code <= ExitCode::bad_data; }
};

/// Where the time of an entry is from.
enum class TimeSource { camera, name, received };

struct Entry {
  std::filesystem::path path;  ///< as the user and the folders name it
  std::filesystem::path place; ///< absolute, without links in its folders
  std::string link;            ///< seen from the page
  bool incomplete = false;     ///< a .part
  std::uint64_t announced = 0; ///< bytes of what it is going to be; 0: not known
  Stamp stamp;
  bool has_sidecar = false;
  Sidecar sidecar;
  Facts facts;
  std::string video;     ///< the link of what browsers play; empty: there is nothing
  std::string thumbnail; ///< of a video, the same

  /// `path` without .part: what it is called, or going to be.
  std::filesystem::path name() const;
  std::string imei() const; ///< of the sidecar or the folders; empty: nobody knows
  SystemTime time() const;
  TimeSource time_source() const;
  std::optional<FileKind> file_kind() const; ///< as told, or as the name has it
  std::string kind() const;                  ///< "Front video"; printable
};

} // namespace dualcam::convert
