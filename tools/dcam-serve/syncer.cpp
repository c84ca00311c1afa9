#include "dcam-serve/syncer.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

namespace dualcam::serve {
namespace {

/// One thing to sync, and those who need it.
struct Item {
  std::vector<Commit*> commits;
  const File* file = nullptr; ///< null: the folder
  std::filesystem::path folder;
  Result<void> result{};

  void sync() { result = file != nullptr ? file->sync() : sync_folder(folder); }
};

void tell(const std::vector<Item>& items) {
  for (const auto& item : items) {
    for (auto* commit : item.commits) {
      if (!item.result && !commit->error) {
        commit->error = item.result.error();
      }
    }
  }
}

/// Several at a time: what one waits for is mostly the device.
void sync_all(std::vector<Item>& items, std::size_t most_threads) {
  auto& files = FileSystem::current();
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    const FileSystem::Use use(files);
    for (std::size_t i = next++; i < items.size(); i = next++) {
      items[i].sync();
    }
  };
  std::vector<std::jthread> others;
  auto threads = std::min(most_threads, items.size());
  while (others.size() + 1 < threads) {
    try {
      others.emplace_back(work);
    } catch (const std::system_error&) {
      threads = 1; // there are no more: those that there are do it
    }
  }
  work();
  others.clear();
}

} // namespace

/// Files, then folders, each once.
void Syncer::sync(std::span<Commit> commits) {
  std::vector<Item> files;
  std::map<std::filesystem::path, std::vector<Commit*>> by_folder;
  for (auto& commit : commits) {
    for (const auto* file : commit.barrier.files()) {
      files.push_back({{&commit}, file, {}});
    }
    for (const auto& folder : commit.barrier.folders()) {
      by_folder[folder].push_back(&commit);
    }
  }
  std::vector<Item> folders;
  folders.reserve(by_folder.size());
  for (auto& [folder, waiting] : by_folder) {
    folders.push_back({std::move(waiting), nullptr, folder});
  }
  sync_all(files, threads_);
  tell(files);
  sync_all(folders, threads_);
  tell(folders);
}

} // namespace dualcam::serve
