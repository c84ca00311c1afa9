#include "dcam-serve/destination.hpp"

#include <algorithm>

#include "common/escape.hpp"
#include "dcam-serve/file_transfer.hpp"
#include "dcam-serve/output_folder.hpp"
#include "dcam-serve/preparation.hpp"
#include "dcam-serve/stream_transfer.hpp"
#include "dualcam/storage/file_names.hpp"

namespace dualcam::serve {

std::unique_ptr<Destination> Destination::of(const ServeOptions& options, Disks& disks,
                                             const Clock& clock) {
  if (options.to_stdout) {
    return std::make_unique<StreamDestination>(disks, clock);
  }
  return std::make_unique<FolderDestination>(options, disks, clock);
}

// --- a folder ---

std::string FolderDestination::description() const {
  return "files go to " + escaped(options_.output.string());
}

Result<void> FolderDestination::check() const {
  return options_.only_looks() ? foresee_output(options_.output) : check_output(options_.output);
}

std::filesystem::path FolderDestination::root() const {
  return below(options_.output, options_.name.fixed_folder());
}

std::filesystem::path FolderDestination::path_for(const FileFacts& facts) const {
  const auto& name = facts.file.kind() ? options_.name : options_.name_by_path;
  return below(options_.output, name.expand(facts.name_values()));
}

asio::awaitable<Disk*> FolderDestination::disk_for(const std::filesystem::path& name) {
  auto* disk = co_await disks_.of(name.parent_path());
  co_return disk;
}

bool FolderDestination::is_refused(const FileFacts& facts,
                                   const std::filesystem::path& name) const {
  return (options_.if_exists == IfExists::skip || options_.if_exists == IfExists::fail) &&
         facts.has_extension() && is_taken(name);
}

bool FolderDestination::may_be_held(const FileFacts& facts,
                                    const std::filesystem::path& name) const {
  const auto checkpoint = checkpoint_of(part_of(name));
  const auto state = state_of(facts.imei).recent();
  const auto time = timestamp_of(facts.file, facts.metadata_payload.bytes());
  const auto may_be_part = [&](const PartEntry& part) {
    return part.file == facts.file && (!part.time || !time || part.time == time);
  };
  return is_taken(checkpoint) || !state || std::ranges::any_of(state->parts, may_be_part) ||
         std::ranges::any_of(state->records, [&](const auto& record) {
           return same_file(record.identity, facts.identity(record.identity.announced));
         });
}

bool FolderDestination::has_stored(std::uint64_t imei) const {
  const auto known = state_of(imei).recent();
  return known && !known->records.empty();
}

asio::awaitable<Result<std::unique_ptr<Transfer>>>
FolderDestination::begin(FileFacts facts, std::uint32_t announced) {
  const auto name = path_for(facts);
  auto* disk = co_await disk_for(name);
  auto transfer =
      std::make_unique<FileTransfer>(*this, *disk, clock_, std::move(facts), name, announced);
  const auto opened = co_await transfer->open();
  if (!opened) {
    co_return std::unexpected(opened.error());
  }
  co_return transfer;
}

std::vector<Untold> FolderDestination::untold(Unsaid& unsaid) const {
  return find_untold(root(), options_.wishes, unsaid);
}

void FolderDestination::mark_said(std::uint64_t imei, std::uint64_t record) const {
  (void)state_of(imei).mark_said(record);
}

Destination::Tidying FolderDestination::tidying(std::chrono::seconds age) const {
  const FolderTree tree{below(options_.output, {}),
                        std::max(options_.name.levels(), options_.name_by_path.levels())};
  return [tree, age, root = root()] {
    remove_old_records(root, age);
    return remove_abandoned(tree, age);
  };
}

// --- standard output ---

asio::awaitable<Result<std::unique_ptr<Transfer>>>
StreamDestination::begin(FileFacts facts, std::uint32_t announced) {
  if (!paused_) {
    co_return std::make_unique<StreamTransfer>(disks_.root(), clock_, std::move(facts), announced);
  }
  if (!same_file(paused_->identity(), facts.identity(announced))) {
    const auto refused = co_await paused_->set_aside();
    co_return std::unexpected(refused.error());
  }
  co_return std::move(paused_);
}

void StreamDestination::pause(std::unique_ptr<Transfer> transfer) {
  if (transfer->packets() > 0) {
    transfer->pause();
    paused_ = std::move(transfer);
  }
}

} // namespace dualcam::serve
