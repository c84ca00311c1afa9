#include "dcam-crc/dump_report.hpp"

#include <cstdlib>
#include <ranges>

#include <unistd.h>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "common/units.hpp"
#include "dcam-crc/file_name.hpp"
#include "dcam-crc/packet_map.hpp"
#include "dcam-crc/transfer_json.hpp"
#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::crc {
namespace {

constexpr std::size_t most_told = 10;   ///< bad packets, and stretches skipped, without -v
constexpr std::size_t most_ranges = 12; ///< that a line of text lists

bool wants_color(CommonOptions::When when) {
  const auto* no_color = std::getenv("NO_COLOR");
  return when == CommonOptions::When::always ||
         (when == CommonOptions::When::automatic && (no_color == nullptr || *no_color == '\0') &&
          ::isatty(STDOUT_FILENO) == 1);
}

std::string crc_text(std::optional<std::uint16_t> crc) {
  return crc ? fmt::format("{:04x}", *crc) : "lost";
}

/// How many of a list are left out.
std::string more_stretches(std::size_t count) {
  return "and " + counted(count, "more stretch", "more stretches");
}

std::string range_text(const std::vector<PacketRange>& ranges) {
  std::string text;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i == most_ranges) {
      return text + ' ' + more_stretches(ranges.size() - i);
    }
    const auto& [first, last] = ranges[i];
    text += fmt::format("{}{}", i == 0 ? "" : ", ", first);
    text += first == last ? "" : fmt::format("-{}", last);
  }
  return text;
}

std::string numbering_note(const CapturedPacket& packet) {
  switch (packet.numbering) {
  case DumpNumbering::stated:
    return "";
  case DumpNumbering::inferred:
    return " (number inferred)";
  case DumpNumbering::unknown:
    return " (number counted from the first packet seen)";
  }
  return "";
}

/// Where packets were captured, of `several` connections: in which one it counts.
std::string offset_text(std::uint64_t offset, const DumpStream& stream, bool several) {
  return several && !stream.device.empty()
             ? fmt::format("{} of connection {}", offset, stream.number)
             : std::to_string(offset);
}

std::string skipped_text(const DumpSkipped& skipped, const DumpStream& stream, bool several) {
  return fmt::format("{} skipped at offset {}{}", counted(skipped.bytes, "byte"),
                     offset_text(skipped.offset, stream, several),
                     skipped.missing == 0 ? ""
                                          : fmt::format(", {} of them missing", skipped.missing));
}

/// "front photo", "DSM photo", "ADAS file".
std::string description(const CapturedTransfer& transfer) {
  const auto& file = transfer.file;
  if (file && file->kind()) {
    return file->label();
  }
  const auto camera = file ? file->camera() : std::nullopt;
  const auto medium = file ? file->medium() : Medium::unknown;
  const auto what = medium == Medium::photo ? "photo" : medium == Medium::video ? "video" : "file";
  return camera ? fmt::format("{} {}", description_of(*camera), what)
                : fmt::format("{} of unknown kind", what);
}

/// "from 203.0.113.7:40000 by way of 10.0.0.3:51000 to 10.0.0.1:7050".
std::string line_text(const DumpStream& stream) {
  const auto way = stream.balancer.empty() ? "" : " by way of " + stream.balancer;
  return fmt::format("from {}{} to {}", stream.device, way, stream.server);
}

std::string missing_text(const CapturedTransfer& transfer) {
  if (!transfer.in_bytes) {
    return std::to_string(transfer.missing_count());
  }
  std::uint64_t bytes = 0;
  for (const auto& range : transfer.missing_bytes()) {
    bytes += range.last - range.first + 1;
  }
  return counted(bytes, "byte");
}

std::string shortened(const std::string& text) {
  constexpr std::size_t most = 64;
  return text.size() <= most ? text : text.substr(0, most) + "...";
}

/// `2024-10-29T12:43:42.000Z, server request, 54.7004183 25.2796514`
std::string metadata_text(const CapturedTransfer& transfer) {
  const auto record = record_of(transfer);
  if (!record) {
    return fmt::format("{} ({})", escaped(shortened(to_hex(transfer.metadata))),
                       record.error().message);
  }
  const auto time = record->time ? format_time(*record->time) : std::nullopt;
  auto text = time.value_or("no time");
  if (record->trigger_name && !record->trigger_name->empty()) {
    text += ", " + escaped(*record->trigger_name);
  } else if (record->trigger) {
    text += fmt::format(", trigger {}", *record->trigger);
  }
  if (record->position) {
    text += fmt::format(", {} {}", format_degrees(record->position->latitude),
                        format_degrees(record->position->longitude));
  }
  for (const auto& name : record->events.value_or(std::vector<std::string>())) {
    text += ", " + name;
  }
  return text + (record->driver ? ", driver " + escaped(*record->driver) : "");
}

/// Bytes of a file, "4096-8191".
std::string range_text(const std::vector<ByteRange>& ranges) {
  std::string text;
  for (const auto& [first, last] : ranges | std::views::take(most_ranges)) {
    text += fmt::format("{}{}-{}", text.empty() ? "" : ", ", first, last);
  }
  return ranges.size() <= most_ranges ? text
                                      : text + ' ' + more_stretches(ranges.size() - most_ranges);
}

/// "1 from 10.0.0.2:40001, 3 from 10.0.0.2:40007".
std::string connections_text(const CapturedTransfer& transfer) {
  constexpr std::size_t most_shown = 8;
  std::string text;
  for (const auto& part : transfer.where | std::views::take(most_shown)) {
    text += fmt::format("{}{} from {}", text.empty() ? "" : ", ", part.stream.number,
                        part.stream.device);
  }
  const auto more = transfer.where.size() - std::min(transfer.where.size(), most_shown);
  return more == 0 ? text : fmt::format("{} and {} more", text, more);
}

/// Of the packet of this index, which is not good.
std::string damage_text(const CapturedTransfer& transfer, std::size_t index) {
  const auto& packet = transfer.packets[index];
  const auto what = packet.verdict != DumpVerdict::cut ? std::string(name_of(packet.verdict))
                    : packet.size < transfer.packet_size
                        ? fmt::format("bad, only {} of it", counted(packet.size, "byte"))
                        : "bad, and no command follows it";
  const auto which =
      transfer.in_bytes
          ? fmt::format("{} of the file from {}", counted(packet.size, "byte"), packet.file_offset)
          : fmt::format("packet {}", packet.number);
  return fmt::format(
      "{}{}: {}; offset {} in the dump, {} in the file; CRC stored {}, computed {}", which,
      numbering_note(packet), what,
      offset_text(packet.offset, transfer.stream_of_packet(index), !transfer.where.empty()),
      packet.file_offset, crc_text(packet.received_crc),
      packet.computed_crc ? crc_text(packet.computed_crc) : "not possible");
}

std::string start_text(const CapturedTransfer& transfer) {
  if (!transfer.start) {
    return "packets (START is not there)";
  }
  if (!transfer.in_bytes) {
    return counted(*transfer.start, "packet");
  }
  return fmt::format("START {} and {:04x}: {}", *transfer.start, transfer.start_rest,
                     transfer.start_in_packets ? counted(*transfer.start, "packet")
                                               : counted(*transfer.start, "byte"));
}

/// The network says it, and it may be long.
std::string path_text(std::string_view path) {
  constexpr std::size_t most_shown = 255;
  return path.size() <= most_shown
             ? escaped(path)
             : fmt::format("{}... ({} bytes)", escaped(path.substr(0, most_shown)), path.size());
}

} // namespace

DumpReport::DumpReport(const CrcOptions& options, Product& product, Console& console)
    : options_(options), product_(product), console_(console),
      color_(wants_color(options.common.color)) {}

void DumpReport::begin(const std::string& name) {
  dump_ = name;
  transfers_ = 0;
  is_flawed_ = false;
}

void DumpReport::goes_on_in(const std::string& name) { dump_ = name; }

void DumpReport::event(std::string_view name, const Json& fields) {
  auto line = Json::object();
  line["event"] = name;
  line["dump"] = dump_;
  line.update(fields);
  product_.line(to_line(line));
}

void DumpReport::trace(const DumpStream& stream, const DumpEvent& event) {
  const auto where = stream.device.empty() ? "" : fmt::format("connection {}: ", stream.number);
  if (const auto* packet = std::get_if<DumpPacket>(&event)) {
    if (console_.traces()) {
      console_.trace(fmt::format("{}offset {}: packet {}, {} bytes, CRC {}, {}{}", where,
                                 packet->offset, packet->number, packet->payload.size(),
                                 crc_text(packet->received_crc), name_of(packet->verdict),
                                 packet->repeat ? ", repeated" : ""));
    }
  } else if (const auto* init = std::get_if<DumpInit>(&event)) {
    console_.detail(fmt::format("{}offset {}: INIT of {}, protocol {}, settings {:08x}", where,
                                init->offset, format_imei(init->init.imei), init->init.protocol,
                                init->init.settings));
  } else if (const auto* sync = std::get_if<DumpSync>(&event)) {
    console_.detail(fmt::format("{}offset {}: SYNC {}", where, sync->offset, sync->packet));
  } else if (const auto* metadata = std::get_if<DumpMetadata>(&event)) {
    console_.detail(fmt::format("{}offset {}: METADATA, {}", where, metadata->offset,
                                counted(metadata->payload.size(), "byte")));
  } else if (const auto* path = std::get_if<DumpPath>(&event)) {
    console_.detail(
        fmt::format("{}offset {}: PATH {}", where, path->offset, path_text(path->path)));
  } else if (const auto* began = std::get_if<DumpTransferBegan>(&event)) {
    if (const auto start = began->bytes ? began->bytes : began->packets) {
      console_.detail(fmt::format("{}offset {}: START {}", where, began->offset, *start));
    }
  } else if (const auto* status = std::get_if<DumpStatus>(&event)) {
    console_.detail(fmt::format("{}offset {}: STATUS {}: {}", where, status->offset, status->code,
                                status_meaning(status->code)));
  } else if (const auto* command = std::get_if<DumpServerCommand>(&event)) {
    console_.detail(fmt::format("{}the server: {}", where, escaped(command->text)));
  }
}

void DumpReport::transfer(const CapturedTransfer& transfer) {
  ++transfers_;
  is_flawed_ = is_flawed_ || !transfer.is_flawless();
  options_.common.json ? transfer_json(transfer) : transfer_text(transfer);
  if (options_.map && !options_.common.json) {
    for (const auto& line : packet_map(transfer, map_width(), color_)) {
      product_.line(line);
    }
  }
}

void DumpReport::headline(const CapturedTransfer& transfer) {
  const auto device_path = device_path_of(transfer);
  const auto path = device_path.empty() ? "" : ", path " + path_text(device_path);
  product_.line(fmt::format("{}: transfer {}: {}, IMEI {}{}", escaped(dump_), transfers_,
                            description(transfer),
                            transfer.imei ? format_imei(*transfer.imei) : "unknown", path));
  if (!transfer.stream.device.empty()) {
    product_.line("  " + line_text(transfer.stream) +
                  (transfer.connections == 1
                       ? ""
                       : fmt::format(", in {} connections", transfer.connections)));
    if (!transfer.where.empty() && !transfer.is_flawless()) {
      product_.line("  connections: " + connections_text(transfer));
    }
  }
  if (!transfer.metadata.empty()) {
    product_.line("  metadata: " + metadata_text(transfer));
  }
}

void DumpReport::transfer_text(const CapturedTransfer& transfer) {
  headline(transfer);
  const auto unchecked = transfer.count(DumpVerdict::unchecked);
  product_.line(fmt::format("  {}: {} good, {} bad, {}{} missing, {} repeated",
                            start_text(transfer), transfer.count(DumpVerdict::good), transfer.bad(),
                            unchecked == 0 ? "" : fmt::format("{} unchecked, ", unchecked),
                            missing_text(transfer), transfer.repeated()));
  if (transfer.start == 0 && transfer.packets.empty()) {
    product_.line("  nothing to send");
  } else if (transfer.is_complete()) {
    const auto crc = transfer.crc();
    product_.line(fmt::format("  complete: {}{}", counted(transfer.bytes(), "byte"),
                              crc ? fmt::format(", CRC {:04x}", *crc) : ""));
  } else {
    product_.line(
        fmt::format("  incomplete: {} there", counted(transfer.bytes(), "byte is", "bytes are")));
  }
  if (transfer.status) {
    product_.line("  " + status_text(*transfer.status));
  }
  if (transfer.packets.empty() && transfer.start.value_or(0) != 0) {
    product_.line("  nothing followed START: " +
                  (transfer.asked.empty()
                       ? "no RESUME of the server is in it"
                       : fmt::format("the server's {} was not answered", escaped(transfer.asked))));
  }
  damages(transfer);
}

void DumpReport::damages(const CapturedTransfer& transfer) {
  std::uint64_t told = 0;
  for (std::size_t i = 0; i < transfer.packets.size(); ++i) {
    if (transfer.packets[i].verdict == DumpVerdict::good) {
      continue;
    }
    if (++told > most_told && options_.common.verbosity == 0) {
      continue;
    }
    product_.line("  " + damage_text(transfer, i));
  }
  if (told > most_told && options_.common.verbosity == 0) {
    product_.line(
        fmt::format("  and {}: -v lists all", counted(told - most_told, "more such packet")));
  }
  const auto listed = options_.common.verbosity == 0 ? most_told : most_listed;
  for (std::size_t i = 0; i < std::min(transfer.skipped.size(), listed); ++i) {
    product_.line("  " + skipped_text(transfer.skipped[i], transfer.stream_of_skipped(i),
                                      !transfer.where.empty()));
  }
  if (transfer.skipped.size() > listed) {
    product_.line("  " + more_stretches(transfer.skipped.size() - listed) + " skipped");
  }
  if (transfer.not_kept != 0) {
    product_.line(fmt::format("  {} more packets and stretches came than can be judged at once: "
                              "cut the dump, or choose with --port",
                              transfer.not_kept));
  }
  if (transfer.start_in_packets) {
    product_.line("  START counts packets, though the file goes by path");
  }
  if (const auto missing = transfer.missing(); !missing.empty()) {
    product_.line(transfer.in_bytes ? "  missing bytes: " + range_text(transfer.missing_bytes())
                                    : "  missing packets: " + range_text(missing));
  }
  for (const auto& why : transfer.corrections) {
    product_.line("  numbers inferred: " + why);
  }
  if (transfer.numbering() == DumpNumbering::unknown) {
    product_.line("  numbers unknown: counted from the first packet seen");
  }
}

void DumpReport::transfer_json(const CapturedTransfer& transfer) {
  const Json which{{"transfer", transfers_}};
  for (std::size_t i = 0; i < transfer.packets.size(); ++i) {
    if (const auto& packet = transfer.packets[i]; packet.verdict != DumpVerdict::good) {
      auto fields = which;
      fields.update(to_json(packet, transfer.stream_of_packet(i)));
      event("packet", fields);
    }
  }
  auto fields = which;
  fields.update(to_json(transfer));
  event("transfer", fields);
}

void DumpReport::extracted(const Extracted& extracted) {
  if (options_.common.json) {
    event("extracted", {{"transfer", transfers_},
                        {"path", extracted.path.string()},
                        {"complete", extracted.complete},
                        {"holes", to_json(extracted.holes)},
                        {"byte_holes", to_json(extracted.byte_holes)}});
    return;
  }
  product_.line("  written to " + escaped(extracted.path.string()));
  if (!extracted.byte_holes.empty()) {
    product_.line("  filled with zeros: bytes " + range_text(extracted.byte_holes));
  } else if (!extracted.holes.empty()) {
    product_.line("  filled with zeros: packets " + range_text(extracted.holes));
  }
}

void DumpReport::not_extracted(const Error& error) {
  console_.error(
      fmt::format("{}: transfer {}: {}", escaped(dump_), transfers_, escaped(error.message)));
}

void DumpReport::skipped(const CapturedStray& stray) {
  is_flawed_ = true;
  if (options_.common.json) {
    event("skipped", to_json(stray.skipped, stray.stream));
  } else {
    product_.line(
        fmt::format("{}: {}", escaped(dump_), skipped_text(stray.skipped, stray.stream, true)));
  }
}

void DumpReport::end(const DumpFacts& facts, const DumpTalk& talk) {
  if (options_.common.json) {
    event("summary", summary_fields(facts, talk, transfers_));
  }
  tell_besides(console_, escaped(dump_), facts, talk, transfers_, is_flawed_);
}

} // namespace dualcam::crc
