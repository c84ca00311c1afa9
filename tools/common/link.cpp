#include "common/link.hpp"

#include <array>
#include <bit>

#include <poll.h>

#include <asio/write.hpp>

#include "common/tcp_segment.hpp"
#include "common/units.hpp"

namespace dualcam::inline tools {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr unsigned reads_at_a_time = 16;

CaptureTime capture_now() { return std::chrono::system_clock::now(); }

Endpoint to_endpoint(const asio::ip::tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) {
    return Endpoint::v4(address.to_v4().to_uint(), endpoint.port());
  }
  return {std::bit_cast<std::array<std::byte, 16>>(address.to_v6().to_bytes()), endpoint.port()};
}

} // namespace

Link::Link(asio::ip::tcp::socket socket, PcapWriter* capture, Clock& clock)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), clock_(clock) {
  asio::error_code error;
  const auto device = to_endpoint(socket_.remote_endpoint(error));
  peer_ = error ? "a peer that has gone" : format_endpoint(device);
  if (!error && capture != nullptr) {
    capture_.emplace(*capture);
    capture_->connected(device, to_endpoint(socket_.local_endpoint(error)), capture_now());
  }
  socket_.non_blocking(true, error);
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
}

Link::~Link() {
  if (capture_) {
    capture_->closed(capture_now());
  }
}

std::optional<std::size_t> Link::read(std::span<std::byte> buffer) {
  asio::error_code error;
  const auto count = socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
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
  if (cancelled_) {
    co_return;
  }
  co_await (socket_.async_wait(asio::ip::tcp::socket::wait_read, as_values) ||
            clock_.wait(timer_, until));
}

asio::awaitable<bool> Link::write(Bytes bytes, TimePoint until) {
  if (capture_) {
    capture_->sent(bytes, capture_now());
  }
  asio::error_code error;
  const auto at_once = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  const auto rest = bytes.subspan(at_once);
  if ((!error || error == asio::error::would_block) && !rest.empty()) {
    const auto done =
        co_await (asio::async_write(socket_, asio::buffer(rest.data(), rest.size()), as_values) ||
                  clock_.wait(timer_, until));
    if (done.index() != 0) {
      co_return false;
    }
    error = std::get<0>(std::get<0>(done));
  }
  if (error) {
    error_ = error;
  }
  co_return !error_;
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

asio::awaitable<bool> Link::leave(std::chrono::milliseconds at_most) {
  const auto until = clock_.now() + at_most;
  asio::error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  bool hung_up = false;
  while (open_ && clock_.now() < until && !cancelled_) {
    co_await wait_to_read(until);
    std::array<std::byte, 4096> ignored;
    error.clear();
    for (unsigned reads = 0; !error && reads < reads_at_a_time; ++reads) {
      socket_.read_some(asio::buffer(ignored), error);
    }
    open_ = !error || error == asio::error::would_block;
    hung_up = error == asio::error::eof;
  }
  co_return hung_up;
}

void Link::cancel() {
  cancelled_ = true;
  timer_.cancel();
  asio::error_code ignored;
  socket_.cancel(ignored);
}

} // namespace dualcam::inline tools
