#include "dcam-crc/file_name.hpp"

#include <fmt/format.h>

#include "common/record_reader.hpp"
#include "common/units.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::crc {

std::string_view device_path_of(const CapturedTransfer& transfer) {
  return transfer.file ? transfer.file->path() : std::string_view();
}

Result<Record> record_of(const CapturedTransfer& transfer) {
  const auto camera = transfer.file ? transfer.file->camera() : std::nullopt;
  auto record = read_payload(transfer.metadata, camera);
  if (record && !record->camera) {
    record->camera = camera;
  }
  return record;
}

std::string stem_of(const CapturedTransfer& transfer) {
  const auto record = record_of(transfer);
  auto time = record ? known_time(record->time) : std::nullopt;
  const auto& file = transfer.file;
  if (const auto in_path = file ? file->time() : std::nullopt; !time && in_path) {
    time = *in_path;
  }
  const auto what = file ? file->short_name() : std::string_view();
  return fmt::format("{}_{}_{}", transfer.imei ? format_imei(*transfer.imei) : "unknown",
                     time ? format_compact_time(*time) : "unknown", what.empty() ? "file" : what);
}

std::string extension_of(const CapturedTransfer& transfer, Bytes first_bytes) {
  const auto told = transfer.file ? transfer.file->extension() : std::string_view();
  const auto shown = told.empty() ? extension_of_content(first_bytes) : told;
  return shown.empty() ? ".bin" : std::string(shown);
}

} // namespace dualcam::crc
