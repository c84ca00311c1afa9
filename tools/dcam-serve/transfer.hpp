// One file on its way from a camera to its destination.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/json.hpp"
#include "common/units.hpp"
#include "dcam-serve/destination.hpp"
#include "dcam-serve/options.hpp"
#include "dcam-serve/sha256.hpp"
#include "dcam-serve/unsaid.hpp"
#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

/// What is known of a camera's files.
StateFolder state_folder(const ServeOptions& options, std::uint64_t imei);

/// What the camera told about a file; its payload outlives the buffer it came in.
struct FileFacts {
  std::uint64_t imei = 0;
  FileRef file = FileKind::front_photo;
  SystemTime received;         ///< when it was first offered
  ByteBuffer metadata_payload; ///< empty = not known

  /// nullopt if there is none or it cannot be decoded. Views into `metadata_payload`.
  std::optional<Metadata> metadata() const;
  /// The record for events and the sidecar; null where nothing is known.
  Json metadata_json() const;
  /// What FILE.json says; empty: nothing is known.
  std::string sidecar() const;
  NameValues name_values() const;
  /// Where the file is to go.
  std::filesystem::path path_for(const ServeOptions& options) const;
  StateFolder state_for(const ServeOptions& options) const { return state_folder(options, imei); }
  /// Whether something is held that this may be, or may be a part of. Reads the disk.
  bool may_be_held(const ServeOptions& options) const;
};

/// FILE.json, where something is known of the file.
Result<void> write_sidecar(const std::filesystem::path& file, const FileFacts& facts);

/// What became of a whole file.
struct Finished {
  enum class What {
    stored,
    known,   ///< it was stored before, and is where it was or has moved on
    skipped, ///< by --if-exists
  };
  What what;
  std::filesystem::path path;
  FileCompleted file;
  bool is_news;         ///< nobody was told of it before
  std::string sha256{}; ///< of news
  Unsaid::Line line{};  ///< of news that have a record
};

/// `begin` and everything that returns a Result may block on the disk.
class Transfer {
public:
  /// Goes on with a part of this file, or finds files stored before that it may be. A new one is
  /// made with its first packet: the disk knows nothing of what was only announced. Refuses when it
  /// could not be made, or --min-free not be left.
  static Result<Transfer> begin(const ServeOptions& options, FileFacts facts,
                                std::uint32_t packets);

  const FileFacts& facts() const { return facts_; }
  FileFacts& facts() { return facts_; }
  FileIdentity identity() const;
  std::filesystem::path path() const;
  std::uint32_t packets() const { return packets_; }
  std::uint32_t packets_received() const { return destination_ ? destination_->data().packets : 0; }
  std::uint64_t bytes() const { return destination_ ? destination_->data().bytes : 0; }
  /// The part of them that this connection brought.
  std::uint64_t new_bytes() const { return bytes() - bytes_before_; }
  std::chrono::milliseconds duration() const;

  /// Where the camera is to begin.
  ResumePoint resume_point() const;
  /// It is only compared with files that were stored before.
  bool is_comparing() const { return !known_.empty(); }
  /// It is none of them. Refuses as `begin`.
  Result<void> begin_new();
  /// The connection was lost: the next one goes on with this object (`-o -`).
  void pause();

  /// Once a RESUME was sent, for bytes lost on the way or on a new connection.
  void count_resumption() { ++resumptions_; }
  unsigned resumptions() const { return resumptions_; }

  /// Whether `append` may take as long as a reader likes.
  bool may_block() const { return destination_ && destination_->may_block(); }
  /// Whether the next `append` makes the file, which takes the disk its time.
  bool is_begun() const { return destination_ != nullptr; }
  void interrupt() {
    if (destination_) {
      destination_->interrupt();
    }
  }
  bool reader_gone() const { return destination_ && destination_->reader_gone(); }

  /// The next verified packets, in order. After an error the file can only be given up; what was
  /// appended before is saved if the disk allows it.
  Result<void> append(std::span<const Bytes> payloads);

  /// Whether so much time has passed or so much has come that `save` is due.
  bool save_is_due(TimePoint now) const { return unsaved() && now >= save_due_at(); }
  bool unsaved() const { return destination_ && destination_->unsaved() > 0; }
  TimePoint save_due_at() const;

  /// Makes what has arrived durable, as a part. An error also when --min-free is not left any more.
  Result<void> save();

  /// The link is lost: makes what has arrived durable, and that what is before packet `next`, which
  /// begins at `offset`, has come again as it is held (0: nothing). Of nothing, nothing remains.
  Result<void> leave(std::uint32_t next = 0, std::uint64_t offset = 0);

  /// Makes the file durable under its final name, with its sidecar. An error of category crc: what
  /// is stored is not what was verified; it is kept under another name.
  Result<Finished> finish(const FileCompleted& completed, Unsaid& unsaid);

  /// The camera offers another file now. Returns where what has come of this one is kept.
  Result<std::filesystem::path> set_aside() { return destination_->set_aside(); }

private:
  Transfer(const ServeOptions& options, FileFacts facts, std::uint32_t packets);
  Result<void> open();
  Result<void> begin_file();
  Result<void> go_on(ResumableFile file);
  Result<Finished> finish_new(const FileCompleted& completed, Unsaid& unsaid);
  Result<Finished> finish_known(const FileCompleted& completed, Unsaid& unsaid);
  Result<void> check_room() const;

  const ServeOptions* options_;
  FileFacts facts_;
  std::unique_ptr<Destination> destination_;
  std::vector<FileRecord> known_; ///< what it is compared with
  Sha256 digest_;
  TimePoint started_;
  TimePoint saved_at_;
  std::uint32_t packets_;
  std::uint64_t bytes_before_ = 0;
  unsigned resumptions_ = 0;
};

} // namespace dualcam::serve
