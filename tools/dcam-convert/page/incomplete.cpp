#include "dcam-convert/page/incomplete.hpp"

#include "common/record_reader.hpp"
#include "dualcam/storage/checkpoint_file.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::convert {
namespace {

/// 0: not known.
std::uint64_t announced_bytes(const Checkpoint& checkpoint) {
  const auto newest = checkpoint.newest();
  return expected_size(checkpoint.identity,
                       newest ? checkpoint.claims[*newest]->held.packet_size : 0);
}

} // namespace

void take_checkpoint(Entry& entry) {
  const auto read = CheckpointFile::read(checkpoint_of(entry.path));
  if (!read || !*read) {
    return;
  }
  const auto& identity = (*read)->identity;
  auto json = Json::object();
  if (const auto record = read_payload(identity.metadata, identity.file.camera())) {
    json = to_json(*record);
  }
  json["imei"] = format_imei(identity.imei);
  if (const auto kind = identity.file.kind()) {
    json["kind"] = name_of(*kind);
  }
  entry.sidecar = parse_sidecar(to_line(json)).value_or(Sidecar{});
  entry.announced = announced_bytes(**read);
}

} // namespace dualcam::convert
