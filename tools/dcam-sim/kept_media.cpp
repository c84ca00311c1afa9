#include "dcam-sim/kept_media.hpp"

#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/json.hpp"

namespace dualcam::sim {
namespace {

namespace fs = std::filesystem;

constexpr auto about = "generated.json";

std::string file_name(const Recording& recording) {
  return std::string(name_of(recording.kind)) + (is_photo(recording.kind) ? ".jpg" : ".h265");
}

/// Under its name at once and whole, with the time that the camera closed it.
Result<void> put(const fs::path& path, Bytes content, SystemTime time) {
  auto unfinished = path;
  unfinished += fmt::format(".{}.new", ::getpid());
  {
    std::ofstream file(unfinished, std::ios::binary);
    file.write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
    if (!file.flush()) {
      return errno_error(errno, "cannot write " + unfinished.string());
    }
  }
  const auto count = time.time_since_epoch().count();
  const timespec moment{static_cast<time_t>(count / 1000),
                        static_cast<long>(count % 1000 * 1'000'000)};
  const timespec times[] = {moment, moment};
  if (::utimensat(AT_FDCWD, unfinished.c_str(), times, 0) != 0 ||
      ::rename(unfinished.c_str(), path.c_str()) != 0) {
    return errno_error(errno, "cannot write " + path.string());
  }
  return {};
}

} // namespace

fs::path kept_media_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') { // others are not to be heeded
    return fs::path(cache) / "dcam-sim";
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? fs::path(home) / ".cache/dcam-sim" : fs::path();
}

Result<void> keep(const Generated& generated, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  auto files = Json::array();
  for (const auto& recording : generated.recordings) {
    const auto name = file_name(recording);
    files.push_back({{"file", name}, {"name", recording.name}});
    if (auto done = put(folder / name, recording.content, recording.finalised); !done) {
      return done;
    }
  }
  const auto text = to_line(Json{{"seconds", generated.seconds},
                                 {"frame_rate", generated.frame_rate},
                                 {"files", std::move(files)}});
  return put(folder / about, as_bytes(text), system_now());
}

Result<Generated> kept(const fs::path& folder) {
  const auto nothing = [&](std::string_view why) {
    return std::unexpected(
        Error{ErrorCategory::io, 0,
              fmt::format(
                  "nothing to offer again in {}: {}; a run without --again and FILEs generates it",
                  escaped(folder.string()), why)});
  };
  if (folder.empty()) {
    return std::unexpected(Error{
        ErrorCategory::io, 0,
        "nothing is kept to be offered again: neither XDG_CACHE_HOME nor HOME names a folder"});
  }
  std::ifstream file(folder / about);
  const auto known = Json::parse(file, nullptr, false);
  if (!known.is_object() || !known.contains("files")) {
    return nothing("no run has left it there");
  }
  try {
    Generated generated{
        known.at("seconds").get<std::uint32_t>(), known.at("frame_rate").get<std::uint8_t>(), {}};
    for (const auto& each : known.at("files")) {
      const fs::path name = each.at("file").get<std::string>();
      auto recording =
          load_recording(name.stem().string() + "=" + (folder / name.filename()).string());
      if (!recording) {
        return std::unexpected(recording.error());
      }
      recording->name = each.at("name").get<std::string>();
      generated.recordings.push_back(std::move(*recording));
    }
    return generated;
  } catch (const Json::exception&) {
    return nothing("what is there is not of dcam-sim");
  }
}

} // namespace dualcam::sim
