// Catch2 2 wants its main function compiled by the user; Catch2 3 brings one.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Listener = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
using Listener = Catch::TestEventListenerBase;
#endif

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

/// Also names each case before it runs if DUALCAM_NAME_CASES is set, as CTest does, which runs a
/// file's cases in one process: the last one named is the one that a sanitizer or a time limit
/// ended.
class Surroundings : public Listener {
public:
  using Listener::Listener;

  /// As every tool does first: a reader that has gone is an error of the write.
  void testRunStarting(const Catch::TestRunInfo& info) override {
    Listener::testRunStarting(info);
    std::signal(SIGPIPE, SIG_IGN);
  }

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    Listener::testCaseStarting(info);
    if (std::getenv("DUALCAM_NAME_CASES") != nullptr) {
      std::fprintf(stderr, "case: %s\n", info.name.c_str());
    }
  }
};

} // namespace

CATCH_REGISTER_LISTENER(Surroundings)
