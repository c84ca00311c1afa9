#include "dcam-convert/run_each.hpp"

#include <array>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stdexcept>

#include "quiet.hpp"

namespace dualcam::convert::run_each_test {
namespace {

/// The numbers that `run_each` has called for, in rising order.
std::multiset<std::size_t> called(std::size_t count, std::size_t jobs) {
  const StopSignal stop;
  std::mutex mutex;
  std::multiset<std::size_t> numbers;
  CHECK(run_each(count, jobs, stop, [&](std::size_t number) {
          const std::scoped_lock lock(mutex);
          numbers.insert(number);
          return ExitCode::done;
        }) == ExitCode::done);
  return numbers;
}

} // namespace

TEST_CASE("run each: every number below the count is called for once, however many at once") {
  for (const std::size_t jobs : {1U, 2U, 3U, 8U}) {
    CHECK(called(0, jobs).empty());
    CHECK(called(1, jobs) == std::multiset<std::size_t>{0});
    CHECK(called(5, jobs) == std::multiset<std::size_t>{0, 1, 2, 3, 4});
  }
}

TEST_CASE("run each: the worst outcome counts, wherever it comes") {
  using enum ExitCode;
  const StopSignal stop;
  for (const auto& codes : {std::vector{done, bad_data, io},
                            {io, bad_data, done},
                            {done, io, done},
                            {bad_data, io, io}}) {
    CHECK(run_each(3, 1, stop, [&](std::size_t number) { return codes[number]; }) == io);
  }
}

TEST_CASE("run each: so many work at once as there are jobs, and files") {
  const StopSignal stop;
  for (const auto& [count, jobs, most] :
       {std::array<std::size_t, 3>{4, 1, 1}, {2, 5, 2}, {6, 3, 3}}) {
    std::mutex mutex;
    std::condition_variable more;
    std::size_t at_work = 0;
    std::size_t highest = 0;
    CHECK(run_each(count, jobs, stop, [&](std::size_t) {
            std::unique_lock lock(mutex);
            highest = std::max(highest, ++at_work);
            more.notify_all();
            more.wait_for(lock, std::chrono::seconds(10), [&] { return highest == most; });
            --at_work;
            return ExitCode::done;
          }) == ExitCode::done);
    CHECK(highest == most);
  }
}

TEST_CASE("run each: what is thrown is told, and costs its number alone") {
  const StopSignal stop;
  const Quiet quiet;
  std::size_t calls = 0;
  const auto code = run_each(3, 1, stop, [&](std::size_t number) {
    ++calls;
    if (number == 1) {
      throw std::runtime_error("odd");
    }
    return ExitCode::done;
  });
  CHECK(code == ExitCode::io);
  CHECK(calls == 3);
  CHECK_THAT(quiet.errors(), ContainsSubstring("dcam-convert: "));
  CHECK_THAT(quiet.errors(), ContainsSubstring("odd"));
}

TEST_CASE("run each: after a stop signal nothing more is begun") {
  const StopSignal stop;
  std::size_t calls = 0;
  run_each(5, 1, stop, [&](std::size_t number) {
    ++calls;
    if (number == 1) {
      std::raise(SIGTERM);
    }
    return ExitCode::done;
  });
  CHECK(calls == 2);
}

} // namespace dualcam::convert::run_each_test
