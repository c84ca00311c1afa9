// The I/O around one ServerSession: socket and clock on one side, disk on the other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <asio/ip/tcp.hpp>

#include "common/coroutine.hpp"
#include "common/link.hpp"
#include "dcam-serve/admission.hpp"
#include "dcam-serve/buffer_pool.hpp"
#include "dcam-serve/neighbours.hpp"
#include "dcam-serve/read_pace.hpp"
#include "dcam-serve/upload.hpp"
#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

class Server;

class Connection : public Guest {
public:
  /// `number` counts connections from 1.
  Connection(asio::ip::tcp::socket socket, std::uint64_t number, Server& server);

  /// The connection's whole life.
  asio::awaitable<void> run();

  /// Saves what has arrived and hangs up, soon.
  void stop(std::string why = "stopped");
  /// The same, without waiting for whoever reads standard output.
  void interrupt();

  Standing standing(TimePoint now) const override;
  bool has_gone() override { return link_.has_gone(); }
  void give_way(std::string why) override;
  void look_again() override { link_.wake(); }

  /// For people, what the camera is at; empty: nobody has said who it is.
  std::string status() const;
  /// The camera, once that has been admitted.
  std::optional<std::uint64_t> serves() const { return imei_; }
  bool is_overdue(TimePoint now) const;
  const Upload& upload() const { return upload_; }
  /// The session is over, only the parting words are still under way.
  bool leaving() const { return session_.ended(); }

private:
  bool stopping() const { return !stopped_.empty(); }
  Origin origin() const { return {number_, link_.peer()}; }
  asio::awaitable<void> look_for_records(std::uint64_t imei);
  asio::awaitable<std::string> admit(std::uint64_t imei);
  asio::awaitable<void> leave_to_neighbours(const std::filesystem::path& folder);
  asio::awaitable<std::string> take_from_neighbours(std::uint64_t imei, TimePoint deadline);
  asio::awaitable<void> perform_all();
  asio::awaitable<void> perform(const Send& send);
  asio::awaitable<void> perform(const Identified& identified);
  asio::awaitable<void> perform(const Note& note);
  asio::awaitable<void> perform(const Ended& ended);
  /// What is said of files.
  template <class Action> asio::awaitable<void> perform(const Action& action) {
    if constexpr (requires { upload_.perform(action); }) {
      co_await upload_.perform(action);
    }
    co_return;
  }

  void trace(const FileData& data);
  asio::awaitable<bool> begin();
  asio::awaitable<bool> secure();
  bool receive_available();
  asio::awaitable<void> next_input();
  bool is_over(const Ended& ended) const;
  asio::awaitable<void> take_leave();
  void return_buffer();

  Server& server_;
  Link link_;
  std::uint64_t number_;
  ServerSession session_;
  std::optional<Neighbours::Reservation> reservation_; ///< outlives what is stored of its camera
  Upload upload_;
  TimePoint opened_at_;
  ReadSize read_size_;
  ReadPace pace_;
  bool brought_data_ = false; ///< the last read
  BufferPool::Buffer buffer_; ///< only while bytes are being dealt with

  std::optional<std::uint64_t> imei_; ///< once admitted
  std::optional<Ended> ended_;
  std::string stopped_;  ///< why, if it is to leave before its time
  bool overdue_ = false; ///< the camera was, when another connection took its place
  unsigned reads_ = 0;
};

} // namespace dualcam::serve
