#include "dcam-serve/handshakes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "dualcam/wire/opener.hpp"

namespace dualcam::serve {
namespace {

constexpr std::size_t enough_to_tell = 4;
constexpr std::chrono::seconds time_to_leave{1};

/// TLS's fatal alert protocol_version: whoever knows TLS knows then what is missing.
constexpr auto wrong_protocol =
    std::to_array<std::byte>({std::byte{0x15}, std::byte{3}, std::byte{1}, std::byte{0},
                              std::byte{2}, std::byte{2}, std::byte{70}});

/// Why the opener of a connection is not the beginning of TLS; empty if it is.
std::string not_tls(Bytes first_bytes) {
  const auto opener = recognise(first_bytes);
  if (opener == Opener::tls) {
    return {};
  }
  return opener == Opener::camera
             ? "a camera that speaks plain TCP to this TLS port: turn TLS on in its settings, or "
               "serve it without --tls-cert"
             : describe(opener, first_bytes);
}

} // namespace

asio::awaitable<Refusal> Handshakes::perform(Link& link, const TlsContext& context) {
  const auto first_bytes =
      co_await link.first_bytes(enough_to_tell, longest_opener, clock_.now() + time_for_one);
  if (auto why = not_tls(first_bytes); !why.empty()) {
    if (recognise(first_bytes) == Opener::camera) {
      co_await link.write(wrong_protocol, clock_.now() + time_to_leave);
      co_await link.leave(time_to_leave);
    }
    co_return Refusal{std::move(why), tracker_imei(first_bytes)};
  }
  const auto turn = turns_.insert(turns_.end(), {.link = link});
  try {
    auto why = co_await take(*turn, context);
    leave(turn);
    co_return Refusal{std::move(why)};
  } catch (...) {
    leave(turn);
    throw;
  }
}

asio::awaitable<std::string> Handshakes::take(Turn& turn, const TlsContext& context) {
  if (!co_await wait_for_turn(turn)) {
    co_return "no time for its TLS handshake: too many others came";
  }
  const auto until = clock_.now() + time_for_one;
  if (co_await turn.link.secure(context, TlsRole::server, until)) {
    co_return "";
  }
  co_return turn.given_up ? "its TLS handshake took long while others waited"
                          : "no TLS handshake: " + turn.link.error().message();
}

asio::awaitable<bool> Handshakes::wait_for_turn(Turn& turn) {
  const auto until = clock_.now() + patience_;
  if (begun_ < most) {
    begin(turn);
  }
  while (turn.begun == TimePoint::max() && !turn.link.cancelled() && clock_.now() < until) {
    hurry();
    auto oldest = TimePoint::max();
    for (const auto& other : turns_) {
      oldest = other.given_up ? oldest : std::min(oldest, other.begun);
    }
    const auto look_again =
        oldest == TimePoint::max() ? until : oldest + time_for_one_if_others_wait;
    co_await turn.link.sleep(std::min(until, look_again));
  }
  co_return turn.begun != TimePoint::max();
}

void Handshakes::begin(Turn& turn) {
  turn.begun = clock_.now();
  ++begun_;
}

/// Those who have been at it for long make room for one that waits.
void Handshakes::hurry() {
  const auto late = clock_.now() - time_for_one_if_others_wait;
  const auto slow = std::ranges::find_if(
      turns_, [late](const Turn& turn) { return turn.begun <= late && !turn.given_up; });
  if (slow != turns_.end()) {
    slow->given_up = true;
    slow->link.cancel();
  }
}

void Handshakes::leave(Turns::iterator turn) {
  begun_ -= turn->begun != TimePoint::max() ? 1 : 0;
  turns_.erase(turn);
  const auto next =
      std::ranges::find(turns_.rbegin(), turns_.rend(), TimePoint::max(), &Turn::begun);
  if (begun_ < most && next != turns_.rend()) {
    begin(*next);
    next->link.wake();
  }
}

} // namespace dualcam::serve
