/// \file
/// A file that may need several connections, processes and power cuts to arrive: `NAME.part` and
/// `NAME.part.checkpoint` (checkpoint.hpp).
///
/// What `save` has confirmed is found again by `find`, whatever happens to the process or the
/// machine; whether the camera still offers that file is proved by comparing an overlap
/// (ResumePoint). One part has one writer at a time: it is locked (flock), also against other
/// processes. When it is whole it becomes a file with a record (state_folder.hpp), which is what
/// its camera's next offer is compared with.
///
/// Becoming durable is in steps, so that a host with many files can make them durable together:
/// `prepare` does what has to be durable first, a barrier makes it so, `publish` does what may be
/// seen then, and when a barrier has made that durable, too, `confirm` is told. `save` and `finish`
/// are these steps for one file, with a sync of each of its files as the barrier.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dualcam/files/resume_point.hpp"
#include "dualcam/storage/checkpoint_file.hpp"
#include "dualcam/storage/part_file.hpp"
#include "dualcam/storage/state_folder.hpp"

namespace dualcam {

/// How a part becomes a file.
struct Finish {
  std::filesystem::path name;            ///< as `final_name` of `create`
  IfExists if_exists = IfExists::number; ///< if that is taken
  std::uint64_t bytes = 0;               ///< that its session has verified, all of the file
  std::uint16_t crc = 0;                 ///< CRC-16/KERMIT of these, as the session says
  ByteBuffer metadata;                   ///< as known by now; empty = not known
  std::string sidecar{};                 ///< the content of FILE.json; empty = there is none
};

/// A file that has its name.
struct StoredFile {
  std::filesystem::path path; ///< which may be numbered
  std::uint64_t record;       ///< its number in the state of its camera
};

/// A part with its checkpoint, open and locked. An object is used by one thread at a time; every
/// call may block as long as the disk takes. It may be moved, but not destroyed, while a Barrier
/// holds a step of it. Errors are of category io, but for those of `finish`, and name the path.
/// After one of any step, `append` included, or when a barrier behind a step has failed, the object
/// is only good for destruction, and after one of category crc for `set_aside` before that; what
/// was saved remains.
class ResumableFile {
public:
  /// Begins NAME.part, in a folder that exists, below the root of `state`. A part of that name that
  /// nobody has locked is not this file (`find` did not take it): it is kept, as NAME_1.EXT.part or
  /// the like, unless nothing was ever claimed of it. Nothing is durable before the first `save`.
  /// `folders`: what the barrier of that has to cover, too, as create_folders gave it.
  static Result<ResumableFile> create(const std::filesystem::path& final_name,
                                      FileIdentity identity, const StateFolder& state,
                                      Barrier folders = {});

  /// The part of this file with the most data that nobody has locked: one of `known`, which `state`
  /// has just given, or NAME.part of `final_name`, where earlier versions have left theirs. Only
  /// the overlap is read. What cannot be read is an error: it may be the one.
  static Result<std::optional<ResumableFile>> find(const StateFolder& state,
                                                   const CameraState& known,
                                                   const FileIdentity& identity,
                                                   const std::filesystem::path& final_name);

  /// Which file it is, as it was when it was begun.
  const FileIdentity& identity() const { return identity_; }
  /// NAME.part; after `publish_finish` the name it got, after `set_aside` the one it is kept under.
  std::filesystem::path path() const { return part_.path(); }
  /// As PartFile.
  Result<void> check_named() const { return part_.check_named(); }
  /// What has been appended.
  const HeldData& data() const { return data_; }
  /// Bytes that no step has confirmed.
  std::uint64_t unsaved() const { return data_.bytes - saved_.held.bytes; }

  /// What to ask the camera for. Right after `create` and `find`.
  const ResumePoint& resume_point() const { return resume_point_; }

  /// The next packets. What is held back is claimed with the rest; before the part gets its name,
  /// or is set aside, it is written.
  Result<void> append(std::span<const Bytes> payloads, Tail tail = Tail::written);

  /// Makes what was appended durable, and the claim that says so.
  Result<void> save();
  /// The link was lost while the camera sent again what is held: what is before packet `packet`,
  /// which begins at `offset` of the file, was the same. If nothing new has come since, the next
  /// comparison begins there. Of what is beyond what is held nothing is kept.
  Result<void> keep_compared(std::uint32_t packet, std::uint64_t offset);

  /// Of many parts that grow: the next claim tells that later ones are in the table, until `leave`.
  void share(const std::shared_ptr<ClaimTable>& table) { checkpoint_.share(table); }
  /// Before `prepare` while more is to come, if it comes little by little: asks for room for that.
  void make_room();
  /// Growth, the first step: what has been appended so far is to be covered.
  Result<void> prepare(Barrier& barrier);
  /// Before the last `prepare`: nothing more will come. What was held back is written, and room
  /// that was asked for is given back.
  Result<void> leave();
  /// As the first step, for what `keep_compared` does. False: there is nothing to be done.
  Result<bool> prepare_compared(std::uint32_t packet, std::uint64_t offset, Barrier& barrier);
  /// As the first step, after `leave`, where nothing has come since the last claim: that is to be
  /// in the checkpoint. False: it is.
  Result<bool> prepare_last(Barrier& barrier);
  /// As the first step, for what `set_aside` does.
  Result<void> prepare_aside(Barrier& barrier);
  /// The second: claims what was prepared, which `barrier` writes and makes durable. Again if it is
  /// not known whether a barrier has passed.
  void publish(Barrier& barrier);
  /// The claim is durable. Other things may have been prepared since it was published.
  void confirm();
  /// The same behind `prepare_aside`, as `set_aside`.
  Result<std::filesystem::path> confirm_aside();

  /// Gives it its name, with its sidecar and a record. Before that it is read back: an error of
  /// category crc if it, or what was appended, is not what was verified; then it has no name, and
  /// `set_aside` keeps it from being continued. nullopt: the name was taken and `if_exists` is
  /// `skip`; the part is removed then. `folders` as for `create`.
  Result<std::optional<StoredFile>> finish(const Finish& how, Barrier folders = {});

  /// Reads the whole file back, which else the first step of finishing does, and takes its time: if
  /// more is appended then, it is read again. Errors as of `finish`. `take` gets it in pieces that
  /// are valid during the call.
  Result<void> read_back(const std::function<void(Bytes)>& take = {});
  /// Finishing, the first step: the sidecar is written, as FILE.json.part, which keeps the file's
  /// name from others, and the record. False: the name is taken, and `if_exists` is `skip`.
  Result<bool> prepare_finish(const Finish& how, Barrier& barrier);
  /// The second: first the sidecar, then the file gets its name. nullopt: that was taken meanwhile,
  /// prepare again.
  Result<std::optional<StoredFile>> publish_finish(Barrier& barrier);
  /// The name is durable, the camera may be told.
  Result<void> confirm_finish();

  /// Keeps these bytes, under another name, and never goes on with them: the camera has others, or
  /// they are not what was verified. Returns that name.
  Result<std::filesystem::path> set_aside();

  /// Removes the part and its checkpoint.
  void discard();

private:
  struct Found;  ///< a part that may be gone on with
  struct Naming; ///< between `prepare_finish` and `publish_finish`

  ResumableFile(PartFile part, CheckpointFile checkpoint, FileIdentity identity,
                const StateFolder& state)
      : part_(std::move(part)), checkpoint_(std::move(checkpoint)), identity_(std::move(identity)),
        state_(state) {}

  static Result<std::optional<Found>> look_at(const std::filesystem::path& part,
                                              const FileIdentity& identity,
                                              const StateFolder& state);
  static Result<std::optional<Found>> look_at(const std::filesystem::path& part,
                                              const FileRecord& record);
  static Result<ResumableFile> go_on(Found found, const StateFolder& state,
                                     const CameraState& known);

  Result<void> add_entry();
  Result<FileRecord> read_whole(const std::function<void(Bytes)>& take) const;
  Result<Place> find_tail() const;
  Result<std::optional<std::filesystem::path>> reserve_name(const Finish& how, Barrier& barrier);
  Result<void> make_durable(Barrier& barrier);

  PartFile part_;
  CheckpointFile checkpoint_;
  FileIdentity identity_;
  StateFolder state_;
  Barrier begun_;         ///< what beginning it has left for the first barrier
  bool is_begun_ = false; ///< and that has passed
  HeldData data_;
  std::uint64_t crc64_ = 0;                     ///< of that
  std::deque<Place> places_;                    ///< where the last packets begin
  Claim saved_;                                 ///< the last one that is durable
  Claim next_;                                  ///< prepared
  std::shared_ptr<const ByteBuffer> next_tail_; ///< of that
  Claim published_;                             ///< and not confirmed yet
  ResumePoint resume_point_;
  std::uint64_t crc64_before_ = 0; ///< of what is before that
  std::optional<FileRecord> record_;
  std::shared_ptr<Naming> naming_;
};

/// Makes FILE.json durable beside a file that is stored: a power cut may have come before it.
Result<void> renew_sidecar(const std::filesystem::path& file, std::string_view text);

/// Where to look for parts: a folder (empty: the current one) and so many levels of folders below
/// it.
struct FolderTree {
  std::filesystem::path root; ///< it may be missing: then there are no parts
  unsigned levels = 0;        ///< 0: the folder alone
};

/// Removes parts that have not grown for `age`, and have a checkpoint. Returns those removed. Looks
/// at every name in the tree, and follows links to folders.
std::vector<std::filesystem::path> remove_abandoned(const FolderTree& tree,
                                                    std::chrono::seconds age);

} // namespace dualcam
