/// \file
/// `NAME.part.checkpoint`: the durable claim of one part (checkpoint.hpp). It is open only while it
/// is written, so that a transfer has few files open.
///
/// A claim goes into the older of two slots, and only when the newer one is durable: whatever a
/// power cut tears, a claim that can be read is true. An object is used by one thread at a time;
/// errors are of category io and name the path.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "dualcam/storage/barrier.hpp"
#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/kept_path.hpp"

namespace dualcam {

/// Whoever has one holds the lock of the part.
class CheckpointFile {
public:
  /// nullopt: there is none, or what is there is no checkpoint. Without the claims that it has in a
  /// table.
  static Result<std::optional<Checkpoint>> read(const std::filesystem::path& path);
  /// With those that the newest one tells of, in a table below `root`.
  static Result<std::optional<Checkpoint>> read(const std::filesystem::path& path,
                                                const std::filesystem::path& root);
  /// Whether there is something of this name that tells nothing, as a power cut may leave it.
  static Result<bool> is_blank(const std::filesystem::path& path);

  /// A new one, in place of what has the name.
  static Result<CheckpointFile> create(const std::filesystem::path& path,
                                       const FileIdentity& identity);
  /// Goes on with what `read` gave, whose newest claim is to be durable before `publish`.
  /// `believed`: the slot that the part bears out. `shared`: the claim that it bears out, if that
  /// is in a table; it gets a slot here. Version 1 is not gone on with.
  static Result<CheckpointFile> go_on(const std::filesystem::path& path,
                                      const Checkpoint& checkpoint,
                                      std::optional<unsigned> believed,
                                      const Claim* shared = nullptr);

  /// For a barrier: what `create` and `go_on` have written.
  Barrier::Late file() const { return {path_, {}}; }
  /// Its random number.
  std::uint64_t part() const { return part_; }

  /// Claims, by a sequence of its own, in place of the older claim. `barrier` writes it and makes
  /// it durable; it fails if that older claim is none of ours: somebody else writes here. `tail`:
  /// that of the claim, which has none itself; nullptr: there is none.
  void publish(Claim claim, std::shared_ptr<const ByteBuffer> tail, Barrier& barrier);
  /// The claim is durable. Before that another one replaces it, and the older one remains.
  void confirm();

  /// From the second claim on they are in the table, unless something there fails; the next one
  /// tells where. Of use to who has many parts.
  void share(std::shared_ptr<ClaimTable> table);
  /// Whether claims may be there.
  bool has_row() const { return row_.has_value(); }
  /// The next claim is the last one, and stands here.
  void leave_table() { is_leaving_ = true; }
  /// It is not needed any more: nor is its row.
  void retire();

  /// It gets another name.
  void set_path(const std::filesystem::path& path) { path_ = path; }

private:
  /// Where a claim goes, and whether it tells of the row.
  enum class Published { alone, with_row, in_table };

  CheckpointFile(const std::filesystem::path& path, std::uint64_t part, const std::string& header);
  std::uint64_t offset_of(unsigned slot) const { return slots_ + slot * checkpoint_block; }
  void tell_row(Claim& claim, Barrier& barrier);

  KeptPath path_;
  std::uint64_t part_ = 0;
  std::uint64_t header_ = 0;             ///< its CRC-64
  std::uint64_t slots_ = 0;              ///< where they begin
  std::array<std::uint64_t, 2> known_{}; ///< CRC-64 of what is in each slot
  std::uint64_t sequence_ = 0;           ///< of the claim before the next one
  unsigned slot_ = 0;                    ///< for the next one here

  std::shared_ptr<ClaimTable> table_;
  std::optional<SharedRow> row_;           ///< of that, once a claim tells it
  bool tells_row_ = false;                 ///< a durable claim does
  bool is_leaving_ = false;                ///< the next claim is the last
  Published published_ = Published::alone; ///< the last one
};

} // namespace dualcam
