#include "dcam-serve/buffer_pool.hpp"

#include "testing.hpp"

namespace dualcam::serve::buffer_pool_test {
namespace {

TEST_CASE("buffers grow when they come back full, and shrink when they come back empty") {
  ReadSize size;
  CHECK(size.value() == least_buffer);
  for (const std::size_t expected :
       {std::size_t{16'384}, std::size_t{65'536}, most_buffer, most_buffer}) {
    size.read(size.value());
    CHECK(size.value() == expected);
  }
  size.read(most_buffer - 1);
  CHECK(size.value() == most_buffer);
  size.read(most_buffer / 4);
  CHECK(size.value() == most_buffer);
  for (const std::size_t expected :
       {std::size_t{65'536}, std::size_t{16'384}, least_buffer, least_buffer}) {
    size.read(1);
    CHECK(size.value() == expected);
  }
}

TEST_CASE("the sum of the larger buffers has a limit, and the small ones are always there") {
  BufferPool pool(most_buffer + 16'384);
  auto large = pool.take(most_buffer);
  auto medium = pool.take(16'384);
  CHECK(large.bytes().size() == most_buffer);
  CHECK(medium.bytes().size() == 16'384);
  CHECK(pool.lent() == most_buffer + 16'384);
  auto small = pool.take(16'384);
  CHECK(small.bytes().size() == least_buffer);
  auto another = pool.take(least_buffer);
  CHECK(another.bytes().size() == least_buffer);
  CHECK(pool.lent() == most_buffer + 16'384);
  for (auto* buffer : {&small, &another, &large, &medium}) {
    pool.give_back(*buffer);
    CHECK_FALSE(*buffer);
  }
  CHECK(pool.lent() == 0);
  for (int round = 0; round < 10; ++round) { // some are kept, which counts no more than new ones
    auto again = pool.take(most_buffer);
    CHECK(again.bytes().size() == most_buffer);
    CHECK(pool.lent() == most_buffer);
    pool.give_back(again);
  }
}

} // namespace
} // namespace dualcam::serve::buffer_pool_test
