#include "common/link.hpp"

#include <array>
#include <bit>
#include <memory>

#include <poll.h>

#include "common/units.hpp"

namespace dualcam::inline tools {
namespace {

constexpr unsigned reads_at_a_time = 16;
constexpr std::chrono::milliseconds glance{10};

CaptureTime capture_now() { return std::chrono::system_clock::now(); }

Endpoint to_endpoint(const asio::ip::tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) {
    return Endpoint::v4(address.to_v4().to_uint(), endpoint.port());
  }
  return {std::bit_cast<std::array<std::byte, 16>>(address.to_v6().to_bytes()), endpoint.port()};
}

/// Ends the wait for a timer when a socket is ready. Two coroutines, one for each, would cost a
/// connection more memory than all the rest of it.
class Readiness {
public:
  Readiness(asio::ip::tcp::socket& socket, asio::ip::tcp::socket::wait_type direction,
            asio::steady_timer& timer)
      : socket_(socket), state_(std::make_shared<State>(State{&timer})) {
    socket.async_wait(direction, [state = state_](const asio::error_code&) {
      state->reached = true;
      if (state->timer != nullptr) {
        state->timer->cancel();
      }
    });
  }
  ~Readiness() {
    state_->timer = nullptr; // it may have gone when the socket's turn comes
    if (!state_->reached) {
      asio::error_code ignored;
      socket_.cancel(ignored);
    }
  }
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  bool reached() const { return state_->reached; }

private:
  struct State {
    asio::steady_timer* timer;
    bool reached = false;
  };

  asio::ip::tcp::socket& socket_;
  std::shared_ptr<State> state_;
};

} // namespace

Link::Link(asio::ip::tcp::socket socket, PcapWriter* capture, Clock& clock)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), clock_(clock) {
  asio::error_code error;
  peer_end_ = to_endpoint(socket_.remote_endpoint(error));
  peer_ = error ? "a peer that has gone" : format_endpoint(peer_end_);
  if (!error) {
    own_end_ = to_endpoint(socket_.local_endpoint(error));
  }
  if (!error && capture != nullptr) {
    record(*capture);
  }
  socket_.non_blocking(true, error);
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
}

Link::~Link() {
  if (capture_) {
    capture_->closed(capture_now());
  }
}

void Link::speaks_for(const Endpoint& peer, const Endpoint& server) {
  peer_end_ = peer;
  own_end_ = server;
  peer_ = format_endpoint(peer);
}

void Link::record(PcapWriter& capture) {
  capture_.emplace(capture);
  capture_->connected(peer_end_, own_end_, capture_now());
}

asio::awaitable<ByteBuffer> Link::first_bytes(std::size_t least, std::size_t most,
                                              TimePoint until) {
  asio::error_code error;
  ByteBuffer bytes;
  socket_.set_option(asio::socket_base::receive_low_watermark(static_cast<int>(least)), error);
  for (bool waits = true; waits;) {
    const bool ready = co_await wait(Direction::wait_read, until);
    bytes.resize(most);
    const auto count = socket_.receive(asio::buffer(bytes), asio::socket_base::message_peek, error);
    bytes.resize(error ? 0 : count);
    waits = ready && bytes.size() < least && !has_gone();
    if (waits) { // woken for what had come before the watermark was set, or for want of memory
      co_await sleep(clock_.now() + glance);
    }
  }
  socket_.set_option(asio::socket_base::receive_low_watermark(1), error);
  co_return bytes;
}

void Link::skip(std::size_t count) {
  ByteBuffer bytes(count);
  asio::error_code error;
  while (!error && count > 0) {
    count -= socket_.receive(asio::buffer(bytes.data(), count), 0, error);
  }
}

asio::awaitable<bool> Link::secure(const TlsContext& context, TlsRole role, TimePoint until) {
  tls_.emplace(context, socket_.native_handle(), role);
  error_ = tls_->handshake();
  while (error_ == asio::error::would_block) {
    const auto direction = direction_or(Direction::wait_read);
    const bool ready = co_await wait(direction, until);
    error_ = ready ? tls_->handshake() : asio::error_code(asio::error::timed_out);
  }
  fingerprint_ = tls_->fingerprint();
  open_ = !error_;
  co_return open_;
}

std::optional<std::size_t> Link::read(std::span<std::byte> buffer) {
  const auto [count, error] = tls_ ? tls_->read(buffer) : read_plain(buffer);
  if (error == asio::error::would_block) {
    return std::nullopt;
  }
  if (error) {
    error_ = error;
    open_ = false;
    return 0;
  }
  if (capture_) {
    capture_->received(Bytes(buffer).first(count), capture_now());
  }
  return count;
}

asio::awaitable<void> Link::wait_to_read(TimePoint until) {
  if (!tls_ || !tls_->has_pending()) {
    co_await wait(direction_or(Direction::wait_read), until);
  }
}

asio::awaitable<bool> Link::write(Bytes bytes, TimePoint until) {
  if (capture_) {
    capture_->sent(bytes, capture_now());
  }
  while (!error_ && !bytes.empty()) {
    const auto [count, error] = tls_ ? tls_->write(bytes) : write_plain(bytes);
    bytes = bytes.subspan(count);
    if (error && error != asio::error::would_block) {
      error_ = error;
    } else if (error && !co_await wait(direction_or(Direction::wait_write), until)) {
      error_ = asio::error::timed_out;
    }
  }
  co_return !error_;
}

TlsStream::Moved Link::read_plain(std::span<std::byte> buffer) {
  TlsStream::Moved moved{};
  moved.count = socket_.read_some(asio::buffer(buffer.data(), buffer.size()), moved.error);
  return moved;
}

TlsStream::Moved Link::write_plain(Bytes bytes) {
  TlsStream::Moved moved{};
  moved.count = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), moved.error);
  return moved;
}

/// False: it is too late, or nothing is waited for any more.
asio::awaitable<bool> Link::wait(Direction direction, TimePoint until) {
  while (!cancelled_ && clock_.now() < until) {
    const Readiness readiness(socket_, direction, timer_);
    co_await clock_.wait(timer_, until);
    if (readiness.reached() && !cancelled_) {
      co_return true;
    }
  }
  co_return false;
}

/// What TLS waits for need not be what it looks like.
Link::Direction Link::direction_or(Direction usual) const {
  return !tls_ ? usual : tls_->wants_to_write() ? Direction::wait_write : Direction::wait_read;
}

asio::awaitable<void> Link::sleep(TimePoint until) {
  if (!cancelled_) {
    co_await clock_.wait(timer_, until);
  }
}

bool Link::has_gone() {
  pollfd polled{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&polled, 1, 0) > 0;
}

asio::awaitable<void> Link::leave(std::chrono::milliseconds at_most) {
  const auto until = clock_.now() + at_most;
  asio::error_code error;
  if (tls_ && open_) {
    tls_->say_goodbye();
  }
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  while (open_ && clock_.now() < until && !cancelled_) {
    co_await wait(Direction::wait_read, until);
    std::array<std::byte, 4096> ignored;
    error.clear();
    for (unsigned reads = 0; !error && reads < reads_at_a_time; ++reads) {
      socket_.read_some(asio::buffer(ignored), error);
    }
    open_ = !error || error == asio::error::would_block;
  }
}

void Link::cancel() {
  cancelled_ = true;
  timer_.cancel();
  asio::error_code ignored;
  socket_.cancel(ignored);
}

} // namespace dualcam::inline tools
