// Where files go, which is decided here once: below a folder, or to standard output (`-o -`).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "dcam-serve/disks.hpp"
#include "dcam-serve/options.hpp"
#include "dcam-serve/transfer.hpp"
#include "dcam-serve/untold.hpp"
#include "dualcam/storage/state_folder.hpp"

namespace dualcam::serve {

/// What returns a Result, and what it is said of, may block on the disk. What is awaited is called
/// by the loop's thread.
class Destination {
public:
  /// As the options say, which outlive it as `disks` and `clock` do.
  static std::unique_ptr<Destination> of(const ServeOptions& options, Disks& disks,
                                         const Clock& clock);
  Destination() = default;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  virtual ~Destination() = default;

  /// Below which is kept what is known of the files; nullopt: that is kept nowhere.
  virtual std::optional<std::filesystem::path> state_root() const = 0;
  /// For people: "files go to ...".
  virtual std::string description() const = 0;
  /// For people: what about the files that are incomplete when it ends.
  virtual std::string_view left_incomplete() const = 0;
  /// Whether files can go there; an error says what to do.
  virtual Result<void> check() const = 0;

  /// The name the file is to get.
  virtual std::filesystem::path path_for(const FileFacts& facts) const = 0;
  /// Where it is to be: what reads the disk is to be asked there.
  virtual asio::awaitable<Disk*> disk_for(const std::filesystem::path& name) = 0;
  /// Whether a file may not have its name, by --if-exists skip or fail. Reads the disk.
  virtual bool is_refused(const FileFacts& facts, const std::filesystem::path& name) const = 0;
  /// Whether something is held that this may be, or may be a part of. Reads the disk.
  virtual bool may_be_held(const FileFacts& facts, const std::filesystem::path& name) const = 0;
  /// Whether a file of this camera was stored, by an earlier run as well. Reads the disk.
  virtual bool has_stored(std::uint64_t imei) const = 0;

  /// Whether it takes this file next; otherwise it waits for another one.
  virtual bool takes(const FileRef& file) const = 0;
  /// Whether it takes more than one file: one that does not come lets the camera's others go first.
  virtual bool takes_others() const = 0;
  virtual asio::awaitable<Result<std::unique_ptr<Transfer>>> begin(FileFacts facts,
                                                                   std::uint32_t announced) = 0;
  /// The link was lost in mid-file.
  virtual void pause(std::unique_ptr<Transfer> transfer) = 0;

  /// Files that an earlier run has stored but could not tell. Reads the disk.
  virtual std::vector<Untold> untold(Unsaid& unsaid) const = 0;
  /// The line of this file has been written. Where that does not work it is told again at the next
  /// start.
  virtual void mark_said(std::uint64_t imei, std::uint64_t record) const = 0;
  /// Removes parts that no camera came back for in `age`, and returns them; records as well. It
  /// needs nothing of this object.
  using Tidying = std::function<std::vector<std::filesystem::path>()>;
  virtual Tidying tidying(std::chrono::seconds age) const = 0;
};

class FolderDestination : public Destination {
public:
  FolderDestination(const ServeOptions& options, Disks& disks, const Clock& clock)
      : options_(options), disks_(disks), clock_(clock) {}

  const ServeOptions& options() const { return options_; }
  /// Below which the state folders are.
  std::filesystem::path root() const;
  /// What is known of a camera's files.
  StateFolder state_of(std::uint64_t imei) const { return {root(), imei}; }

  std::optional<std::filesystem::path> state_root() const override { return root(); }
  std::string description() const override;
  std::string_view left_incomplete() const override {
    return "run the same command again for what is incomplete";
  }
  Result<void> check() const override;
  std::filesystem::path path_for(const FileFacts& facts) const override;
  asio::awaitable<Disk*> disk_for(const std::filesystem::path& name) override;
  bool is_refused(const FileFacts& facts, const std::filesystem::path& name) const override;
  bool may_be_held(const FileFacts& facts, const std::filesystem::path& name) const override;
  bool has_stored(std::uint64_t imei) const override;
  bool takes(const FileRef&) const override { return true; }
  bool takes_others() const override { return true; }
  asio::awaitable<Result<std::unique_ptr<Transfer>>> begin(FileFacts facts,
                                                           std::uint32_t announced) override;
  /// It is found again on the disk.
  void pause(std::unique_ptr<Transfer>) override {}
  std::vector<Untold> untold(Unsaid& unsaid) const override;
  void mark_said(std::uint64_t imei, std::uint64_t record) const override;
  Tidying tidying(std::chrono::seconds age) const override;

private:
  const ServeOptions& options_;
  Disks& disks_;
  const Clock& clock_;
};

/// One file, the first of which anything comes: whatever connections that takes, it goes on with
/// the same one.
class StreamDestination : public Destination {
public:
  StreamDestination(Disks& disks, const Clock& clock) : disks_(disks), clock_(clock) {}

  std::optional<std::filesystem::path> state_root() const override { return std::nullopt; }
  std::string description() const override { return "the first file goes to standard output"; }
  std::string_view left_incomplete() const override {
    return "what went to standard output is incomplete";
  }
  Result<void> check() const override { return {}; }
  std::filesystem::path path_for(const FileFacts&) const override { return "-"; }
  asio::awaitable<Disk*> disk_for(const std::filesystem::path&) override {
    co_return &disks_.root();
  }
  bool is_refused(const FileFacts&, const std::filesystem::path&) const override { return false; }
  bool may_be_held(const FileFacts&, const std::filesystem::path&) const override { return false; }
  bool has_stored(std::uint64_t) const override { return false; }
  bool takes(const FileRef& file) const override {
    return !paused_ || paused_->facts().file == file;
  }
  bool takes_others() const override { return false; }
  asio::awaitable<Result<std::unique_ptr<Transfer>>> begin(FileFacts facts,
                                                           std::uint32_t announced) override;
  void pause(std::unique_ptr<Transfer> transfer) override;
  std::vector<Untold> untold(Unsaid&) const override { return {}; }
  void mark_said(std::uint64_t, std::uint64_t) const override {}
  Tidying tidying(std::chrono::seconds) const override {
    return [] { return std::vector<std::filesystem::path>(); };
  }

private:
  Disks& disks_;
  const Clock& clock_;
  std::unique_ptr<Transfer> paused_; ///< what went to standard output cannot be begun again
};

} // namespace dualcam::serve
