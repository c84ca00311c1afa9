#include "dcam-serve/handshakes.hpp"

#include "common/coroutine.hpp"
#include "tools/certificates.hpp"
#include "tools/dcam-serve/linked.hpp"

namespace dualcam::serve::handshakes_test {
namespace {

using namespace std::chrono_literals;

constexpr auto hello = "16030100"; ///< the beginning of TLS, and no more
constexpr auto given_up = "its TLS handshake took long while others waited";
constexpr auto no_time = "no time for its TLS handshake: too many others came";

/// Peers that want to speak TLS.
struct Peers : Linked {
  struct Caller {
    Peer* peer;
    std::optional<std::string> why{};    ///< it is not served, once that is known
    std::optional<std::uint64_t> imei{}; ///< that it said then
  };

  explicit Peers(const TlsFiles& files, std::chrono::milliseconds patience = 8s)
      : context(*TlsContext::server(files)), handshakes(clock, patience) {}
  ~Peers() { end(); }

  Caller& call() {
    auto& caller = callers.emplace_back(&come());
    asio::co_spawn(io, handshakes.perform(*caller.peer->link, context),
                   [&caller](const std::exception_ptr& failure, const Refusal& refusal) {
                     rethrow(failure);
                     caller.why = refusal.why;
                     caller.imei = refusal.imei;
                   });
    settle();
    return caller;
  }
  /// One that says this first.
  Caller& say(std::string_view hex) {
    auto& caller = call();
    caller.peer->say(hex);
    settle();
    return caller;
  }
  /// As many as are dealt with at once, who do not go on.
  void fill() {
    for (std::size_t number = 0; number < Handshakes::most; ++number) {
      say(hello);
    }
  }
  std::size_t ended() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        callers, [](const Caller& caller) { return caller.why.has_value(); }));
  }

  TlsContext context;
  Handshakes handshakes;
  std::list<Caller> callers;
};

const Certificate& certificate() {
  static const Certificate ours;
  return ours;
}

/// A peer that does its part.
struct Client {
  Client(Peers& its_peers, const Peers::Caller& caller, const TlsFiles& files = {})
      : peers(its_peers), context(*TlsContext::client(files)),
        link(std::move(caller.peer->socket), nullptr, its_peers.clock) {
    asio::co_spawn(peers.io, link.secure(context, TlsRole::client, peers.clock.now() + 10s),
                   [this](const std::exception_ptr&, bool done) { secure = done; });
    peers.settle();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    link.cancel();
    peers.settle();
  }

  Peers& peers;
  TlsContext context;
  Link link;
  bool secure = false; ///< it is TLS from then on
};

} // namespace

TEST_CASE("handshakes: whoever speaks TLS is served") {
  Peers peers(certificate().files());
  auto& caller = peers.call();
  CHECK_FALSE(caller.why);
  CHECK(Client(peers, caller).secure);
  CHECK(caller.why == "");
  CHECK(caller.peer->link->fingerprint().empty());
}

TEST_CASE("handshakes: where certificates are asked for one has to be shown, and is known") {
  const Certificate authority;
  const Certificate signed_one(&authority);
  Peers peers(certificate().files(&authority));
  auto& caller = peers.call();
  CHECK(Client(peers, caller, signed_one.files()).secure);
  CHECK(caller.why == "");
  CHECK(caller.peer->link->fingerprint() == signed_one.fingerprint());
  for (const auto& files : {TlsFiles{}, certificate().files()}) {
    auto& other = peers.call();
    const Client client(peers, other, files);
    REQUIRE(other.why);
    CHECK(other.why->starts_with("no TLS handshake: "));
  }
}

TEST_CASE("handshakes: a camera that speaks plain TCP is told so, and in TLS's words") {
  Peers peers(certificate().files());
  auto& camera = peers.say("0000 0005 00013ee13c001981 44000400");
  std::array<std::byte, 8> answer{};
  CHECK(camera.peer->socket.receive(asio::buffer(answer)) == 7);
  CHECK(to_hex(Bytes(answer).first(7)) == "15030100020246");
  CHECK_FALSE(camera.why); // it is to hang up first
  peers.move_on(900ms);
  CHECK_FALSE(camera.why);
  peers.move_on(100ms);
  CHECK(camera.why == "a camera that speaks plain TCP to this TLS port: turn TLS on in its "
                      "settings, or serve it without --tls-cert");
}

TEST_CASE("handshakes: of others is told what they are, at once") {
  Peers peers(certificate().files());
  CHECK(peers.say("474554202f20485454502f312e310d0a").why == "not a camera: HTTP");
  CHECK(peers.say("deadbeef").why == "not a camera: it opened with deadbeef");
  CHECK_FALSE(peers.callers.back().imei);
  CHECK(peers.say("000f333530363132303731393133383537").imei == 350612071913857);
  auto& silent = peers.call();
  auto& slow = peers.say("160301"); // it takes four bytes
  peers.move_on(9s);
  CHECK_FALSE(silent.why);
  CHECK_FALSE(slow.why);
  peers.move_on(1s);
  CHECK(silent.why == "it said nothing");
  CHECK(slow.why == "not a camera: it said no more than 160301");
}

TEST_CASE("handshakes: what was there before anybody looked is waited for like all else") {
  Peers peers(certificate().files());
  auto& caller = peers.callers.emplace_back(&peers.come());
  caller.peer->say("1603"); // and the loop hears of it
  asio::co_spawn(
      peers.io, peers.handshakes.perform(*caller.peer->link, peers.context),
      [&caller](const std::exception_ptr&, const Refusal& refusal) { caller.why = refusal.why; });
  peers.settle();
  CHECK(caller.why.value_or("") == "");
  caller.peer->say("03 0005 ffffffffff"); // as no handshake goes on
  peers.until([&] { return caller.why.has_value(); });
  CHECK(caller.why->starts_with("no TLS handshake: "));
}

TEST_CASE("handshakes: who does not go on has 10 s while nobody else waits") {
  Peers peers(certificate().files());
  auto& peer = peers.say(hello);
  peers.move_on(9900ms);
  CHECK_FALSE(peer.why);
  peers.move_on(100ms);
  REQUIRE(peer.why);
  CHECK(peer.why->starts_with("no TLS handshake: "));
  CHECK_THAT(*peer.why, ContainsSubstring("timed out"));
}

TEST_CASE("handshakes: beyond 32 at once one has to wait, and the slowest make room after 3 s") {
  Peers peers(certificate().files());
  peers.fill();
  const auto& late = peers.call();
  const Client client(peers, late);
  peers.move_on(2900ms);
  CHECK(peers.ended() == 0);
  CHECK_FALSE(client.secure);
  peers.move_on(100ms);
  CHECK(client.secure);
  CHECK(late.why == "");
  CHECK(peers.callers.front().why == given_up); // who came first
  CHECK(peers.ended() == 2);
}

TEST_CASE("handshakes: who is served already makes no room for others") {
  Peers peers(certificate().files());
  const auto& early = peers.call();
  const Client served(peers, early);
  REQUIRE(served.secure);
  peers.fill();
  const auto& late = peers.call();
  const Client client(peers, late);
  peers.move_on(3s);
  CHECK(client.secure);
  CHECK_FALSE(early.peer->link->cancelled());
}

TEST_CASE("handshakes: the last to come has the next turn") {
  Peers peers(certificate().files());
  peers.fill();
  const auto& first = peers.call();
  const Client waiting(peers, first);
  const auto& last = peers.call();
  const Client client(peers, last);
  CHECK_FALSE(client.secure);
  peers.callers.front().peer->socket.close(); // it has gone
  peers.settle();
  CHECK(peers.callers.front().why.value_or("").starts_with("no TLS handshake: "));
  CHECK(client.secure);
  CHECK(last.why == "");
  CHECK(first.why == ""); // its turn was next
  CHECK(waiting.secure);
}

TEST_CASE("handshakes: nobody waits for their turn longer than the patience") {
  Peers peers(certificate().files(), 2s);
  peers.fill();
  auto& late = peers.say(hello);
  peers.move_on(1900ms);
  CHECK_FALSE(late.why);
  peers.move_on(100ms);
  CHECK(late.why == no_time);
  CHECK(peers.ended() == 1);
}

TEST_CASE("handshakes: who is stopped while they wait is not served") {
  Peers peers(certificate().files());
  peers.fill();
  auto& late = peers.say(hello);
  late.peer->link->cancel();
  peers.settle();
  CHECK(late.why == no_time);
  CHECK(peers.ended() == 1);
}

} // namespace dualcam::serve::handshakes_test
