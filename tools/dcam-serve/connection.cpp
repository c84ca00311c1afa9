#include "dcam-serve/connection.hpp"

#include <utility>

#include <asio/post.hpp>
#include <fmt/format.h>

#include "common/escape.hpp"
#include "dcam-serve/balancer.hpp"
#include "dcam-serve/server.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/wire/hex.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::seconds leave_wait{1};
constexpr std::chrono::milliseconds time_for_capture{10};
constexpr std::chrono::milliseconds look_at_neighbours{200};
constexpr unsigned reads_at_a_time = 16; // then the other connections have their turn

/// Waits bounded by the idle timeout stay in proportion when that is short.
ServerConfig session_config(const ServeOptions& options) {
  ServerConfig config;
  config.wanted = options.wishes;
  config.metadata = options.metadata;
  config.idle = options.idle_timeout;
  // a file by path is asked for in two ways, one behind the other
  config.metadata_wait = std::min(config.metadata_wait, config.idle / 3);
  config.path_wait = std::min(config.path_wait, config.idle / 3);
  config.again_wait = std::min(config.again_wait, config.idle / 4);
  config.more_wait = std::min(config.more_wait, config.idle / 4);
  config.uncounted_wait = std::min(config.uncounted_wait, config.idle / 4);
  config.sync_wait = std::min(config.sync_wait, config.idle / 4);
  config.quiet = std::min(config.quiet, config.idle / 4);
  config.repeat_init_wait = std::min(config.repeat_init_wait, config.idle / 2);
  return config;
}

} // namespace

Connection::Connection(asio::ip::tcp::socket socket, std::uint64_t number, Server& server)
    : server_(server),
      link_(std::move(socket), server.options().proxy_protocol ? nullptr : server.capture(),
            server.clock()),
      number_(number), session_(session_config(server.options()), server.clock().now()),
      upload_(server, session_, [this] { link_.wake(); }), opened_at_(server.clock().now()) {}

void Connection::interrupt() {
  upload_.interrupt();
  stop();
}

/// A camera that has fallen silent over a file, and comes back, is not stopped by anybody else.
void Connection::give_way(std::string why) {
  overdue_ = is_overdue(server_.clock().now());
  if (!imei_ && !stopping() && !leaving()) {
    server_.too_many();
    server_.reporter().stranger(origin(), {why});
  }
  stop(std::move(why));
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
          .overdue_at = upload_.writing() ? TimePoint::max() : session_.overdue_at(),
          .proved = upload_.proved(),
          .leaving = stopping() || leaving(),
          .recent_bytes = upload_.recent_bytes(now)};
}

bool Connection::is_overdue(TimePoint now) const {
  const auto shown = standing(now);
  return shown.overdue_at <= now && !shown.leaving;
}

/// What comes before a camera says anything. False: the peer is not to be served.
asio::awaitable<bool> Connection::begin() {
  if (server_.options().proxy_protocol) {
    const auto came = co_await take_proxy_header(link_, server_.clock());
    if (!came.refusal.why.empty() && !stopping()) {
      server_.reporter().stranger(origin(), came.refusal);
    }
    if (!came.is_served) {
      co_return false;
    }
    if (server_.capture() != nullptr) {
      link_.record(*server_.capture());
    }
  }
  if (server_.tls() != nullptr && !co_await secure()) {
    co_return false;
  }
  session_ = ServerSession(session_config(server_.options()), server_.clock().now());
  co_return true;
}

asio::awaitable<bool> Connection::secure() {
  const auto refusal = co_await server_.handshakes().perform(link_, *server_.tls());
  const bool is_served = refusal.why.empty();
  if (!is_served && !stopping()) {
    server_.reporter().stranger(origin(), refusal);
  }
  co_return is_served;
}

std::string Connection::status() const {
  if (!imei_) {
    return {};
  }
  const auto* transfer = upload_.transfer();
  const auto camera = fmt::format("{} from {}", format_imei(*imei_), link_.peer());
  if (transfer == nullptr) {
    return camera + ": nothing is on its way";
  }
  const auto& facts = transfer->facts();
  const auto done = transfer->counts_packets() ? transfer->packets() : transfer->bytes();
  return fmt::format("{}: {}, {} of {} {}", camera, escaped(facts.file.label()), done,
                     transfer->announced(), transfer->counts_packets() ? "packets" : "bytes");
}

asio::awaitable<void> Connection::run() {
  const bool is_plain = server_.tls() == nullptr && !server_.options().proxy_protocol;
  if (!is_plain && !co_await begin()) {
    co_return;
  }
  for (unsigned last_reads = 0;;) {
    co_await perform_all();
    if (reservation_ && upload_.transfer() != nullptr && upload_.transfer()->packets() > 0) {
      reservation_->has_part();
    }
    return_buffer();
    if (ended_ || upload_.failed()) {
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
  const bool over = ended_ && is_over(*ended_);
  const bool cut = upload_.transfer() != nullptr && !upload_.transfer()->is_comparing();
  if (imei_) {
    server_.stepped_back().passed_over(*imei_, session_.passed_over());
  }
  if (!over && (!stopping() || overdue_)) {
    upload_.step_back(ended_ && ended_->reason == Ended::Reason::bad_line);
  }
  const auto folder = cut ? folder_of(upload_.transfer()->path()) : std::filesystem::path();
  co_await upload_.leave(why);
  co_await leave_to_neighbours(folder);
  if (!ended_ && imei_) {
    server_.reporter().disconnected(*imei_, origin(), why, true);
  }
  if (ended_) {
    co_await take_leave();
  }
  if (imei_) {
    server_.over(over || (upload_.refused() && !cut));
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
  while (server_.capture() != nullptr && server_.capture()->is_behind() && !stopping()) {
    co_await link_.sleep(server_.clock().now() + time_for_capture);
  }
  if (std::exchange(brought_data_, false)) {
    const auto now = server_.clock().now();
    if (const auto next = pace_.next(server_.connections(), now); next > now) {
      co_await link_.sleep(std::min(next, session_.deadline()));
    }
  }
  if (stopping() || receive_available()) {
    co_return;
  }
  co_await link_.wait_to_read(session_.deadline());
  if (!stopping() && !receive_available()) {
    session_.tick(server_.clock().now());
  }
}

// --- actions ---

asio::awaitable<void> Connection::perform_all() {
  while (auto action = session_.poll()) {
    if (const auto* data = std::get_if<FileData>(&*action)) { // the frequent one needs no coroutine
      trace(*data);
      pace_.fetched(data->payload.size());
      brought_data_ = true;
      if (upload_.take(*data) || co_await upload_.write()) {
        continue;
      }
      co_return;
    }
    if (!co_await upload_.write()) {
      co_return;
    }
    co_await std::visit([this](const auto& what) { return perform(what); }, *action);
    if (upload_.failed()) {
      co_return;
    }
  }
  co_await upload_.write();
}

void Connection::return_buffer() {
  if (buffer_) {
    server_.buffers().give_back(buffer_);
  }
}

void Connection::trace(const FileData& data) {
  auto& console = server_.reporter().console();
  if (console.traces()) {
    console.trace(fmt::format("{} packet {}, {} bytes at {}", link_.peer(), data.number,
                              data.payload.size(), data.offset));
  }
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
  if (admission.knows(imei)) {
    co_return; // the disk need not be asked
  }
  if (co_await server_.disk().run(
          [this, imei] { return server_.destination().has_stored(imei); })) {
    admission.is_known(imei);
  }
}

/// Waits until no other server on the folder serves this camera.
asio::awaitable<std::string> Connection::take_from_neighbours(std::uint64_t imei,
                                                              TimePoint deadline) {
  if (server_.neighbours() == nullptr) {
    co_return "";
  }
  reservation_.emplace(*server_.neighbours(), imei);
  while (!stopping()) {
    const bool taken = co_await reservation_->take();
    const auto now = server_.clock().now();
    if (taken) {
      co_return "";
    }
    if (now >= deadline || has_gone()) {
      reservation_.reset();
      co_return now >= deadline ? "another server is still at work with this camera"
                                : "it has gone";
    }
    co_await link_.sleep(std::min<TimePoint>(deadline, now + look_at_neighbours));
  }
  co_return "";
}

/// The camera may go on elsewhere, once its part below `folder` is closed.
asio::awaitable<void> Connection::leave_to_neighbours(const std::filesystem::path& folder) {
  if (reservation_ && !folder.empty()) {
    auto* disk = co_await server_.disks().of(folder);
    co_await disk->run([] { return true; }); // it does what it is asked for in order
  }
  reservation_.reset();
}

/// Waits until this connection is the one that serves its camera. Why it is not; empty if it is.
asio::awaitable<std::string> Connection::admit(std::uint64_t imei) {
  auto why = server_.refusal(imei, link_.fingerprint());
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
    const auto answer = admission.holders().ask_for(*this, imei, now);
    if (answer == Holders::Answer::granted) {
      why = co_await take_from_neighbours(imei, deadline);
      co_return why.empty() ? server_.refusal(imei, link_.fingerprint()) : why; // it may differ now
    }
    if (answer == Holders::Answer::crowded) {
      why = "several other connections of this camera wait already";
    } else if (now >= deadline) {
      why = "another connection of this camera is still at work";
    } else if (has_gone()) {
      why = "it has gone";
    } else {
      co_await link_.sleep(std::min(deadline, admission.holders().look_at(imei, now)));
    }
  }
  admission.holders().give_up(*this);
  co_return why;
}

asio::awaitable<void> Connection::perform(const Identified& identified) {
  const auto imei = identified.init.imei;
  const auto why = co_await admit(imei);
  if (stopping()) {
    co_return;
  }
  if (!why.empty()) {
    server_.reporter().rejected(imei, origin(), why);
    session_.reject(why);
    co_return;
  }
  imei_ = imei;
  upload_.identified(imei, origin());
  server_.admitted(imei);
  server_.reporter().connected(identified.init, origin());
  const auto& stepped_back = server_.stepped_back();
  session_.accept(server_.clock().now(), stepped_back.of(imei), stepped_back.manner(imei));
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
    server_.reporter().unsupported(*imei_, origin(), ended.text);
  } else if (imei_) {
    server_.reporter().disconnected(*imei_, origin(), ended.text,
                                    ended.reason == Ended::Reason::finished);
  } else if (ended.reason != Ended::Reason::rejected) {
    server_.reporter().stranger(origin(), {ended.text, ended.imei});
  }
  co_return;
}

// --- the end ---

/// Whether the camera is done with. One that does not answer REPEAT INIT is, but for a broken link:
/// then it comes back.
bool Connection::is_over(const Ended& ended) const {
  switch (ended.reason) {
  case Ended::Reason::finished:
  case Ended::Reason::unsupported:
    return true;
  case Ended::Reason::unanswered:
    return !link_.error() || link_.error() == asio::error::eof;
  default:
    return false;
  }
}

asio::awaitable<void> Connection::take_leave() {
  switch (ended_->reason) {
  case Ended::Reason::finished:
  case Ended::Reason::rejected:
  case Ended::Reason::unsupported:
  case Ended::Reason::unanswered:
    co_await link_.leave(leave_wait);
    break;
  default:
    break;
  }
}

} // namespace dualcam::serve
