#include "dcam-meta/exif.hpp"

#include <cmath>

#include <exiv2/exiv2.hpp>
#include <fmt/format.h>

#include "common/units.hpp"

namespace dualcam::meta {
namespace {

constexpr std::byte marker{0xFF};

std::unexpected<Error> malformed(std::uint64_t offset, std::string message) {
  return std::unexpected(Error{ErrorCategory::malformed, offset, std::move(message)});
}

constexpr std::size_t soi = 2;
constexpr std::string_view exif_mark("Exif\0\0", 6);

/// Where a JPEG's EXIF is, or belongs: `size` 0 if there is none.
struct ExifPlace {
  std::size_t offset;
  std::size_t size;
};

/// Goes through the segments up to the start of scan.
Result<ExifPlace> find_exif(Bytes jpeg) {
  if (jpeg.size() < soi || jpeg[0] != marker || jpeg[1] != std::byte{0xD8}) {
    return malformed(0, "a JPEG was expected: it begins with ffd8");
  }
  ExifPlace place{soi, 0};
  std::size_t at = soi;
  while (at + 4 <= jpeg.size() && jpeg[at] == marker) {
    const auto id = std::to_integer<unsigned>(jpeg[at + 1]);
    if (id == 0xDA) {
      return place;
    }
    if (id == 0xFF) { // fill
      ++at;
      continue;
    }
    const std::size_t size = 2 + load_be<std::uint16_t>(jpeg.subspan(at + 2));
    if (size < 4 || size > jpeg.size() - at) {
      return malformed(at, "the JPEG's segment has a length that does not fit");
    }
    if (id == 0xE1 && place.size == 0 &&
        as_text(jpeg.subspan(at + 4, size - 4)).starts_with(exif_mark)) {
      place = {at, size};
    } else if (id == 0xE0 && at == soi) { // JFIF stays first
      place.offset = at + size;
    }
    at += size;
  }
  return malformed(at, "the JPEG ends before its picture begins");
}

/// `2024:10:29 17:43:42`, as EXIF writes it.
std::string exif_time(SystemTime time) {
  auto text = format_time(time).substr(0, 19);
  text[4] = text[7] = ':';
  text[10] = ' ';
  return text;
}

void set_time(Exiv2::ExifData& exif, const Record& record) {
  const auto time =
      record.time && format_time(*record.time) ? record.time->time_point() : std::nullopt;
  if (!time) {
    return;
  }
  const auto zone = record.time_zone.value_or(0);
  const auto local = exif_time(*time + std::chrono::minutes(zone));
  const auto fraction = fmt::format("{:03}", record.time->milliseconds % 1000);
  const auto offset =
      fmt::format("{}{:02}:{:02}", zone < 0 ? '-' : '+', std::abs(zone) / 60, std::abs(zone) % 60);
  for (const auto* name : {"Original", "Digitized"}) {
    exif[fmt::format("Exif.Photo.DateTime{}", name)] = local;
    exif[fmt::format("Exif.Photo.SubSecTime{}", name)] = fraction;
    if (std::abs(zone) < 24 * 60) { // 0 where the zone is not known: the time is UTC then
      exif[fmt::format("Exif.Photo.OffsetTime{}", name)] = offset;
    }
  }
}

/// Degrees, minutes and seconds to a ten-thousandth (3 mm).
std::string rational_degrees(double degrees) {
  constexpr long long unit = 10'000;
  const auto all = std::llround(std::abs(degrees) * 3600 * unit);
  return fmt::format("{}/1 {}/1 {}/{}", all / (3600 * unit), all / (60 * unit) % 60,
                     all % (60 * unit), unit);
}

void set_position(Exiv2::ExifData& exif, const Record& record) {
  if (!record.has_place()) {
    return;
  }
  exif["Exif.GPSInfo.GPSVersionID"] = "2 3 0 0";
  exif["Exif.GPSInfo.GPSLatitudeRef"] = record.position->latitude < 0 ? "S" : "N";
  exif["Exif.GPSInfo.GPSLatitude"] = rational_degrees(record.position->latitude);
  exif["Exif.GPSInfo.GPSLongitudeRef"] = record.position->longitude < 0 ? "W" : "E";
  exif["Exif.GPSInfo.GPSLongitude"] = rational_degrees(record.position->longitude);
  exif["Exif.GPSInfo.GPSMapDatum"] = "WGS-84";
  if (record.time && format_time(*record.time)) {
    const auto utc = exif_time(*record.time->time_point());
    exif["Exif.GPSInfo.GPSDateStamp"] = utc.substr(0, 10);
    exif["Exif.GPSInfo.GPSTimeStamp"] =
        fmt::format("{}/1 {}/1 {}/1", std::stoi(utc.substr(11, 2)), std::stoi(utc.substr(14, 2)),
                    std::stoi(utc.substr(17, 2)));
  }
}

} // namespace

std::string exif_version() { return fmt::format("Exiv2 {} (--tag)", Exiv2::version()); }

bool has_exif_support() { return true; }

Result<ByteBuffer> with_exif(Bytes jpeg, const Record& record) {
  constexpr std::size_t header = 4 + exif_mark.size();
  const auto place = find_exif(jpeg);
  if (!place) {
    return std::unexpected(place.error());
  }
  Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
  Exiv2::Blob blob;
  try {
    Exiv2::ExifData exif;
    auto order = Exiv2::littleEndian;
    if (place->size > header) {
      const auto old = jpeg.subspan(place->offset + header, place->size - header);
      order = Exiv2::ExifParser::decode(exif, reinterpret_cast<const Exiv2::byte*>(old.data()),
                                        static_cast<std::uint32_t>(old.size()));
      order = order == Exiv2::invalidByteOrder ? Exiv2::littleEndian : order;
    }
    set_time(exif, record);
    set_position(exif, record);
    if (record.imei) {
      exif["Exif.Photo.BodySerialNumber"] = format_imei(*record.imei);
    }
    Exiv2::ExifParser::encode(blob, order, exif);
  } catch (const std::exception& error) { // Exiv2 throws its own and the standard's
    return malformed(place->offset, fmt::format("its EXIF cannot be extended: {}", error.what()));
  }
  if (blob.size() + header - 2 > 0xFFFF) {
    return malformed(place->offset, "its EXIF is too large to be extended: 64 KiB at most");
  }
  ByteBuffer tagged(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(place->offset));
  append_be(tagged, std::uint16_t{0xFFE1});
  append_be(tagged, static_cast<std::uint16_t>(blob.size() + header - 2));
  append(tagged, as_bytes(exif_mark));
  append(tagged, std::as_bytes(std::span(blob)));
  append(tagged, jpeg.subspan(place->offset + place->size));
  return tagged;
}

} // namespace dualcam::meta
