#include "dualcam/wire/message.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace dualcam {
namespace {

constexpr std::uint64_t largest_imei = 999'999'999'999'999;

template <class... Ts> struct Overloaded : Ts... {
  using Ts::operator()...;
};

template <class T> using Of = std::type_identity<T>;

static_assert(commands.size() == std::variant_size_v<Message>);

// A command's payload: read from what `commands` allows, written behind id and length.

Result<Message> read_payload(Of<Init>, Bytes payload) {
  ByteReader reader(payload);
  const Init init{*reader.be<std::uint16_t>(), *reader.be<std::uint64_t>(),
                  *reader.be<std::uint32_t>()};
  if (init.imei > largest_imei) {
    return std::unexpected(
        Error{ErrorCategory::malformed, 2, "INIT's IMEI has more than 15 digits"});
  }
  return init;
}
void write_payload(const Init& init, ByteBuffer& out) {
  append_be(out, init.protocol);
  append_be(out, init.imei);
  append_be(out, init.settings);
}

Close read_payload(Of<Close>, Bytes /*payload*/) { return {}; }
void write_payload(const Close&, ByteBuffer& /*out*/) {}

Start read_payload(Of<Start>, Bytes payload) {
  return {load_be<std::uint32_t>(payload), load_be<std::uint16_t>(payload.subspan(4))};
}
void write_payload(const Start& start, ByteBuffer& out) {
  append_be(out, start.packets);
  append_be(out, start.rest);
}

Resume read_payload(Of<Resume>, Bytes payload) { return {load_be<std::uint32_t>(payload)}; }
void write_payload(const Resume& resume, ByteBuffer& out) { append_be(out, resume.packet); }

Sync read_payload(Of<Sync>, Bytes payload) { return {load_be<std::uint32_t>(payload)}; }
void write_payload(const Sync& sync, ByteBuffer& out) { append_be(out, sync.packet); }

Data read_payload(Of<Data>, Bytes payload) {
  return {payload.first(payload.size() - data_trailer),
          load_be<std::uint16_t>(payload.last(data_trailer))};
}
void write_payload(const Data& data, ByteBuffer& out) {
  append(out, data.payload);
  append_be(out, data.crc);
}

Status read_payload(Of<Status>, Bytes payload) { return {load_be<std::uint32_t>(payload)}; }
void write_payload(const Status& status, ByteBuffer& out) { append_be(out, status.code); }

FileRequest read_payload(Of<FileRequest>, Bytes payload) { return {as_text(payload)}; }
void write_payload(const FileRequest& request, ByteBuffer& out) {
  append(out, as_bytes(request.file));
}

RepeatInit read_payload(Of<RepeatInit>, Bytes /*payload*/) { return {}; }
void write_payload(const RepeatInit&, ByteBuffer& /*out*/) {}

MetadataRequest read_payload(Of<MetadataRequest>, Bytes payload) { return {as_text(payload)}; }
void write_payload(const MetadataRequest& request, ByteBuffer& out) {
  append(out, as_bytes(request.file));
}

MetadataResponse read_payload(Of<MetadataResponse>, Bytes payload) { return {payload}; }
void write_payload(const MetadataResponse& response, ByteBuffer& out) {
  append(out, response.payload);
}

PathRequest read_payload(Of<PathRequest>, Bytes /*payload*/) { return {}; }
void write_payload(const PathRequest&, ByteBuffer& out) { append_be(out, std::uint16_t{0}); }

Path read_payload(Of<Path>, Bytes payload) { return {as_text(payload)}; }
void write_payload(const Path& path, ByteBuffer& out) { append(out, as_bytes(path.path)); }

EnhancedData read_payload(Of<EnhancedData>, Bytes payload) {
  const auto data = read_payload(Of<Data>(), payload.subspan(sizeof(std::uint32_t)));
  return {load_be<std::uint32_t>(payload), data.payload, data.crc};
}
void write_payload(const EnhancedData& data, ByteBuffer& out) {
  append_be(out, data.offset);
  append(out, data.payload);
  append_be(out, data.crc);
}

template <std::size_t index> Result<Message> read_alternative(Bytes payload) {
  return read_payload(Of<std::variant_alternative_t<index, Message>>(), payload);
}

/// The reader of each row of `commands`.
constexpr auto readers = []<std::size_t... index>(std::index_sequence<index...>) {
  return std::array{&read_alternative<index>...};
}(std::make_index_sequence<commands.size()>());

std::string number(std::string_view name, std::uint32_t value) {
  return std::string(name) + ' ' + std::to_string(value);
}

std::string sized(std::string_view name, Bytes payload, std::uint16_t crc) {
  char hex[5];
  std::snprintf(hex, sizeof hex, "%04x", static_cast<unsigned>(crc));
  return std::string(name) + ' ' + std::to_string(payload.size()) + " bytes, CRC " + hex;
}

std::string requested(std::string_view name, std::string_view file) {
  const bool is_identifier =
      file.size() == 7 && file[0] == '%' &&
      std::ranges::all_of(file.substr(1), [](char c) { return c >= 'a' && c <= 'z'; });
  return std::string(name) + ' ' + std::string(is_identifier ? file.substr(1) : "by path");
}

} // namespace

std::optional<bool> begins_command(Sender sender, Bytes bytes) {
  if (!bytes.empty() && bytes[0] != std::byte{0}) { // no id is that high
    return false;
  }
  if (bytes.size() < 2) {
    return std::nullopt;
  }
  const auto id = load_be<std::uint16_t>(bytes);
  const auto* command = find_command(sender, id);
  const bool is_init = sender == Sender::device && id == 0;
  if (command == nullptr || (command->length == Length::fixed && !is_init)) {
    return command != nullptr;
  }
  if (bytes.size() < longest_beginning) {
    return std::nullopt;
  }
  const auto second = load_be<std::uint16_t>(bytes.subspan(2));
  return is_init ? second >= 1 && second <= highest_protocol : command->allows(second);
}

Result<Message> decode(Sender sender, std::uint16_t id, Bytes payload) {
  const auto* command = find_command(sender, id);
  if (command == nullptr) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, 0, "there is no command " + std::to_string(id)});
  }
  if (!command->allows(payload.size())) {
    return std::unexpected(
        Error{payload.size() < command->least ? ErrorCategory::truncated : ErrorCategory::malformed,
              payload.size(),
              "command " + std::to_string(id) + " has a payload of " +
                  std::to_string(payload.size()) + " bytes, expected " +
                  std::to_string(command->least) + " to " + std::to_string(command->most)});
  }
  return readers[static_cast<std::size_t>(command - commands.data())](payload);
}

void encode(const Message& message, ByteBuffer& out) {
  const auto& command = commands[message.index()];
  append_be(out, static_cast<std::uint16_t>(command.id));
  if (command.length == Length::told) {
    append_be(out, std::uint16_t{0}); // until it is known
  }
  const auto start = out.size();
  std::visit([&](const auto& alternative) { write_payload(alternative, out); }, message);
  if (command.length == Length::told) {
    const auto length = out.size() - start;
    out[start - 2] = static_cast<std::byte>(length >> 8);
    out[start - 1] = static_cast<std::byte>(length & 0xFF);
  }
}

ByteBuffer encode(const Message& message) {
  ByteBuffer out;
  encode(message, out);
  return out;
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
          [&](const Data& data) { return sized(name, data.payload, data.crc); },
          [&](const EnhancedData& data) { return sized(name, data.payload, data.crc); },
          [&](const Status& status) { return number(name, status.code); },
          [&](const MetadataResponse& response) {
            return std::string(name) + ' ' + std::to_string(response.payload.size()) + " bytes";
          },
          [&](const FileRequest& request) { return requested(name, request.file); },
          [&](const MetadataRequest& request) { return requested(name, request.file); },
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
