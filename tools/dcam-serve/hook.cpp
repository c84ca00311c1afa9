#include "dcam-serve/hook.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include "common/descriptor.hpp"
#include "common/escape.hpp"
#include "common/process.hpp"
#include "common/unforeseen.hpp"
#include "common/units.hpp"

namespace dualcam::serve {
namespace {

constexpr std::string_view prefix = "DCAM_";
/// What begins like this is ours to say, or between systemd and dcam-serve.
constexpr std::array<std::string_view, 3> not_passed_on{prefix, "NOTIFY_SOCKET=", "WATCHDOG_"};
constexpr std::size_t longest_variable = 65'536; // from 128 KiB on no process would start

std::string stored_path(const Json& file) { return file.at("path").get<std::string>(); }

/// Never one that a program takes for an option.
std::string as_argument(std::string path) {
  return path.starts_with('-') ? "./" + std::move(path) : path;
}

/// What is there already stays.
void add_variables(std::map<std::string, std::string>& variables, const Json& record) {
  for (const auto& [key, value] : record.items()) {
    if (value.is_null() || value.is_structured()) {
      continue;
    }
    auto text = value.is_string() ? value.template get<std::string>() : value.dump();
    if (text.size() > longest_variable) {
      continue;
    }
    std::string name(prefix);
    std::ranges::transform(key, std::back_inserter(name), [](unsigned char character) {
      return static_cast<char>(std::toupper(character));
    });
    variables.emplace(name, std::move(text));
  }
}

/// A hook's process, from its start to its end. For threads that may wait.
class HookProcess {
public:
  /// 0 or errno.
  int start(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
    Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (null.get() < 0) {
      return errno;
    }
    // Standard output is the product's alone.
    const int error = spawn(
        command, environment,
        {.in = null.get(), .out = STDERR_FILENO, .err = STDERR_FILENO, .own_group = true}, child_);
    if (error != 0) {
      return error;
    }
    null.close(); // or there might be no descriptor left for this one
    ended_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child_, 0)));
    if (ended_.get() < 0) {
      const int reason = errno;
      signal(SIGKILL);
      reap();
      return reason;
    }
    return 0;
  }

  /// False: it runs on.
  bool ends_within(std::chrono::milliseconds time) const {
    const auto deadline = steady_now() + time;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_now());
      pollfd polled{ended_.get(), POLLIN, 0};
      const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
      if (::poll(&polled, 1, timeout) > 0) {
        return true;
      }
      if (left.count() <= 0) {
        return false;
      }
    }
  }

  /// To it and all that it started. Before `reap`, or the number may be another's.
  void signal(int number) const { ::kill(-child_, number); }

  /// Waits for its end; the status as waitpid has it.
  int reap() const {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

private:
  pid_t child_ = 0;
  Descriptor ended_;
};

/// Why it failed; empty if it did not.
std::string run_hook(const std::vector<std::string>& command,
                     const std::vector<std::string>& environment, const HookLimits& limits) {
  const auto program = escaped(command.front());
  HookProcess process;
  if (const int error = process.start(command, environment); error != 0) {
    return fmt::format("cannot run {}: {}", program, reason_of(error));
  }
  if (!process.ends_within(limits.time)) {
    process.signal(SIGTERM);
    process.ends_within(limits.grace);
    process.signal(SIGKILL);
    process.reap();
    return fmt::format("{} did not end in {} and was stopped", program,
                       format_duration(limits.time));
  }
  const int status = process.reap();
  if (WIFSIGNALED(status)) {
    return fmt::format("{} was killed by signal {} ({})", program, WTERMSIG(status),
                       ::strsignal(WTERMSIG(status)));
  }
  return WEXITSTATUS(status) == 0
             ? ""
             : fmt::format("{} ended with status {}", program, WEXITSTATUS(status));
}

} // namespace

std::vector<std::string> hook_environment(const Json& file) {
  std::map<std::string, std::string> variables;
  add_variables(variables, file);
  if (const auto metadata = file.find("metadata"); metadata != file.end()) {
    add_variables(variables, *metadata);
  }
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (std::ranges::none_of(not_passed_on, [&](auto start) { return text.starts_with(start); })) {
      environment.emplace_back(*variable);
    }
  }
  for (const auto& [name, value] : variables) {
    environment.push_back(name + "=" + value);
  }
  return environment;
}

HookRunner::HookRunner(asio::io_context& io, std::vector<std::string> command, Listener listener,
                       HookLimits limits)
    : io_(io), threads_(limits.at_once), command_(std::move(command)),
      listener_(std::move(listener)), limits_(limits) {
  ::signal(SIGCHLD, SIG_DFL); // inherited as ignored it would keep exit statuses from us
}

HookRunner::~HookRunner() { threads_.join(); }

void HookRunner::run(const Json& file) {
  waiting_.push_back(file);
  start_waiting();
}

void HookRunner::stop() {
  stopped_ = true;
  start_waiting();
}

void HookRunner::start_waiting() {
  while (!waiting_.empty() && (stopped_ || running_ < limits_.at_once)) {
    const auto file = std::move(waiting_.front());
    waiting_.pop_front();
    if (stopped_) {
      listener_.failed(file, "not run, the server was stopped before its turn");
    } else {
      start(file);
    }
  }
}

void HookRunner::start(const Json& file) {
  ++running_;
  auto command = command_;
  command.push_back(as_argument(stored_path(file)));
  asio::post(threads_.context(),
             [this, command = std::move(command), file, work = asio::make_work_guard(io_)] {
               std::string why;
               try {
                 why = run_hook(command, hook_environment(file), limits_);
               } catch (...) {
                 why = unforeseen(std::current_exception()).message;
               }
               asio::post(io_, [this, file, why = std::move(why)] {
                 --running_;
                 if (!why.empty()) {
                   listener_.failed(file, why);
                 }
                 start_waiting();
                 if (running_ == 0) {
                   listener_.idle();
                 }
               });
             });
}

} // namespace dualcam::serve
