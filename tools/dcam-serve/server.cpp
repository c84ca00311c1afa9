#include "dcam-serve/server.hpp"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <asio/post.hpp>
#include <fmt/format.h>

#include "common/coroutine.hpp"
#include "common/descriptor_limit.hpp"
#include "common/escape.hpp"
#include "common/host.hpp"
#include "common/unforeseen.hpp"
#include "dcam-serve/acceptor.hpp"
#include "dcam-serve/connection.hpp"
#include "dcam-serve/dry_run.hpp"
#include "dcam-serve/output_folder.hpp"
#include "dcam-serve/preparation.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::hours tidy_interval{1};
constexpr std::size_t many_connections = 256;

/// Memory for what a fast camera sends is needed again at once: the kernel need not have it, and
/// clear it page by page, in between.
void keep_some_memory() {
  constexpr int largest_of_heap = 1 << 20;
  constexpr int kept = 4 << 20;
  ::mallopt(M_MMAP_THRESHOLD, largest_of_heap);
  ::mallopt(M_TRIM_THRESHOLD, kept);
}

} // namespace

Server::Server(const ServeOptions& options, Clock& clock)
    : options_(options), clock_(clock), destination_(Destination::of(options_, disks_, clock)),
      reporter_(options, clock), outcome_(options_),
      unsaid_(below(options_.output, options_.name.fixed_folder())),
      teller_({options_, *destination_, reporter_, outcome_, unsaid_, io_, keeper_},
              [this] { release_signals(); }),
      handshakes_(clock_, options_.idle_timeout), descriptors_(allow_many_descriptors()),
      places_(options.max_connections != 0 ? options.max_connections : places_for(descriptors_)),
      admission_(places_), deadline_(clock_, [this] { give_up_disks(); }) {}

Server::~Server() {
  keeper_.join();
  disks_.join();
  deadline_.end();
}

int Server::run() {
  keep_some_memory();
  stop_signal_.emplace(StopSignal::Second::immediate); // before anybody is told that it listens
  hurry_when_readable(stop_signal_->descriptor());
  service_signals_.take(options_.keep_listening);
  asio::co_spawn(io_, service_loop(), rethrow);
  const bool has_program = has_hook();
  if (!has_program || !prepare()) {
    if (stop_signal_->requested()) {
      outcome_.stopped_by(stop_signal_->signal());
      return report();
    }
    reporter_.flush(std::nullopt);
    return static_cast<int>(has_program ? ExitCode::io : ExitCode::child_failed);
  }
  if (options_.only_looks()) {
    if (options_.check_config) {
      reporter_.console().note("the options and all files that they name are good");
    }
    reporter_.flush(std::nullopt);
    return static_cast<int>(options_.dry_run ? print_paths(options_) : ExitCode::done);
  }
  signals_.assign(::fcntl(stop_signal_->descriptor(), F_DUPFD_CLOEXEC, 0));
  asio::co_spawn(io_, signal_loop(), rethrow);
  asio::co_spawn(io_, progress_loop(), rethrow);
  asio::co_spawn(io_, said_loop(), rethrow);
  asio::co_spawn(io_, wait_loop(), rethrow);
  asio::co_spawn(io_, begin(), rethrow);
  meet_neighbours();
  export_metrics();
  io_.run();
  is_over_ = true;
  return report();
}

// --- before the first camera ---

/// The program of --exec, if there is to be one.
bool Server::has_hook() {
  const auto found = options_.exec.empty() ? Result<void>() : check_hook(options_.exec.front());
  return found || refuse(found.error());
}

bool Server::prepare() {
  options_.output = one_spelling(options_.output);
  auto admittance = Admittance::load(options_);
  const auto output = destination_->check();
  const auto* failure = !admittance ? &admittance.error() : !output ? &output.error() : nullptr;
  if (failure == nullptr && options_.only_looks()) {
    const auto capture =
        options_.capture.empty() ? Result<void>() : foresee_capture(options_.capture);
    return capture ? check_metrics() : refuse(capture.error());
  }
  if (failure != nullptr) {
    return refuse(*failure);
  }
  allowed_ = std::move(admittance->allowed);
  tls_ = std::move(admittance->tls);
  return begin_capture() && listen();
}

/// While a named pipe has no reader signals are heeded. False: there is none, or it is to stop.
bool Server::begin_capture() {
  if (options_.capture.empty()) {
    return true;
  }
  bool told = false;
  auto capture = open_capture(options_.capture, [&] {
    if (!std::exchange(told, true)) {
      reporter_.console().note("waiting for the reader of --capture " +
                               escaped(options_.capture.string()));
    }
    io_.poll();
    return !stop_signal_->requested();
  });
  if (!capture) {
    return !stop_signal_->requested() && refuse(capture.error());
  }
  capture_ = std::move(*capture);
  return true;
}

bool Server::refuse(const Error& error) {
  reporter_.console().error(escaped(place_in_config(options_, error.message) + error.message));
  return false;
}

bool Server::listen() {
  const auto passed = ServiceManager::listener();
  if (!passed) {
    return refuse(passed.error());
  }
  asio::error_code error;
  acceptor_ =
      *passed >= 0 ? adopt_acceptor(*passed, io_, error) : open_acceptor(options_, io_, error);
  if (acceptor_) {
    if (*passed >= 0) {
      bound_by_systemd();
    }
    reporter_.listening(acceptor_->local_endpoint(), options_, destination_->description(),
                        places_);
    service_.ready(fmt::format("listening on port {}", acceptor_->local_endpoint().port()));
    if (const auto why = no_room(); !why.empty()) {
      reporter_.console().error(escaped(why));
    }
    if (const auto allowed = places_for(descriptors_); places_ > allowed) {
      reporter_.too_few_descriptors(places_, descriptors_, allowed);
    }
    return true;
  }
  reporter_.console().error(
      fmt::format("cannot listen on port {}{}: {}{}", options_.port,
                  options_.bind.empty() ? "" : " of " + escaped(options_.bind),
                  connection_reason(error), listen_remedy(options_, error)));
  return false;
}

/// To whatever its unit says.
void Server::bound_by_systemd() {
  const auto bound = acceptor_->local_endpoint();
  const auto address = bound.address().to_string();
  if ((!options_.bind.empty() && without_brackets(options_.bind) != address) ||
      (options_.port != ServeOptions().port && options_.port != bound.port())) {
    reporter_.console().error("systemd has passed a socket that listens: --bind and --port are not "
                              "heeded, the address is in the socket's unit");
  }
  options_.bind = bound.address().is_unspecified() ? "" : address;
}

asio::awaitable<void> Server::begin() {
  co_await teller_.tell_untold(allowed_, [this] { return stopping_; });
  asio::co_spawn(io_, tidy_loop(), rethrow);
  asio::co_spawn(io_, accept_loop(), rethrow);
  start_waiting();
}

// --- cameras come ---

asio::awaitable<void> Server::accept_loop() {
  bool failing = false;
  while (!stopping_) {
    auto [error, socket] = co_await acceptor_->async_accept(as_values);
    std::exception_ptr failure;
    if (!error) {
      failing = false;
      try {
        asio::co_spawn(
            io_,
            serve(std::make_shared<Connection>(std::move(socket), ++connections_so_far_, *this)),
            rethrow);
      } catch (...) {
        failure = std::current_exception();
      }
    } else if (!stopping_ && error != asio::error::connection_aborted &&
               !std::exchange(failing, true)) {
      reporter_.console().error(
          "cannot accept a connection: " +
          unforeseen(std::make_exception_ptr(std::system_error(error))).message);
    }
    if (failure) {
      connection_failed(failure);
    }
    if (failing || failure) { // out of descriptors or memory: some will be given back
      asio::steady_timer pause(io_);
      co_await clock_.wait(pause, clock_.now() + accept_pause);
    }
  }
}

/// After a burst: the heap keeps it otherwise.
void Server::give_back_memory() {
  if (most_connections_ >= many_connections && connections_.size() <= most_connections_ / 2) {
    most_connections_ = connections_.size();
    keeper_.post([] { ::malloc_trim(0); });
  }
}

/// An exception costs its connection alone; but without -k there is no other.
void Server::connection_failed(const std::exception_ptr& failure) {
  const auto [code, message] = unforeseen(failure);
  reporter_.console().error("a connection failed: " + message);
  failed(code);
}

asio::awaitable<void> Server::serve(std::shared_ptr<Connection> connection) {
  connections_.insert(connection.get());
  most_connections_ = std::max(most_connections_, connections_.size());
  admission_.enter(*connection, clock_.now());
  if (stopping_) { // accepted while everything was being stopped
    connection->stop();
  }
  std::exception_ptr failure;
  try {
    co_await connection->run();
  } catch (...) {
    failure = std::current_exception();
  }
  connections_.erase(connection.get());
  give_back_memory();
  const bool served = !admission_.holders().empty();
  admission_.leave(*connection);
  if (served && admission_.holders().empty() && !stopping_) {
    start_waiting();
  }
  check_product();
  check_capture();
  if (failure) {
    connection_failed(failure);
  }
  release_signals();
}

std::string Server::refusal(std::uint64_t imei, const std::string& fingerprint) const {
  if (!allowed_.allows(imei)) {
    return "not among the IMEIs of --imei";
  }
  if (!allowed_.allows(imei, fingerprint)) {
    return "its certificate is not the one that --imei ties to this IMEI";
  }
  if (only_ && *only_ != imei) {
    return fmt::format("busy with {}; -k serves several cameras", format_imei(*only_));
  }
  return "";
}

std::string Server::too_many() {
  reporter_.too_many(places_, options_.max_connections != 0 ? "--max-connections"
                                                            : "as many as ulimit -Hn allows");
  return fmt::format("{} connections are open", places_);
}

void Server::admitted(std::uint64_t imei) {
  camera_due_ = TimePoint::max();
  if (!options_.keep_listening) {
    only_ = imei;
  }
}

bool Server::stored(const FileFacts& facts, bool counts) {
  stepped_back_.remove(facts.imei, facts.file);
  check_product();
  const bool enough = outcome_.stored(facts.imei, facts.file, counts);
  if (enough) {
    asio::post(io_, [this] { wind_down(); });
  }
  return enough;
}

void Server::failed(ExitCode code) {
  outcome_.failed(code);
  if (!options_.keep_listening) {
    stop();
  }
}

void Server::over(bool complete) {
  if (options_.keep_listening || stopping_) {
    return;
  }
  if (complete) {
    return stop();
  }
  reporter_.console().note("waiting for the camera to come back");
}

void Server::reader_gone() {
  outcome_.forget_incomplete(); // nobody wants the rest
  reporter_.console().note("nobody reads standard output any more: stopping");
  stop();
}

/// Parts that no camera came back for do not fill the disk for ever. Nothing has grown older by
/// what the clock on the wall was put forward meanwhile, as on a host that has none when it is
/// switched on.
asio::awaitable<void> Server::tidy_loop() {
  using std::chrono::seconds;
  const auto wall_ahead = [this] {
    return std::chrono::floor<seconds>(clock_.wall().time_since_epoch() -
                                       clock_.now().time_since_epoch());
  };
  const auto ahead_at_start = wall_ahead();
  const auto age = std::chrono::duration_cast<seconds>(options_.max_partial_age);
  while (!stopping_) {
    const auto put_forward = std::max(wall_ahead() - ahead_at_start, seconds(0));
    tidying_.emplace(io_, destination_->tidying(age + put_forward));
    const auto removed = co_await tidying_->result();
    reporter_.parts_removed(removed.value_or(std::vector<std::filesystem::path>()),
                            options_.max_partial_age);
    if (!stopping_) {
      co_await clock_.wait(tidy_timer_, clock_.now() + tidy_interval);
    }
  }
}

// --- what it says ---

asio::awaitable<void> Server::progress_loop() {
  while (!stopping_) {
    service_.alive(clock_.now());
    co_await clock_.wait(progress_timer_, clock_.now() + progress_interval);
    reporter_.progress([this] { return at_work(); });
    check_product();
  }
}

std::vector<const Transfer*> Server::at_work() const {
  std::vector<const Transfer*> transfers;
  for (const auto* connection : connections_) {
    const auto& upload = connection->upload();
    if (upload.transfer() != nullptr && !upload.writing()) {
      transfers.push_back(upload.transfer());
    }
  }
  return transfers;
}

/// Apart from progress, which does not wait for a disk.
asio::awaitable<void> Server::said_loop() {
  while (!stopping_) {
    co_await clock_.wait(said_timer_, clock_.now() + progress_interval);
    co_await teller_.note_said();
  }
}

/// Standard output going wrong costs no file: it is said once, at the end by the exit status too. A
/// disk may have room again.
void Server::check_product() {
  const auto& product = reporter_.product();
  const int error = product.error() != 0 ? product.error() : reporter_.no_room();
  const int before = std::exchange(product_error_, error);
  if (product.error() != 0) {
    outcome_.failed(ExitCode::io);
  }
  if (error != 0 && before == 0) {
    reporter_.console().error(fmt::format("cannot write to standard output: {}; files are stored "
                                          "all the same",
                                          reason_of(error)));
  } else if (error == 0 && before != 0) {
    reporter_.console().note("standard output has room again");
  }
  const bool goes_on = options_.keep_listening && !stopping_;
  if (goes_on && (product.reader_gone() || nobody_reads_output())) {
    outcome_.failed(ExitCode::io); // what is still to be told nobody hears
    reporter_.console().error("nobody reads standard output any more: stopping");
    stop();
  }
}

/// The same for the capture.
void Server::check_capture() {
  if (capture_ && capture_->error() != 0 && !std::exchange(capture_failed_, true)) {
    outcome_.failed(ExitCode::io);
    reporter_.console().error(fmt::format("cannot write to {}: {}; the capture is incomplete",
                                          escaped(options_.capture.string()),
                                          reason_of(capture_->error())));
  }
}

} // namespace dualcam::serve
