#include "common/host.hpp"

#include <asio/error.hpp>

#include "testing.hpp"

namespace dualcam::host_test {

TEST_CASE("host: IPv6 has brackets before a port, and none alone") {
  CHECK(without_brackets("[::1]") == "::1");
  CHECK(without_brackets("[]").empty());
  for (const auto* host : {"::1", "[::1", "::1]", "example.org", "127.0.0.1", ""}) {
    CHECK(without_brackets(host) == host);
  }
  CHECK(host_and_port("::1", "7050") == "[::1]:7050");
  CHECK(host_and_port("127.0.0.1", "7050") == "127.0.0.1:7050");
  CHECK(host_and_port("example.org", "7050") == "example.org:7050");
}

TEST_CASE("host: why there is no connection is said in plain words") {
  CHECK(connection_reason(asio::error::host_not_found) == "there is no host of that name");
  CHECK(connection_reason(asio::error::host_not_found_try_again) == "no name server answers");
  CHECK(connection_reason(asio::error::no_data) == "that name has no address");
  CHECK(connection_reason(asio::error::connection_refused) == "Connection refused");
}

} // namespace dualcam::host_test
