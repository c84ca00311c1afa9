// A camera's files on their way, one after the other: from an offer to the stored file, or to what
// is kept of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/coroutine.hpp"
#include "dcam-serve/recent_bytes.hpp"
#include "dcam-serve/transfer.hpp"
#include "dualcam/host/left_alone.hpp"
#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

class Server;

/// What a session says of files is performed here, and its questions are answered. A file that the
/// destination refuses ends the upload for good: `failed`.
class Upload {
public:
  /// Both outlive it. `wake` is called when `write` will fail though nothing has come.
  Upload(Server& server, ServerSession& session, std::function<void()> wake)
      : server_(server), session_(session), wake_(std::move(wake)) {}

  /// The camera was admitted; before anything else.
  void identified(std::uint64_t imei, const Origin& origin);

  asio::awaitable<void> perform(const MetadataReceived& metadata);
  asio::awaitable<void> perform(const FileOffered& offered);
  asio::awaitable<void> perform(const FileStarted& started);
  asio::awaitable<void> perform(const FileReplaced& replaced);
  asio::awaitable<void> perform(const FileCompleted& completed);
  asio::awaitable<void> perform(const FileRefused& refused);
  asio::awaitable<void> perform(const Resumed& resumed);

  /// The next packet, a view that must last until `write`. False: that is due.
  bool take(const FileData& data);
  /// Hands on what was taken; false: the file has failed. Before anything else is performed.
  asio::awaitable<bool> write();

  /// The connection is over: what came of a file becomes durable as it is.
  asio::awaitable<void> leave(std::string why);
  /// Before `leave`, when that is the camera's doing; `in_vain`: all attempts were made.
  void step_back(bool in_vain);
  /// A reader who takes their time is not waited for any longer.
  void interrupt();

  /// The file on its way; null: none.
  const Transfer* transfer() const { return transfer_.get(); }
  /// What has come is waited for to be taken.
  bool writing() const { return writing_; }
  bool failed() const { return failed_; }
  /// The device has refused a file.
  bool refused() const { return device_failed_; }
  /// A file was stored, or gone on with.
  bool proved() const { return proved_; }
  std::uint64_t recent_bytes(TimePoint now) const { return recent_bytes_.value(now); }

private:
  asio::awaitable<bool> is_refused();
  asio::awaitable<bool> may_be_held();
  asio::awaitable<void> refuse_name();
  void leave_file();
  std::optional<Error> too_large(std::uint32_t announced) const;
  Result<void> check_size() const;
  asio::awaitable<bool> begin_transfer(std::uint32_t announced);
  void receive_file();
  void has_proved();
  void step_back(const FileRef& file, bool in_vain);
  asio::awaitable<bool> save();
  void pause();
  asio::awaitable<void> fail(Error error);
  asio::awaitable<std::filesystem::path> kept_part() const;

  Server& server_;
  ServerSession& session_;
  std::function<void()> wake_;
  FileFacts facts_; ///< of the file offered or being fetched
  std::unique_ptr<Transfer> transfer_;
  std::vector<Bytes> pieces_; ///< not yet written
  LeftAlone left_alone_;      ///< stored before, or refused
  RecentBytes recent_bytes_;
  bool device_failed_ = false;
  bool failed_ = false;
  bool interrupted_ = false;
  bool proving_ = false; ///< the overlap has yet to be compared
  bool proved_ = false;
  bool writing_ = false; ///< and waiting for it
};

} // namespace dualcam::serve
