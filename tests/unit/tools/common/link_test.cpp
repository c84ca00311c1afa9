#include "common/link.hpp"

#include <thread>

#include <asio/read.hpp>
#include <asio/write.hpp>

#include "common/coroutine.hpp"
#include "temporary_folder.hpp"
#include "test_clock.hpp"
#include "tools/tls_identity.hpp"

namespace dualcam::link_test {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

/// A link, and the socket of its peer.
struct Pair {
  explicit Pair(PcapWriter* capture = nullptr) {
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    peer.connect(acceptor.local_endpoint());
    peer_port = peer.local_endpoint().port();
    own_port = acceptor.local_endpoint().port();
    link.emplace(acceptor.accept(), capture, clock);
  }

  template <class T> T result_of(asio::awaitable<T> coroutine) {
    std::optional<T> result;
    asio::co_spawn(context, std::move(coroutine), [&](const std::exception_ptr& failure, T value) {
      rethrow(failure);
      result = std::move(value);
    });
    run();
    return std::move(*result);
  }
  void run(asio::awaitable<void> coroutine) {
    asio::co_spawn(context, std::move(coroutine), rethrow);
    run();
  }
  void run() {
    context.restart();
    context.run();
  }
  TimePoint in(std::chrono::milliseconds time) const { return clock.now() + time; }
  void say(std::string_view text) { asio::write(peer, asio::buffer(text)); }
  /// What the link reads, once there is something.
  std::string read() {
    run(link->wait_to_read(in(1min)));
    ByteBuffer buffer(100);
    const auto count = link->read(buffer);
    return count ? std::string(as_text(Bytes(buffer).first(*count))) : "nothing yet";
  }
  std::string heard(std::size_t count) {
    std::string text(count, '?');
    asio::read(peer, asio::buffer(text));
    return text;
  }

  asio::io_context context{1};
  TestClock clock;
  tcp::socket peer{context};
  std::uint16_t peer_port = 0;
  std::uint16_t own_port = 0;
  std::optional<Link> link;
};

} // namespace

TEST_CASE("link: what the peer says is read, what it is told is written, until it hangs up") {
  Pair pair;
  CHECK(pair.link->peer() == "127.0.0.1:" + std::to_string(pair.peer_port));
  ByteBuffer buffer(3);
  CHECK_FALSE(pair.link->read(buffer));
  pair.say("hello");
  pair.run(pair.link->wait_to_read(pair.in(1min)));
  CHECK(pair.link->read(buffer) == 3U);
  CHECK(as_text(buffer) == "hel");
  CHECK(pair.read() == "lo");
  CHECK(pair.result_of(pair.link->write(as_bytes("answer"), pair.in(1min))));
  CHECK(pair.heard(6) == "answer");
  CHECK_FALSE(pair.link->has_gone());
  pair.say("last");
  pair.peer.close();
  CHECK(pair.link->has_gone()); // behind what is not read yet
  CHECK(pair.read() == "last");
  CHECK(pair.link->read(buffer) == 0U);
  CHECK(pair.link->error() == asio::error::eof);
  CHECK_FALSE(pair.result_of(pair.link->write(as_bytes("x"), pair.in(1min))));
}

TEST_CASE("link: the first bytes are looked at, and may be taken away") {
  Pair pair;
  pair.say("PROXY hello");
  CHECK(as_text(pair.result_of(pair.link->first_bytes(5, 6, pair.in(1min)))) == "PROXY ");
  pair.link->skip(6);
  CHECK(pair.read() == "hello");
  pair.say("x"); // fewer than are wanted, and no more until then
  auto bytes = pair.link->first_bytes(5, 6, pair.in(1min));
  std::thread mover([&] { pair.clock.move_on(2min); });
  CHECK(as_text(pair.result_of(std::move(bytes))) == "x");
  mover.join();
  CHECK(pair.read() == "x"); // and one is enough again
  pair.peer.close();
  CHECK(pair.result_of(pair.link->first_bytes(5, 6, pair.in(1min))).empty());
}

TEST_CASE("link: a balancer's peer is named, and recorded, in place of itself") {
  const TemporaryFolder folder;
  {
    auto capture = PcapWriter::open((folder / "c.pcap").string());
    REQUIRE(capture);
    Pair pair;
    pair.link->speaks_for(Endpoint::v4(0x0A000001, 1234), Endpoint::v4(0x0A000002, 7050));
    CHECK(pair.link->peer() == "10.0.0.1:1234");
    pair.link->record(**capture);
    pair.say("question");
    (void)pair.read();
    (void)pair.result_of(pair.link->write(as_bytes("answer"), pair.in(1min)));
    pair.link.reset();
    (*capture)->finish();
  }
  const auto recorded = content_of(folder / "c.pcap");
  for (const auto* part : {"question", "answer"}) {
    CHECK_THAT(recorded, ContainsSubstring(part));
  }
  const auto ends = from_hex("0a000001 0a000002 04d2 1b8a");
  CHECK(recorded.find(as_text(ends)) != recorded.npos);
}

TEST_CASE("link: nobody waits longer than he is willing to, or once it is cancelled") {
  Pair pair;
  const auto until = pair.in(1min);
  const std::string much(std::size_t{64} << 20, 'x'); // more than any socket takes
  auto writing = pair.link->write(as_bytes(much), until);
  std::thread mover([&] {
    pair.clock.move_on(59s);
    pair.clock.move_on(2s);
  });
  CHECK_FALSE(pair.result_of(std::move(writing)));
  mover.join();
  CHECK(pair.link->error() == asio::error::timed_out);
  CHECK_FALSE(pair.link->cancelled());
  pair.link->cancel();
  CHECK(pair.link->cancelled());
  pair.run(pair.link->wait_to_read(pair.in(1h)));
  pair.run(pair.link->sleep(pair.in(1h)));
  pair.run(pair.link->leave(1h));
}

TEST_CASE("link: a sleep ends when it is woken") {
  Pair pair;
  asio::co_spawn(pair.context, pair.link->sleep(pair.in(1h)), rethrow);
  asio::post(pair.context, [&] { pair.link->wake(); });
  pair.run();
  CHECK_FALSE(pair.link->cancelled());
}

TEST_CASE("link: it leaves when the peer does, which has read what was said last") {
  Pair pair;
  CHECK(pair.result_of(pair.link->write(as_bytes("bye"), pair.in(1min))));
  std::string heard;
  std::thread peer([&] {
    asio::error_code error;
    pair.say(std::string(100'000, 'x')); // which nobody reads any more
    asio::read(pair.peer, asio::dynamic_buffer(heard), error);
    pair.peer.close();
  });
  pair.run(pair.link->leave(1h));
  peer.join();
  CHECK(heard == "bye");
}

TEST_CASE("link: TLS hides what is said from the socket, and not from the capture") {
  const TemporaryFolder folder;
  const TlsIdentity identity("server");
  const auto files = identity.in(folder, "server");
  {
    auto capture = PcapWriter::open((folder / "c.pcap").string());
    REQUIRE(capture);
    Pair pair(capture->get());
    Link client(std::move(pair.peer), nullptr, pair.clock);
    const auto server_context = *TlsContext::server(files);
    const auto client_context = *TlsContext::client({});
    bool secured = false;
    asio::co_spawn(pair.context, client.secure(client_context, TlsRole::client, pair.in(1min)),
                   [&](const std::exception_ptr&, bool done) { secured = done; });
    CHECK(pair.result_of(pair.link->secure(server_context, TlsRole::server, pair.in(1min))));
    CHECK(secured);
    CHECK(client.fingerprint() == identity.fingerprint());
    CHECK(pair.link->fingerprint() == "");
    CHECK(pair.result_of(client.write(as_bytes("question"), pair.in(1min))));
    ByteBuffer part(4);
    pair.run(pair.link->wait_to_read(pair.in(1min)));
    CHECK(pair.link->read(part) == 4U);
    CHECK(as_text(part) == "ques");
    CHECK(pair.read() == "tion"); // of which the socket does not tell
    pair.run(client.leave(0ms));
    CHECK(pair.read() == "");
    CHECK(pair.link->error() == asio::error::eof);
    pair.link.reset();
    (*capture)->finish();
  }
  CHECK_THAT(content_of(folder / "c.pcap"), ContainsSubstring("ques"));
}

TEST_CASE("link: who does not speak TLS is left, and who says nothing, too") {
  const TemporaryFolder folder;
  const auto context = *TlsContext::server(TlsIdentity("server").in(folder, "server"));
  Pair plain;
  plain.say("0123456789");
  CHECK_FALSE(plain.result_of(plain.link->secure(context, TlsRole::server, plain.in(1min))));
  CHECK(std::string_view(plain.link->error().category().name()) == "TLS");
  Pair silent;
  auto securing = silent.link->secure(context, TlsRole::server, silent.in(1min));
  std::thread mover([&] { silent.clock.move_on(2min); });
  CHECK_FALSE(silent.result_of(std::move(securing)));
  mover.join();
  CHECK(silent.link->error() == asio::error::timed_out);
}

} // namespace dualcam::link_test
