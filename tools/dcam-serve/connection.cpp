#include "dcam-serve/connection.hpp"

#include <bit>

#include <asio/post.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include "common/escape.hpp"
#include "dcam-serve/server.hpp"
#include "dualcam/hex.hpp"

namespace dualcam {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::chrono::seconds leave_wait{1};
constexpr unsigned reads_at_a_time = 16; // then the other connections have their turn

TimePoint now() { return std::chrono::steady_clock::now(); }

/// Waits bounded by the idle timeout stay in proportion when that is short.
ServerConfig session_config(const ServeOptions& options) {
  ServerConfig config;
  config.wanted = options.sources;
  config.metadata = options.metadata;
  config.idle = options.idle_timeout;
  config.metadata_wait = std::min(config.metadata_wait, config.idle / 4);
  config.sync_wait = std::min(config.sync_wait, config.idle / 4);
  config.quiet = std::min(config.quiet, config.idle / 4);
  config.repeat_init_wait = std::min(config.repeat_init_wait, config.idle / 2);
  return config;
}

CaptureTime capture_now() { return std::chrono::system_clock::now(); }

Endpoint to_endpoint(const asio::ip::tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) {
    return Endpoint::v4(address.to_v4().to_uint(), endpoint.port());
  }
  return {std::bit_cast<std::array<std::byte, 16>>(address.to_v6().to_bytes()), endpoint.port()};
}

} // namespace

Connection::Connection(asio::ip::tcp::socket socket, Server& server)
    : socket_(std::move(socket)), server_(server), timer_(socket_.get_executor()),
      session_(session_config(server.options()), now()), active_at_(now()) {
  asio::error_code error;
  const auto device = to_endpoint(socket_.remote_endpoint(error));
  peer_ = error ? "a peer that has gone" : format_endpoint(device);
  if (!error && server.capture() != nullptr) {
    capture_.emplace(*server.capture());
    capture_->connected(device, to_endpoint(socket_.local_endpoint(error)), capture_now());
  }
  socket_.non_blocking(true, error);
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
}

void Connection::stop() {
  stopping_ = true;
  timer_.cancel();
  asio::error_code ignored;
  socket_.cancel(ignored);
}

asio::awaitable<void> Connection::run() {
  for (;;) {
    co_await perform_all();
    if (buffer_) {
      server_.return_buffer(std::move(buffer_));
    }
    if (ended_ || stopping_ || io_failed_) {
      break;
    }
    co_await next_input();
  }
  // a variable of its own: GCC 12 destroys a conditional temporary in a co_await twice
  const std::string why = ended_ ? ended_->text : "stopped";
  co_await save_transfer(why);
  if (ended_) {
    co_await take_leave();
  }
  if (capture_) {
    capture_->closed(capture_now());
  }
  if (imei_) {
    const bool finished = ended_ && ended_->reason == Ended::Reason::finished;
    server_.over(finished || device_failed_);
  }
}

// --- bytes in ---

/// Reads what the socket has; false if that is nothing yet.
bool Connection::receive_available() {
  buffer_ = server_.take_buffer();
  asio::error_code error;
  const auto count = socket_.read_some(asio::buffer(*buffer_), error);
  if (error == asio::error::would_block) {
    server_.return_buffer(std::move(buffer_));
    return false;
  }
  if (error) {
    peer_open_ = false;
    session_.disconnected();
  } else {
    if (capture_) {
      capture_->received(Bytes(*buffer_).first(count), capture_now());
    }
    session_.received(Bytes(*buffer_).first(count), now());
  }
  return true;
}

asio::awaitable<void> Connection::next_input() {
  if (++reads_ % reads_at_a_time == 0) {
    co_await asio::post(asio::use_awaitable);
  }
  if (receive_available()) {
    co_return;
  }
  timer_.expires_at(session_.deadline());
  co_await (socket_.async_wait(asio::ip::tcp::socket::wait_read, as_values) ||
            timer_.async_wait(as_values));
  if (!stopping_ && !receive_available()) {
    session_.tick(now());
  }
}

// --- actions ---

asio::awaitable<void> Connection::perform_all() {
  while (auto action = session_.poll()) {
    if (const auto* data = std::get_if<FileData>(&*action)) { // the frequent one needs no coroutine
      receive_packet(*data);
      continue;
    }
    if (!write_run()) {
      co_return;
    }
    co_await std::visit(
        [this](const auto& what) -> asio::awaitable<void> {
          if constexpr (!std::is_same_v<std::decay_t<decltype(what)>, FileData>) {
            co_await perform(what);
          }
        },
        *action);
    if (io_failed_ || stopping_) {
      co_return;
    }
  }
  write_run();
}

void Connection::receive_packet(const FileData& data) {
  run_.push_back(data.payload);
  active_at_ = now();
  auto& console = server_.reporter().console();
  if (console.traces()) {
    console.trace(fmt::format("{} packet {}, {} bytes at {}", peer_, data.packet,
                              data.payload.size(), data.offset));
  }
}

/// Writes what has come so far; false if the disk refuses it.
bool Connection::write_run() {
  if (run_.empty()) {
    return true;
  }
  const auto written = transfer_->append(run_);
  run_.clear();
  if (!written) {
    fail_transfer(written.error());
  }
  return written.has_value();
}

void Connection::fail_transfer(const Error& error) {
  io_failed_ = true;
  const auto part = transfer_ ? transfer_->part_path() : std::filesystem::path();
  server_.reporter().file_failed(facts_, error.message, part);
  transfer_.reset();
  server_.failed(ExitCode::io);
}

asio::awaitable<void> Connection::perform(const Send& send) {
  auto& console = server_.reporter().console();
  if (console.traces()) {
    console.trace(fmt::format("{} <- {}", peer_, to_hex(send.bytes)));
  }
  timer_.expires_after(server_.options().idle_timeout);
  co_await (asio::async_write(socket_, asio::buffer(send.bytes), as_values) ||
            timer_.async_wait(as_values)); // a failure shows at the next read
  if (capture_) {
    capture_->sent(send.bytes, capture_now());
  }
}

asio::awaitable<void> Connection::perform(const Identified& identified) {
  const auto imei = identified.init.imei;
  auto why = server_.refusal(imei);
  if (why.empty() && !co_await server_.acquire(imei, *this)) {
    why = "another connection of this camera is still at work";
  }
  if (stopping_) {
    co_return;
  }
  if (why.empty()) {
    why = server_.refusal(imei); // the wait may have changed it
  }
  if (!why.empty()) {
    server_.reporter().rejected(imei, peer_, why);
    session_.reject(why);
    co_return;
  }
  imei_ = imei;
  facts_.imei = imei;
  active_at_ = now();
  server_.admitted(imei);
  server_.reporter().connected(identified.init, peer_);
  session_.accept(now());
}

asio::awaitable<void> Connection::perform(const MetadataReceived& metadata) {
  auto& facts = transfer_ ? transfer_->facts() : facts_;
  facts.kind = metadata.kind;
  facts.metadata_payload.assign(metadata.payload.begin(), metadata.payload.end());
  if (const auto decoded = decode_metadata(metadata.payload)) {
    server_.reporter().metadata(facts);
  } else {
    server_.reporter().bad_metadata(facts, decoded.error());
  }
  co_return;
}

asio::awaitable<void> Connection::perform(const FileOffered& offered) {
  facts_.kind = offered.kind;
  facts_.received = system_now();
  const auto& options = server_.options();
  const auto path = facts_.path_for(options);
  const bool matters = options.if_exists == IfExists::skip || options.if_exists == IfExists::fail;
  std::error_code ignored;
  if (!matters || !std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
    session_.fetch(now());
    co_return;
  }
  const auto why = path.string() + " exists already";
  if (options.if_exists == IfExists::skip) {
    server_.reporter().file_skipped(facts_, why);
  } else {
    server_.reporter().file_failed(facts_, why, {});
    server_.note_failure(ExitCode::io);
  }
  facts_.metadata_payload.clear();
  session_.skip(now());
}

asio::awaitable<void> Connection::perform(const FileStarted& started) {
  auto transfer = Transfer::start(server_.options(), facts_, started.packets);
  if (!transfer) {
    fail_transfer(transfer.error());
    co_return;
  }
  transfer_ = std::move(*transfer);
  server_.reporter().file_started(*transfer_);
  session_.begin(now());
}

asio::awaitable<void> Connection::perform(const FileCompleted& completed) {
  const auto if_exists = server_.options().if_exists;
  const auto path = co_await asio::co_spawn(
      server_.disk(),
      [this, if_exists]() -> asio::awaitable<Result<std::optional<std::filesystem::path>>> {
        co_return transfer_->finish(if_exists);
      },
      asio::use_awaitable);
  if (!path) {
    fail_transfer(path.error());
    co_return;
  }
  facts_.metadata_payload.clear();
  auto transfer = std::exchange(transfer_, std::nullopt);
  if (*path) {
    server_.reporter().file_done(*transfer, completed, **path, transfer->sha256());
  } else {
    server_.reporter().file_skipped(transfer->facts(), "its name was taken meanwhile");
  }
  server_.stored(transfer->facts(), path->has_value()) ? session_.finish() : session_.stored(now());
}

asio::awaitable<void> Connection::perform(const FileRefused& refused) {
  device_failed_ = true;
  server_.reporter().device_refused(facts_, refused.status);
  server_.note_failure(ExitCode::device_failed);
  facts_.metadata_payload.clear();
  co_await save_transfer("the device gave up");
}

asio::awaitable<void> Connection::perform(const Resumed& resumed) {
  transfer_->count_resumption();
  server_.reporter().resumed(*transfer_, resumed);
  co_return;
}

asio::awaitable<void> Connection::perform(const Note& note) {
  auto& console = server_.reporter().console();
  const auto text = fmt::format("{}: {}", imei_ ? format_imei(*imei_) : peer_, escaped(note.text));
  note.notable ? console.note(text) : console.detail(text);
  co_return;
}

asio::awaitable<void> Connection::perform(const Ended& ended) {
  ended_ = ended;
  if (imei_) {
    server_.reporter().disconnected(*imei_, ended.text, ended.reason == Ended::Reason::finished);
  } else if (ended.reason != Ended::Reason::rejected) {
    server_.reporter().stranger(peer_, ended.text);
  }
  co_return;
}

// --- the end ---

/// An unfinished file becomes durable as it is.
asio::awaitable<void> Connection::save_transfer(std::string why) {
  if (!transfer_) {
    co_return;
  }
  const auto saved = co_await asio::co_spawn(
      server_.disk(), [this]() -> asio::awaitable<Result<void>> { co_return transfer_->save(); },
      asio::use_awaitable);
  if (!saved) {
    fail_transfer(saved.error());
    co_return;
  }
  server_.reporter().file_failed(transfer_->facts(),
                                 fmt::format("incomplete, {} of {} packets: {}",
                                             transfer_->packets_received(), transfer_->packets(),
                                             why),
                                 transfer_->part_path());
  server_.partial(transfer_->facts());
  transfer_.reset();
}

/// The device is to hang up first, or what we sent last might be lost on the way.
asio::awaitable<void> Connection::take_leave() {
  if (ended_->reason != Ended::Reason::finished && ended_->reason != Ended::Reason::rejected) {
    co_return;
  }
  asio::error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  const auto until = now() + leave_wait;
  while (peer_open_ && now() < until && !stopping_) {
    timer_.expires_at(until);
    co_await (socket_.async_wait(asio::ip::tcp::socket::wait_read, as_values) ||
              timer_.async_wait(as_values));
    std::array<std::byte, 4096> ignored;
    while (!error) {
      socket_.read_some(asio::buffer(ignored), error);
    }
    peer_open_ = error == asio::error::would_block;
    error.clear();
  }
}

} // namespace dualcam
