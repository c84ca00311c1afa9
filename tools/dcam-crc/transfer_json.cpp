#include "dcam-crc/transfer_json.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "dcam-crc/file_name.hpp"
#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::crc {
namespace {

Json crc_json(std::optional<std::uint16_t> crc) {
  return crc ? Json(fmt::format("{:04x}", *crc)) : Json();
}

template <class Range> Json ranges(const std::vector<Range>& all) {
  auto list = Json::array();
  for (const auto& [first, last] : all | std::views::take(most_listed)) {
    list.push_back({first, last});
  }
  return list;
}

Json metadata_of(const CapturedTransfer& transfer) {
  auto record = record_of(transfer);
  if (record) {
    record->imei = transfer.imei;
    return to_json(*record);
  }
  return transfer.metadata.empty() ? Json() : Json{{"raw", to_hex(transfer.metadata)}};
}

/// Where packets were captured.
void add_connection(Json& fields, const DumpStream& stream) {
  if (!stream.device.empty()) {
    fields["connection"] = stream.number;
  }
}

} // namespace

Json to_json(const std::vector<PacketRange>& packets) { return ranges(packets); }
Json to_json(const std::vector<ByteRange>& bytes) { return ranges(bytes); }

Json to_json(const DumpSkipped& skipped, const DumpStream& stream) {
  Json fields{{"offset", skipped.offset}, {"bytes", skipped.bytes}, {"missing", skipped.missing}};
  add_connection(fields, stream);
  return fields;
}

Json to_json(const CapturedPacket& packet, const DumpStream& stream) {
  auto fields = Json::object();
  fields["number"] = packet.number;
  fields["numbering"] = name_of(packet.numbering);
  fields["verdict"] = name_of(packet.verdict);
  fields["offset"] = packet.offset;
  fields["file_offset"] = packet.file_offset;
  fields["bytes"] = packet.size;
  fields["stored"] = crc_json(packet.received_crc);
  fields["computed"] = crc_json(packet.computed_crc);
  fields["repeat"] = packet.repeat;
  add_connection(fields, stream);
  return fields;
}

Json to_json(const CapturedTransfer& transfer) {
  auto fields = Json::object();
  if (!transfer.stream.device.empty()) {
    fields["device"] = transfer.stream.device;
    fields["server"] = transfer.stream.server;
    if (!transfer.stream.balancer.empty()) {
      fields["balancer"] = transfer.stream.balancer;
    }
  }
  fields["connections"] = transfer.connections;
  fields["imei"] = transfer.imei ? Json(format_imei(*transfer.imei)) : Json();
  fields["kind"] = transfer.file && transfer.file->kind() ? Json(transfer.file->text()) : Json();
  if (const auto path = device_path_of(transfer); !path.empty()) {
    fields["device_path"] = path;
  }
  fields["packets"] = transfer.announced ? Json(*transfer.announced) : Json();
  if (transfer.in_bytes) {
    fields["announced_bytes"] = transfer.announced_bytes ? Json(*transfer.announced_bytes) : Json();
    fields["start_rest"] = fmt::format("{:04x}", transfer.start_rest);
    fields["start_in_packets"] = transfer.start_in_packets;
    fields["missing_bytes"] = to_json(transfer.missing_bytes());
  }
  fields["good"] = transfer.count(DumpVerdict::good);
  fields["bad"] = transfer.bad();
  fields["unchecked"] = transfer.count(DumpVerdict::unchecked);
  fields["missing"] = transfer.missing_count();
  fields["repeated"] = transfer.repeated();
  fields["missing_packets"] = to_json(transfer.missing());
  fields["numbering"] = name_of(transfer.numbering());
  auto skipped = Json::array();
  for (std::size_t i = 0; i < std::min(transfer.skipped.size(), most_listed); ++i) {
    skipped.push_back(to_json(transfer.skipped[i], transfer.stream_of_skipped(i)));
  }
  fields["skipped"] = std::move(skipped);
  fields["not_kept"] = transfer.not_kept;
  fields["bytes"] = transfer.bytes();
  fields["complete"] = transfer.is_complete();
  fields["crc16"] = transfer.is_complete() ? crc_json(transfer.crc()) : Json();
  fields["status"] = transfer.status ? Json(*transfer.status) : Json();
  fields["metadata"] = metadata_of(transfer);
  return fields;
}

} // namespace dualcam::crc
