// The I/O around one ServerSession: socket and clock on one side, disk on the other.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/ip/tcp.hpp>

#include "common/coroutine.hpp"
#include "common/link.hpp"
#include "dcam-serve/admission.hpp"
#include "dcam-serve/buffer_pool.hpp"
#include "dcam-serve/transfer.hpp"
#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

class Server;

class Connection : public Guest {
public:
  Connection(asio::ip::tcp::socket socket, Server& server);

  /// The connection's whole life.
  asio::awaitable<void> run();

  /// Saves what has arrived and hangs up, soon.
  void stop(std::string why = "stopped");
  /// The same, without waiting for whoever reads standard output.
  void interrupt();

  Standing standing(TimePoint now) const override;
  bool has_gone() override { return link_.has_gone(); }
  void give_way(std::string why) override { stop(std::move(why)); }
  void look_again() override { link_.wake(); }

  const Transfer* transfer() const { return transfer_ ? &*transfer_ : nullptr; }
  /// The transfer is changing on another thread.
  bool writing() const { return writing_; }
  /// The session is over, only the parting words are still under way.
  bool leaving() const { return session_.ended(); }

private:
  bool stopping() const { return !stopped_.empty(); }
  asio::awaitable<void> look_for_records(std::uint64_t imei);
  asio::awaitable<std::string> admit(std::uint64_t imei);
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
  bool is_left_alone(const FileRef& file) const;
  bool is_name_taken() const;
  void refuse_name();
  void leave_file();
  void step_back();
  void fail_transfer(const Error& error);
  std::filesystem::path kept_part() const;
  void receive_file();
  void receive_packet(const FileData& data);
  bool receive_available();
  asio::awaitable<void> next_input();
  asio::awaitable<void> save_transfer(std::string why);
  asio::awaitable<void> take_leave();
  void has_proved();
  void return_buffer();

  Server& server_;
  Link link_;
  ServerSession session_;
  TimePoint opened_at_;
  ReadSize read_size_;
  BufferPool::Buffer buffer_; ///< only while bytes are being dealt with
  std::vector<Bytes> run_;    ///< payloads not yet written, views into the buffer
  RecentBytes recent_bytes_;

  std::optional<std::uint64_t> imei_; ///< once admitted
  FileFacts facts_;                   ///< of the file offered or being fetched
  std::optional<Transfer> transfer_;
  std::optional<FileRef> fetching_;          ///< from its offer to its end
  std::map<FileRef, ByteBuffer> left_alone_; ///< offered though stored before; their metadata
  std::optional<Ended> ended_;
  std::string stopped_; ///< why, if it is to leave before its time
  bool device_failed_ = false;
  bool io_failed_ = false;
  bool proving_ = false; ///< the overlap has yet to be compared
  bool proved_ = false;  ///< a file was stored, or gone on with
  bool writing_ = false; ///< to a reader who may take their time
  unsigned reads_ = 0;
};

} // namespace dualcam::serve
