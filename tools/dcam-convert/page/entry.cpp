#include "dcam-convert/page/entry.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include "common/imei.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

/// `20241029T124342Z` at the beginning of a name.
std::optional<SystemTime> time_in_name(const fs::path& path) {
  constexpr std::string_view form = "00000000T000000Z";
  const auto name = path.filename().string();
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = i < name.size() && name[i] >= '0' && name[i] <= '9';
    if (i >= name.size() || (form[i] == '0' ? !digit : name[i] != form[i])) {
      return std::nullopt;
    }
  }
  return parse_time(fmt::format("{}-{}-{}T{}:{}:{}Z", name.substr(0, 4), name.substr(4, 2),
                                name.substr(6, 2), name.substr(9, 2), name.substr(11, 2),
                                name.substr(13, 2)));
}

/// `videof` of `20241029T124342Z_videof_1.h265`.
std::optional<FileKind> kind_in_name(const fs::path& path) {
  const auto stem = path.stem().string();
  for (const auto kind : all_file_kinds) {
    if (stem.find(fmt::format("_{}", name_of(kind))) != stem.npos) {
      return kind;
    }
  }
  return std::nullopt;
}

std::string capitalised(std::string text) {
  if (text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  return text;
}

} // namespace

std::optional<Stamp> stamp_of(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  constexpr std::int64_t second = 1'000'000'000;
  return Stamp{static_cast<std::uint64_t>(status.st_size),
               std::int64_t{status.st_mtim.tv_sec} * second + status.st_mtim.tv_nsec};
}

fs::path Entry::name() const { return incomplete ? fs::path(path).replace_extension() : path; }

std::string Entry::imei() const {
  if (sidecar.imei) {
    return *sidecar.imei;
  }
  for (auto folder = place.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (const auto name = folder.filename().string(); parse_whole_imei(name)) {
      return name;
    }
  }
  return "";
}

TimeSource Entry::time_source() const {
  return sidecar.time           ? TimeSource::camera
         : time_in_name(name()) ? TimeSource::name
                                : TimeSource::received;
}

SystemTime Entry::time() const {
  if (sidecar.time) {
    return *sidecar.time;
  }
  if (const auto named = time_in_name(name())) {
    return *named;
  }
  const std::chrono::nanoseconds modified(stamp.modified);
  return sidecar.received.value_or(
      SystemTime(std::chrono::floor<std::chrono::milliseconds>(modified)));
}

std::optional<FileKind> Entry::file_kind() const {
  const auto told = file_kind_named(sidecar.kind.value_or(""));
  return told || sidecar.kind ? told : kind_in_name(name());
}

std::string Entry::kind() const {
  if (const auto kind = file_kind()) {
    return capitalised(std::string(description_of(*kind)));
  }
  if (sidecar.kind) {
    return capitalised(*sidecar.kind);
  }
  return facts.format == VideoFormat::jpeg ? "Photo" : facts.is_video() ? "Video" : "File";
}

} // namespace dualcam::convert
