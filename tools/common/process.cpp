#include "common/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/escape.hpp"

namespace dualcam {
namespace {

constexpr std::size_t longest_errors = 4096;

/// A descriptor closed at the end of its scope.
class Descriptor {
public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return value_; }
  void close() {
    if (value_ >= 0) {
      ::close(std::exchange(value_, -1));
    }
  }

private:
  int value_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// posix_spawnp with the three standard descriptors; 0 or errno.
int spawn(const std::vector<std::string>& command, int in, int out, int err, pid_t& child) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const auto& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const int error =
      ::posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Reads once; false at the end of the stream.
bool drain(const Descriptor& from, const auto& take) {
  std::array<std::byte, 65536> buffer;
  const auto count = ::read(from.get(), buffer.data(), buffer.size());
  if (count > 0) {
    take(Bytes(buffer).first(static_cast<std::size_t>(count)));
  }
  return count > 0 || (count < 0 && errno == EINTR);
}

/// Moves bytes both ways until the child has closed its outputs.
void exchange_bytes(Descriptor input_end, Descriptor output_end, Descriptor error_end, Bytes input,
                    ProcessResult& result) {
  ::fcntl(input_end.get(), F_SETFL, O_NONBLOCK);
  while (output_end.get() >= 0 || error_end.get() >= 0) {
    if (input.empty()) {
      input_end.close();
    }
    std::array polled{pollfd{input_end.get(), POLLOUT, 0}, pollfd{output_end.get(), POLLIN, 0},
                      pollfd{error_end.get(), POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) {
      return;
    }
    if (polled[0].revents != 0) {
      const auto written = ::write(input_end.get(), input.data(), input.size());
      if (written > 0) {
        input = input.subspan(static_cast<std::size_t>(written));
      } else if (errno != EAGAIN && errno != EINTR) {
        input = {}; // it has read enough
      }
    }
    if (polled[1].revents != 0 &&
        !drain(output_end, [&](Bytes bytes) { append(result.output, bytes); })) {
      output_end.close();
    }
    if (polled[2].revents != 0 && !drain(error_end, [&](Bytes bytes) {
          result.errors += as_text(bytes);
          result.errors.erase(0, result.errors.size() -
                                     std::min(result.errors.size(), longest_errors));
        })) {
      error_end.close();
    }
  }
}

} // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& command, Bytes input) {
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  pid_t child = 0;
  const int error = spawn(command, in.read.get(), out.write.get(), err.write.get(), child);
  if (error != 0) {
    return std::unexpected(Error{ErrorCategory::io, 0,
                                 "cannot run " + escaped(command.front()) + ": " +
                                     std::generic_category().message(error)});
  }
  in.read.close();
  out.write.close();
  err.write.close();
  ProcessResult result;
  exchange_bytes(std::move(in.write), std::move(out.read), std::move(err.read), input, result);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of(" \r\n");
  if (end == std::string::npos) {
    return "";
  }
  const auto start = text.find_last_of('\n', end);
  return escaped(std::string_view(text).substr(start + 1, end - start)); // npos + 1 == 0
}

} // namespace dualcam
