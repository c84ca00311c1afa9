#include "dcam-crc/file_name.hpp"

#include <fmt/format.h>

#include "common/record_reader.hpp"
#include "common/units.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::crc {

Result<Record> record_of(const CapturedTransfer& transfer) {
  const auto camera = transfer.kind ? Camera::dualcam : camera_of_path(transfer.path);
  const bool is_json = is_json_metadata(transfer.metadata);
  auto record = read_payload(transfer.metadata, is_json ? std::nullopt : camera);
  if (record && !record->camera) {
    record->camera = camera;
  }
  return record;
}

std::string stem_of(const CapturedTransfer& transfer) {
  const auto record = record_of(transfer);
  const auto told = record && record->time && record->time->is_known() ? record->time->time_point()
                                                                       : std::nullopt;
  const auto file = FileRef::of_path(transfer.path);
  const auto in_path = file ? file->time() : std::nullopt;
  const auto time = told ? told : in_path ? std::optional<SystemTime>(*in_path) : std::nullopt;
  const auto camera = file ? file->camera() : std::nullopt;
  return fmt::format("{}_{}_{}", transfer.imei ? format_imei(*transfer.imei) : "unknown",
                     time ? format_compact_time(*time) : "unknown",
                     transfer.kind ? name_of(*transfer.kind)
                     : camera      ? name_of(*camera)
                                   : "file");
}

std::string extension_of(const CapturedTransfer& transfer, Bytes first_bytes) {
  const auto file =
      transfer.kind ? std::optional(FileRef(*transfer.kind)) : FileRef::of_path(transfer.path);
  const auto told = file ? file->extension() : std::string_view();
  const auto shown = told.empty() ? extension_of_content(first_bytes) : told;
  return shown.empty() ? ".bin" : std::string(shown);
}

} // namespace dualcam::crc
