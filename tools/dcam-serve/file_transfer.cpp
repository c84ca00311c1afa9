#include "dcam-serve/file_transfer.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dcam-serve/destination.hpp"
#include "dualcam/files/geometry.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/storage/durable.hpp"

namespace dualcam::serve {
namespace {

// Promised: no more than 1 MiB or 1 s of verified bytes is lost to a dead process or machine. A
// buffer's worth may come on top before it is looked at.
constexpr std::uint64_t unsaved_bytes = 786'432;
constexpr std::chrono::milliseconds unsaved_time{900};

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

/// Of a file that is whole; empty: its first bytes do not tell.
Result<std::string_view> content_extension_of(const std::filesystem::path& path) {
  const auto file = File::open(path, O_RDONLY);
  if (!file) {
    return io_error("open", path, file.error());
  }
  std::array<std::byte, extension_sample_size> sample{};
  const auto read = file->read(0, sample);
  return read ? Result<std::string_view>(extension_of_content(*read))
              : std::unexpected(read.error());
}

} // namespace

Result<void> FileTransfer::open() {
  const auto folder = folder_.state_of(facts().imei);
  const auto state = folder.read();
  auto file = state ? ResumableFile::find(folder, *state, identity(), folder_.path_for(facts()))
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

Result<void> FileTransfer::begin_new() {
  known_.clear();
  const auto folder = check_folder(folder_of(folder_.path_for(facts())));
  return folder ? check_room() : folder;
}

Result<void> FileTransfer::begin_file() {
  const auto name = folder_.path_for(facts());
  Barrier folders;
  const auto folder = create_folders(folder_.options().output, folder_of(name), folders);
  auto file = folder ? ResumableFile::create(name, identity(), folder_.state_of(facts().imei),
                                             std::move(folders))
                     : std::unexpected(folder.error());
  if (!file) {
    return std::unexpected(file.error());
  }
  file_ = std::move(*file);
  return {};
}

Result<void> FileTransfer::go_on(ResumableFile file) {
  if (file.data().packets > 0) { // proved to be the same one before anything is made of it
    facts().begun_as(file.identity());
    count_resumption();
  }
  goes_on_with(file.data().bytes);
  file_ = std::move(file);
  return check_room();
}

const HeldData& FileTransfer::data() const {
  static const HeldData nothing;
  return file_ ? file_->data() : nothing;
}

std::filesystem::path FileTransfer::path() const {
  if (is_comparing()) {
    return folder_.state_of(facts().imei).absolute(known_.front().name);
  }
  return file_ ? file_->path() : folder_.path_for(facts()) += ".part";
}

ResumePoint FileTransfer::resume_point() const {
  if (file_) {
    return file_->resume_point();
  }
  return is_comparing() ? resume_point_for(known_) : ResumePoint();
}

Result<void> FileTransfer::append(std::span<const Bytes> payloads) {
  if (!file_) {
    if (const auto begun = begin_file(); !begun) {
      return begun;
    }
  }
  const auto appended = file_->append(payloads);
  if (!appended) {
    (void)file_->save();
  }
  return appended;
}

TimePoint FileTransfer::save_due_at() const {
  if (!file_ || file_->unsaved() == 0) {
    return TimePoint::max();
  }
  return file_->unsaved() >= unsaved_bytes ? saved_at_ : saved_at_ + unsaved_time;
}

Result<void> FileTransfer::save() {
  const auto saved = file_->save();
  saved_at_ = now();
  return saved ? check_room() : saved;
}

Result<void> FileTransfer::leave(std::uint32_t packet, std::uint64_t offset) {
  if (packets() > 0) {
    const auto saved = file_->save();
    return saved && new_bytes() == 0 ? file_->keep_compared(packet, offset) : saved;
  }
  if (file_) {
    file_->discard();
  }
  return {};
}

/// Whether the rest of the file leaves --min-free.
Result<void> FileTransfer::check_room() const {
  const bool complete =
      Geometry(facts().file, announced()).behind_all(packets(), bytes()) == announced();
  if (folder_.options().min_free == 0 || complete) {
    return {};
  }
  auto folder = folder_of(path());
  std::error_code error;
  auto space = std::filesystem::space(folder, error);
  while (error && folder != folder_.options().output && folder != "/") { // not there yet
    folder = folder_of(folder);
    space = std::filesystem::space(folder, error);
  }
  const auto rest = expected_bytes() - bytes();
  if (error || space.available >= folder_.options().min_free + rest) {
    return {};
  }
  return std::unexpected(
      Error{ErrorCategory::io, 0,
            fmt::format("{} more do not fit: {} are free in {}, of which {} are to stay free "
                        "(--min-free); make room, then run the same command again",
                        format_size(rest), format_size(space.available), folder.string(),
                        format_size(folder_.options().min_free))});
}

Result<Finished> FileTransfer::finish(const FileCompleted& completed, Unsaid& unsaid) {
  return completed.known ? finish_known(completed, unsaid) : finish_new(completed, unsaid);
}

Result<Finished> FileTransfer::finish_new(const FileCompleted& completed, Unsaid& unsaid) {
  if (facts().file.extension().empty()) {
    const auto extension = content_extension_of(path());
    if (!extension) {
      return std::unexpected(extension.error());
    }
    facts().content_extension = *extension;
  }
  const auto name = folder_.path_for(facts());
  Barrier folders;
  const auto folder = create_folders(folder_.options().output, folder_of(name), folders);
  if (!folder) {
    return std::unexpected(folder.error());
  }
  auto hold = unsaid.hold(facts().imei);
  Sha256 digest;
  const auto file = file_->finish({.name = name,
                                   .if_exists = folder_.options().if_exists,
                                   .bytes = completed.bytes,
                                   .crc = completed.crc,
                                   .metadata = facts().metadata_payload,
                                   .sidecar = facts().sidecar(),
                                   .read = [&digest](Bytes bytes) { digest.add(bytes); }},
                                  std::move(folders));
  if (!file && file.error().category == ErrorCategory::crc) {
    if (const auto kept = file_->set_aside(); !kept) {
      return std::unexpected(kept.error());
    }
  }
  if (!file) {
    return std::unexpected(file.error());
  }
  if (!*file) {
    return Finished{Finished::What::skipped, name, file_->data(), false};
  }
  return Finished{Finished::What::stored, (*file)->path,
                  file_->data(),          true,
                  digest.hex(),           {std::move(hold), (*file)->record}};
}

Result<Finished> FileTransfer::finish_known(const FileCompleted& completed, Unsaid& unsaid) {
  const auto record = known_.at(*completed.known);
  const auto& [id, identity, name, part, data, crc_before, tail, named, said] = record;
  auto state = folder_.state_of(facts().imei);
  const auto is_there = state.settle(record);
  if (!is_there) {
    return std::unexpected(is_there.error());
  }
  Finished finished{Finished::What::known, state.absolute(name), data, false};
  auto hold = *is_there && !said ? unsaid.claim(state, facts().imei, id) : std::nullopt;
  if (!hold) {
    return finished;
  }
  finished.is_news = true;
  finished.line = {std::move(*hold), id};
  facts().begun_as(identity);
  auto sum = sha256_of(finished.path);
  if (!sum) {
    return std::unexpected(sum.error());
  }
  finished.sha256 = std::move(*sum);
  const auto written = write_sidecar(finished.path, facts());
  return written ? Result<Finished>(std::move(finished)) : std::unexpected(written.error());
}

} // namespace dualcam::serve
