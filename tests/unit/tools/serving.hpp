// A dcam-serve in this process, and what a device says to it by hand.
#pragma once

#include <array>
#include <csignal>
#include <exception>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dcam-serve/server.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/wire/crc16.hpp"
#include "temporary_folder.hpp"
#include "test_clock.hpp"
#include "testing.hpp"
#include "tools/loopback.hpp"

namespace dualcam::serve {

/// Waits until a file has so many bytes: what was read from a socket is written later.
inline void wait_for_size(const fs::path& file, std::uintmax_t size) {
  std::error_code none;
  for (int attempt = 0; attempt < 30'000; ++attempt) {
    if (fs::file_size(file, none) == size && !none) {
      return;
    }
    ::usleep(1000);
  }
  FAIL("the server does not write");
}

/// Serves one camera, unless `options` are changed before `start`.
class TestServer {
public:
  explicit TestServer(FileSystem& its_files = FileSystem::real()) : files(its_files) {
    options.output = folder.path();
    options.bind = "127.0.0.1";
    options.port = free_port();
    options.metadata = false;
    options.min_free = 0;
    options.name = *NameTemplate::parse("{imei}/{kind}{ext}");
    options.common.quiet = true;
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  /// Waits for its end; a test that has failed does not bring that about.
  ~TestServer() {
    if (thread_.joinable()) {
      if (std::uncaught_exceptions() > exceptions_) {
        stop();
      }
      thread_.join();
    }
  }
  void start() {
    thread_ = std::thread([this] {
      const FileSystem::Use use(files);
      Server server(options, clock);
      if (exit_by) {
        server.exit_by(exit_by);
      }
      if (reread) {
        server.reread_by(reread);
      }
      status_ = server.run();
      ended_.set_value();
    });
  }
  /// Waits for its end.
  int status() {
    if (has_ended_.wait_for(std::chrono::minutes(1)) != std::future_status::ready) {
      FAIL("the server does not end");
    }
    thread_.join();
    return status_;
  }

  TemporaryFolder folder;
  TestClock clock;
  ServeOptions options;
  FileSystem& files;
  std::function<void(int)> exit_by; ///< in place of the process's end
  Server::Reread reread;            ///< at SIGHUP

private:
  using Handler = void (*)(int);
  static Handler handler_of_sigterm() {
    struct sigaction action{};
    ::sigaction(SIGTERM, nullptr, &action);
    return action.sa_handler;
  }
  /// By a signal, as soon as it listens to signals.
  void stop() {
    while (has_ended_.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
      const auto handler = handler_of_sigterm();
      if (handler != handler_before_ && handler != SIG_DFL) {
        ::raise(SIGTERM);
      }
    }
  }

  std::thread thread_;
  std::promise<void> ended_;
  std::future<void> has_ended_ = ended_.get_future();
  int exceptions_ = std::uncaught_exceptions();
  Handler handler_before_ = handler_of_sigterm();
  int status_ = -1;
};

/// Nothing waits longer than half a minute of the real clock.
class TestDevice {
public:
  explicit TestDevice(const TestServer& server) {
    const auto address = loopback(server.options.port);
    for (int attempt = 0; attempt < 10'000; ++attempt) { // it may not listen yet
      descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0) {
        const timeval patience{30, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in own{};
        socklen_t size = sizeof own;
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size);
        own_port_ = ntohs(own.sin_port);
        server_port_ = server.options.port;
        return;
      }
      ::close(descriptor_);
      ::usleep(1000);
    }
    FAIL("nobody listens");
  }
  TestDevice(const TestDevice&) = delete;
  TestDevice& operator=(const TestDevice&) = delete;
  ~TestDevice() { ::close(descriptor_); }

  void say(std::string_view hex) {
    const auto bytes = from_hex(hex);
    REQUIRE(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// As many bytes as these, which is what they should be.
  void expect(std::string_view hex) {
    const auto wanted = from_hex(hex);
    ByteBuffer got(wanted.size());
    std::size_t size = 0;
    for (ssize_t count = 1; count > 0 && size < got.size();
         size += static_cast<std::size_t>(std::max<ssize_t>(count, 0))) {
      count = receive(std::span(got).subspan(size));
    }
    got.resize(size);
    REQUIRE(to_hex(got) == to_hex(wanted));
  }
  /// What is still said until the server hangs up.
  std::string rest() {
    ByteBuffer all;
    std::byte piece[512];
    ssize_t count = 0;
    while ((count = receive(piece)) > 0) {
      append(all, Bytes(piece).first(static_cast<std::size_t>(count)));
    }
    REQUIRE((count == 0 || errno == ECONNRESET));
    return to_hex(all);
  }

  /// Waits until the server has taken all that was said from its socket.
  void was_read() const {
    for (int attempt = 0; attempt < 30'000; ++attempt) {
      if (waiting_between(own_port_, server_port_).starts_with("00000000:") &&
          waiting_between(server_port_, own_port_).ends_with(":00000000")) {
        return;
      }
      ::usleep(1000);
    }
    FAIL("the server does not read");
  }

  // A front photo of nine bytes in three packets.
  void begin() {
    say("0000 0005 00013ee13c001981 44000400");
    expect("0008 0007 2570686f746f66");
    announce();
  }
  /// What was asked for, from its first packet on.
  void announce() {
    say("0001 0006 00000003 0000");
    expect("0002 0004 00000001");
    say("0003 0004 00000001");
  }
  void packet(int number) {
    constexpr std::array packets{"0004 0005 313233 ", "0004 0005 343536 ", "0004 0005 373839 "};
    const auto text = std::string_view("123456789").substr(0, 3 * static_cast<std::size_t>(number));
    const auto crc = crc16(as_bytes(text));
    say(std::string(packets.at(static_cast<std::size_t>(number) - 1)) +
        to_hex(std::array{static_cast<std::byte>(crc >> 8), static_cast<std::byte>(crc & 0xFF)}));
    was_read();
  }
  /// The first `count` of them.
  void packets(int count) {
    for (int number = 1; number <= count; ++number) {
      packet(number);
    }
  }
  void answer_repeat_init() {
    expect("0009");
    say("0000 0005 00013ee13c001981 40000400");
    expect("0000 0000");
  }
  void end_after_close() {
    expect("0000 0000");
    ::shutdown(descriptor_, SHUT_WR);
  }
  /// STATUS 0 in place of CLOSE: no REPEAT INIT was before it.
  void end_completed() {
    expect("0005 0004 00000000");
    ::shutdown(descriptor_, SHUT_WR);
  }
  void end() {
    answer_repeat_init();
    ::shutdown(descriptor_, SHUT_WR);
  }

private:
  /// A hook that ends is a signal, which interrupts it.
  ssize_t receive(std::span<std::byte> into) const {
    return uninterrupted([&] { return ::recv(descriptor_, into.data(), into.size(), 0); });
  }

  /// What the kernel has for a connection to send and to read.
  static std::string waiting_between(std::uint16_t here, std::uint16_t there) {
    std::ifstream table("/proc/net/tcp");
    char ends[64];
    std::snprintf(ends, sizeof ends, "0100007F:%04X 0100007F:%04X", here, there);
    for (std::string line; std::getline(table, line);) {
      if (const auto at = line.find(ends); at != std::string::npos) {
        return line.substr(at + std::string_view(ends).size() + 4, 17);
      }
    }
    return "";
  }

  int descriptor_ = -1;
  std::uint16_t own_port_ = 0;
  std::uint16_t server_port_ = 0;
};

} // namespace dualcam::serve
