// Peers and the server's end of their connections, on one loop and a clock set by hand.
#pragma once

#include <list>

#include "common/link.hpp"
#include "test_clock.hpp"
#include "tools/loopback.hpp"

namespace dualcam {

struct Linked {
  struct Peer {
    explicit Peer(asio::io_context& io) : socket(io) {}

    void say(std::string_view hex) { socket.send(asio::buffer(from_hex(hex))); }

    asio::ip::tcp::socket socket; ///< the peer's
    std::optional<Link> link;     ///< the server's
  };

  /// Whoever waits gives up; before what they use is gone.
  void end() {
    for (auto& peer : peers) {
      peer.link->cancel();
    }
    settle();
  }

  Peer& come() {
    auto& peer = peers.emplace_back(io);
    peer.socket.connect(acceptor.local_endpoint());
    asio::ip::tcp::socket socket(io);
    acceptor.accept(socket);
    peer.link.emplace(std::move(socket), nullptr, clock);
    return peer;
  }
  /// Goes on until nothing happens of itself.
  void settle() {
    do {
      io.restart();
    } while (io.poll() > 0);
  }
  void move_on(std::chrono::milliseconds time) {
    clock.move_on(time);
    settle();
  }
  /// Goes on until that is so.
  template <class Condition> void until(Condition condition) {
    for (int attempt = 0; attempt < 30'000; ++attempt) {
      settle();
      if (condition()) {
        return;
      }
      ::usleep(1000);
    }
    FAIL("it does not come to that");
  }

  TestClock clock;
  asio::io_context io{1};
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  std::list<Peer> peers;
};

} // namespace dualcam
