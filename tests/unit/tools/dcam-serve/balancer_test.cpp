#include "dcam-serve/balancer.hpp"

#include "common/coroutine.hpp"
#include "tools/dcam-serve/linked.hpp"

namespace dualcam::serve::balancer_test {
namespace {

using namespace std::chrono_literals;

constexpr auto init = "0000000500013ee13c00198144000400";
const std::string signature = "0d0a0d0a000d0a515549540a";

std::string hex(std::string_view text) { return to_hex(as_bytes(text)); }

/// One connection through a balancer.
struct Balanced : Linked {
  Balanced() : peer(come()) {
    asio::co_spawn(io, take_proxy_header(*peer.link, clock),
                   [this](const std::exception_ptr& failure, const ProxiedPeer& came) {
                     rethrow(failure);
                     result = came;
                   });
    settle();
  }
  ~Balanced() { end(); }
  void say(std::string_view what) {
    peer.say(what);
    settle();
  }
  /// What the server reads behind the header, in hex.
  std::string rest() {
    std::array<std::byte, 64> bytes{};
    const auto count = peer.link->read(bytes);
    return count ? to_hex(Bytes(bytes).first(*count)) : "";
  }
  bool is_served() const { return result && result->is_served; }
  std::string refusal() const {
    return result && !result->is_served ? result->refusal.why : "served";
  }

  Peer& peer;
  std::optional<ProxiedPeer> result;
};

std::string refused(std::string_view what) {
  Balanced balanced;
  balanced.say(what);
  return balanced.refusal();
}

} // namespace

TEST_CASE("balancer: the peer is who the header names, and the header is not the device's") {
  Balanced first;
  first.say(hex("PROXY TCP4 192.0.2.1 192.0.2.2 1000 7050\r\n") + init);
  CHECK(first.is_served());
  CHECK(first.peer.link->peer() == "192.0.2.1:1000");
  CHECK(first.rest() == init);
  Balanced second;
  second.say(signature + "2111000cc0000201c000020203e81b8a" + init);
  CHECK(second.is_served());
  CHECK(second.peer.link->peer() == "192.0.2.1:1000");
  CHECK(second.rest() == init);
}

TEST_CASE("balancer: a header comes in whatever pieces") {
  Balanced balanced;
  const std::string header = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 7050\r\n";
  for (const char byte : header) {
    CHECK_FALSE(balanced.result);
    balanced.say(hex({&byte, 1}));
  }
  balanced.until([&] { return balanced.is_served(); });
  CHECK(balanced.rest().empty());
}

TEST_CASE("balancer: who is not named stays the balancer") {
  for (const auto& header : {hex("PROXY UNKNOWN\r\n"), signature + "21000000"}) {
    Balanced balanced;
    balanced.say(header);
    CHECK(balanced.is_served());
    CHECK(balanced.peer.link->peer().starts_with("127.0.0.1:"));
  }
}

TEST_CASE("balancer: one that only looks whether anybody listens is nobody to tell of") {
  const auto local = signature + "20000000";
  Balanced gone;
  gone.say(local);
  CHECK_FALSE(gone.result); // more may come
  gone.peer.socket.close();
  gone.settle();
  CHECK(gone.refusal().empty());
  Balanced silent;
  silent.say(local);
  silent.move_on(5s);
  CHECK(silent.refusal().empty());
  Balanced speaks;
  speaks.say(local);
  speaks.say(init);
  CHECK(speaks.is_served());
  CHECK(speaks.rest() == init);
}

TEST_CASE("balancer: what is no header is told, and what it is instead") {
  CHECK(refused(init).ends_with(" (--proxy-protocol): a camera"));
  CHECK(refused("474554202f20485454502f312e310d0a")
            .ends_with(" (--proxy-protocol): not a camera: HTTP"));
  Balanced tracker;
  tracker.say("000f333530363132303731393133383537");
  CHECK(tracker.result->refusal.imei == 350612071913857);
  const auto late = refused(hex("PROXY TCP4 192.0.2.1 nonsense 1000 7050\r\n"));
  CHECK(late.ends_with(" (--proxy-protocol)"));
}

TEST_CASE("balancer: a header that does not come, or not to its end, in 5 s") {
  Balanced silent;
  silent.move_on(4900ms);
  CHECK_FALSE(silent.result);
  silent.move_on(100ms);
  CHECK(silent.refusal() == "it sent no PROXY header (--proxy-protocol)");
  Balanced cut;
  cut.say(hex("PROXY TCP4 "));
  cut.move_on(4900ms);
  CHECK_FALSE(cut.result);
  cut.move_on(100ms);
  CHECK(cut.refusal() == "its PROXY header is incomplete (--proxy-protocol)");
  Balanced gone;
  gone.say(hex("PROXY TCP4 "));
  gone.peer.socket.close();
  gone.until([&] { return gone.result.has_value(); });
  CHECK(gone.refusal() == "its PROXY header is incomplete (--proxy-protocol)");
  Balanced stopped;
  stopped.peer.link->cancel();
  stopped.settle();
  CHECK(stopped.refusal() == "it sent no PROXY header (--proxy-protocol)");
}

} // namespace dualcam::serve::balancer_test
