#include "dcam-crc/scrub_metadata.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "common/json.hpp"
#include "dcam-crc/scrub_json.hpp"
#include "dualcam/files/metadata.hpp"

namespace dualcam::crc {
namespace {

/// The same degrees as the camera's layout has them: doubles, or millionths.
void scrub_position(std::span<std::byte> field, const ScrubValues& values) {
  if (field.size() == 2 * sizeof(double)) {
    const auto at = [&](std::size_t offset) {
      return std::bit_cast<double>(load_be<std::uint64_t>(field.subspan(offset)));
    };
    const auto [latitude, longitude] = values.position({at(0), at(sizeof(double))});
    store_be(field, std::bit_cast<std::uint64_t>(latitude));
    store_be(field.subspan(sizeof(double)), std::bit_cast<std::uint64_t>(longitude));
    return;
  }
  constexpr double millionth = 1e-6;
  const auto at = [&](std::size_t offset) {
    return std::bit_cast<std::int32_t>(load_be<std::uint32_t>(field.subspan(offset))) * millionth;
  };
  const auto store = [&](std::size_t offset, double degrees) {
    const auto whole = static_cast<std::int32_t>(std::lround(degrees / millionth));
    store_be(field.subspan(offset), std::bit_cast<std::uint32_t>(whole));
  };
  const auto [latitude, longitude] = values.position({at(0), at(4)});
  store(0, latitude);
  store(4, longitude);
}

/// What a layout has where.
struct Layout {
  std::size_t kept;     ///< bytes before the position
  std::size_t position; ///< bytes of it
  std::size_t behind;   ///< bytes behind it that are kept
};

Layout layout_of(Bytes payload) {
  const auto camera = camera_of_metadata(payload);
  if (!camera) {
    return {std::min<std::size_t>(payload.size(), 1), 0, 0};
  }
  constexpr std::size_t head = 6; // time, type, trigger
  if (*camera == Camera::adas) {
    return {head, 8, 1};
  }
  if (*camera == Camera::dsm) {
    return {head, 8, 2};
  }
  constexpr std::size_t with_zone = 16;
  const auto version = std::to_integer<std::size_t>(payload[0]);
  if (version < 3 || payload.size() < with_zone + 2 * sizeof(double)) {
    constexpr std::size_t before_zone = 14;
    return {std::min(payload.size(), version < 3 ? before_zone : with_zone), 0, 0};
  }
  return {with_zone, 2 * sizeof(double), version < 4 ? 0U : 8U};
}

} // namespace

ByteBuffer scrubbed_metadata(Bytes payload, ScrubValues& values, const ScrubKey& key) {
  if (is_json_metadata(payload)) {
    const auto text = scrubbed_json(as_text(payload), values);
    return {as_bytes(text).begin(), as_bytes(text).end()};
  }
  ByteBuffer scrubbed(payload.begin(), payload.end());
  const auto layout = layout_of(payload);
  const auto place = std::span(scrubbed).subspan(layout.kept, layout.position);
  if (!place.empty()) {
    scrub_position(place, values);
  }
  const auto told = std::min(layout.kept + layout.position + layout.behind, payload.size());
  const auto rest = std::span(scrubbed).subspan(told);
  if (camera_of_metadata(payload) == Camera::dsm) { // the driver's name
    const auto name = values.text(as_text(payload.subspan(told)));
    std::ranges::copy(as_bytes(name), rest.begin());
  } else {
    key.disguise(key.number(ScrubKey::Use::stream, payload), 0, rest);
  }
  return scrubbed;
}

} // namespace dualcam::crc
