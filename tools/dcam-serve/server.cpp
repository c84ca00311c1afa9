#include "dcam-serve/server.hpp"

#include <csignal>
#include <exception>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <asio/post.hpp>
#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "common/temporary_file.hpp"
#include "common/unforeseen.hpp"
#include "common/units.hpp"
#include "dcam-serve/acceptor.hpp"
#include "dcam-serve/connection.hpp"
#include "dcam-serve/output_folder.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::seconds time_for_readers{2};
constexpr std::chrono::milliseconds time_for_last_line{100};
constexpr std::chrono::hours tidy_interval{1};
constexpr std::size_t most_stepped_back = 65'536; // cameras

/// What no connection can be blamed for ends the server, and not a part of it in silence.
void rethrow(const std::exception_ptr& failure) {
  if (failure) {
    std::rethrow_exception(failure);
  }
}

/// Raises their limit and returns it: the usual soft one of 1024 is for programs that use select().
std::uint64_t allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto soft = std::exchange(limit.rlim_cur, limit.rlim_max);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft;
}

} // namespace

Server::Server(const ServeOptions& options)
    : options_(options), reporter_(options), outcome_(options_),
      unsaid_(below(options_.output, options_.name.fixed_folder())),
      descriptors_(allow_many_descriptors()),
      places_(options.max_connections != 0 ? options.max_connections : places_for(descriptors_)),
      admission_(places_) {
  if (options_.exec.empty()) {
    return;
  }
  const auto failed = [this](const std::string& path, const std::string& why) {
    outcome_.failed(ExitCode::child_failed);
    reporter_.hook_failed(path, why);
  };
  hooks_ = std::make_unique<HookRunner>(
      io_, options_.exec, HookRunner::Listener{failed, [this] { release_signals(); }});
}

Server::~Server() { disk_.join(); }

int Server::run() {
  stop_signal_.emplace(StopSignal::Second::immediate); // before anybody is told that it listens
  hurry_when_readable(stop_signal_->descriptor());
  if (!prepare()) {
    reporter_.flush(std::nullopt);
    return static_cast<int>(ExitCode::io);
  }
  signals_.assign(::fcntl(stop_signal_->descriptor(), F_DUPFD_CLOEXEC, 0));
  asio::co_spawn(io_, signal_loop(), rethrow);
  asio::co_spawn(io_, progress_loop(), rethrow);
  asio::co_spawn(io_, begin(), rethrow);
  io_.run();
  return report();
}

/// The last lines, for readers who may take their time. The exit status.
int Server::report() {
  if (capture_) {
    capture_->finish();
    check_capture();
  }
  check_product();
  auto status = outcome_.exit_status();
  reporter_.summary(outcome_.partials(), status);
  if (status > 128) {
    reporter_.console().error(outcome_.partials() == 0 ? "stopped; nothing is incomplete"
                              : options_.to_stdout
                                  ? "stopped; what went to standard output is incomplete"
                                  : "stopped; run the same command again for what is incomplete");
  }
  reporter_.console().clear_progress();
  // One run waits like any filter; a signal ends that at once (`release_signals`).
  const bool patient = !options_.keep_listening && stop_signal_->signal() == 0;
  const auto deadline = patient ? std::nullopt : std::optional(steady_now() + time_for_readers);
  flush(deadline);
  check_product();
  if (const auto lines = reporter_.undelivered(); lines != 0) {
    outcome_.failed(ExitCode::io);
    reporter_.console().error(
        fmt::format("the reader of standard output has not taken {}: what they say of files is "
                    "said again at the next start",
                    counted(lines, "line")));
    status = std::max(status, static_cast<int>(ExitCode::io));
  }
  reporter_.flush(patient ? std::nullopt : std::optional(steady_now() + time_for_last_line));
  return std::max(status, outcome_.exit_status());
}

void Server::flush(std::optional<TimePoint> deadline) {
  reporter_.flush(deadline);
  mark_said(unsaid_.written(reporter_.written()));
}

// --- before the first camera ---

bool Server::prepare() { return load_imeis() && check_output() && open_capture() && listen(); }

bool Server::load_imeis() {
  auto list = AllowList::load(options_.imeis);
  if (!list) {
    reporter_.console().error(escaped(list.error().message));
    return false;
  }
  allowed_ = std::move(*list);
  return true;
}

bool Server::check_output() {
  if (options_.to_stdout) {
    return true;
  }
  options_.output = one_spelling(options_.output);
  const auto folder = escaped(options_.output.string());
  const int error = temporary_file(options_.output).get() < 0 ? errno : 0;
  if (error == ENOENT) {
    reporter_.console().error(
        fmt::format("the output folder {} does not exist; create it: mkdir -p {}", folder, folder));
  } else if (error != 0) {
    reporter_.console().error(
        fmt::format("cannot write to the output folder {}: {}", folder, reason_of(error)));
  }
  return error == 0;
}

bool Server::open_capture() {
  if (options_.capture.empty()) {
    return true;
  }
  auto capture = PcapWriter::open(options_.capture);
  if (!capture) {
    reporter_.console().error(fmt::format("cannot write to --capture {}: {}",
                                          escaped(options_.capture.string()),
                                          escaped(capture.error().message)));
    return false;
  }
  capture_ = std::move(*capture);
  return true;
}

bool Server::listen() {
  asio::error_code error;
  acceptor_ = open_acceptor(options_, io_, error);
  if (acceptor_) {
    reporter_.listening(acceptor_->local_endpoint(), options_, places_);
    if (const auto allowed = places_for(descriptors_); places_ > allowed) {
      reporter_.too_few_descriptors(places_, descriptors_, allowed);
    }
    return true;
  }
  reporter_.console().error(
      fmt::format("cannot listen on port {}{}: {}{}", options_.port,
                  options_.bind.empty() ? "" : " of " + escaped(options_.bind), error.message(),
                  error == asio::error::address_in_use
                      ? "; take another one with -p, or -p 0 for any that is free"
                      : descriptors_remedy(error.value())));
  return false;
}

asio::awaitable<void> Server::begin() {
  if (!options_.to_stdout) {
    co_await tell_untold();
    asio::co_spawn(io_, tidy_loop(), rethrow);
  }
  asio::co_spawn(io_, accept_loop(), rethrow);
  start_waiting();
}

/// Before any other file is told.
asio::awaitable<void> Server::tell_untold() {
  auto files = co_await run_on(disk(), [this] { return find_untold(options_, unsaid_); });
  const bool wants_sha256 = options_.common.json || hooks_;
  for (auto& file : files) {
    if (stopping_) {
      co_return; // another start will
    }
    if (!allowed_.allows(file.facts.imei)) {
      continue;
    }
    const auto seen = co_await run_on(disk(), [&] { return look_at(file, wants_sha256); });
    if (!seen) {
      reporter_.console().error(escaped(seen.error().message));
      outcome_.failed(ExitCode::io);
      continue;
    }
    outcome_.stored(file.facts.imei, file.facts.file, true);
    const auto done = reporter_.file_done(file);
    told(std::move(file.line));
    if (file.is_there) {
      run_hook(done);
    }
  }
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
        asio::co_spawn(io_, serve(std::make_shared<Connection>(std::move(socket), *this)), rethrow);
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
      asio::steady_timer pause(io_, accept_pause);
      co_await pause.async_wait(as_values);
    }
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
  admission_.enter(*connection, steady_now());
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
  const bool served = admission_.serves_anybody();
  admission_.leave(*connection);
  if (served && !admission_.serves_anybody() && !stopping_) {
    start_waiting();
  }
  check_product();
  check_capture();
  if (failure) {
    connection_failed(failure);
  }
  release_signals();
}

std::string Server::refusal(std::uint64_t imei) const {
  if (!allowed_.allows(imei)) {
    return "not among the IMEIs of --imei";
  }
  if (only_ && *only_ != imei) {
    return fmt::format("busy with {}; -k serves several cameras", format_imei(*only_));
  }
  return "";
}

std::string Server::too_many() {
  reporter_.too_many(places_);
  return fmt::format("{} connections are open", places_);
}

void Server::admitted(std::uint64_t imei) {
  wait_timer_.cancel();
  if (!options_.keep_listening) {
    only_ = imei;
  }
}

bool Server::stored(const FileFacts& facts, bool counts) {
  if (const auto found = stepped_back_.find(facts.imei); found != stepped_back_.end()) {
    found->second = found->second - facts.file.kinds();
    if (found->second == FileKinds()) {
      stepped_back_.erase(found);
    }
  }
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

void Server::told(Unsaid::Line line) {
  line.end = reporter_.taken();
  unsaid_.queued(std::move(line));
}

void Server::run_hook(const Json& file) {
  if (hooks_) {
    hooks_->run(file);
  }
}

/// Where that does not work the file is told again at the next start.
void Server::mark_said(const std::vector<Unsaid::Line>& lines) const {
  for (const auto& line : lines) {
    (void)state_folder(options_, line.hold.imei()).mark_said(line.record);
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

void Server::pause(Transfer transfer) {
  if (options_.to_stdout && transfer.packets_received() > 0) {
    transfer.pause();
    paused_ = std::move(transfer);
  }
}

FileKinds Server::stepped_back(std::uint64_t imei) const {
  const auto found = stepped_back_.find(imei);
  return found != stepped_back_.end() ? found->second : FileKinds();
}

bool Server::step_back(std::uint64_t imei, const FileRef& file) {
  if (stepped_back_.size() >= most_stepped_back) {
    stepped_back_.clear(); // anybody may claim any IMEI
  }
  auto& kinds = stepped_back_[imei];
  const auto before = std::exchange(kinds, kinds | file.kinds());
  return kinds != before;
}

void Server::reader_gone() {
  outcome_.forget_partials(); // nobody wants the rest
  reporter_.console().note("nobody reads standard output any more: stopping");
  stop();
}

/// Parts that no camera came back for do not fill the disk for ever.
asio::awaitable<void> Server::tidy_loop() {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(options_.max_partial_age);
  while (!stopping_) {
    const auto removed = co_await run_on(disk(), [&] {
      remove_old_records(below(options_.output, options_.name.fixed_folder()), age);
      return remove_abandoned({below(options_.output, {}), options_.name.levels()}, age);
    });
    for (const auto& path : removed) {
      reporter_.console().note(
          fmt::format("removed {}: it has not grown for {} (--max-partial-age)",
                      escaped(path.string()), format_duration(options_.max_partial_age)));
    }
    if (!stopping_) {
      tidy_timer_.expires_after(tidy_interval);
      co_await tidy_timer_.async_wait(as_values);
    }
  }
}

// --- the end ---

/// The time that --wait gives begins anew.
void Server::start_waiting() {
  if (!options_.wait) {
    return;
  }
  wait_timer_.expires_after(*options_.wait);
  wait_timer_.async_wait([this](const asio::error_code& error) {
    if (error || stopping_ || admission_.serves_anybody()) {
      return;
    }
    outcome_.failed(outcome_.partials() == 0 ? ExitCode::nobody_came : ExitCode::incomplete);
    reporter_.console().error(fmt::format("no camera came {}in {}", only_ ? "back " : "",
                                          format_duration(*options_.wait)));
    stop();
  });
}

asio::awaitable<void> Server::signal_loop() {
  const auto [error] =
      co_await signals_.async_wait(asio::posix::stream_descriptor::wait_read, as_values);
  if (!error) {
    outcome_.stopped_by(stop_signal_->signal());
    stop();
    stop_hooks();
  }
}

asio::awaitable<void> Server::progress_loop() {
  while (!stopping_) {
    progress_timer_.expires_after(progress_interval);
    co_await progress_timer_.async_wait(as_values);
    std::vector<const Transfer*> transfers;
    for (const auto* connection : connections_) {
      if (connection->transfer() != nullptr && !connection->writing()) {
        transfers.push_back(connection->transfer());
      }
    }
    reporter_.progress(transfers);
    check_product();
    const auto lines = unsaid_.written(reporter_.written());
    if (!lines.empty()) {
      co_await run_on(disk(), [&] { return mark_said(lines), true; });
    }
  }
}

/// Enough files: whoever just finished takes their leave, the others are stopped.
void Server::wind_down() {
  stop_listening();
  for (auto* connection : connections_) {
    if (!connection->leaving()) {
      connection->stop();
    }
  }
}

void Server::stop_listening() {
  stopping_ = true;
  asio::error_code ignored;
  acceptor_->close(ignored);
  progress_timer_.cancel();
  wait_timer_.cancel();
  tidy_timer_.cancel();
  release_signals();
}

void Server::stop_hooks() {
  if (!hooks_) {
    return;
  }
  hooks_->stop();
  if (hooks_->running() != 0) {
    reporter_.console().note(fmt::format("waiting for {}; a second signal leaves {} running",
                                         counted(hooks_->running(), "hook"),
                                         hooks_->running() == 1 ? "it" : "them"));
  }
}

/// Without connections and hooks nothing is left that a signal could end in good order.
void Server::release_signals() {
  if (stopping_ && connections_.empty() && (!hooks_ || hooks_->running() == 0)) {
    asio::error_code ignored;
    signals_.cancel(ignored);
    stop_signal_->release();
  }
}

void Server::stop() {
  stop_listening();
  for (auto* connection : connections_) {
    connection->interrupt();
  }
}

/// Standard output going wrong costs no file: it is said once, at the end by the exit status too.
void Server::check_product() {
  const auto& product = reporter_.product();
  if (product.error() != 0 && !product_failed_) {
    product_failed_ = true;
    outcome_.failed(ExitCode::io);
    reporter_.console().error(fmt::format("cannot write to standard output: {}; files are stored "
                                          "all the same",
                                          reason_of(product.error())));
  }
  if (product.reader_gone() && options_.keep_listening && !stopping_) {
    reporter_.console().note("nobody reads standard output any more: stopping");
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
