// server PORT FOLDER: takes the files of any number of cameras of every family, by kind and by
// path, a process for each connection.
//
// A file gets its name once it is whole, verified and durable, and only then does the camera hear
// that it may forget it. What a cut connection brought is saved every second and continued later,
// after its end has been compared: dualcam(7), PROMISES, 1 to 3. A stored file that is offered
// again is recognised by its record. The paths of stored files go to standard output, each at least
// once.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <set>
#include <stdexcept>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dualcam/session/server_session.hpp>
#include <dualcam/storage/resumable_file.hpp>
#include <dualcam/storage/state_folder.hpp>

using namespace dualcam;
namespace fs = std::filesystem;

template <class... Ts> struct On : Ts... {
  using Ts::operator()...;
};

/// What the result holds. An error ends the connection; what is saved waits for the next one.
template <class T> T value(Result<T> result) {
  return result ? std::move(result).value() : throw std::runtime_error(result.error().message);
}

/// A path comes from the network: nothing of it but a known ending gets into a name.
fs::path file_name(const FileIdentity& file) {
  const auto camera = file.file.camera();
  const auto what =
      file.file.kind() ? file.file.text() : std::string(camera ? name_of(*camera) : "unknown");
  return format_imei(file.imei) + '_' + std::to_string(file.received) + '_' + what +
         std::string(file.file.extension());
}

void serve(int peer, const fs::path& folder) {
  const auto now = std::chrono::steady_clock::now;
  ServerSession session({.wanted = Wishes::all(), .metadata = false}, now());
  FileIdentity offered;              // the file that the camera has opened
  std::optional<ResumableFile> part; // what we have of it
  std::optional<StateFolder> state;  // the camera's records
  std::vector<FileRecord> known;     // stored files that it may be
  std::set<FileRef> recognised;      // the camera does not forget these
  const auto tell = [&](const fs::path& path, std::uint64_t record) {
    std::cout << path.string() << std::endl;
    value(state->mark_said(record));
  };
  const auto begin = [&] {
    part.reset();
    const auto all = value(state->read());
    part = value(ResumableFile::find(*state, all, offered, folder / file_name(offered)));
    known = part ? decltype(known)() : value(state->known(all, offered));
    session.begin(now(), part ? part->resume_point() : resume_point_for(known));
  };
  const On perform{
      [&](const Send& send) {
        const auto size = static_cast<ssize_t>(send.bytes.size());
        if (::send(peer, send.bytes.data(), send.bytes.size(), MSG_NOSIGNAL) != size) {
          session.disconnected();
        }
      },
      [&](const Identified& camera) {
        offered.imei = camera.init.imei;
        state.emplace(folder, offered.imei);
        session.accept(now());
      },
      [&](const FileOffered& file) {
        recognised.contains(file.file) ? session.skip(now()) : session.fetch(now());
      },
      [&](const FileStarted& file) {
        const auto time = std::chrono::system_clock::now().time_since_epoch();
        offered = {offered.imei, file.file, file.announced, time / Milliseconds(1), {}};
        if (part) { // it was refused half-way, or START has come twice
          value(part->save());
        }
        begin();
      },
      [&](const FileReplaced&) { // the camera has other bytes than we
        if (part) {
          value(part->set_aside());
          begin();
        } else { // it is none of those known
          session.begin(now());
        }
      },
      [&](const FileData& data) {
        if (!part) {
          offered.in_packets = session.counts_packets();
          part = value(ResumableFile::create(folder / file_name(offered), offered, *state));
        }
        value(part->append({&data.payload, 1}));
      },
      [&](const FileCompleted& file) {
        if (file.known) {
          const auto& record = known.at(*file.known);
          if (value(state->settle(record)) && !record.said) {
            tell(state->absolute(record.name), record.id);
          }
          recognised.insert(file.file);
        } else {
          const auto name = folder / file_name(part->identity());
          const auto stored = part->finish({name, IfExists::number, file.bytes, file.crc, {}});
          if (!stored && stored.error().category == ErrorCategory::crc) {
            value(part->set_aside()); // nobody goes on with it
          }
          const auto [path, record] = *value(stored);
          part.reset();
          tell(path, record);
        }
        session.stored(now());
      },
      [&](const Ended& ended) { std::cerr << ended.text << '\n'; },
      [](const auto&) {}, // the rest is for logs
  };
  auto saved = now();
  std::array<std::byte, 65536> buffer;
  while (!session.ended()) {
    const auto wait = std::chrono::ceil<Milliseconds>(session.deadline() - now()).count();
    pollfd readable{peer, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(std::clamp<long>(wait, 0, 1000))) > 0) {
      const auto count = ::recv(peer, buffer.data(), buffer.size(), 0);
      count > 0 ? session.received(Bytes(buffer).first(static_cast<std::size_t>(count)), now())
                : session.disconnected();
    } else {
      session.tick(now());
    }
    while (const auto action = session.poll()) {
      std::visit(perform, *action);
    }
    if (part && (session.ended() || now() - saved >= std::chrono::seconds(1))) {
      value(part->save());
      saved = now();
      if (session.ended()) { // what was compared once need not be again
        const auto [packet, offset] = session.compared();
        value(part->keep_compared(packet, offset));
      }
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
  if (argc != 3 || ::bind(listener, name, size) != 0 || ::listen(listener, 64) != 0 ||
      ::getsockname(listener, name, &size) != 0) {
    std::cerr << "usage: server PORT FOLDER, with a port that is free, or 0 for any\n";
    return 2;
  }
  std::cerr << "listening on port " << ntohs(address.sin_port) << '\n';
  std::signal(SIGCHLD, SIG_IGN);
  std::cout.exceptions(std::ios::badbit);
  while (true) {
    const int peer = ::accept(listener, nullptr, nullptr);
    if (peer >= 0 && ::fork() == 0) {
      try {
        serve(peer, argv[2]);
      } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
      }
      return 0;
    }
    ::close(peer);
  }
}
