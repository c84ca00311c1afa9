#include "dcam-sim/replayer.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/host.hpp"
#include "common/units.hpp"
#include "dcam-sim/line_rate.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::sim {
namespace {

constexpr std::chrono::seconds patience{10}; // longer than the captured device waited
constexpr unsigned most_unanswered = 3;      // waits, one after the other
constexpr std::chrono::seconds time_to_leave{10};

/// "RESUME" and so on.
std::string_view name_of_command(CommandId id) {
  const auto* command = find_command(Sender::server, static_cast<std::uint16_t>(id));
  return command != nullptr ? command->name : "a command";
}

} // namespace

Replayer::Replayer(const SimOptions& options, std::vector<ReplayConnection> connections,
                   const ReplayStore& store, const asio::any_io_executor& executor, Events events,
                   Clock& clock, const TlsContext* tls)
    : options_(options), store_(store), executor_(executor), events_(std::move(events)),
      clock_(clock), tls_(tls), began_(clock.now()) {
  std::map<std::string, std::size_t> numbers;
  for (auto& connection : connections) {
    const auto number = numbers.emplace(connection.device, devices_.size()).first->second;
    if (number == devices_.size()) {
      devices_.emplace_back();
    }
    bytes_to_send_ += connection.bytes;
    devices_[number].push_back(std::move(connection));
  }
  if (!devices_.empty()) {
    first_start_ = devices_.front().front().start;
  }
}

asio::awaitable<ExitCode> Replayer::run(std::size_t device) {
  auto code = ExitCode::done;
  for (const auto& connection : devices_[device]) {
    if (options_.rate == 0) {
      co_await pause(began_ + (connection.start - first_start_) - clock_.now());
    }
    const auto outcome = co_await play(connection);
    code = worse_of(code, outcome);
    if (outcome == ExitCode::io) {
      break;
    }
  }
  co_return code;
}

asio::awaitable<ExitCode> Replayer::play(const ReplayConnection& connection) {
  Caller caller(options_, executor_, clock_, tls_, [&](const auto& error, auto what, auto hint) {
    tell(
        connection.device, "unreachable", {{"error", error}},
        fmt::format("{} {}: {}{}", what, host_and_port(options_.host, options_.port), error, hint));
  });
  asio::ip::tcp::socket socket(executor_);
  if (!co_await caller.reach(socket)) {
    co_return ExitCode::io;
  }
  Link link(std::move(socket), nullptr, clock_);
  if (!co_await caller.secure(link)) {
    co_return ExitCode::io;
  }
  tell(connection.device, "connected", {{"bytes", connection.bytes}},
       fmt::format("connected to {}, {} to send", host_and_port(options_.host, options_.port),
                   counted(connection.bytes, "captured byte")));
  if (connection.missing != 0) {
    tell(connection.device, "incomplete", {{"bytes", connection.missing}},
         fmt::format("{} not in the capture: left out",
                     counted(connection.missing, "byte is", "bytes are")));
  }
  Played played{connection, link, caller};
  co_return co_await converse(played);
}

asio::awaitable<ExitCode> Replayer::converse(Played& played) {
  const auto& script = played.script;
  LineRate rate(options_.rate);
  for (std::size_t i = 0; i < script.steps.size(); ++i) {
    const bool goes_on = !script.steps[i].awaited || co_await await_command(played, i);
    if (!goes_on || played.gone) {
      tell_ended(played);
      if (played.ended || played.gone) {
        co_await played.link.leave(time_to_leave);
      }
      co_return ExitCode::incomplete;
    }
    const auto& step = script.steps[i];
    co_await pause(options_.rate != 0 ? rate.wait_for(step.size, clock_.now()) : step.delay);
    if (!co_await send(played, step)) {
      co_return ExitCode::incomplete;
    }
    hear(played);
  }
  const auto until = clock_.now() + server_patience;
  while (script.ended_by_server && !played.ended && !played.gone && clock_.now() < until) {
    co_await played.link.wait_to_read(until);
    hear(played);
  }
  if (!script.ended_by_server && options_.rate == 0) {
    co_await pause(script.end);
  }
  co_await played.link.leave(time_to_leave);
  const bool as_captured = !script.ended_by_server || played.ended;
  tell(script.device, "ended", {{"as_captured", as_captured}},
       as_captured ? "everything was sent"
                   : "everything was sent; the server did not say that it "
                     "is the end");
  co_return as_captured ? ExitCode::done : ExitCode::incomplete;
}

/// Before all was sent.
void Replayer::tell_ended(const Played& played) {
  const bool is_silent = played.unanswered == most_unanswered;
  tell(played.script.device, "disconnected",
       {{"error", is_silent ? "silent server" : "the server ended it"}},
       is_silent ? "the server has said nothing for long: giving it up"
                 : fmt::format("the server {} before all was sent",
                               played.ended ? "ended it" : "hung up"));
}

/// Waits for what step `i` answers. If the server sends instead what a later one of the same round
/// answers, that one is next. False: the server has ended the conversation, or says nothing.
asio::awaitable<bool> Replayer::await_command(Played& played, std::size_t& i) {
  const auto wanted = *played.script.steps[i].awaited;
  const auto longest_wait =
      patience + std::chrono::ceil<std::chrono::milliseconds>(played.script.steps[i].waited);
  const auto until = clock_.now() + longest_wait;
  for (;;) {
    if (const auto next = asked_for(played, i)) {
      const auto came = *played.script.steps[*next].awaited;
      --played.unused[came];
      if (came == CommandId::repeat_init) { // what came before is of the last round
        played.unused.clear();
      }
      if (*next != i) {
        tell(played.script.device, "skipped", {{"steps", *next - i}},
             fmt::format("the server sends {} where the captured one sent {}: going on after it",
                         name_of_command(came), name_of_command(wanted)));
      }
      i = *next;
      co_return true;
    }
    if (played.ended || played.gone) {
      co_return false;
    }
    if (clock_.now() >= until || !played.follows) {
      if (played.follows && ++played.unanswered == most_unanswered) {
        co_return false;
      }
      tell(played.script.device, "unasked", {{"command", name_of_command(wanted)}},
           fmt::format("the server has not sent {} in {}: going on as captured",
                       name_of_command(wanted), format_duration(longest_wait)));
      co_return true;
    }
    co_await played.link.wait_to_read(until);
    hear(played);
  }
}

/// The first step from `i` on that answers a command which has come.
std::optional<std::size_t> Replayer::asked_for(const Played& played, std::size_t i) {
  const auto& steps = played.script.steps;
  for (; i < steps.size(); ++i) {
    const auto awaited = steps[i].awaited;
    const auto found = awaited ? played.unused.find(*awaited) : played.unused.end();
    if (found != played.unused.end() && found->second != 0) {
      return i;
    }
    if (awaited == CommandId::repeat_init) {
      break;
    }
  }
  return std::nullopt;
}

asio::awaitable<bool> Replayer::send(Played& played, const ReplayStep& step) {
  const auto bytes = store_.read(step.place, step.size);
  std::string why = bytes ? "" : bytes.error().message;
  if (bytes && !co_await played.link.write(*bytes, clock_.now() + server_patience)) {
    why = played.link.error().message();
  }
  if (!why.empty()) {
    tell(played.script.device, "disconnected", {{"error", why}}, "connection lost: " + why);
    co_return false;
  }
  bytes_sent_ += step.size;
  co_return true;
}

/// What has come.
void Replayer::hear(Played& played) {
  std::array<std::byte, 1024> buffer;
  while (const auto count = played.link.read(buffer)) {
    if (*count == 0) {
      played.gone = true;
      return;
    }
    played.unanswered = 0;
    const auto heard = Bytes(buffer).first(*count);
    if (played.caller.is_misunderstood(heard)) {
      played.gone = true;
      return;
    }
    take(played, heard);
  }
}

void Replayer::take(Played& played, Bytes bytes) {
  if (!played.follows) {
    return;
  }
  played.framer.feed(bytes);
  for (;;) {
    const auto frame = played.framer.next();
    played.follows = frame.has_value();
    if (!frame || !*frame) {
      return;
    }
    const auto id = static_cast<CommandId>((*frame)->id);
    ++played.unused[id];
    played.ended = played.ended || id == CommandId::init_or_close || id == CommandId::status;
    const auto message = decode(Sender::server, (*frame)->id, (*frame)->payload);
    const auto text = message ? describe(*message) : std::string(name_of_command(id));
    tell(played.script.device, "asked", {{"command", text}}, "the server sends " + text);
  }
}

asio::awaitable<void> Replayer::pause(std::chrono::nanoseconds duration) {
  asio::steady_timer timer(executor_);
  const auto until = clock_.now() + duration;
  while (clock_.now() < until) {
    co_await clock_.wait(timer, until);
  }
}

void Replayer::tell(const std::string& device, const std::string& name, const Json& fields,
                    const std::string& text) {
  auto all = Json::object();
  all["imei"] = device;
  all.update(fields);
  events_(name, std::move(all), text);
}

} // namespace dualcam::sim
