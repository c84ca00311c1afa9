#include "capture/short_queue.hpp"

#include <memory>

#include "testing.hpp"

namespace dualcam::short_queue_test {
namespace {

TEST_CASE("a short queue gives its things back in the order in which they came") {
  ShortQueue<std::unique_ptr<int>> queue;
  int added = 0;
  int taken = 0;
  const auto add = [&] { queue.emplace_back(std::make_unique<int>(added++)); };
  const auto take = [&] { CHECK(*queue.pop() == taken++); };

  CHECK(queue.empty());
  add();
  add();
  take();
  add(); // while it is not empty
  take();
  CHECK_FALSE(queue.empty());
  take();
  CHECK(queue.empty());
  add(); // and when it has been
  take();
  CHECK(queue.empty());
}

} // namespace
} // namespace dualcam::short_queue_test
