// The I/O around one ServerSession: socket and clock on one side, disk on the other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include "common/coroutine.hpp"
#include "common/pcap_writer.hpp"
#include "dcam-serve/transfer.hpp"
#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

class Server;

class Connection {
public:
  Connection(asio::ip::tcp::socket socket, Server& server);

  /// The connection's whole life.
  asio::awaitable<void> run();

  /// Saves what has arrived and hangs up, soon.
  void stop();
  /// The same, without waiting for whoever reads standard output.
  void interrupt();

  /// For another connection with the same IMEI that waits: when the last good packet came.
  TimePoint active_at() const { return writing_ ? steady_now() : active_at_; }

  const Transfer* transfer() const { return transfer_ ? &*transfer_ : nullptr; }
  /// The transfer is changing on another thread.
  bool writing() const { return writing_; }
  asio::steady_timer& timer() { return timer_; }
  bool stopping() const { return stopping_; }
  /// A camera that may be served.
  /// It has said which camera it is, and may be served or wait for that.
  bool is_known() const { return is_known_; }
  /// The session is over, only the parting words are still under way.
  bool leaving() const { return session_.ended(); }

private:
  asio::awaitable<void> perform_all();
  asio::awaitable<void> perform(const Send& send);
  asio::awaitable<void> perform(const Identified& identified);
  asio::awaitable<void> perform(const MetadataReceived& metadata);
  asio::awaitable<void> perform(const FileOffered& offered);
  asio::awaitable<void> perform(const FileStarted& started);
  asio::awaitable<void> perform(const FileReplaced& replaced);
  asio::awaitable<void> perform(const FileCompleted& completed);
  asio::awaitable<void> perform(const Acknowledged& acknowledged);
  asio::awaitable<void> perform(const FileRefused& refused);
  asio::awaitable<void> perform(const Resumed& resumed);
  asio::awaitable<void> perform(const Note& note);
  asio::awaitable<void> perform(const Ended& ended);

  asio::awaitable<bool> write_run();
  asio::awaitable<void> save_if_due();
  asio::awaitable<bool> begin_transfer(std::uint32_t packets);
  asio::awaitable<void> forget_stored_files();
  void fail_transfer(const Error& error);
  std::filesystem::path kept_part() const;
  void decline();
  void receive_packet(const FileData& data);
  bool receive_available();
  asio::awaitable<void> next_input();
  asio::awaitable<void> save_transfer(std::string why);
  asio::awaitable<void> take_leave();
  void return_buffer();

  asio::ip::tcp::socket socket_;
  Server& server_;
  asio::steady_timer timer_;
  std::string peer_;
  std::optional<CapturedConnection> capture_;
  ServerSession session_;
  std::unique_ptr<ByteBuffer> buffer_; ///< only while bytes are being dealt with
  std::vector<Bytes> run_;             ///< payloads not yet written, views into the buffer

  std::optional<std::uint64_t> imei_; ///< once admitted
  FileFacts facts_;                   ///< of the file offered or being fetched
  std::optional<Transfer> transfer_;
  FileKinds unheard_of_; ///< offered, and not dealt with yet
  std::optional<Ended> ended_;
  TimePoint active_at_;
  bool device_failed_ = false;
  bool io_failed_ = false;
  bool peer_open_ = true;
  bool has_heard_ = false; ///< it hung up behind what was sent last
  bool is_known_ = false;
  bool stopping_ = false;
  bool writing_ = false; ///< to a reader who may take their time
  unsigned reads_ = 0;
};

} // namespace dualcam::serve
