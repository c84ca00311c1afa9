#include "dcam-serve/transfer.hpp"

#include <new>

#include "dualcam/hex.hpp"
#include "dualcam/message.hpp"

namespace dualcam {
namespace {

SystemTime or_else(const std::optional<DeviceTime>& time, SystemTime fallback) {
  const auto point = time && time->is_known() ? time->time_point() : std::nullopt;
  return point.value_or(fallback);
}

} // namespace

std::optional<Metadata> FileFacts::metadata() const {
  const auto metadata = decode_metadata(metadata_payload);
  return metadata ? std::optional(*metadata) : std::nullopt;
}

Json FileFacts::metadata_json() const {
  const auto known = metadata();
  return known ? metadata_record(*known, metadata_payload, imei) : Json();
}

std::filesystem::path FileFacts::path_for(const ServeOptions& options) const {
  const auto known = metadata();
  const auto time = known ? or_else(known->timestamp, received) : received;
  const auto trigger_time = known ? or_else(known->trigger_timestamp, time) : time;
  const auto trigger = known ? std::string(trigger_name(known->trigger)) : "unknown";
  return options.output / options.name.expand({
                              .imei = format_imei(imei),
                              .time = format_compact_time(time),
                              .trigger_time = format_compact_time(trigger_time),
                              .received = format_compact_time(received),
                              .kind = std::string(name_of(kind)),
                              .camera = "dualcam",
                              .trigger = trigger.empty() ? std::to_string(known->trigger) : trigger,
                              .extension = std::string(extension_of(kind)),
                          });
}

Result<Transfer> Transfer::start(const ServeOptions& options, FileFacts facts,
                                 std::uint32_t packets) {
  const auto path = facts.path_for(options);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    return std::unexpected(
        Error{ErrorCategory::io, 0,
              "cannot create " + path.parent_path().string() + ": " + error.message()});
  }
  auto part = PartFile::create(path);
  if (!part) {
    return std::unexpected(part.error());
  }
  return Transfer(std::move(facts), std::move(*part), packets);
}

Transfer::Transfer(FileFacts facts, PartFile part, std::uint32_t packets)
    : facts_(std::move(facts)), part_(std::move(part)), digest_(EVP_MD_CTX_new()),
      started_(std::chrono::steady_clock::now()), packets_(packets) {
  if (!digest_ || EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
}

std::chrono::milliseconds Transfer::duration() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               started_);
}

Result<void> Transfer::append(std::span<const Bytes> payloads) {
  for (const auto payload : payloads) {
    EVP_DigestUpdate(digest_.get(), payload.data(), payload.size());
    bytes_ += payload.size();
  }
  packets_received_ += static_cast<std::uint32_t>(payloads.size());
  return part_.append(payloads);
}

std::string Transfer::sha256() {
  std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(digest_.get(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  return to_hex(Bytes(digest).first(size));
}

Result<std::optional<std::filesystem::path>> Transfer::finish(IfExists if_exists) {
  auto path = part_.finish(if_exists);
  if (path && *path && !facts_.metadata_payload.empty()) {
    if (const auto written = write_sidecar(**path); !written) {
      return std::unexpected(written.error());
    }
  }
  return path;
}

Result<void> Transfer::write_sidecar(const std::filesystem::path& file) const {
  const auto record = facts_.metadata_json();
  if (record.is_null()) {
    return {};
  }
  auto name = file;
  name += ".json";
  auto part = PartFile::create(name);
  if (!part) {
    return std::unexpected(part.error());
  }
  const auto text = to_line(record) + '\n';
  const std::array pieces{as_bytes(text)};
  if (const auto written = part->append(pieces); !written) {
    return written;
  }
  const auto finished = part->finish(IfExists::replace);
  return finished ? Result<void>() : std::unexpected(finished.error());
}

} // namespace dualcam
