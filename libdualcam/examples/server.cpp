// server PORT FOLDER: takes the files of any number of cameras of every family, by kind and by
// path, a process for each connection. The paths of stored files go to standard output.
//
// It may be killed at any moment, the line be cut and the disk full: the camera comes again, and
// the Collector goes on where it was. dualcam(7), PROMISES, 1 to 3.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dualcam/host/collector.hpp>

using namespace dualcam;
const auto now = std::chrono::steady_clock::now;

void perform(const CollectorEvent& event, Collector& camera, int peer) {
  if (const auto* send = std::get_if<Send>(&event)) {
    const auto& bytes = send->bytes;
    if (::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) != std::ssize(bytes)) {
      camera.disconnected();
    }
  } else if (const auto* stored = std::get_if<FileStored>(&event)) {
    if (!(std::cout << stored->path.string() << std::endl)) {
      std::exit(3); // another connection will have it to tell
    }
    camera.told(now());
  } else if (const auto* failed = std::get_if<StorageFailed>(&event)) {
    std::cerr << failed->error.message << '\n';
  } else {
    std::cerr << std::get<Ended>(event).text << '\n';
  }
}

void serve(Collector camera, int peer) {
  const timeval patience{.tv_sec = 60, .tv_usec = 0}; // with a camera that does not read
  ::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::array<std::byte, 65536> buffer;
  while (!camera.ended()) {
    pollfd readable{peer, POLLIN, 0};
    if (::poll(&readable, 1, camera.wait(now())) > 0) {
      const auto count = ::recv(peer, buffer.data(), buffer.size(), 0);
      count > 0 ? camera.received(Bytes(buffer).first(static_cast<std::size_t>(count)), now())
                : camera.disconnected();
    } else {
      camera.tick(now());
    }
    while (const auto event = camera.poll()) {
      perform(*event, camera, peer);
    }
  }
}

int main(int argc, char** argv) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(argc == 3 ? std::atoi(argv[1]) : 0));
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int again = 1; // while connections of a server before this one linger
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
  if (argc != 3 || !std::filesystem::is_directory(argv[2])) {
    std::cerr << "usage: server PORT FOLDER, a folder that is there; port 0 is any free one\n";
    return 2;
  }
  if (::bind(listener, name, size) != 0 || ::listen(listener, 64) != 0 ||
      ::getsockname(listener, name, &size) != 0) {
    std::cerr << "port " << argv[1] << ": " << std::strerror(errno) << '\n';
    return 3;
  }
  std::cerr << "listening on port " << ntohs(address.sin_port) << '\n';
  std::signal(SIGCHLD, SIG_IGN); // nobody asks what became of a connection's process
  remove_abandoned({argv[2]}, std::chrono::days(30)); // no camera came back for these
  while (true) {
    const int peer = ::accept(listener, nullptr, nullptr);
    if (peer < 0) {
      std::cerr << "accept: " << std::strerror(errno) << '\n';
      ::sleep(1); // descriptors, or memory, may be had again then
    } else if (::fork() == 0) {
      ::close(listener); // which the next server may want while this camera is still at work
      serve(Collector({.folder = argv[2]}, now()), peer);
      return 0;
    }
    ::close(peer);
  }
}
