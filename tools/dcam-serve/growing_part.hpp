// A part on the writing thread's side: what a transfer has handed over goes there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dcam-serve/committer.hpp"
#include "dcam-serve/room.hpp"
#include "dcam-serve/sha256.hpp"
#include "dualcam/storage/resumable_file.hpp"

namespace dualcam::serve {

/// Verified packets on their way to the writing thread.
class Block {
public:
  explicit Block(std::span<const Bytes> payloads);

  std::size_t size() const { return bytes_.size(); }
  std::vector<Bytes> payloads() const;
  Bytes bytes() const { return bytes_; }

private:
  std::vector<std::uint32_t> sizes_;
  ByteBuffer bytes_;
};

/// As a Job it makes durable what has been appended. Every member belongs to the writing thread.
class GrowingPart : public Job, public std::enable_shared_from_this<GrowingPart> {
public:
  /// As Committer::grew, of this very job.
  using Grew = std::function<void(std::shared_ptr<Job> job, bool hurry)>;
  /// As Disk::claims.
  using Claims = std::function<std::shared_ptr<ClaimTable>()>;

  /// `failed` is called when its growth fails.
  GrowingPart(Room room, Grew grew, Claims claims, std::function<void()> failed)
      : room_(std::move(room)), grew_(std::move(grew)), claims_(std::move(claims)),
        failed_(std::move(failed)) {}

  std::optional<ResumableFile>& file() { return file_; }
  const Room& room() const { return room_; }
  /// What has been appended.
  HeldData data() const { return file_ ? file_->data() : data_before_; }

  /// Where that lies as a part; empty: somebody has moved or removed it, or nobody can tell.
  std::filesystem::path kept_as() const;

  /// Not once something has failed.
  void append(const Block& block, Tail tail = Tail::written);
  /// Once the whole file has been appended, as ResumableFile.
  Result<void> read_back();
  /// Of the whole file; after `read_back`, once.
  std::string sha256() { return digest_->hex(); }
  /// As once something has failed.
  Result<void> state() const;
  /// What a barrier has failed for is closed as it is, so that the camera's next connection can
  /// have it.
  bool is_broken() const { return broken_; }
  /// Another job makes durable what there is; nothing is appended any more.
  void hand_over() { handed_over_ = true; }

  Result<Step> prepare(Barrier& barrier) override;
  Result<Step> publish(Barrier& barrier) override;
  bool repeats() const override { return true; }
  Result<void> tell() override;
  void fail(const Error& error, bool barrier) override;

private:
  Room room_;
  Grew grew_;
  Claims claims_;
  std::function<void()> failed_;
  std::optional<ResumableFile> file_; ///< from its first packet on
  HeldData data_before_;              ///< it was closed
  std::filesystem::path kept_before_; ///< the same
  std::optional<Sha256> digest_;      ///< of all so far, if no earlier connection brought any of it
  std::uint64_t prepared_ = 0;        ///< bytes
  std::optional<Error> error_;
  bool broken_ = false;
  bool handed_over_ = false;
};

/// A step that a transfer waits for: what became of it is there when it is over.
/// One at a time.
template <class T> class AwaitedJob : public Job {
public:
  /// `part` outlives it.
  explicit AwaitedJob(GrowingPart& part) : part_(part) {}

  Result<Step> prepare(Barrier& barrier) final {
    part_.hand_over();
    return part_.is_broken() ? std::unexpected(part_.state().error()) : begin(barrier);
  }
  Result<Step> publish(Barrier& barrier) final {
    return part_.is_broken() ? std::unexpected(part_.state().error()) : go_on(barrier);
  }

  void fail(const Error& error, bool barrier) override {
    result = std::unexpected(error);
    if (barrier) {
      part_.fail(error, true);
    }
  }

  Result<T> result{};

protected:
  virtual Result<Step> begin(Barrier& barrier) = 0;
  virtual Result<Step> go_on(Barrier& barrier) {
    file().publish(barrier);
    return Step::wait;
  }
  ResumableFile& file() { return *part_.file(); }
  GrowingPart& part() { return part_; }

private:
  GrowingPart& part_;
};

/// The link is lost: makes what has been appended durable, or what was compared (ResumableFile).
class Leaving : public AwaitedJob<void> {
public:
  Leaving(GrowingPart& part, std::uint32_t packet, std::uint64_t offset)
      : AwaitedJob(part), packet_(packet), offset_(offset) {}

  bool repeats() const override { return true; }
  Result<void> tell() override;

private:
  Result<Step> begin(Barrier& barrier) override;

  std::uint32_t packet_;
  std::uint64_t offset_;
};

/// Nobody goes on with it: where it is kept.
class SettingAside : public AwaitedJob<std::filesystem::path> {
public:
  using AwaitedJob::AwaitedJob;

  bool repeats() const override { return true; }
  Result<void> tell() override;

private:
  Result<Step> begin(Barrier& barrier) override;
};

/// It gets its name. Nothing: that was taken, and it has been removed.
class Naming : public AwaitedJob<std::optional<StoredFile>> {
public:
  /// `how` says how, and may create folders.
  Naming(GrowingPart& part, std::function<Result<Finish>(Barrier&)> how)
      : AwaitedJob(part), how_(std::move(how)) {}

  Result<void> tell() override;
  bool opens_more() const override { return true; }
  /// Whether the first step has been done; before that the part is as it was.
  bool has_begun() const { return has_begun_; }

private:
  Result<Step> begin(Barrier& barrier) override;
  Result<Step> go_on(Barrier& barrier) override;

  std::function<Result<Finish>(Barrier&)> how_;
  bool has_begun_ = false;
};

} // namespace dualcam::serve
