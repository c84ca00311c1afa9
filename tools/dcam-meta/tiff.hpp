// What EXIF keeps its tags in: the directories of a TIFF, without pictures.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::meta {

/// Of the types that fields have, those that are written here.
enum class TiffType : std::uint16_t { byte = 1, ascii = 2, rational = 5, undefined = 7 };

struct Rational {
  std::uint32_t numerator;
  std::uint32_t denominator;
};

/// A tag and its value. Text (ascii) is ended by a NUL in the file, and not here.
struct TiffField {
  std::uint16_t tag;
  TiffType type;
  std::variant<std::string, std::vector<Rational>> value;
};

/// What is to stand in the two directories that the main one leads to.
struct ExifFields {
  std::vector<TiffField> photo;
  std::vector<TiffField> gps;
};

/// `tiff`, or a new one if it is empty, with these fields in place of those of the same tags.
///
/// Its bytes stay where they are, since things that only the camera's maker knows may lead to them:
/// directories that change are written anew behind them. What has all the fields stays as it is.
/// Errors: malformed, at an offset in `tiff`.
Result<ByteBuffer> with_fields(Bytes tiff, const ExifFields& fields);

} // namespace dualcam::meta
