#include "dcam-serve/syncer.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include <sys/stat.h>

#include "common/sync_anchor.hpp"
#include "dcam-serve/guarded.hpp"
#include "dualcam/storage/durable.hpp"

namespace dualcam::serve {
namespace {

constexpr double weight_of_newest = 0.25;
// What was not tried for long may have become cheaper.
constexpr double forgetting = 0.98;

void add(double& average, double newest) {
  average = average == 0 ? newest : average + weight_of_newest * (newest - average);
}

double seconds(std::chrono::nanoseconds time) {
  return std::max(std::chrono::duration<double>(time).count(), 1e-9);
}

} // namespace

// --- what it costs ---

bool SyncCosts::prefers_whole(std::size_t files) {
  if (files <= few_ || file_ == 0) {
    return false;
  }
  const bool prefers = static_cast<double>(files) * file_ > whole_;
  whole_ *= prefers ? 1 : forgetting;
  return prefers;
}

void SyncCosts::by_file(std::size_t files, std::chrono::nanoseconds took) {
  if (files > 0) {
    add(file_, seconds(took) / static_cast<double>(files));
  }
}

void SyncCosts::whole(std::chrono::nanoseconds took) { add(whole_, seconds(took)); }

// --- what is to be synced ---

/// One thing, and those who need it.
struct Syncer::Item {
  std::vector<Commit*> commits;
  const File* file = nullptr;
  const Barrier::Late* late = nullptr;
  ClaimTable* table = nullptr;                     ///< whose file that is
  std::vector<const ClaimTable::Entry*> entries{}; ///< of that
  std::filesystem::path folder{};                  ///< if it is neither
  bool is_written = false;                         ///< what `late` or `table` is to have
  std::optional<dev_t> written_to{};
  Result<void> result{};

  /// On any thread, which does not end by what is thrown.
  void sync() {
    if (result && table != nullptr && !is_written) {
      result = guarded([&] {
        write();
        return result;
      });
    }
    if (result) {
      result = guarded([&] {
        return file != nullptr   ? file->sync()
               : late == nullptr ? sync_folder(folder)
               : is_written      ? Barrier::Late{late->path}.sync()
                                 : late->sync();
      });
    }
  }

  void write() {
    if (table != nullptr) {
      result = table->write(entries);
      is_written = true;
    }
    if (late != nullptr && late->write) {
      const auto written = late->write();
      result = written ? Result<void>() : std::unexpected(written.error());
      written_to = written ? written->device() : std::nullopt;
      is_written = true;
    }
  }

  /// Which file system it is on, as far as that can be told.
  std::optional<dev_t> device() const {
    if (file != nullptr) {
      return file->device();
    }
    if (written_to) {
      return written_to;
    }
    struct stat status{};
    const auto& path = late != nullptr ? late->path : folder;
    return FileSystem::current().stat(path.c_str(), &status) == 0 ? std::optional(status.st_dev)
                                                                  : std::nullopt;
  }

  void tell() const {
    if (table != nullptr) {
      result ? table->confirm() : table->set_broken();
    }
    for (auto* commit : commits) {
      if (!result && table != nullptr && commit->job->repeats()) {
        commit->unknown = true; // and will be published without the table
      } else if (!result && !commit->error) {
        commit->error = result.error();
      }
    }
  }
};

struct Syncer::Items {
  explicit Items(std::span<Commit> commits) {
    std::map<std::filesystem::path, std::vector<Commit*>> by_folder;
    std::map<ClaimTable*, Item> by_table;
    for (auto& commit : commits) {
      for (const auto* file : commit.barrier.files()) {
        files.push_back({.commits = {&commit}, .file = file});
      }
      for (const auto& file : commit.barrier.late_files()) {
        files.push_back({.commits = {&commit}, .late = &file});
      }
      for (const auto& [table, entry] : commit.barrier.shared()) {
        auto& item = by_table[table.get()];
        item.commits.push_back(&commit);
        item.entries.push_back(&entry);
      }
      for (const auto& folder : commit.barrier.folders()) {
        by_folder[folder].push_back(&commit);
      }
    }
    for (auto& [table, item] : by_table) {
      item.table = table;
      item.file = &table->file();
      files.push_back(std::move(item));
    }
    tables = by_table.size();
    folders.reserve(by_folder.size());
    for (auto& [folder, waiting] : by_folder) {
      folders.push_back({.commits = std::move(waiting), .folder = folder});
    }
  }

  std::vector<Item> files;
  std::vector<Item> folders;
  std::size_t tables = 0; ///< among the files
};

namespace {

template <class Item> std::vector<Item*> pointers_to(std::vector<Item>& items) {
  std::vector<Item*> result;
  result.reserve(items.size());
  for (auto& item : items) {
    result.push_back(&item);
  }
  return result;
}

} // namespace

// --- the barrier ---

Syncer::~Syncer() {
  if (files_ != nullptr && anchor_ >= 0) {
    files_->close(anchor_);
  }
}

void Syncer::open(const std::filesystem::path& folder) {
  files_ = &FileSystem::current();
  anchor_ = open_sync_anchor(folder);
  struct stat status{};
  if (anchor_ >= 0 && files_->fstat(anchor_, &status) != 0) {
    files_->close(std::exchange(anchor_, -1));
  }
  device_ = status.st_dev;
}

/// Several at a time: what one waits for is mostly the device.
void Syncer::sync_each(std::vector<Item*>& items) const {
  auto& files = FileSystem::current();
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    const FileSystem::Use use(files);
    for (std::size_t i = next++; i < items.size(); i = next++) {
      items[i]->sync();
    }
  };
  std::vector<std::jthread> others;
  auto threads = std::min(threads_, items.size());
  while (others.size() + 1 < threads) {
    try {
      others.emplace_back(work);
    } catch (const std::system_error&) {
      threads = 1; // there are no more: those that there are do it
    }
  }
  work();
}

/// Files, then folders, each once; or all of them at once.
void Syncer::sync(std::span<Commit> commits) {
  Items items(commits);
  const auto count = items.files.size() + items.folders.size();
  if (anchor_ >= 0 && costs_.prefers_whole(count) && sync_whole(commits, items)) {
    return;
  }
  const auto begun = clock_.now();
  for (auto* each : {&items.files, &items.folders}) {
    auto pointers = pointers_to(*each);
    sync_each(pointers);
    std::ranges::for_each(*each, &Item::tell);
  }
  if (items.tables == 0) { // which are no files like others
    costs_.by_file(count, clock_.now() - begun);
  }
}

/// False: it failed, for whatever it was, and each has to be asked. What is on another file system
/// is synced by itself.
bool Syncer::sync_whole(std::span<Commit> commits, Items& items) {
  const auto begun = clock_.now();
  std::ranges::for_each(items.files, &Item::write);
  const bool done = uninterrupted([&] { return files_->syncfs(anchor_); }) == 0;
  ++whole_syncs_;
  if (!done) {
    const Result<void> failed = io_error("sync", "the file system", errno);
    for (auto& item : items.files) { // what a table had to sync may be lost
      item.result = item.table != nullptr ? failed : item.result;
    }
    for (auto& commit : commits) {
      commit.unknown = commit.published && commit.job->repeats();
    }
    return false;
  }
  std::vector<Item*> elsewhere;
  for (auto* each : {&items.files, &items.folders}) {
    for (auto& item : *each) {
      if (item.device() != device_) {
        elsewhere.push_back(&item);
      } else if (item.file != nullptr && item.result) {
        item.result = item.file->was_written();
      } else if (item.late != nullptr && !item.is_written) { // an earlier sync may have lost it
        item.result = item.late->was_written();
      }
    }
  }
  costs_.whole(clock_.now() - begun);
  sync_each(elsewhere);
  std::ranges::for_each(items.files, &Item::tell);
  std::ranges::for_each(items.folders, &Item::tell);
  return true;
}

} // namespace dualcam::serve
