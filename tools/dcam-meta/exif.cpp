#include "dcam-meta/exif.hpp"

#include <cmath>

#include <fmt/format.h>

#include "common/units.hpp"
#include "dcam-meta/tiff.hpp"

namespace dualcam::meta {
namespace {

constexpr std::byte marker{0xFF};

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
    return malformed_error(0, "a JPEG was expected: it begins with ffd8");
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
      return malformed_error(at, "the JPEG's segment has a length that does not fit");
    }
    if (id == 0xE1 && place.size == 0 &&
        as_text(jpeg.subspan(at + 4, size - 4)).starts_with(exif_mark)) {
      place = {at, size};
    } else if (id == 0xE0 && at == soi) { // JFIF stays first
      place.offset = at + size;
    }
    at += size;
  }
  return malformed_error(at, "the JPEG ends before its picture begins");
}

TiffField text_field(std::uint16_t tag, std::string text) {
  return {tag, TiffType::ascii, std::move(text)};
}

/// `2024:10:29 17:43:42`, as EXIF writes it.
std::string exif_time(SystemTime time) {
  auto text = format_time(time).substr(0, 19);
  text[4] = text[7] = ':';
  text[10] = ' ';
  return text;
}

void add_time(ExifFields& fields, SystemTime time, int zone) {
  const auto local = exif_time(time + std::chrono::minutes(zone));
  const auto milliseconds = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  const auto offset =
      fmt::format("{}{:02}:{:02}", zone < 0 ? '-' : '+', std::abs(zone) / 60, std::abs(zone) % 60);
  const auto fraction = fmt::format("{:03}", milliseconds);
  fields.photo = {text_field(0x9003, local),     // DateTimeOriginal
                  text_field(0x9004, local),     // DateTimeDigitized
                  text_field(0x9011, offset),    // OffsetTimeOriginal
                  text_field(0x9012, offset),    // OffsetTimeDigitized
                  text_field(0x9291, fraction),  // SubSecTimeOriginal
                  text_field(0x9292, fraction)}; // SubSecTimeDigitized
}

/// Degrees, minutes and seconds to a ten-thousandth (3 mm).
std::vector<Rational> rational_degrees(double degrees) {
  constexpr std::uint64_t unit = 10'000;
  const auto all = static_cast<std::uint64_t>(std::llround(std::abs(degrees) * 3600 * unit));
  const auto part = [](std::uint64_t value, std::uint64_t denominator) {
    return Rational{static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(denominator)};
  };
  return {part(all / unit / 3600, 1), part(all / unit / 60 % 60, 1), part(all % (60 * unit), unit)};
}

void add_position(ExifFields& fields, Position position, std::optional<SystemTime> time) {
  using enum TiffType;
  fields.gps = {{0x00, byte, std::string("\2\3\0\0", 4)}, // GPSVersionID
                text_field(0x01, position.latitude < 0 ? "S" : "N"),
                {0x02, rational, rational_degrees(position.latitude)},
                text_field(0x03, position.longitude < 0 ? "W" : "E"),
                {0x04, rational, rational_degrees(position.longitude)},
                text_field(0x12, "WGS-84")}; // GPSMapDatum
  if (time) {
    const auto days = std::chrono::floor<std::chrono::days>(*time);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(*time) - days);
    const auto whole = [](auto value) {
      return Rational{static_cast<std::uint32_t>(value.count()), 1};
    };
    fields.gps.push_back(
        {0x07, rational, // GPSTimeStamp
         std::vector{whole(clock.hours()), whole(clock.minutes()), whole(clock.seconds())}});
    fields.gps.push_back(text_field(0x1D, exif_time(*time).substr(0, 10))); // GPSDateStamp
  }
}

ExifFields exif_fields(const Record& record) {
  ExifFields fields;
  const auto time = known_time(record.time);
  if (time) {
    constexpr int day = 24 * 60;
    const auto zone = record.time_zone.value_or(0); // not known: UTC
    add_time(fields, *time, std::abs(zone) < day ? zone : 0);
  }
  if (record.has_place()) {
    add_position(fields, *record.position, time);
  }
  if (record.imei) {
    fields.photo.push_back(text_field(0xA431, format_imei(*record.imei))); // BodySerialNumber
  }
  return fields;
}

} // namespace

Result<ByteBuffer> with_exif(Bytes jpeg, const Record& record) {
  constexpr std::size_t header = 4 + exif_mark.size();
  const auto place = find_exif(jpeg);
  if (!place) {
    return std::unexpected(place.error());
  }
  const auto old =
      place->size > header ? jpeg.subspan(place->offset + header, place->size - header) : Bytes{};
  auto fields = exif_fields(record);
  if (fields.photo.empty() && fields.gps.empty()) {
    return ByteBuffer(jpeg.begin(), jpeg.end());
  }
  if (old.empty()) {
    fields.photo.push_back({0x9000, TiffType::undefined, "0232"}); // ExifVersion
  }
  const auto tiff = with_fields(old, fields);
  if (!tiff) {
    return malformed_error(place->offset + header + tiff.error().offset,
                           "its EXIF cannot be extended: " + tiff.error().message);
  }
  if (tiff->size() + header - 2 > 0xFFFF) {
    return malformed_error(place->offset, "its EXIF is too large to be extended: 64 KiB at most");
  }
  ByteBuffer tagged(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(place->offset));
  append_be(tagged, std::uint16_t{0xFFE1});
  append_be(tagged, static_cast<std::uint16_t>(tiff->size() + header - 2));
  append(tagged, as_bytes(exif_mark));
  append(tagged, *tiff);
  append(tagged, jpeg.subspan(place->offset + place->size));
  return tagged;
}

} // namespace dualcam::meta
