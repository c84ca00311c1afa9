/// \file
/// One connection with a camera whose files are stored in a folder: a ServerSession and the storage
/// behind it, for hosts that have a thread or a process for each connection.
///
///     while (!collector.ended()) {
///       wait for bytes, the end of the stream or collector.deadline(); then
///       collector.received(...), collector.disconnected() or collector.tick(...)
///       while (auto event = collector.poll()) perform(*event);
///     }
///
/// It keeps dualcam(7), PROMISES, 1 to 3. A file gets its name once it is whole, verified and
/// durable, and only then does the camera hear that it may forget it. What a cut connection brought
/// is saved and continued later, after its end has been compared. A stored file that is offered
/// again is recognised by its record, and told again if nobody was told of it.
///
/// It knows no socket, and waits for nothing but the disk: `poll` and `told` may block as long as
/// that takes. It may be destroyed at any time; as after a crash, what was saved is found again.
/// Several in one folder, of one process or of many, do each other no harm; two connections of one
/// camera may fetch a file twice.
///
/// Not thread-safe: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dualcam/host/left_alone.hpp"
#include "dualcam/session/server_session.hpp"
#include "dualcam/storage/held_file.hpp"
#include "dualcam/storage/state_folder.hpp"

namespace dualcam {

/// IMEI_TIME_KIND.EXT, by path with the camera for the kind: 350612071912857_1730205822000_dsm.jpg.
/// The time is that of the metadata, else of the path, else of the offer, in milliseconds. A path
/// comes from the network: nothing of it but that and a known ending gets into the name.
std::string plain_file_name(const FileIdentity& file);

/// What a Collector fetches, and where that goes.
struct CollectorConfig {
  std::filesystem::path folder;                  ///< which exists
  ServerConfig session{.wanted = Wishes::all()}; ///< what is fetched, and the waits
  Milliseconds save_every{1'000};                ///< what has come is durable so soon

  /// What a file is called in `folder`, when it begins and when it is whole: its metadata may have
  /// come meanwhile. One name, of 1 to 230 bytes, without a slash; what it takes over from a
  /// device's path could lead anywhere. A name that is taken is numbered.
  std::function<std::string(const FileIdentity&)> name = plain_file_name;
};

/// A file has its name, and is durable. Question: `told`.
struct FileStored {
  std::filesystem::path path; ///< where it is
  FileIdentity identity;      ///< which file, with its metadata
};

/// The disk failed, or what is on it is not what was verified (category crc): the last event, hang
/// up. What was saved waits for the camera's next connection.
struct StorageFailed {
  Error error; ///< why
};

/// What Collector::poll hands out: Send and Ended as ServerSession has them.
using CollectorEvent = std::variant<Send, FileStored, StorageFailed, Ended>;

/// One connection with a camera.
class Collector {
public:
  /// The device speaks first.
  Collector(CollectorConfig config, TimePoint now);

  /// What the device sent, in pieces of any size. Everything before must have been polled away, and
  /// `told` not be due (std::logic_error where something would be lost); `bytes` must stay valid
  /// until `poll` has returned nullopt. Nothing is taken after the end.
  void received(Bytes bytes, TimePoint now);
  /// The device's stream has ended, for whatever reason; also while `told` is due. `poll` has what
  /// is left to do.
  void disconnected() { session_.disconnected(); }
  /// Time has passed; called at or after `deadline`. At any other time it does no harm.
  void tick(TimePoint now);

  /// The next thing to do, nullopt when it waits for bytes, time or `told`.
  std::optional<CollectorEvent> poll();
  /// When `tick` is due at the latest.
  TimePoint deadline() const;
  /// How long to wait for bytes until then, as poll(2) takes it: in milliseconds, rounded up, so
  /// that `tick` is due behind it, and a minute at most.
  int wait(TimePoint now) const;

  /// To FileStored, also behind `disconnected`: whoever is to know of the file has been told, and
  /// the camera may forget it. Until then nobody has: the file is handed out again when the camera
  /// offers it in another connection. When it is not due: std::logic_error.
  void told(TimePoint now);

  /// Whether Ended or StorageFailed was handed out or is about to be.
  bool ended() const { return failed_ || session_.ended(); }

private:
  /// Other actions are for logs.
  template <class Other> Result<void> perform(const Other&) { return {}; }
  Result<void> perform(const Send& send);
  Result<void> perform(const Identified& identified);
  Result<void> perform(const MetadataReceived& metadata);
  Result<void> perform(const FileOffered& file);
  Result<void> perform(const FileStarted& file);
  Result<void> perform(const FileReplaced& file);
  Result<void> perform(const FileCompleted& file);
  Result<void> perform(const FileRefused& file);
  Result<void> perform(const Ended& ended);

  std::filesystem::path path_of(const FileIdentity& file) const;
  Result<void> begin();
  Result<void> write();
  Result<void> save();
  Result<void> finish(const FileCompleted& file);
  Result<void> recognise(const FileRecord& record);
  void hand_out(FileStored file, std::uint64_t record);
  void fail(const Error& error);

  CollectorConfig config_;
  TimePoint now_;
  ServerSession session_;
  FileIdentity offered_;             ///< the file that the camera has offered last
  std::optional<StateFolder> state_; ///< of that camera
  HeldFile held_;                    ///< of that file
  LeftAlone left_alone_;             ///< the camera does not forget these
  std::vector<Bytes> pieces_;        ///< not yet written
  TimePoint unsaved_since_;
  std::optional<CollectorEvent> event_; ///< to be handed out
  std::optional<std::uint64_t> record_; ///< of the file that has yet to be told
  bool failed_ = false;
};

} // namespace dualcam
