// Listens, admits cameras, knows when everything that was asked for is done.
#pragma once

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "common/clock.hpp"
#include "common/coroutine.hpp"
#include "common/pcap_writer.hpp"
#include "common/service_signals.hpp"
#include "common/stop_signal.hpp"
#include "dcam-serve/admission.hpp"
#include "dcam-serve/admittance.hpp"
#include "dcam-serve/allow_list.hpp"
#include "dcam-serve/buffer_pool.hpp"
#include "dcam-serve/destination.hpp"
#include "dcam-serve/disks.hpp"
#include "dcam-serve/exporter.hpp"
#include "dcam-serve/handshakes.hpp"
#include "dcam-serve/keeper.hpp"
#include "dcam-serve/neighbours.hpp"
#include "dcam-serve/options.hpp"
#include "dcam-serve/outcome.hpp"
#include "dcam-serve/reporter.hpp"
#include "dcam-serve/service_manager.hpp"
#include "dcam-serve/stepped_back.hpp"
#include "dcam-serve/stop_deadline.hpp"
#include "dcam-serve/teller.hpp"
#include "dcam-serve/transfer.hpp"
#include "dcam-serve/unsaid.hpp"

namespace dualcam::serve {

class Connection;

/// Everything runs on one thread, which never waits for the disk.
class Server {
public:
  explicit Server(const ServeOptions& options, Clock& clock = Clock::system());
  ~Server();

  /// Until everything is done or a signal comes. The exit status: an ExitCode, or 128 + signal.
  int run();
  /// Gives the options anew, with what stands in --config now: for SIGHUP.
  using Reread = std::function<std::expected<ServeOptions, std::string>()>;
  void reread_by(Reread reread) { reread_ = std::move(reread); }
  /// Ends the process with this status, for a disk that would never let it end: for tests.
  void exit_by(std::function<void(int)> exit) { exit_ = std::move(exit); }

  const ServeOptions& options() const { return options_; }
  Reporter& reporter() { return reporter_; }
  Clock& clock() { return clock_; }
  Destination& destination() { return *destination_; }
  /// That of the output folder.
  Disk& disk() { return disks_.root(); }
  Disks& disks() { return disks_; }
  Admission& admission() { return admission_; }
  std::size_t connections() const { return connections_.size(); }
  BufferPool& buffers() { return buffers_; }
  /// Null: plain TCP.
  const TlsContext* tls() const { return tls_ ? &*tls_ : nullptr; }
  Handshakes& handshakes() { return handshakes_; }
  /// Null: nobody shares what is stored.
  Neighbours* neighbours() { return neighbours_ ? &*neighbours_ : nullptr; }
  /// Where traffic is recorded; null without --capture.
  PcapWriter* capture() { return capture_.get(); }

  // What connections ask and tell.

  /// Why this camera is not wanted, with this certificate; empty if it is.
  std::string refusal(std::uint64_t imei, const std::string& fingerprint) const;
  /// There was no place for a camera: says so, and how the camera's connection ends.
  std::string too_many();
  void admitted(std::uint64_t imei);
  /// A file is dealt with; `counts` if it was kept. Returns whether no further file is wanted.
  bool stored(const FileFacts& facts, bool counts);
  /// A file could not be written: without -k there is no sense in going on.
  void failed(ExitCode code);
  /// Something went wrong that costs one file.
  void note_failure(ExitCode code) { outcome_.failed(code); }
  void incomplete(const Transfer& transfer) {
    const auto& facts = transfer.facts();
    outcome_.incomplete(facts.imei, facts.file, transfer.resumptions());
  }
  /// Of an earlier connection.
  unsigned resumptions(const FileFacts& facts) const {
    return outcome_.resumptions(facts.imei, facts.file);
  }
  SteppedBack& stepped_back() { return stepped_back_; }
  /// Nobody reads standard output any more.
  void reader_gone();
  Unsaid& unsaid() { return unsaid_; }
  Teller& teller() { return teller_; }
  /// An admitted camera has gone; `complete`: nothing is left to come from it.
  void over(bool complete);
  /// Verified bytes of a file have come.
  void received(std::uint64_t bytes) { received_ += bytes; }

private:
  int report();
  bool has_hook();
  bool prepare();
  bool begin_capture();
  std::string no_room() const;
  bool check_metrics();
  bool refuse(const Error& error);
  bool listen();
  void bound_by_systemd();
  asio::awaitable<void> begin();
  asio::awaitable<void> tidy_loop();
  asio::awaitable<void> accept_loop();
  asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  void give_back_memory();
  void connection_failed(const std::exception_ptr& failure);
  asio::awaitable<void> service_loop();
  asio::awaitable<void> reload();
  asio::awaitable<void> reopen_capture();
  void tell_status();
  Metrics metrics() const;
  asio::awaitable<void> signal_loop();
  asio::awaitable<void> progress_loop();
  std::vector<const Transfer*> at_work() const;
  asio::awaitable<void> said_loop();
  void meet_neighbours();
  void export_metrics();
  void start_waiting();
  asio::awaitable<void> wait_loop();
  void wind_down();
  void stop_listening();
  void stop();
  void give_up_disks();
  void release_signals();
  void check_product();
  void check_capture();

  ServeOptions options_;
  Clock& clock_;
  Disks disks_{io_, clock_, options_.output}; ///< outlive the connections, which `io_` owns
  std::unique_ptr<Destination> destination_;
  Reporter reporter_;
  ServiceManager service_;
  Outcome outcome_;
  Unsaid unsaid_;
  std::unique_ptr<PcapWriter> capture_; ///< as `disks_`
  asio::io_context io_{1};
  Keeper keeper_;
  using Tidying = Errand<std::vector<std::filesystem::path>>;
  std::optional<Tidying> tidying_;
  std::optional<asio::ip::tcp::acceptor> acceptor_;
  std::optional<StopSignal> stop_signal_; ///< once it runs
  asio::posix::stream_descriptor signals_{io_};
  ServiceSignals service_signals_{io_};
  Reread reread_;
  asio::steady_timer progress_timer_{io_};
  asio::steady_timer wait_timer_{io_};
  asio::steady_timer tidy_timer_{io_};
  asio::steady_timer said_timer_{io_};
  Teller teller_;
  std::optional<Exporter> exporter_; ///< with --metrics
  std::optional<Neighbours> neighbours_;

  std::optional<TlsContext> tls_;
  Handshakes handshakes_;
  AllowList allowed_;
  std::uint64_t descriptors_; ///< the limit of open files
  std::uint32_t places_;
  Admission admission_;
  BufferPool buffers_;
  std::set<Connection*> connections_;
  std::size_t most_connections_ = 0; ///< since memory was given back
  std::uint64_t connections_so_far_ = 0;
  std::uint64_t received_ = 0;        ///< bytes
  std::optional<std::uint64_t> only_; ///< without -k: the camera that came first
  SteppedBack stepped_back_;
  TimePoint camera_due_ = TimePoint::max(); ///< by --wait
  int product_error_ = 0;                   ///< what was said last
  bool capture_failed_ = false;
  bool stopping_ = false;
  std::atomic<bool> is_over_ = false; ///< nothing runs on the loop any more
  unsigned seconds_over_ = 0;         ///< of `deadline_`: seen so often
  std::function<void(int)> exit_ = [](int status) { std::_Exit(status); };
  StopDeadline deadline_;
};

} // namespace dualcam::serve
