#include "dcam-serve/acceptor.hpp"

#include "testing.hpp"
#include "tools/loopback.hpp"

namespace dualcam::serve::acceptor_test {
namespace {

using asio::ip::tcp;

struct Listening {
  Listening(const std::string& bind, std::uint16_t port) {
    options.bind = bind;
    options.port = port;
    acceptor = open_acceptor(options, io, error);
  }
  /// Whether a client gets through to it there.
  bool takes(const std::string& address) {
    tcp::socket client(io);
    asio::error_code refused;
    client.connect({asio::ip::make_address(address), acceptor->local_endpoint().port()}, refused);
    return !refused;
  }

  asio::io_context io{1};
  asio::error_code error;
  ServeOptions options;
  std::optional<tcp::acceptor> acceptor;
};

} // namespace

TEST_CASE("acceptor: all addresses, those of IPv4 as well, or the one that is named") {
  Listening all("", 0);
  REQUIRE(all.acceptor);
  CHECK(all.acceptor->local_endpoint().address().is_unspecified());
  CHECK(all.takes("127.0.0.1"));
  CHECK(all.takes("::1"));
  CHECK(all.acceptor->non_blocking());
  Listening one("127.0.0.1", 0);
  REQUIRE(one.acceptor);
  CHECK(one.acceptor->local_endpoint().address().to_string() == "127.0.0.1");
  CHECK(one.takes("127.0.0.1"));
  CHECK_FALSE(one.takes("127.0.0.2"));
  for (const auto* address : {"::1", "[::1]"}) {
    Listening v6(address, 0);
    REQUIRE(v6.acceptor);
    CHECK(v6.takes("::1"));
    CHECK_FALSE(v6.takes("127.0.0.1"));
  }
}

TEST_CASE("acceptor: the port is free again at once when a server has ended") {
  const auto port = free_port();
  {
    Listening first("127.0.0.1", port);
    REQUIRE(first.acceptor);
    tcp::socket client(first.io);
    client.connect(first.acceptor->local_endpoint());
    tcp::socket served(first.io);
    first.acceptor->accept(served);
    served.close(); // the end that closes first waits for stragglers
    client.close();
  }
  CHECK(Listening("127.0.0.1", port).acceptor);
}

TEST_CASE("acceptor: a port that is taken is not tried on other addresses") {
  Listening first("127.0.0.1", 0);
  REQUIRE(first.acceptor);
  Listening second("127.0.0.1", first.acceptor->local_endpoint().port());
  CHECK_FALSE(second.acceptor);
  CHECK(second.error == asio::error::address_in_use);
  Listening all("", first.acceptor->local_endpoint().port());
  CHECK_FALSE(all.acceptor);
  CHECK(all.error == asio::error::address_in_use);
}

TEST_CASE("acceptor: an address that is not this machine's, and a name that is none") {
  const Listening elsewhere("192.0.2.1", 0);
  CHECK_FALSE(elsewhere.acceptor);
  CHECK(elsewhere.error ==
        asio::error::make_error_code(static_cast<asio::error::basic_errors>(EADDRNOTAVAIL)));
  const Listening nobody("no such host", 0);
  CHECK_FALSE(nobody.acceptor);
  CHECK(nobody.error);
}

TEST_CASE("acceptor: a socket that listens already is taken over") {
  for (const auto* address : {"127.0.0.1", "::1"}) {
    asio::io_context io(1);
    tcp::acceptor other(io, {asio::ip::make_address(address), 0});
    const auto endpoint = other.local_endpoint();
    asio::error_code error;
    auto adopted = adopt_acceptor(other.release(), io, error);
    REQUIRE(adopted);
    CHECK(adopted->local_endpoint() == endpoint);
    CHECK(adopted->non_blocking());
    tcp::socket client(io);
    client.connect(endpoint);
    tcp::socket served(io);
    adopted->accept(served);
    CHECK(served.local_endpoint() == endpoint);
  }
  asio::io_context io(1);
  asio::error_code error;
  CHECK_FALSE(adopt_acceptor(-1, io, error));
  CHECK(error);
}

TEST_CASE("acceptor: what to do about a port or an address that does not do") {
  const auto remedy = [](const std::string& bind, std::uint16_t port, asio::error_code error) {
    ServeOptions options;
    options.bind = bind;
    options.port = port;
    return listen_remedy(options, error);
  };
  CHECK(remedy("", 7050, asio::error::address_in_use) ==
        "; take another one with -p, or -p 0 for any that is free");
  CHECK(remedy("", 1023, asio::error::access_denied) ==
        "; ports below 1024 are the administrator's: take another one with -p, or let the service "
        "manager open it (systemd's ListenStream=)");
  CHECK(remedy("", 1024, asio::error::access_denied).empty());
  CHECK(remedy("", 1023, asio::error::host_not_found).empty());
  CHECK_THAT(remedy("", 7050, asio::error::no_descriptors), ContainsSubstring("ulimit -n"));
  const auto interface = remedy("lo", 7050, asio::error::host_not_found);
  CHECK(interface.starts_with(
      "; that is a network interface, -b takes one of its addresses: 127.0.0.1"));
  CHECK(interface.ends_with("127.0.0.1") != interface.contains(", "));
  CHECK(remedy("127.0.0.1:7050", 7050, asio::error::host_not_found) ==
        "; -b takes an address alone, its port is given by -p");
  for (const auto* address : {"fe80::1", "[fe80::1]"}) {
    CHECK(remedy(address, 7050, asio::error::invalid_argument) ==
          "; such an address needs its interface, as in fe80::1%eth0");
  }
  CHECK(remedy("::1", 7050, asio::error::invalid_argument).empty());
  CHECK(remedy("no such interface", 7050, asio::error::host_not_found).empty());
}

} // namespace dualcam::serve::acceptor_test
