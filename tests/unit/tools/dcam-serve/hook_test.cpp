#include "dcam-serve/hook.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing.hpp"

namespace dualcam::serve::hook_test {
namespace {

using Words = std::vector<std::string>;
using namespace std::chrono_literals;

/// Hooks with what became of them.
class Hooks {
public:
  explicit Hooks(Words command, HookLimits limits = {})
      : runner(io, std::move(command),
               {[this](const Json& file, const auto& why) {
                  failures.push_back(file.at("path").template get<std::string>() + ": " + why);
                },
                [this] { ++idle; }},
               limits) {}

  asio::io_context io{1};
  Words failures;
  int idle = 0;
  HookRunner runner;
};

/// What becomes of one hook; empty if it ends well.
std::string outcome(Words command, HookLimits limits = {}) {
  Hooks hooks(std::move(command), limits);
  hooks.runner.run({{"path", "x.jpg"}});
  hooks.io.run();
  CHECK(hooks.idle == 1);
  return hooks.failures.empty() ? "" : hooks.failures.at(0);
}

class Folder {
public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "dualcam-hook-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

std::vector<std::string> variables_of(const Json& file) {
  auto variables = hook_environment(file);
  std::erase_if(variables, [](const auto& variable) { return !variable.starts_with("DCAM_"); });
  return variables;
}

} // namespace

TEST_CASE("hook: the environment has the event's and the metadata's plain values") {
  const Json metadata{{"time", "2024-10-29T12:43:42.000Z"},
                      {"latitude", 54.7004183},
                      {"trigger_time", nullptr},
                      {"position_valid", true},
                      {"document", {{"a", 1}}},
                      {"kind", "videor"}};
  const Json file{
      {"path", "a\nb'\xFF.jpg"}, {"bytes", 5}, {"kind", "photof"}, {"metadata", metadata}};
  CHECK(variables_of(file) == Words{"DCAM_BYTES=5", "DCAM_KIND=photof", "DCAM_LATITUDE=54.7004183",
                                    "DCAM_PATH=a\nb'\xFF.jpg", "DCAM_POSITION_VALID=true",
                                    "DCAM_TIME=2024-10-29T12:43:42.000Z"});
  CHECK(variables_of({{"path", "x"}, {"metadata", nullptr}}) == Words{"DCAM_PATH=x"});
}

TEST_CASE("hook: what is not known is not inherited from an outer hook either") {
  ::setenv("DCAM_TIME", "then", 1);
  ::setenv("NOT_DCAM_TIME", "kept", 1);
  const auto variables = hook_environment({{"path", "x"}});
  ::unsetenv("DCAM_TIME");
  ::unsetenv("NOT_DCAM_TIME");
  CHECK(std::ranges::count(variables, "DCAM_TIME=then") == 0);
  CHECK(std::ranges::count(variables, "NOT_DCAM_TIME=kept") == 1);
}

TEST_CASE("hook: its end decides whether it failed") {
  CHECK(outcome({"true"}).empty());
  CHECK(outcome({"sh", "-c", "exit 3"}) == "x.jpg: sh ended with status 3");
  CHECK(outcome({"sh", "-c", "kill -9 $$"}) == "x.jpg: sh was killed by signal 9 (Killed)");
  CHECK(outcome({"./no\nsuch"}) == "x.jpg: cannot run ./no\\x0asuch: No such file or directory");
  CHECK(outcome({"/"}) == "x.jpg: cannot run /: Permission denied");
}

TEST_CASE("hook: one that there are no descriptors for is told of with what to do about it") {
  Hooks hooks({"true"});
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{3, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  hooks.runner.run({{"path", "x.jpg"}});
  hooks.io.run();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(hooks.failures == Words{"x.jpg: cannot run true: Too many open files; raise the limit of "
                                "open files (ulimit -n) or do less at once"});
}

TEST_CASE("hook: exit statuses are seen though SIGCHLD was inherited as ignored") {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const auto failure = outcome({"sh", "-c", "exit 3"});
  std::signal(SIGCHLD, before);
  CHECK(failure == "x.jpg: sh ended with status 3");
}

TEST_CASE("hook: a file whose name begins with a dash is no option") {
  Hooks hooks({"sh", "-c", R"([ "$0" = ./-x ] && [ "$DCAM_PATH" = -x ])"});
  hooks.runner.run({{"path", "-x"}});
  hooks.io.run();
  CHECK(hooks.failures.empty());
}

TEST_CASE("hook: one that hangs is stopped with all that it started") {
  const Folder folder;
  const auto fifo = folder.file("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  // It says x once it ignores SIGTERM, so does its child, and the child holds the FIFO open.
  const auto script = "trap '' TERM; { echo x; exec sleep 1000; } >" + fifo + " & wait";
  char said = 0;
  for (auto time = 50ms; said == 0; time *= 2) { // a slow machine needs longer to get there
    CHECK(outcome({"sh", "-c", script}, {.time = time, .grace = 1ms})
              .starts_with("x.jpg: sh did not end in "));
    REQUIRE((::read(reader, &said, 1) == 1 || said == 0));
  }
  ::read(reader, &said, 1);
  pollfd polled{reader, POLLIN, 0};
  CHECK(::poll(&polled, 1, 60'000) == 1);
  CHECK(polled.revents == POLLHUP);
  ::close(reader);
}

TEST_CASE("hook: one that hangs may end in good order") {
  const Folder folder;
  const auto script = "trap 'echo bye >" + folder.file("bye") + "; exit' TERM; echo >" +
                      folder.file("ready") + "; while :; do sleep 0.01; done";
  for (auto time = 50ms; !std::filesystem::exists(folder.file("ready")); time *= 2) {
    CHECK(outcome({"sh", "-c", script}, {.time = time, .grace = 60s}).contains("did not end in "));
  }
  CHECK(std::filesystem::exists(folder.file("bye")));
}

TEST_CASE("hook: when stopped the running one goes on, the waiting ones are given up at once") {
  const Folder folder;
  const auto gate = folder.file("gate");
  std::ofstream(gate).put('x');
  Hooks hooks({"sh", "-c", "while [ -e " + gate + " ]; do sleep 0.01; done; echo >$0"},
              {.at_once = 1});
  hooks.runner.run({{"path", folder.file("first")}});
  hooks.runner.run({{"path", folder.file("second")}});
  CHECK(hooks.runner.running() == 1);
  CHECK(hooks.failures.empty());
  hooks.runner.stop();
  hooks.runner.run({{"path", folder.file("third")}});
  const auto why = ": not run, the server was stopped before its turn";
  CHECK(hooks.failures == Words{folder.file("second") + why, folder.file("third") + why});
  std::filesystem::remove(gate);
  hooks.io.run();
  CHECK(hooks.idle == 1);
  CHECK(hooks.failures.size() == 2);
  CHECK(std::filesystem::exists(folder.file("first")));
  CHECK_FALSE(std::filesystem::exists(folder.file("second")));
}

} // namespace dualcam::serve::hook_test
