#include "dcam-serve/file_transfer.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "common/coroutine.hpp"
#include "dcam-serve/destination.hpp"
#include "dcam-serve/guarded.hpp"
#include "dcam-serve/output_folder.hpp"
#include "dcam-serve/sha256.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/held_file.hpp"

namespace dualcam::serve {
namespace {

// Of one transfer on its way to the disk. A reader that has to wait for the writer at each block
// costs both of them more than the block.
constexpr std::size_t most_on_the_way = std::size_t{2} << 20;

/// Whether files can be made in `folder`, which need not be there yet.
Result<void> check_folder(const std::filesystem::path& folder) {
  const int error = can_write(folder);
  if (error == ENOENT && folder != "." && folder != "/") {
    return check_folder(folder_of(folder));
  }
  const bool is_there = error == EACCES || error == EROFS;
  return error == 0 ? Result<void>() : io_error(is_there ? "write to" : "create", folder, error);
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

FileTransfer::FileTransfer(const FolderDestination& folder, Disk& disk, const Clock& clock,
                           FileFacts facts, const std::filesystem::path& name,
                           std::uint32_t announced)
    : Transfer(clock, std::move(facts), announced), folder_(folder), disk_(disk),
      flow_(std::make_shared<Flow>(disk.loop())), name_(name), path_(part_of(name)) {
  const auto failed = [&disk, flow = std::weak_ptr(flow_)] {
    disk.tell([flow] {
      if (const auto living = flow.lock()) {
        living->has_failed = true;
        if (living->on_failure) {
          living->on_failure();
        }
      }
    });
  };
  const auto grew = [&disk](std::shared_ptr<Job> job, bool hurry) {
    disk.grew(std::move(job), hurry);
  };
  part_ = std::make_shared<GrowingPart>(
      Room{folder.options(), this->facts().file, announced, this->facts().in_packets,
           folder_of(path_)},
      grew,
      [&disk, root = folder.state_of(this->facts().imei).root()] { return disk.claims(root); },
      failed);
}

/// Files are closed where they are written.
FileTransfer::~FileTransfer() {
  disk_.post([&disk = disk_, part = std::move(part_)]() mutable {
    disk.forget(*part);
    part.reset();
  });
}

// --- it begins ---

asio::awaitable<Result<void>> FileTransfer::open() {
  auto opened = co_await disk_.run([this] { return find(); });
  co_return opened;
}

Result<void> FileTransfer::find() {
  const auto state = folder_.state_of(facts().imei);
  auto held = find_held(state, identity(), name_);
  if (!held) {
    return std::unexpected(held.error());
  }
  resume_point_ = held->resume_point();
  auto& [file, known] = *held;
  if (file) {
    has_come(file->data());
    if (packets() > 0) { // proved to be the same one before anything is made of it
      new_facts().begun_as(file->identity());
      count_resumption();
    }
    goes_on_with(bytes());
    path_ = file->path();
    begun_ = true;
    part_->file() = std::move(file);
    return part_->room().check(part_->data());
  }
  if (known.empty()) {
    return check_new();
  }
  known_ = std::move(known);
  path_ = state.absolute(known_.front().name);
  return {};
}

asio::awaitable<Result<void>> FileTransfer::begin_new() {
  known_.clear();
  path_ = part_of(name_);
  resume_point_ = ResumePoint();
  auto checked = co_await disk_.run([this] { return check_new(); });
  co_return checked;
}

Result<void> FileTransfer::check_new() {
  const auto folder = check_folder(folder_of(name_));
  return folder ? part_->room().check({}) : folder;
}

asio::awaitable<Result<void>> FileTransfer::begin_part() {
  auto begun = co_await disk_.run([this] { return begin_file(); });
  begun_ = begun.has_value();
  if (begun_) {
    path_ = part_->file()->path();
  }
  co_return begun;
}

/// Those of its name by what is known now.
Result<void> FileTransfer::make_folders(Barrier& barrier) {
  if (have_changed()) {
    name_ = folder_.path_for(facts());
  }
  return create_folders(folder_.options().output, folder_of(name_), barrier);
}

Result<void> FileTransfer::begin_file() {
  Barrier folders;
  const auto folder = make_folders(folders);
  auto file = folder ? ResumableFile::create(name_, identity(), folder_.state_of(facts().imei),
                                             std::move(folders))
                     : std::unexpected(folder.error());
  if (!file) {
    return std::unexpected(file.error());
  }
  part_->file() = std::move(*file);
  return {};
}

// --- it comes ---

asio::awaitable<Result<void>> FileTransfer::append(std::span<const Bytes> payloads) {
  if (flow_->has_failed) {
    co_return co_await failure();
  }
  if (payloads.empty()) {
    co_return Result<void>();
  }
  auto block = std::make_shared<Block>(payloads);
  if (!begun_) {
    auto begun = co_await begin_part();
    if (!begun) {
      co_return begun;
    }
  }
  add(payloads);
  co_await disk_.room();
  co_await turn();
  const auto size = block->size();
  flow_->bytes += size;
  disk_.append(
      size, [&disk = disk_, flow = flow_, part = part_, block = std::move(block), size]() mutable {
        part->append(*block, disk.tail());
        block.reset();
        part.reset();
        disk.tell([flow = std::move(flow), size] {
          flow->bytes -= size;
          flow->turn.cancel();
        });
      });
  co_return Result<void>();
}

/// Some blocks may be written while the next one comes.
asio::awaitable<void> FileTransfer::turn() {
  while (flow_->bytes >= most_on_the_way) {
    flow_->turn.expires_at(asio::steady_timer::time_point::max());
    co_await flow_->turn.async_wait(as_values);
  }
}

/// Why nothing is appended any more; what was is saved if that is possible.
asio::awaitable<Result<void>> FileTransfer::failure() {
  auto failed = co_await disk_.run([this] { return part_->state(); });
  const auto data = co_await disk_.run([this] { return part_->data(); });
  has_come(data);
  if (data.packets > 0) {
    co_await disk_.commit(std::make_shared<Leaving>(*part_, 0, 0));
  }
  co_return failed;
}

// --- it ends ---

asio::awaitable<std::filesystem::path> FileTransfer::kept() {
  if (packets() == 0) {
    co_return std::filesystem::path();
  }
  auto kept = co_await disk_.run([this] { return part_->kept_as(); });
  co_return kept;
}

asio::awaitable<Result<void>> FileTransfer::leave(std::uint32_t packet, std::uint64_t offset) {
  if (packets() == 0) {
    co_await disk_.run([this] {
      if (part_->file()) {
        part_->file()->discard();
      }
      return true;
    });
    co_return Result<void>();
  }
  auto leaving = std::make_shared<Leaving>(*part_, packet, offset);
  co_await disk_.commit(leaving);
  co_return leaving->result;
}

asio::awaitable<Result<std::filesystem::path>> FileTransfer::set_aside() {
  auto setting = std::make_shared<SettingAside>(*part_);
  co_await disk_.commit(setting);
  co_return setting->result;
}

asio::awaitable<Result<Finished>> FileTransfer::finish(const FileCompleted& completed,
                                                       Unsaid& unsaid) {
  if (!completed.known) {
    auto finished = co_await finish_new(completed, unsaid);
    co_return finished;
  }
  auto finished = co_await disk_.run([&] { return finish_known(completed, unsaid); });
  co_return finished;
}

Result<Finish> FileTransfer::how_to_finish(const FileCompleted& completed, Barrier& barrier) {
  if (facts().file.extension().empty()) {
    const auto extension = content_extension_of(part_->file()->path());
    if (!extension) {
      return std::unexpected(extension.error());
    }
    new_facts().content_extension = *extension;
  }
  if (const auto folder = make_folders(barrier); !folder) {
    return std::unexpected(folder.error());
  }
  return Finish{.name = name_,
                .if_exists = folder_.options().if_exists,
                .bytes = completed.bytes,
                .crc = completed.crc,
                .metadata = facts().metadata_payload.bytes(),
                .sidecar = facts().sidecar()};
}

asio::awaitable<Result<Finished>> FileTransfer::finish_new(const FileCompleted& completed,
                                                           Unsaid& unsaid) {
  const auto read = // a barrier may be under way meanwhile
      co_await disk_.run([this] { return guarded([this] { return part_->read_back(); }); });
  if (!read) {
    auto error = co_await keep_unnamed(read.error());
    co_return std::unexpected(std::move(error));
  }
  Unsaid::Hold hold;
  auto naming = std::make_shared<Naming>(*part_, [&](Barrier& barrier) {
    if (hold.imei() == 0) {
      hold = unsaid.hold(facts().imei);
    }
    return how_to_finish(completed, barrier);
  });
  co_await disk_.commit(naming);
  const auto& named = naming->result;
  if (!named || !*named) {
    disk_.post([released = std::move(hold)] {});
  }
  if (!named) {
    auto error = named.error();
    if (!naming->has_begun()) {
      error = co_await keep_unnamed(std::move(error));
    }
    co_return std::unexpected(std::move(error));
  }
  if (!*named) {
    co_return Finished{Finished::What::skipped, name_, part_->data(), false};
  }
  path_ = (*named)->path;
  co_return Finished{Finished::What::stored, path_,
                     part_->data(),          true,
                     part_->sha256(),        {std::move(hold), (*named)->record}};
}

/// Nothing of it is lost. What is to be told.
asio::awaitable<Error> FileTransfer::keep_unnamed(Error error) {
  if (error.category != ErrorCategory::crc) {
    (void)co_await leave(0, 0);
    co_return error;
  }
  const auto kept = co_await set_aside();
  path_ = kept.value_or(path_);
  co_return kept ? error : kept.error();
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
  auto hold = *is_there && !said ? unsaid.take(state, facts().imei, id) : std::nullopt;
  if (!hold) {
    return finished;
  }
  finished.is_news = true;
  finished.line = {std::move(*hold), id};
  new_facts().begun_as(identity);
  auto sum = sha256_of(finished.path);
  if (!sum) {
    return std::unexpected(sum.error());
  }
  finished.sha256 = std::move(*sum);
  const auto written = write_sidecar(finished.path, facts());
  return written ? Result<Finished>(std::move(finished)) : std::unexpected(written.error());
}

} // namespace dualcam::serve
