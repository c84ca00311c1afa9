#include "dcam-crc/file_name.hpp"

#include <fmt/format.h>

#include "common/record_reader.hpp"
#include "common/units.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::crc {

std::optional<FileRef> file_of(const CapturedTransfer& transfer) {
  return transfer.kind ? FileRef(*transfer.kind) : FileRef::of_path(transfer.path);
}

Result<Record> record_of(const CapturedTransfer& transfer) {
  const auto file = file_of(transfer);
  const auto camera = file ? file->camera() : std::nullopt;
  auto record = read_payload(transfer.metadata, camera);
  if (record && !record->camera) {
    record->camera = camera;
  }
  return record;
}

std::string stem_of(const CapturedTransfer& transfer) {
  const auto record = record_of(transfer);
  auto time = record ? known_time(record->time) : std::nullopt;
  const auto file = file_of(transfer);
  if (const auto in_path = file ? file->time() : std::nullopt; !time && in_path) {
    time = *in_path;
  }
  const auto camera = file ? file->camera() : std::nullopt;
  return fmt::format("{}_{}_{}", transfer.imei ? format_imei(*transfer.imei) : "unknown",
                     time ? format_compact_time(*time) : "unknown",
                     transfer.kind ? name_of(*transfer.kind)
                     : camera      ? name_of(*camera)
                                   : "file");
}

std::string extension_of(const CapturedTransfer& transfer, Bytes first_bytes) {
  const auto file = file_of(transfer);
  const auto told = file ? file->extension() : std::string_view();
  const auto shown = told.empty() ? extension_of_content(first_bytes) : told;
  return shown.empty() ? ".bin" : std::string(shown);
}

} // namespace dualcam::crc
