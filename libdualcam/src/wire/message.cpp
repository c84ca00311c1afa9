#include "dualcam/wire/message.hpp"

#include <charconv>
#include <cstdio>

namespace dualcam {
namespace {

constexpr std::uint64_t largest_imei = 999'999'999'999'999;
constexpr std::size_t longest_path = 255;
constexpr std::size_t longest_metadata = 4096;
constexpr std::size_t longest_piece = 4096; ///< of ENHANCED DATA

template <class... Ts> struct Overloaded : Ts... {
  using Ts::operator()...;
};

/// Opens a command; the length is filled in by `finish`.
std::size_t begin(ByteBuffer& out, CommandId id) {
  append_be(out, static_cast<std::uint16_t>(id));
  append_be(out, std::uint16_t{0});
  return out.size();
}

void finish(ByteBuffer& out, std::size_t payload_start) {
  const auto length = out.size() - payload_start;
  out[payload_start - 2] = static_cast<std::byte>(length >> 8);
  out[payload_start - 1] = static_cast<std::byte>(length & 0xFF);
}

void append_number(ByteBuffer& out, CommandId id, std::uint32_t number) {
  const auto start = begin(out, id);
  append_be(out, number);
  finish(out, start);
}

void append_payload(ByteBuffer& out, CommandId id, Bytes payload) {
  const auto start = begin(out, id);
  append(out, payload);
  finish(out, start);
}

Result<Message> decode_init(Bytes payload) {
  ByteReader reader(payload);
  const auto protocol = reader.be<std::uint16_t>();
  const auto imei = reader.be<std::uint64_t>();
  const auto settings = reader.be<std::uint32_t>();
  if (!settings) {
    return std::unexpected(
        Error{ErrorCategory::truncated, payload.size(), "INIT ends early: 16 bytes were expected"});
  }
  if (*imei > largest_imei) {
    return std::unexpected(
        Error{ErrorCategory::malformed, 2, "INIT's IMEI has more than 15 digits"});
  }
  return Init{*protocol, *imei, *settings};
}

Data decode_data(Bytes payload) {
  return {payload.first(payload.size() - data_trailer),
          load_be<std::uint16_t>(payload.last(data_trailer))};
}

Path decode_path(Bytes payload) {
  auto path = as_text(payload);
  if (path.ends_with('\0')) {
    path.remove_suffix(1);
  }
  return {path};
}

std::string number(std::string_view name, std::uint32_t value) {
  return std::string(name) + ' ' + std::to_string(value);
}

std::string counted(std::string_view name, Bytes payload, std::uint16_t crc) {
  char hex[5];
  std::snprintf(hex, sizeof hex, "%04x", static_cast<unsigned>(crc));
  return std::string(name) + ' ' + std::to_string(payload.size()) + " bytes, CRC " + hex;
}

} // namespace

std::optional<LengthRange> payload_length(Sender sender, std::uint16_t id) {
  const bool device = sender == Sender::device;
  switch (static_cast<CommandId>(id)) {
  case CommandId::init_or_close:
    return device ? LengthRange{init_size - 2, init_size - 2} : LengthRange{0, 0};
  case CommandId::start:
    return device ? std::optional(LengthRange{6, 6}) : std::nullopt;
  case CommandId::resume:
    return device ? std::nullopt : std::optional(LengthRange{4, 4});
  case CommandId::sync:
    return device ? std::optional(LengthRange{4, 4}) : std::nullopt;
  case CommandId::data:
    return device ? std::optional(LengthRange{data_trailer, full_packet + data_trailer})
                  : std::nullopt;
  case CommandId::status:
    return LengthRange{4, 4};
  case CommandId::file_request:
    return device ? std::nullopt : std::optional(LengthRange{1, longest_path});
  case CommandId::repeat_init:
    return device ? std::nullopt : std::optional(LengthRange{0, 0});
  case CommandId::metadata_request:
    return device ? std::nullopt : std::optional(LengthRange{0, 7});
  case CommandId::metadata:
    return device ? std::optional(LengthRange{0, longest_metadata}) : std::nullopt;
  case CommandId::path_request:
    return device ? std::nullopt : std::optional(LengthRange{2, 2});
  case CommandId::path:
    return device ? std::optional(LengthRange{0, longest_path}) : std::nullopt;
  case CommandId::enhanced_data:
    return device ? std::optional(LengthRange{4 + data_trailer, 4 + longest_piece + data_trailer})
                  : std::nullopt;
  }
  return std::nullopt;
}

std::optional<bool> begins_command(Sender sender, Bytes bytes) {
  if (!bytes.empty() && bytes[0] != std::byte{0}) { // no id is that high
    return false;
  }
  if (bytes.size() < 2) {
    return std::nullopt;
  }
  const auto id = load_be<std::uint16_t>(bytes);
  const auto range = payload_length(sender, id);
  const bool is_init = sender == Sender::device && id == 0;
  if (!range || (lacks_length(sender, id) && !is_init)) {
    return range.has_value();
  }
  if (bytes.size() < longest_beginning) {
    return std::nullopt;
  }
  const auto second = load_be<std::uint16_t>(bytes.subspan(2));
  return is_init ? second >= 1 && second <= highest_protocol
                 : second >= range->least && second <= range->most;
}

Result<Message> decode(Sender sender, std::uint16_t id, Bytes payload) {
  const auto range = payload_length(sender, id);
  if (!range) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, 0, "there is no command " + std::to_string(id)});
  }
  if (payload.size() < range->least || payload.size() > range->most) {
    return std::unexpected(
        Error{payload.size() < range->least ? ErrorCategory::truncated : ErrorCategory::malformed,
              payload.size(),
              "command " + std::to_string(id) + " has a payload of " +
                  std::to_string(payload.size()) + " bytes, expected " +
                  std::to_string(range->least) + " to " + std::to_string(range->most)});
  }
  switch (static_cast<CommandId>(id)) {
  case CommandId::init_or_close:
    return sender == Sender::device ? decode_init(payload) : Close{};
  case CommandId::start: // the blank field behind the number is ignored
    return Start{load_be<std::uint32_t>(payload)};
  case CommandId::resume:
    return Resume{load_be<std::uint32_t>(payload)};
  case CommandId::sync:
    return Sync{load_be<std::uint32_t>(payload)};
  case CommandId::data:
    return decode_data(payload);
  case CommandId::status:
    return Status{load_be<std::uint32_t>(payload)};
  case CommandId::file_request:
    return FileRequest{as_text(payload)};
  case CommandId::repeat_init:
    return RepeatInit{};
  case CommandId::metadata_request:
    return MetadataRequest{as_text(payload)};
  case CommandId::metadata:
    return MetadataResponse{payload};
  case CommandId::path_request:
    return PathRequest{};
  case CommandId::path:
    return decode_path(payload);
  case CommandId::enhanced_data: {
    const auto data = decode_data(payload.subspan(4));
    return EnhancedData{load_be<std::uint32_t>(payload), data.payload, data.crc};
  }
  }
  return std::unexpected(Error{ErrorCategory::unsupported, 0, "unreachable"});
}

void encode(const Message& message, ByteBuffer& out) {
  std::visit(
      Overloaded{
          [&](const Init& init) {
            append_be(out, static_cast<std::uint16_t>(CommandId::init_or_close));
            append_be(out, init.protocol);
            append_be(out, init.imei);
            append_be(out, init.settings);
          },
          [&](const Close&) { append_payload(out, CommandId::init_or_close, {}); },
          [&](const Start& start) {
            const auto payload = begin(out, CommandId::start);
            append_be(out, start.packets);
            append_be(out, std::uint16_t{0});
            finish(out, payload);
          },
          [&](const Resume& resume) { append_number(out, CommandId::resume, resume.packet); },
          [&](const Sync& sync) { append_number(out, CommandId::sync, sync.packet); },
          [&](const Data& data) {
            const auto payload = begin(out, CommandId::data);
            append(out, data.payload);
            append_be(out, data.crc);
            finish(out, payload);
          },
          [&](const Status& status) { append_number(out, CommandId::status, status.code); },
          [&](const FileRequest& request) {
            append_payload(out, CommandId::file_request, as_bytes(request.file));
          },
          [&](const RepeatInit&) {
            append_be(out, static_cast<std::uint16_t>(CommandId::repeat_init));
          },
          [&](const MetadataRequest& request) {
            append_payload(out, CommandId::metadata_request, as_bytes(request.file));
          },
          [&](const MetadataResponse& response) {
            append_payload(out, CommandId::metadata, response.payload);
          },
          [&](const PathRequest&) {
            const auto payload = begin(out, CommandId::path_request);
            append_be(out, std::uint16_t{0});
            finish(out, payload);
          },
          [&](const Path& path) { append_payload(out, CommandId::path, as_bytes(path.path)); },
          [&](const EnhancedData& data) {
            const auto payload = begin(out, CommandId::enhanced_data);
            append_be(out, data.offset);
            append(out, data.payload);
            append_be(out, data.crc);
            finish(out, payload);
          },
      },
      message);
}

ByteBuffer encode(const Message& message) {
  ByteBuffer out;
  encode(message, out);
  return out;
}

std::string_view name_of(const Message& message) {
  static constexpr std::array<std::string_view, std::variant_size_v<Message>> names{
      "INIT",     "CLOSE",        "START",        "RESUME",       "SYNC",
      "DATA",     "STATUS",       "FILE REQUEST", "REPEAT INIT",  "METADATA REQUEST",
      "METADATA", "PATH REQUEST", "PATH",         "ENHANCED DATA"};
  return names[message.index()];
}

std::string describe(const Message& message) {
  const auto name = name_of(message);
  return std::visit(
      Overloaded{
          [&](const Init& init) {
            char settings[9];
            std::snprintf(settings, sizeof settings, "%08x", init.settings);
            return number(name, init.protocol) + ", IMEI " + format_imei(init.imei) +
                   ", settings " + settings;
          },
          [&](const Start& start) { return number(name, start.packets); },
          [&](const Resume& resume) { return number(name, resume.packet); },
          [&](const Sync& sync) { return number(name, sync.packet); },
          [&](const Data& data) { return counted(name, data.payload, data.crc); },
          [&](const EnhancedData& data) { return counted(name, data.payload, data.crc); },
          [&](const Status& status) { return number(name, status.code); },
          [&](const MetadataResponse& response) {
            return std::string(name) + ' ' + std::to_string(response.payload.size()) + " bytes";
          },
          [&](const FileRequest& request) {
            const auto kind = file_kind_identified(as_bytes(request.file));
            return std::string(name) + ' ' + std::string(kind ? name_of(*kind) : "by path");
          },
          [&](const MetadataRequest& request) {
            const auto kind = file_kind_identified(as_bytes(request.file));
            return std::string(name) + ' ' + std::string(kind ? name_of(*kind) : "by path");
          },
          [&](const auto&) { return std::string(name); },
      },
      message);
}

std::string format_imei(std::uint64_t imei) {
  auto digits = std::to_string(imei);
  return digits.size() < 15 ? std::string(15 - digits.size(), '0') + digits : digits;
}

std::optional<std::uint64_t> parse_imei(std::string_view text) {
  std::uint64_t imei = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, imei);
  const bool whole = error == std::errc{} && rest == end;
  return whole && imei <= largest_imei && text.size() <= 15 ? std::optional(imei) : std::nullopt;
}

std::string_view status_meaning(std::uint32_t code) {
  static constexpr std::array<std::string_view, 27> meanings{
      "completed",
      "reconnect limit reached",
      "failed to close GPRS",
      "failed to close the socket",
      "the device aborted",
      "invalid response to INIT",
      "invalid response to START",
      "cannot create a file on the SD card",
      "cannot open the file on the SD card",
      "writing to the SD card failed",
      "flushing to the SD card failed",
      "undefined event",
      "cannot create the update file",
      "CRC recalculation failed",
      "cannot load the configuration",
      "bad file header",
      "file pointer failed",
      "camera not configured, or the requested file is not available",
      "null file header",
      "platform mismatch",
      "update not allowed",
      "invalid query",
      "job failed",
      "forbidden by specification",
      "unsupported hardware",
      "incompatible firmware",
      "wrong bootloader",
  };
  return code < meanings.size() ? meanings[code] : "unknown status";
}

} // namespace dualcam
