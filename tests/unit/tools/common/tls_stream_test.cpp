#include "common/tls_stream.hpp"

#include <array>
#include <optional>

#include <sys/socket.h>
#include <unistd.h>

#include "tools/tls_identity.hpp"

namespace dualcam::tls_stream_test {
namespace {

/// Both ends of a connection within this process.
struct Connection {
  explicit Connection(const TlsFiles& of_server, const TlsFiles& of_client = {}) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    server.emplace(*TlsContext::server(of_server), ends[0], TlsRole::server);
    client.emplace(*TlsContext::client(of_client), ends[1], TlsRole::client);
  }
  ~Connection() {
    for (const int end : ends) {
      ::close(end);
    }
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// How it ended for both.
  std::pair<asio::error_code, asio::error_code> shake_hands() {
    asio::error_code of_server = asio::error::would_block;
    asio::error_code of_client = asio::error::would_block;
    for (int turn = 0; turn < 20; ++turn) {
      of_client = of_client == asio::error::would_block ? client->handshake() : of_client;
      of_server = of_server == asio::error::would_block ? server->handshake() : of_server;
    }
    return {of_server, of_client};
  }
  void hang_up(std::size_t end) { ::close(std::exchange(ends[end], -1)); }

  std::array<int, 2> ends{};
  std::optional<TlsStream> server;
  std::optional<TlsStream> client;
};

struct Identities {
  TemporaryFolder folder;
  TlsIdentity authority{"authority"};
  TlsFiles of_authority = authority.in(folder, "authority");
  TlsIdentity server{"server", &authority};
  TlsFiles of_server = server.in(folder, "server");

  TlsFiles believing(TlsFiles files = {}) const {
    files.authorities = of_authority.certificate;
    return files;
  }
};

std::string read_all(TlsStream& stream, std::size_t most = 100) {
  ByteBuffer buffer(most);
  const auto [count, error] = stream.read(buffer);
  return std::string(as_text(Bytes(buffer).first(count))) + (error ? " " + error.message() : "");
}

} // namespace

TEST_CASE("TLS stream: both sides hear each other, and the end") {
  const Identities all;
  Connection connection(all.of_server, all.believing());
  const auto [of_server, of_client] = connection.shake_hands();
  CHECK_FALSE(of_server);
  CHECK_FALSE(of_client);
  auto& [ends, server, client] = connection;
  CHECK(client->write(as_bytes("hello")).count == 5);
  CHECK(read_all(*server, 2) == "he");
  CHECK(server->has_pending());
  CHECK(read_all(*server) == "llo");
  CHECK_FALSE(server->has_pending());
  ByteBuffer buffer(1);
  CHECK(server->read(buffer).error == asio::error::would_block);
  CHECK_FALSE(server->wants_to_write());
  CHECK(server->write(as_bytes("a")).count == 1);
  CHECK(server->write(as_bytes("b")).count == 1);
  CHECK(read_all(*client) == "ab"); // two records
  CHECK(client->write(as_bytes("last")).count == 4);
  client->say_goodbye();
  CHECK(read_all(*server) == "last");
  CHECK(server->read(buffer).error == asio::error::eof);
  CHECK(server->read(buffer).error == asio::error::eof); // and stays so
}

TEST_CASE("TLS stream: whoever hangs up without a goodbye has ended, too") {
  const Identities all;
  Connection connection(all.of_server);
  (void)connection.shake_hands();
  CHECK(connection.client->write(as_bytes("last")).count == 4);
  connection.hang_up(1);
  CHECK(read_all(*connection.server) == "last");
  ByteBuffer buffer(1);
  CHECK(connection.server->read(buffer).error == asio::error::eof);
}

TEST_CASE("TLS stream: what the socket does not take is to be written later") {
  const Identities all;
  Connection connection(all.of_server);
  (void)connection.shake_hands();
  auto& [ends, server, client] = connection;
  const auto bytes = random_bytes(3'000'000, 1);
  std::size_t sent = 0;
  std::size_t waits = 0;
  ByteBuffer received;
  while (received.size() < bytes.size() && waits < 10'000) {
    for (asio::error_code error; sent < bytes.size() && !error;) {
      const auto moved = client->write(Bytes(bytes).subspan(sent));
      sent += moved.count;
      error = moved.error;
      waits += error ? 1 : 0;
      CHECK(client->wants_to_write() == (error == asio::error::would_block));
    }
    ByteBuffer buffer(100'000);
    const auto [count, error] = server->read(buffer);
    CHECK((!error || error == asio::error::would_block));
    append(received, Bytes(buffer).first(count));
  }
  CHECK(waits > 0);
  CHECK((received == bytes)); // not printed
}

TEST_CASE("TLS stream: a certificate that nobody vouches for is named as the reason") {
  const Identities all;
  const TlsIdentity stranger("stranger");
  Connection connection(stranger.in(all.folder, "stranger"), all.believing());
  const auto [of_server, of_client] = connection.shake_hands();
  CHECK(std::string_view(of_client.category().name()) == "certificate");
  CHECK_FALSE(of_client.message().empty());
  CHECK(std::string_view(of_server.category().name()) == "TLS"); // it is told so
}

TEST_CASE("TLS stream: a server may ask for certificates, and knows them by their fingerprints") {
  const Identities all;
  const TlsIdentity camera("camera", &all.authority);
  const auto its_files = camera.in(all.folder, "camera");
  {
    Connection connection(all.believing(all.of_server), all.believing(its_files));
    const auto [of_server, of_client] = connection.shake_hands();
    CHECK_FALSE(of_server);
    CHECK_FALSE(of_client);
    CHECK(connection.server->fingerprint() == camera.fingerprint());
    CHECK(connection.client->fingerprint() == all.server.fingerprint());
    CHECK(camera.fingerprint().size() == 64);
  }
  Connection without(all.believing(all.of_server), all.believing());
  const auto [of_server, of_client] = without.shake_hands();
  CHECK(std::string_view(of_server.category().name()) == "TLS");
  CHECK(without.server->fingerprint() == "");
  const TlsIdentity other("other");
  Connection stranger(all.believing(all.of_server), other.in(all.folder, "other"));
  CHECK(std::string_view(stranger.shake_hands().first.category().name()) == "certificate");
}

TEST_CASE("TLS stream: what speaks no TLS is an error, in words") {
  const Identities all;
  Connection connection(all.of_server);
  CHECK(connection.server->handshake() == asio::error::would_block);
  const auto init = from_hex("0000 0005 00013edf72ab4f91 44000400");
  REQUIRE(::write(connection.ends[1], init.data(), init.size()) ==
          static_cast<ssize_t>(init.size()));
  const auto error = connection.server->handshake();
  CHECK(std::string_view(error.category().name()) == "TLS");
  CHECK_FALSE(error.message().empty());
  connection.server->say_goodbye(); // of which nobody hears
  ByteBuffer buffer(100);
  CHECK(::read(connection.ends[1], buffer.data(), buffer.size()) <= 7); // an alert at most
}

TEST_CASE("TLS stream: a peer that hangs up in the handshake has ended it") {
  const Identities all;
  Connection connection(all.of_server);
  CHECK(connection.server->handshake() == asio::error::would_block);
  connection.hang_up(1);
  CHECK(connection.server->handshake() == asio::error::eof);
}

} // namespace dualcam::tls_stream_test
