// dcam-serve with each of its allocations failing in turn: whatever it was doing, a run ends with 0
// or 3, by no signal, and not never.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <new>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/unforeseen.hpp"
#include "dcam-serve/options.hpp"
#include "dcam-serve/server.hpp"
#include "dualcam/storage/file_system.hpp"
#include "figures.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tools/loopback.hpp"

namespace {

std::atomic<long> made = 0;
std::atomic<long> fails_at = 0; ///< the number of the allocation that fails; 0: none

} // namespace

void* operator new(std::size_t size) {
  auto* memory = ++made == fails_at ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    if (const auto handler = std::get_new_handler()) {
      handler();
    }
    throw std::bad_alloc();
  }
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { // the sanitizer has its own
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace dualcam::out_of_memory_test {
namespace {

/// What a device with one photo of nine bytes says, and how many bytes of answer it waits for.
struct Step {
  ByteBuffer says;
  std::size_t answer;
};

/// One connection of the device; whether everything was answered.
bool offer(std::uint16_t port, const std::vector<Step>& steps) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  bool taken =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  for (const auto& step : steps) {
    if (taken) {
      std::byte answer[64];
      ::send(descriptor, step.says.data(), step.says.size(), MSG_NOSIGNAL);
      taken =
          ::recv(descriptor, answer, step.answer, MSG_WAITALL) == static_cast<ssize_t>(step.answer);
    }
  }
  ::close(descriptor);
  return taken;
}

struct Run {
  int status; ///< as a shell has it
  long allocations;
  std::string errors;
};

/// A process of its own in which the allocation `number` fails; 0: none does.
Run run(long number, const serve::ServeOptions& options, const std::vector<Step>& steps) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  const auto server = ::fork();
  REQUIRE(server >= 0);
  if (server == 0) {
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    made = 0;
    fails_at = number;
    const int status = run_tool("dcam-serve", [&] { return serve::Server(options).run(); });
    fails_at = 0;
    const auto line = "allocations " + std::to_string(made) + '\n';
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(status);
  }
  ::close(ends[1]);
  Run run{};
  bool taken = false;
  for (bool over = false; !over;) {
    over = ::waitpid(server, &run.status, WNOHANG) == server;
    char piece[4096];
    for (ssize_t count = 0; (count = ::read(ends[0], piece, sizeof piece)) > 0;) {
      run.errors.append(piece, static_cast<std::size_t>(count));
    }
    if (!over && !taken) {
      taken = offer(options.port, steps);
    }
    ::usleep(over ? 0 : 500);
  }
  ::close(ends[0]);
  run.status = WIFSIGNALED(run.status) ? 128 + WTERMSIG(run.status) : WEXITSTATUS(run.status);
  const auto found = run.errors.rfind("allocations ");
  run.allocations = found == std::string::npos ? 0 : std::stol(run.errors.substr(found + 12));
  return run;
}

TEST_CASE("out of memory: a folder is not listed, and the process goes on") {
  const TemporaryFolder folder;
  for (const auto* name : {"a", "a name that is too long to be kept inside of a string"}) {
    std::ofstream(folder.path() / name) << name;
  }
  std::vector<std::string> names;
  int failures = 0;
  for (bool listed = false; !listed;) {
    names.clear();
    fails_at = made + ++failures;
    try {
      listed = FileSystem::real().list(folder.path(), names) == 0;
    } catch (const std::bad_alloc&) {
    }
    fails_at = 0;
  }
  CHECK(failures > 2);
  CHECK(names.size() == 2);
}

TEST_CASE("out of memory: each allocation of dcam-serve fails in turn") {
  const TemporaryFolder folder;
  serve::ServeOptions options;
  options.output = folder.path();
  options.bind = "127.0.0.1";
  options.port = free_port();
  options.metadata = false;
  options.name = *serve::NameTemplate::parse("{imei}{ext}");
  options.if_exists = IfExists::replace;
  options.min_free = 0;
  options.wait = std::chrono::seconds(20); // which no run should need
  options.common.json = true;
  const std::vector<Step> steps = {
      {from_hex("0000 0005 00013ee13c001981 44000400"), 11},
      {from_hex("0001 0006 00000001 0000"), 8},
      {from_hex("0003 0004 00000001 0004 000b 313233343536373839 2189"), 2},
      {from_hex("0000 0005 00013ee13c001981 40000400"), 4}};

  const auto undisturbed = run(0, options, steps);
  CHECK(undisturbed.status == 0);
  CHECK(undisturbed.allocations > 300);
  std::map<int, int> statuses;
  int connections_failed = 0; // what one of them swallows in a one-shot run is the run's failure
  for (long number = 1; number <= undisturbed.allocations; number += full(7, 1)) {
    const auto disturbed = run(number, options, steps);
    ++statuses[disturbed.status];
    INFO("allocation " << number << ", status " << disturbed.status << "\n" << disturbed.errors);
    CHECK((disturbed.status == 0 || disturbed.status == 3));
    const bool in_connection = disturbed.errors.contains("a connection failed: out of memory");
    connections_failed += in_connection ? 1 : 0;
    CHECK((!in_connection || disturbed.status == 3));
  }
  CHECK(statuses[3] > 10);
  CHECK(connections_failed > 0);
}

} // namespace
} // namespace dualcam::out_of_memory_test
