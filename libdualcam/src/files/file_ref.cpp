#include "dualcam/files/file_ref.hpp"

#include <algorithm>

#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {
namespace {

constexpr std::string_view path_prefix = "path:";
constexpr std::size_t escape_size = 4;
constexpr std::size_t longest_label = 255; // of a path

/// Bytes `first` to '~' stay, backslashes and all others become `\xHH`.
std::string in_ascii(std::string_view path, char first) {
  std::string text;
  text.reserve(path.size());
  for (const char& byte : path) {
    if (byte >= first && byte <= '~' && byte != '\\') {
      text += byte;
    } else {
      text += "\\x" + to_hex(as_bytes({&byte, 1}));
    }
  }
  return text;
}

bool is_same_letter(char a, char lower_case) {
  return a == lower_case || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == lower_case);
}

/// The ending that a path has, in lower case, if it is one of photos or videos: others, which the
/// network chooses, make no name.
std::string_view extension_in(std::string_view path) {
  for (const std::string_view known : {".jpg", ".jpeg", ".png", ".mp4", ".mov", ".avi", ".mkv",
                                       ".ts", ".h265", ".hevc", ".265", ".h264", ".264"}) {
    const auto end = path.substr(path.size() - std::min(path.size(), known.size()));
    if (std::ranges::equal(end, known, is_same_letter)) {
      return known;
    }
  }
  return {};
}

/// The bytes that `in_ascii` wrote; of what it does not write, something else or nothing.
std::optional<std::string> from_ascii(std::string_view text) {
  std::string path;
  while (true) {
    const auto plain = text.substr(0, text.find('\\'));
    path += plain;
    text.remove_prefix(plain.size());
    if (text.empty()) {
      return path;
    }
    const auto byte = text.starts_with("\\x") ? byte_of_hex(text.substr(2, 2)) : std::nullopt;
    if (!byte) {
      return std::nullopt;
    }
    path += static_cast<char>(*byte);
    text.remove_prefix(escape_size);
  }
}

/// Six digits as three numbers; nullopt: anything else.
std::optional<std::array<unsigned, 3>> three_numbers(std::string_view digits) {
  const bool right = digits.size() == 6 &&
                     std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!right) {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at) {
    return static_cast<unsigned>((digits[at] - '0') * 10 + (digits[at + 1] - '0'));
  };
  return std::array{number(0), number(2), number(4)};
}

} // namespace

std::optional<FileRef> FileRef::of_path(std::string_view path) {
  if (path.empty() || path.size() > longest_path) {
    return std::nullopt;
  }
  return FileRef(std::string(path));
}

std::optional<FileRef> FileRef::of_text(std::string_view text) {
  if (const auto kind = file_kind_named(text)) {
    return FileRef(*kind);
  }
  if (!text.starts_with(path_prefix) ||
      text.size() > path_prefix.size() + escape_size * longest_path) {
    return std::nullopt;
  }
  const auto path = from_ascii(text.substr(path_prefix.size()));
  auto file = path ? of_path(*path) : std::nullopt;
  return file && file->text() == text ? file : std::nullopt;
}

FileKinds FileRef::kinds() const {
  FileKinds kinds;
  if (const auto one = kind()) {
    kinds.insert(*one);
  }
  return kinds;
}

std::string_view FileRef::request() const {
  return kind_ ? identifier_of(*kind_) : std::string_view(path_);
}

std::optional<std::string_view> FileRef::short_request() const {
  return kind_ ? std::nullopt : std::optional(request().substr(0, short_request_size));
}

std::string_view FileRef::metadata_request() const {
  const auto whose = camera();
  return whose == Camera::adas || whose == Camera::dsm ? std::string_view() : request();
}

std::string FileRef::label() const {
  if (kind()) {
    return std::string(description_of(*kind()));
  }
  const auto path = Path{request()}.text();
  return in_ascii(path.substr(0, longest_label), ' ') + (path.size() > longest_label ? "..." : "");
}

std::string FileRef::escaped_path() const { return kind() ? "" : in_ascii(request(), ' '); }

std::string_view FileRef::short_name() const {
  const auto whose = camera();
  return kind_ ? name_of(*kind_) : whose ? name_of(*whose) : std::string_view();
}

std::string_view FileRef::extension() const {
  if (kind()) {
    return extension_of(*kind());
  }
  const auto told = extension_in(Path{request()}.text());
  return told.empty() && medium() == Medium::photo ? ".jpg" : told;
}

Medium FileRef::medium() const {
  if (kind()) {
    return is_photo(*kind()) ? Medium::photo : Medium::video;
  }
  const auto tells = [&](std::string_view mark) { return request().find(mark) != request().npos; };
  return tells("video") ? Medium::video : tells("picture") ? Medium::photo : Medium::unknown;
}

std::optional<Camera> FileRef::camera() const {
  return kind() ? std::optional(Camera::dualcam) : camera_of_path(request());
}

FileKinds FileRef::like_kinds() const {
  const auto whose = camera();
  if (kind() || !whose || !is_like_dualcam(*whose)) {
    return kinds();
  }
  const bool rear = whose == Camera::dualcam && request().find("dualcam_rear") != request().npos;
  FileKinds like;
  if (medium() != Medium::video) {
    like.insert(rear ? FileKind::rear_photo : FileKind::front_photo);
  }
  if (medium() != Medium::photo) {
    like.insert(rear ? FileKind::rear_video : FileKind::front_video);
  }
  return like;
}

std::optional<std::chrono::sys_seconds> FileRef::time() const {
  constexpr std::size_t digits = 6;
  const auto path = request();
  const auto slash = path.rfind('/');
  if (kind() || slash == std::string_view::npos || slash < digits ||
      (slash > digits && path[slash - digits - 1] != '/')) {
    return std::nullopt;
  }
  const auto behind = path.substr(slash + 1);
  const bool goes_on = behind.size() > digits && behind[digits] >= '0' && behind[digits] <= '9';
  const auto date = three_numbers(path.substr(slash - digits, digits));
  const auto time = three_numbers(behind.substr(0, digits));
  if (!date || !time || goes_on) {
    return std::nullopt;
  }
  using namespace std::chrono;
  const auto [years, months, days] = *date;
  const auto [hour, minute, second] = *time;
  const auto day =
      year(2000 + static_cast<int>(years)) / static_cast<int>(months) / static_cast<int>(days);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return sys_days(day) + hours(hour) + minutes(minute) + seconds(second);
}

std::string FileRef::text() const {
  return kind() ? std::string(name_of(*kind()))
                : std::string(path_prefix) + in_ascii(request(), '!');
}

} // namespace dualcam
