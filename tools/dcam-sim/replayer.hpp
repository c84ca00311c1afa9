// Plays the devices of a capture against a server.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/steady_timer.hpp>

#include "common/json.hpp"
#include "dcam-sim/caller.hpp"
#include "dcam-sim/replay_script.hpp"
#include "dualcam/wire/framer.hpp"

namespace dualcam::sim {

/// Every connection of the capture, each when the one before it of the same device is over: at the
/// capture's pace, or at `options.rate`. What answers a command of the server waits for that.
class Replayer {
public:
  /// As Device::Events.
  using Events = std::function<void(const std::string& name, Json fields, const std::string& text)>;

  Replayer(const SimOptions& options, std::vector<ReplayConnection> connections,
           const ReplayStore& store, const asio::any_io_executor& executor, Events events,
           Clock& clock = Clock::system(), const TlsContext* tls = nullptr);

  std::size_t devices() const { return devices_.size(); }
  /// The connections of one device, in order.
  asio::awaitable<ExitCode> run(std::size_t device);

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_to_send() const { return bytes_to_send_; }

private:
  /// A connection that is played.
  struct Played {
    const ReplayConnection& script;
    Link& link;
    Caller& caller;
    Framer framer{Sender::server};
    std::map<CommandId, unsigned> unused{}; ///< commands that came and were not answered yet
    bool follows = true;                    ///< the server's commands can be told apart
    bool ended = false;                     ///< by CLOSE or STATUS
    bool gone = false;
    unsigned unanswered = 0; ///< waits for commands since the server's last byte
  };

  asio::awaitable<ExitCode> play(const ReplayConnection& connection);
  asio::awaitable<ExitCode> converse(Played& played);
  void tell_ended(const Played& played);
  asio::awaitable<bool> await_command(Played& played, std::size_t& step);
  static std::optional<std::size_t> asked_for(const Played& played, std::size_t i);
  asio::awaitable<bool> send(Played& played, const ReplayStep& step);
  void hear(Played& played);
  void take(Played& played, Bytes bytes);
  asio::awaitable<void> pause(std::chrono::nanoseconds duration);
  void tell(const std::string& device, const std::string& name, const Json& fields,
            const std::string& text);

  const SimOptions& options_;
  const ReplayStore& store_;
  asio::any_io_executor executor_;
  Events events_;
  Clock& clock_;
  const TlsContext* tls_;
  std::chrono::nanoseconds first_start_{0};
  TimePoint began_;
  std::vector<std::vector<ReplayConnection>> devices_; ///< the connections of each
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_to_send_ = 0;
};

} // namespace dualcam::sim
