#include "dcam-serve/transfer.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dcam-serve/output_folder.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::serve {
namespace {

// Promised: no more than 1 MiB or 1 s of verified bytes is lost to a dead process or machine. A
// buffer's worth may come on top before it is looked at.
constexpr std::uint64_t unsaved_bytes = 786'432;
constexpr std::chrono::milliseconds unsaved_time{900};

std::uint64_t expected_bytes(std::uint32_t packets) { return std::uint64_t{packets} * full_packet; }

SystemTime or_else(const std::optional<DeviceTime>& time, SystemTime fallback) {
  const auto point = time && time->is_known() ? time->time_point() : std::nullopt;
  return point.value_or(fallback);
}

/// Whether files can be made in `folder`, which need not be there yet.
Result<void> check_folder(const std::filesystem::path& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) {
    return errno == ENOENT && folder != "." && folder != "/" ? check_folder(folder_of(folder))
                                                             : io_error("create", folder, errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    return io_error("create", folder, ENOTDIR);
  }
  return ::access(folder.c_str(), W_OK | X_OK) == 0 ? Result<void>()
                                                    : io_error("write to", folder, errno);
}

} // namespace

StateFolder state_folder(const ServeOptions& options, std::uint64_t imei) {
  return {below(options.output, options.name.fixed_folder()), imei};
}

std::optional<Metadata> FileFacts::metadata() const {
  const auto metadata = decode_metadata(metadata_payload);
  return metadata ? std::optional(*metadata) : std::nullopt;
}

Json FileFacts::metadata_json() const {
  const auto known = metadata();
  return known ? metadata_record(*known, metadata_payload, imei) : Json();
}

std::string FileFacts::sidecar() const {
  const auto record = metadata_json();
  return record.is_null() ? "" : to_line(record) + '\n';
}

NameValues FileFacts::name_values() const {
  const auto known = metadata();
  const auto time = known ? or_else(known->timestamp, received) : received;
  const auto trigger_time = known ? or_else(known->trigger_timestamp, time) : time;
  const auto trigger = known ? std::string(trigger_name(known->trigger)) : "unknown";
  return {
      .imei = format_imei(imei),
      .time = format_compact_time(time),
      .trigger_time = format_compact_time(trigger_time),
      .received = format_compact_time(received),
      .kind = file.text(),
      .camera = "dualcam",
      .trigger = trigger.empty() ? std::to_string(known->trigger) : trigger,
      .extension = std::string(file.extension()),
  };
}

std::filesystem::path FileFacts::path_for(const ServeOptions& options) const {
  return below(options.output, options.name.expand(name_values()));
}

bool FileFacts::may_be_held(const ServeOptions& options) const {
  auto checkpoint = path_for(options);
  checkpoint += ".part.checkpoint";
  const auto state = state_for(options).read();
  const auto time = timestamp_of(metadata_payload);
  const auto may_be_part = [&](const PartEntry& part) {
    return part.file == file && (!part.time || !time || part.time == time);
  };
  return is_taken(checkpoint) || !state || std::ranges::any_of(state->parts, may_be_part) ||
         std::ranges::any_of(state->records, [&](const auto& record) {
           const auto& stored = record.identity;
           return same_file(stored, {imei, file, stored.packets, 0, metadata_payload});
         });
}

Result<Transfer> Transfer::begin(const ServeOptions& options, FileFacts facts,
                                 std::uint32_t packets) {
  Transfer transfer(options, std::move(facts), packets);
  const auto opened = transfer.open();
  return opened ? Result<Transfer>(std::move(transfer)) : std::unexpected(opened.error());
}

Transfer::Transfer(const ServeOptions& options, FileFacts facts, std::uint32_t packets)
    : options_(&options), facts_(std::move(facts)), started_(steady_now()), saved_at_(started_),
      packets_(packets) {}

Result<void> Transfer::open() {
  if (options_->to_stdout) {
    destination_ = std::make_unique<StreamDestination>();
    return {};
  }
  const auto folder = facts_.state_for(*options_);
  const auto state = folder.read();
  auto file = state ? ResumableFile::find(folder, *state, identity(), facts_.path_for(*options_))
                    : std::unexpected(state.error());
  if (!file) {
    return std::unexpected(file.error());
  }
  if (*file) {
    return go_on(std::move(**file));
  }
  auto known = folder.known(*state, identity());
  if (!known) {
    return std::unexpected(known.error());
  }
  known_ = std::move(*known);
  return is_comparing() ? Result<void>() : begin_new();
}

Result<void> Transfer::begin_new() {
  known_.clear();
  const auto folder = check_folder(folder_of(facts_.path_for(*options_)));
  return folder ? check_room() : folder;
}

Result<void> Transfer::begin_file() {
  const auto name = facts_.path_for(*options_);
  Barrier folders;
  const auto folder = create_folders(options_->output, folder_of(name), folders);
  auto file = folder ? ResumableFile::create(name, identity(), facts_.state_for(*options_),
                                             std::move(folders))
                     : std::unexpected(folder.error());
  if (!file) {
    return std::unexpected(file.error());
  }
  destination_ = std::make_unique<FileDestination>(std::move(*file));
  return {};
}

Result<void> Transfer::go_on(ResumableFile file) {
  if (file.data().packets > 0) { // proved to be the same one before anything is made of it
    facts_.received = SystemTime(std::chrono::milliseconds(file.identity().received));
    if (facts_.metadata_payload.empty()) {
      facts_.metadata_payload = file.identity().metadata;
    }
    resumptions_ = 1;
  }
  bytes_before_ = file.data().bytes;
  destination_ = std::make_unique<FileDestination>(std::move(file));
  return check_room();
}

FileIdentity Transfer::identity() const {
  return {facts_.imei, facts_.file, packets_, facts_.received.time_since_epoch().count(),
          facts_.metadata_payload};
}

std::filesystem::path Transfer::path() const {
  if (is_comparing()) {
    return facts_.state_for(*options_).absolute(known_.front().name);
  }
  return destination_ ? destination_->path() : facts_.path_for(*options_) += ".part";
}

ResumePoint Transfer::resume_point() const {
  if (destination_) {
    return destination_->resume_point();
  }
  return is_comparing() ? resume_point_for(known_) : ResumePoint();
}

void Transfer::pause() {
  bytes_before_ = bytes();
  count_resumption();
}

std::chrono::milliseconds Transfer::duration() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_now() - started_);
}

Result<void> Transfer::append(std::span<const Bytes> payloads) {
  if (!destination_) {
    if (const auto begun = begin_file(); !begun) {
      return begun;
    }
  }
  const auto appended = destination_->append(payloads);
  if (!appended) {
    (void)destination_->save();
    return appended;
  }
  for (const auto payload : options_->to_stdout ? payloads : std::span<const Bytes>()) {
    digest_.add(payload); // a file is read back
  }
  return {};
}

TimePoint Transfer::save_due_at() const {
  return destination_->unsaved() >= unsaved_bytes ? saved_at_ : saved_at_ + unsaved_time;
}

Result<void> Transfer::save() {
  const auto saved = destination_->save();
  saved_at_ = steady_now();
  return saved ? check_room() : saved;
}

Result<void> Transfer::leave(std::uint32_t next, std::uint64_t offset) {
  if (packets_received() > 0) {
    const auto saved = destination_->save();
    return saved && new_bytes() == 0 ? destination_->keep_compared(next, offset) : saved;
  }
  if (destination_) {
    destination_->discard();
  }
  return {};
}

/// Whether the rest of the file leaves --min-free.
Result<void> Transfer::check_room() const {
  const bool complete = destination_ && packets_received() == packets_;
  if (options_->to_stdout || options_->min_free == 0 || complete) {
    return {};
  }
  auto folder = folder_of(path());
  std::error_code error;
  auto space = std::filesystem::space(folder, error);
  while (error && folder != options_->output && folder != "/") { // not there yet
    folder = folder_of(folder);
    space = std::filesystem::space(folder, error);
  }
  const auto held = std::min(bytes(), expected_bytes(packets_));
  const auto rest = expected_bytes(packets_) - held;
  if (error || space.available >= options_->min_free + rest) {
    return {};
  }
  return std::unexpected(
      Error{ErrorCategory::io, 0,
            fmt::format("{} more do not fit: {} are free in {}, of which {} are to stay free "
                        "(--min-free); make room, then run the same command again",
                        format_size(rest), format_size(space.available), folder.string(),
                        format_size(options_->min_free))});
}

Result<Finished> Transfer::finish(const FileCompleted& completed, Unsaid& unsaid) {
  return completed.known ? finish_known(completed, unsaid) : finish_new(completed, unsaid);
}

Result<Finished> Transfer::finish_new(const FileCompleted& completed, Unsaid& unsaid) {
  const auto name = options_->to_stdout ? path() : facts_.path_for(*options_);
  Barrier folders;
  const auto folder = options_->to_stdout
                          ? Result<void>()
                          : create_folders(options_->output, folder_of(name), folders);
  if (!folder) {
    return std::unexpected(folder.error());
  }
  auto hold = options_->to_stdout ? Unsaid::Hold() : unsaid.hold(facts_.imei);
  const auto file =
      destination_->finish({.name = name,
                            .if_exists = options_->if_exists,
                            .verified = {completed.packets, completed.bytes, 0, completed.crc},
                            .metadata = facts_.metadata_payload,
                            .sidecar = facts_.sidecar(),
                            .read = [this](Bytes bytes) { digest_.add(bytes); }},
                           std::move(folders));
  if (!file && file.error().category == ErrorCategory::crc) {
    if (const auto kept = destination_->set_aside(); !kept && !options_->to_stdout) {
      return std::unexpected(kept.error());
    }
  }
  if (!file) {
    return std::unexpected(file.error());
  }
  if (!*file) {
    return Finished{Finished::What::skipped, name, completed, false};
  }
  return Finished{Finished::What::stored,
                  (*file)->path,
                  completed,
                  true,
                  digest_.hex(),
                  {std::move(hold), (*file)->record}};
}

Result<Finished> Transfer::finish_known(const FileCompleted& completed, Unsaid& unsaid) {
  const auto record = known_.at(*completed.known);
  const auto& [id, identity, name, part, data, crc_before, tail, named, said] = record;
  auto state = facts_.state_for(*options_);
  const auto is_there = state.settle(record);
  if (!is_there) {
    return std::unexpected(is_there.error());
  }
  Finished finished{Finished::What::known,
                    state.absolute(name),
                    {facts_.file, data.packets, data.bytes, data.crc, completed.known},
                    false};
  auto hold = *is_there && !said ? unsaid.claim(state, facts_.imei, id) : std::nullopt;
  if (!hold) {
    return finished;
  }
  finished.is_news = true;
  finished.line = {std::move(*hold), id};
  facts_.received = SystemTime(std::chrono::milliseconds(identity.received));
  if (facts_.metadata_payload.empty()) {
    facts_.metadata_payload = identity.metadata;
  }
  auto sum = sha256_of(finished.path);
  if (!sum) {
    return std::unexpected(sum.error());
  }
  finished.sha256 = std::move(*sum);
  const auto written = write_sidecar(finished.path, facts_);
  return written ? Result<Finished>(std::move(finished)) : std::unexpected(written.error());
}

Result<void> write_sidecar(const std::filesystem::path& file, const FileFacts& facts) {
  const auto text = facts.sidecar();
  return text.empty() ? Result<void>() : renew_sidecar(file, text);
}

} // namespace dualcam::serve
