// One simulated camera: connects, uploads, is cut off, comes back.
#pragma once

#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include "common/clock.hpp"
#include "common/coroutine.hpp"
#include "common/json.hpp"
#include "common/link.hpp"
#include "dcam-sim/caller.hpp"
#include "dcam-sim/line.hpp"
#include "dcam-sim/line_rate.hpp"
#include "dcam-sim/offer.hpp"
#include "dcam-sim/options.hpp"

namespace dualcam::sim {

class Device {
public:
  /// `events` gets what happens: its name, the fields for JSON and a line for people.
  using Events = std::function<void(const std::string& name, Json fields, const std::string& text)>;

  /// `offers`, `clock` and `tls`, without which it is plain TCP, must outlive it.
  Device(const SimOptions& options, std::uint32_t number, std::span<const Offer> offers,
         const asio::any_io_executor& executor, Events events, Clock& clock = Clock::system(),
         const TlsContext* tls = nullptr);

  /// Until every file is taken or there is no sense in going on.
  asio::awaitable<ExitCode> run();

  /// Whether the server lets itself be connected to; if not, that is told.
  asio::awaitable<bool> reach();

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_to_send() const { return bytes_to_send_; }

private:
  enum class Outcome { finished, refused, lost, unreachable };

  /// What the protocol need not know of a file.
  struct Label {
    Offer offer;
    std::size_t number;                ///< its place among all files, taken or not
    ByteBuffer replacement;            ///< the content, if it is not the one given
    std::set<std::uint32_t> damaged{}; ///< packets that were, when they were sent last
  };

  asio::awaitable<Outcome> connect_once();
  asio::awaitable<Outcome> converse(Link& link);
  asio::awaitable<bool> transmit(Link& link, CameraSend send);
  asio::awaitable<bool> send_paced(Link& link, Bytes bytes, Random& random);
  asio::awaitable<bool> send_gathered(Link& link);
  asio::awaitable<bool> write(Link& link, Bytes bytes);
  std::optional<Outcome> hear(Link& link, CameraSession& session, TimePoint until);
  asio::awaitable<void> pause(std::chrono::steady_clock::duration duration);
  void begin_connection();
  void replace(std::size_t index);
  void forget_taken(const std::vector<std::size_t>& taken);
  std::string name_of(std::size_t index) const;
  Json fields_of(std::size_t index) const;
  void tell(const std::string& name, const Json& fields, const std::string& text);

  const SimOptions& options_;
  CameraConfig config_;
  std::vector<CameraFile> files_; ///< that the server has not taken
  std::vector<Label> labels_;     ///< of each of them
  Line line_;
  LineRate rate_;
  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  Events events_;
  Clock& clock_;
  Caller caller_;
  std::chrono::milliseconds starts_after_; ///< its place in the ramp
  std::size_t file_count_;
  unsigned sends_ = 0;
  ByteBuffer gathered_;                 ///< packets that are to be sent together
  std::array<std::byte, 1024> heard_{}; ///< what the session looks at until it has been polled
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_to_send_ = 0;
};

} // namespace dualcam::sim
