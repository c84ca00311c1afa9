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

#include "common/descriptor.hpp"
#include "common/escape.hpp"
#include "common/unforeseen.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t longest_errors = 4096;

Pipe pipe_or_throw() {
  auto pipe = make_pipe();
  return pipe
             ? std::move(*pipe)
             : throw std::system_error(pipe.error(), std::generic_category(), "cannot make a pipe");
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

/// Our ends of a child's pipes: moves bytes until the child has closed its outputs.
class Exchange {
public:
  Exchange(const Process& process, Descriptor in, Descriptor out, Descriptor err)
      : process_(process), in_(std::move(in)), out_(std::move(out)), err_(std::move(err)) {
    if (in_.get() >= 0) {
      ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    }
  }

  /// False: the child has to be killed.
  bool run(ProcessResult& result) {
    while (out_.get() >= 0 || err_.get() >= 0) {
      if (in_.get() >= 0 && input_.empty()) {
        input_ = process_.input ? process_.input() : Bytes();
      }
      if (input_.empty()) {
        in_.close();
      }
      std::array polled{pollfd{in_.get(), POLLOUT, 0}, pollfd{out_.get(), POLLIN, 0},
                        pollfd{err_.get(), POLLIN, 0}, pollfd{process_.stop, POLLIN, 0}};
      if (::poll(polled.data(), polled.size(), -1) < 0) {
        if (errno != EINTR) {
          return false;
        }
        continue;
      }
      if (polled[3].revents != 0) {
        return false;
      }
      if (polled[0].revents != 0) {
        write_input();
      }
      if (polled[1].revents != 0 && !read_output(result)) {
        return false;
      }
      if (polled[2].revents != 0) {
        read_errors(result);
      }
    }
    return true;
  }

private:
  void write_input() {
    const auto written = ::write(in_.get(), input_.data(), input_.size());
    if (written > 0) {
      input_ = input_.subspan(static_cast<std::size_t>(written));
    } else if (errno != EAGAIN && errno != EINTR) { // it has read enough
      in_.close();
      input_ = {};
    }
  }

  bool read_output(ProcessResult& result) {
    bool wanted = true;
    const bool more = drain(out_, [&](Bytes bytes) {
      if (process_.output) {
        wanted = process_.output(bytes);
      } else {
        append(result.output, bytes);
      }
    });
    if (!more) {
      out_.close();
    }
    return wanted;
  }

  void read_errors(ProcessResult& result) {
    const bool more = drain(err_, [&](Bytes bytes) {
      result.errors += as_text(bytes);
      result.errors.erase(0, result.errors.size() - std::min(result.errors.size(), longest_errors));
    });
    if (!more) {
      err_.close();
    }
  }

  const Process& process_;
  Descriptor in_;
  Descriptor out_;
  Descriptor err_;
  Bytes input_;
};

/// As exec takes them: a null pointer at the end.
std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const auto& word : words) {
    pointers.push_back(const_cast<char*>(word.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

} // namespace

int spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
          const SpawnOptions& options, pid_t& child) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, options.in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, options.out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, options.err, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1); // Asio's sockets
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  sigaddset(&signals, SIGXFSZ);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  const int group = options.own_group ? POSIX_SPAWN_SETPGROUP : 0; // its id is that of the child
  ::posix_spawnattr_setflags(
      &attributes, static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group));
  auto arguments = pointers_to(command);
  auto variables = pointers_to(environment);
  const int error = ::posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(),
                                   environment.empty() ? environ : variables.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

Result<ProcessResult> run_process(const Process& process) {
  auto in = pipe_or_throw();
  auto out = pipe_or_throw();
  auto err = pipe_or_throw();
  const bool own_group = process.stop >= 0;
  const int input = process.input_file >= 0 ? process.input_file : in.read.get();
  pid_t child = 0;
  const int error = spawn(
      process.command, {},
      {.in = input, .out = out.write.get(), .err = err.write.get(), .own_group = own_group}, child);
  if (is_exhaustion(error)) {
    throw std::system_error(error, std::generic_category(),
                            "cannot run " + process.command.front());
  }
  if (error != 0) {
    return errno_error(error, "cannot run " + escaped(process.command.front()));
  }
  in.read.close();
  out.write.close();
  err.write.close();
  ProcessResult result;
  const bool ended = Exchange(process, std::move(in.write), std::move(out.read),
                              std::move(err.read))
                         .run(result); // its ends of the pipes are closed now
  if (!ended) {
    ::kill(own_group ? -child : child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

Result<ProcessResult> run_process(const std::vector<std::string>& command, Bytes input) {
  return run_process(
      {.command = command, .input = [&input] { return std::exchange(input, Bytes()); }});
}

std::vector<std::string> last_lines(std::string_view text, std::size_t count) {
  std::vector<std::string> lines;
  while (lines.size() < count) {
    const auto end = text.find_last_not_of(" \r\n");
    if (end == text.npos) {
      break;
    }
    text = text.substr(0, end + 1);
    const auto start = text.find_last_of('\n') + 1; // npos + 1 == 0
    lines.insert(lines.begin(), escaped(text.substr(start)));
    text = text.substr(0, start);
  }
  return lines;
}

std::string last_line(const std::string& text) {
  const auto lines = last_lines(text, 1);
  return lines.empty() ? "" : lines.front();
}

} // namespace dualcam::inline tools
