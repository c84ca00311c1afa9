#include "common/camera_document.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "common/document.hpp"
#include "dualcam/wire/hex.hpp"

namespace dualcam::inline tools {
namespace {

/// Calls `visit(parent, key, value)` for each member at any depth, in the order of the text. The
/// parent of what stands in a list is the list's.
template <class Visit>
void for_each_member(const Json& value, std::string_view parent, const Visit& visit) {
  if (value.is_array()) {
    for (const auto& element : value) {
      for_each_member(element, parent, visit);
    }
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      visit(parent, std::string_view(key), member);
      for_each_member(member, key, visit);
    }
  }
}

/// Devices end text in NULs, and pad it.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view padding("\0 \t\r\n", 5);
  const auto first = text.find_first_not_of(padding);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(padding) + 1 - first);
}

/// A finite number, which may be text.
std::optional<double> number(const Json& value) {
  double result = 0;
  if (value.is_number()) {
    result = value.get<double>();
  } else if (value.is_string()) {
    auto text = trimmed(value.get_ref<const std::string&>());
    text.remove_prefix(text.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(text.begin(), text.end(), result);
    if (text.empty() || error != std::errc{} || end != text.end()) {
      return std::nullopt;
    }
  } else {
    return std::nullopt;
  }
  return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

/// The nearest whole number; nullopt: none that is 0 or more, and exact.
std::optional<std::uint64_t> whole(std::optional<double> value) {
  constexpr double limit = 9e15; // below 2^53
  return value && *value >= 0 && *value < limit ? std::optional(std::uint64_t(std::llround(*value)))
                                                : std::nullopt;
}

std::optional<std::string> words(const Json& value) {
  if (value.is_null()) {
    return std::nullopt;
  }
  const auto text = value.is_string() ? std::string(trimmed(value.get_ref<const std::string&>()))
                                      : to_line(value);
  return text.empty() ? std::nullopt : std::optional(text);
}

/// Seconds since 1970, or a part of one.
std::optional<DeviceTime> time_of(const Json& value) {
  const auto seconds = number(value);
  const auto milliseconds = whole(seconds ? std::optional(*seconds * 1000) : std::nullopt);
  return milliseconds ? std::optional(DeviceTime{*milliseconds}) : std::nullopt;
}

/// A bad value does not hide a good one before it.
template <class T> void keep(std::optional<T>& kept, const std::optional<T>& value) {
  if (value) {
    kept = value;
  }
}

/// One of two coordinates; what is not told of the other is no number.
void keep_degrees(std::optional<Position>& position, double Position::* which,
                  std::optional<double> degrees) {
  if (degrees) {
    constexpr auto none = std::numeric_limits<double>::quiet_NaN();
    position = position.value_or(Position{none, none});
    (*position).*which = *degrees;
  }
}

void take_trigger(Record& record, const Json& value) {
  const auto code = whole(number(value));
  const auto name = code ? std::nullopt : words(value);
  if (code || name) {
    record.trigger = code;
    record.trigger_name = name;
  }
}

void take_member(Record& record, std::string_view parent, std::string_view key, const Json& value) {
  if (key == "version") {
    keep(record.version, whole(number(value)));
  } else if (key == "driver_name") {
    keep(record.driver, words(value));
  } else if (parent == "file" && key == "file_type") {
    keep(record.file_type, words(value));
  } else if (parent == "file" && key == "file_timestamp") {
    keep(record.time, time_of(value));
  } else if (parent == "file" && key == "duration") {
    keep(record.length, whole(number(value)));
  } else if (parent == "file" && key == "framerate") {
    keep(record.frame_rate, whole(number(value)));
  } else if (parent == "fm_trigger" && key == "type") {
    take_trigger(record, value);
  } else if (parent == "cam_trigger" && key == "type") {
    keep(record.camera_trigger, words(value));
  } else if (parent == "location" && key == "latitude") {
    keep_degrees(record.position, &Position::latitude, number(value));
  } else if (parent == "location" && key == "longitude") {
    keep_degrees(record.position, &Position::longitude, number(value));
  }
}

} // namespace

bool is_camera_document(const Json& document) {
  bool found = false;
  for_each_member(document, "", [&](std::string_view, std::string_view key, const Json& value) {
    found = found || key == "driver_name" ||
            (value.is_structured() &&
             (key == "file" || key == "location" || key == "fm_trigger" || key == "cam_trigger"));
  });
  return found;
}

bool tells_version(const Json& document) {
  bool found = false;
  for_each_member(document, "", [&](std::string_view, std::string_view key, const Json& value) {
    found = found || (key == "version" && whole(number(value)));
  });
  return found;
}

Record record_of_camera_document(const Json& document, std::string_view text) {
  Record record;
  for_each_member(document, "",
                  [&](std::string_view parent, std::string_view key, const Json& value) {
                    take_member(record, parent, key, value);
                  });
  record.raw = to_hex(as_bytes(text));
  record.document = without_repeats(document);
  return record;
}

} // namespace dualcam::inline tools
