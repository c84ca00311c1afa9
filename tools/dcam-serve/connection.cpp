#include "dcam-serve/connection.hpp"

#include <utility>

#include <asio/post.hpp>
#include <fmt/format.h>

#include "common/escape.hpp"
#include "dcam-serve/server.hpp"
#include "dualcam/wire/hex.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::seconds leave_wait{1};
constexpr unsigned reads_at_a_time = 16;        // then the other connections have their turn
constexpr std::size_t packets_at_a_time = 1024; // tiny ones would be tens of thousands in a buffer

/// Waits bounded by the idle timeout stay in proportion when that is short.
ServerConfig session_config(const ServeOptions& options) {
  ServerConfig config;
  config.wanted = options.sources;
  config.metadata = options.metadata;
  config.idle = options.idle_timeout;
  config.metadata_wait = std::min(config.metadata_wait, config.idle / 2);
  config.path_wait = std::min(config.path_wait, config.idle / 2);
  config.again_wait = std::min(config.again_wait, config.idle / 4);
  config.more_wait = std::min(config.more_wait, config.idle / 4);
  config.uncounted_wait = std::min(config.uncounted_wait, config.idle / 4);
  config.sync_wait = std::min(config.sync_wait, config.idle / 4);
  config.quiet = std::min(config.quiet, config.idle / 4);
  config.repeat_init_wait = std::min(config.repeat_init_wait, config.idle / 2);
  return config;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

} // namespace

Connection::Connection(asio::ip::tcp::socket socket, Server& server)
    : server_(server), link_(std::move(socket), server.capture(), server.clock()),
      session_(session_config(server.options()), server.clock().now()),
      opened_at_(server.clock().now()) {}

void Connection::interrupt() {
  if (transfer_) {
    transfer_->interrupt();
  }
  stop();
}

void Connection::stop(std::string why) {
  if (!stopping()) {
    stopped_ = std::move(why);
  }
  link_.cancel();
}

Standing Connection::standing(TimePoint now) const {
  return {.opened = opened_at_,
          .stepped = session_.stepped_at(),
          .overdue_at = writing_ ? TimePoint::max() : session_.overdue_at(),
          .proved = proved_,
          .leaving = stopping() || leaving(),
          .recent_bytes = recent_bytes_.value(now)};
}

asio::awaitable<void> Connection::run() {
  for (unsigned last_reads = 0;;) {
    co_await perform_all();
    return_buffer();
    if (ended_ || io_failed_) {
      break;
    }
    if (!stopping()) {
      co_await next_input();
    } else if (last_reads++ == reads_at_a_time || !receive_available()) {
      break; // what was on its way has been taken
    }
  }
  // a variable of its own: GCC 12 destroys a conditional temporary in a co_await twice
  const std::string why = ended_ ? ended_->text : stopped_;
  const bool cut = transfer_ && !transfer_->is_comparing();
  step_back();
  co_await save_transfer(why);
  if (!ended_ && imei_) {
    server_.reporter().disconnected(*imei_, why, true);
  }
  if (ended_) {
    co_await take_leave();
  }
  if (imei_) {
    const bool complete = ended_ && (ended_->reason == Ended::Reason::finished ||
                                     ended_->reason == Ended::Reason::unsupported);
    server_.over(complete || (device_failed_ && !cut));
  }
}

// --- bytes in ---

/// Reads what has come; false if that is nothing yet.
bool Connection::receive_available() {
  buffer_ = server_.buffers().take(read_size_.value());
  const auto count = link_.read(buffer_.bytes());
  if (!count) {
    return_buffer();
    return false;
  }
  read_size_.read(*count);
  if (*count == 0) {
    session_.disconnected();
  } else {
    session_.received(Bytes(buffer_.bytes()).first(*count), server_.clock().now());
  }
  return true;
}

asio::awaitable<void> Connection::next_input() {
  if (++reads_ % reads_at_a_time == 0) {
    co_await asio::post(asio::use_awaitable);
  }
  if (stopping() || receive_available()) {
    co_return;
  }
  auto until = session_.deadline(); // no conditional in a co_await: GCC 12 evaluates both sides
  if (transfer_ && transfer_->unsaved()) {
    until = std::min(until, transfer_->save_due_at());
  }
  co_await link_.wait_to_read(until);
  if (!stopping() && !receive_available()) {
    session_.tick(server_.clock().now());
  }
}

// --- actions ---

asio::awaitable<void> Connection::perform_all() {
  while (auto action = session_.poll()) {
    if (const auto* data = std::get_if<FileData>(&*action)) { // the frequent one needs no coroutine
      receive_packet(*data);
      if (run_.size() < packets_at_a_time || co_await write_run()) {
        continue;
      }
      co_return;
    }
    if (!co_await write_run()) {
      co_return;
    }
    co_await std::visit(
        [this](const auto& what) -> asio::awaitable<void> {
          if constexpr (!std::is_same_v<std::decay_t<decltype(what)>, FileData>) {
            co_await perform(what);
          }
        },
        *action);
    if (io_failed_) {
      co_return;
    }
  }
  if (co_await write_run()) {
    return_buffer(); // the disk may take its time
    co_await save_if_due();
  }
}

void Connection::return_buffer() {
  if (buffer_) {
    server_.buffers().give_back(buffer_);
  }
}

void Connection::receive_packet(const FileData& data) {
  run_.push_back(data.payload);
  recent_bytes_.add(data.payload.size(), server_.clock().now());
  if (std::exchange(proving_, false)) { // what was held before is the beginning of this
    has_proved();
  }
  auto& console = server_.reporter().console();
  if (console.traces()) {
    console.trace(fmt::format("{} packet {}, {} bytes at {}", link_.peer(), data.number,
                              data.payload.size(), data.offset));
  }
}

/// Writes what has come so far; false if the destination refuses it.
asio::awaitable<bool> Connection::write_run() {
  if (run_.empty()) {
    co_return true;
  }
  Result<void> written;
  if (transfer_->may_block() || !transfer_->is_begun()) {
    writing_ = true;
    written = co_await run_on(server_.disk(), [this] { return transfer_->append(run_); });
    writing_ = false;
  } else {
    written = transfer_->append(run_);
  }
  run_.clear();
  if (!written) {
    fail_transfer(written.error());
  }
  co_return written.has_value();
}

asio::awaitable<void> Connection::save_if_due() {
  if (!transfer_ || !transfer_->save_is_due(server_.clock().now())) {
    co_return;
  }
  const auto saved = co_await run_on(server_.disk(), [this] { return transfer_->save(); });
  if (!saved) {
    fail_transfer(saved.error());
  }
}

void Connection::fail_transfer(const Error& error) {
  io_failed_ = true;
  if (transfer_ && transfer_->reader_gone()) {
    transfer_.reset();
    return server_.reader_gone();
  }
  if (transfer_ && transfer_->may_block() && stopping()) { // it was interrupted
    server_.partial(transfer_->facts());
    return transfer_.reset();
  }
  server_.reporter().file_failed(facts_, error.message, kept_part());
  if (transfer_ && transfer_->packets_received() == 0) {
    (void)transfer_->leave(); // of nothing, nothing remains
  }
  transfer_.reset();
  server_.failed(error.category == ErrorCategory::crc ? ExitCode::bad_data : ExitCode::io);
}

/// Where something is that the camera need not send again; empty if nothing is.
std::filesystem::path Connection::kept_part() const {
  return transfer_ && transfer_->packets_received() > 0 ? transfer_->path()
                                                        : std::filesystem::path();
}

asio::awaitable<void> Connection::perform(const Send& send) {
  auto& console = server_.reporter().console();
  if (console.traces()) {
    console.trace(fmt::format("{} <- {}", link_.peer(), to_hex(send.bytes)));
  }
  co_await link_.write(send.bytes, server_.clock().now() + server_.options().idle_timeout);
}

/// What an earlier run has stored of this camera tells it from an IMEI that anybody may name.
asio::awaitable<void> Connection::look_for_records(std::uint64_t imei) {
  auto& admission = server_.admission();
  const auto& options = server_.options();
  if (options.to_stdout || admission.knows(imei)) {
    co_return;
  }
  const auto state = state_folder(options, imei);
  const auto known = co_await run_on(server_.disk(), [&state] { return state.read(); });
  if (known && !known->records.empty()) {
    admission.is_known(imei);
  }
}

/// Waits until this connection is the one that serves its camera. Why it is not; empty if it is.
asio::awaitable<std::string> Connection::admit(std::uint64_t imei) {
  auto why = server_.refusal(imei);
  auto& admission = server_.admission();
  if (why.empty()) {
    co_await look_for_records(imei);
  }
  if (why.empty() && !admission.identify(*this, imei, server_.clock().now())) {
    why = server_.too_many();
  }
  const auto deadline = server_.clock().now() + server_.options().idle_timeout;
  while (why.empty() && !stopping()) {
    const auto now = server_.clock().now();
    const auto claim = admission.claim(*this, now);
    if (claim == Admission::Claim::granted) {
      co_return server_.refusal(imei); // the wait may have changed it
    }
    if (claim == Admission::Claim::crowded) {
      why = "several other connections of this camera wait already";
    } else if (now >= deadline) {
      why = "another connection of this camera is still at work";
    } else if (has_gone()) {
      why = "it has gone";
    } else {
      co_await link_.sleep(std::min(deadline, admission.look_at(*this, now)));
    }
  }
  admission.give_up(*this);
  co_return why;
}

asio::awaitable<void> Connection::perform(const Identified& identified) {
  const auto imei = identified.init.imei;
  const auto why = co_await admit(imei);
  if (stopping()) {
    co_return;
  }
  if (!why.empty()) {
    server_.reporter().rejected(imei, link_.peer(), why);
    session_.reject(why);
    co_return;
  }
  imei_ = imei;
  facts_.imei = imei;
  server_.admitted(imei);
  server_.reporter().connected(identified.init, link_.peer());
  session_.accept(server_.clock().now(), server_.stepped_back().of(imei));
}

asio::awaitable<void> Connection::perform(const MetadataReceived& metadata) {
  auto& facts = transfer_ ? transfer_->facts() : facts_;
  facts.file = metadata.file; // of the file being offered or fetched
  facts.metadata_payload.assign(metadata.payload.begin(), metadata.payload.end());
  if (const auto decoded = decode_metadata(metadata.payload)) {
    server_.reporter().metadata(facts);
  } else {
    server_.reporter().bad_metadata(facts, decoded.error());
  }
  co_return;
}

asio::awaitable<void> Connection::perform(const FileOffered& offered) {
  if (facts_.file != offered.file) { // METADATA of this file has set it
    facts_.metadata_payload.clear();
  }
  facts_.file = offered.file;
  facts_.received = system_now();
  const auto& options = server_.options();
  if (options.to_stdout) {
    server_.may_be_paused(offered.file) ? session_.fetch(server_.clock().now())
                                        : session_.skip(server_.clock().now());
    co_return;
  }
  if (is_left_alone(offered.file)) {
    leave_file();
    co_return;
  }
  if (is_name_taken() &&
      !co_await run_on(server_.disk(), [&] { return facts_.may_be_held(options); })) {
    refuse_name();
    co_return;
  }
  fetching_ = offered.file;
  session_.fetch(server_.clock().now());
}

/// By --if-exists skip or fail the file may not have its name then.
bool Connection::is_name_taken() const {
  const auto& options = server_.options();
  const bool matters = options.if_exists == IfExists::skip || options.if_exists == IfExists::fail;
  return matters && !options.to_stdout && is_there(facts_.path_for(options));
}

/// The file stays with the camera.
void Connection::refuse_name() {
  const auto why = facts_.path_for(server_.options()).string() + " exists already";
  if (server_.options().if_exists == IfExists::fail) {
    server_.reporter().file_failed(facts_, why, kept_part());
    server_.note_failure(ExitCode::io);
  } else {
    server_.reporter().file_skipped(facts_, why);
  }
  leave_file();
}

void Connection::leave_file() {
  transfer_.reset();
  fetching_.reset();
  facts_.metadata_payload.clear();
  session_.skip(server_.clock().now());
}

/// Whether it was recognised in this connection. Other files of its kind are known by their time.
bool Connection::is_left_alone(const FileRef& file) const {
  const auto found = left_alone_.find(file);
  return found != left_alone_.end() &&
         same_file({facts_.imei, file, 0, 0, found->second},
                   {facts_.imei, file, 0, 0, facts_.metadata_payload});
}

asio::awaitable<void> Connection::perform(const FileStarted& started) {
  if (transfer_) { // START has come twice
    const auto left = co_await run_on(server_.disk(), [this] { return transfer_->leave(); });
    if (!left) {
      fail_transfer(left.error());
      co_return;
    }
    server_.pause(std::move(*std::exchange(transfer_, std::nullopt)));
  }
  const auto most = server_.options().max_file_size;
  const auto size = std::uint64_t{started.packets - 1} * full_packet; // and the last packet
  if (size >= most) {
    server_.reporter().file_failed(
        facts_,
        fmt::format("refused: its {} packets are more than {} (--max-file-size)", started.packets,
                    format_size(most)),
        {});
    server_.note_failure(ExitCode::io);
    leave_file();
    co_return;
  }
  if (!co_await begin_transfer(started.packets)) {
    co_return;
  }
  if (is_name_taken() && !transfer_->is_comparing()) {
    refuse_name();
    co_return;
  }
  receive_file();
}

void Connection::receive_file() {
  const auto from = transfer_->resume_point();
  proving_ = !from.overlap.empty();
  session_.begin(server_.clock().now(), from);
}

/// False if the destination refuses it.
asio::awaitable<bool> Connection::begin_transfer(std::uint32_t packets) {
  transfer_ = server_.take_paused();
  const FileIdentity offered = {facts_.imei, facts_.file, packets, {}, facts_.metadata_payload};
  if (transfer_ && !same_file(transfer_->identity(), offered)) {
    const auto kept = transfer_->set_aside();
    fail_transfer(kept ? Error{ErrorCategory::io, 0, "another file"} : kept.error());
    co_return false;
  }
  if (!transfer_) {
    auto transfer = co_await run_on(
        server_.disk(), [&] { return Transfer::begin(server_.options(), facts_, packets); });
    if (!transfer) {
      fail_transfer(transfer.error());
      co_return false;
    }
    transfer_ = std::move(*transfer);
  }
  server_.reporter().file_started(*transfer_);
  co_return true;
}

asio::awaitable<void> Connection::perform(const FileReplaced&) {
  if (transfer_->is_comparing()) {
    const auto begun = co_await run_on(server_.disk(), [this] { return transfer_->begin_new(); });
    if (!begun) {
      fail_transfer(begun.error());
    } else if (is_name_taken()) {
      refuse_name();
    } else {
      session_.begin(server_.clock().now());
    }
    co_return;
  }
  const auto packets = transfer_->packets();
  const auto kept = co_await run_on(server_.disk(), [this] { return transfer_->set_aside(); });
  if (!kept) {
    fail_transfer(kept.error());
    co_return;
  }
  server_.reporter().file_replaced(*transfer_, *kept);
  transfer_.reset();
  if (co_await begin_transfer(packets)) { // maybe with another part, then that has to be proved
    receive_file();
  }
}

asio::awaitable<void> Connection::perform(const FileCompleted& completed) {
  auto finished = co_await run_on(server_.disk(),
                                  [&] { return transfer_->finish(completed, server_.unsaid()); });
  if (!finished) {
    fail_transfer(finished.error());
    co_return;
  }
  has_proved();
  auto transfer = std::exchange(transfer_, std::nullopt);
  if (finished->what == Finished::What::known) {
    left_alone_.insert_or_assign(transfer->facts().file, facts_.metadata_payload);
  }
  fetching_.reset();
  facts_.metadata_payload.clear();
  if (finished->is_news) {
    const auto done =
        server_.reporter().file_done(*transfer, finished->file, finished->path, finished->sha256);
    server_.teller().tell(done, std::move(finished->line));
  } else if (finished->what == Finished::What::skipped) {
    server_.reporter().file_skipped(transfer->facts(), "its name was taken meanwhile");
  } else {
    server_.reporter().file_known(transfer->facts(), finished->path);
  }
  server_.stored(transfer->facts(), finished->is_news) ? session_.finish()
                                                       : session_.stored(server_.clock().now());
}

asio::awaitable<void> Connection::perform(const Acknowledged&) { co_return; }

asio::awaitable<void> Connection::perform(const FileRefused& refused) {
  device_failed_ = true;
  server_.reporter().device_refused(facts_, refused.status);
  server_.note_failure(ExitCode::device_failed);
  fetching_.reset();
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
  const auto text =
      fmt::format("{}: {}", imei_ ? format_imei(*imei_) : link_.peer(), escaped(note.text));
  note.notable ? console.note(text) : console.detail(text);
  co_return;
}

asio::awaitable<void> Connection::perform(const Ended& ended) {
  ended_ = ended;
  if (ended.reason == Ended::Reason::unsupported) {
    server_.note_failure(ExitCode::device_failed);
    server_.reporter().unsupported(*imei_, ended.text);
  } else if (imei_) {
    server_.reporter().disconnected(*imei_, ended.text, ended.reason == Ended::Reason::finished);
  } else if (ended.reason != Ended::Reason::rejected) {
    server_.reporter().stranger(link_.peer(), ended.text);
  }
  co_return;
}

// --- the end ---

/// A file that did not come, though the line was there for it, does not keep others from coming.
void Connection::step_back() {
  const bool over = ended_ && (ended_->reason == Ended::Reason::finished ||
                               ended_->reason == Ended::Reason::unsupported);
  if (!fetching_ || stopping() || over) {
    return;
  }
  const bool in_vain = ended_ && ended_->reason == Ended::Reason::bad_line;
  const bool grew = transfer_ && transfer_->new_bytes() > 0;
  if ((in_vain || !grew) && server_.stepped_back().add(*imei_, *fetching_) && in_vain) {
    server_.reporter().stepped_back(facts_);
  }
}

/// An unfinished file becomes durable as it is.
asio::awaitable<void> Connection::save_transfer(std::string why) {
  if (!transfer_) {
    co_return;
  }
  if (transfer_->is_comparing()) { // it may be stored, it may be another
    server_.partial(transfer_->facts());
    transfer_.reset();
    co_return;
  }
  const auto [next, offset] = session_.compared();
  const auto saved = co_await run_on(
      server_.disk(), [this, next, offset] { return transfer_->leave(next, offset); });
  if (!saved) {
    fail_transfer(saved.error());
    co_return;
  }
  server_.reporter().file_interrupted(*transfer_, why);
  server_.partial(transfer_->facts());
  server_.pause(std::move(*std::exchange(transfer_, std::nullopt)));
}

asio::awaitable<void> Connection::take_leave() {
  if (ended_->reason != Ended::Reason::finished && ended_->reason != Ended::Reason::rejected &&
      ended_->reason != Ended::Reason::unsupported) {
    co_return;
  }
  co_await link_.leave(leave_wait);
}

/// Not only a word, but a file is behind this IMEI.
void Connection::has_proved() {
  proved_ = true;
  server_.admission().is_known(*imei_);
}

} // namespace dualcam::serve
