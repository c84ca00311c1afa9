#include "wire/crc16_kernels.hpp"

#include <string>
#include <vector>

#include "dualcam/wire/crc16.hpp"

#include "testing.hpp"
#include "wire/crc16_bitwise.hpp"

namespace dualcam::crc16_kernels_test {
namespace {

constexpr std::size_t longest = 4096;

/// The definition's value for each length from 0 to the whole.
std::vector<std::uint16_t> crc_of_prefixes(Bytes bytes, std::uint16_t initial) {
  std::vector<std::uint16_t> result{initial};
  for (const auto& byte : bytes) {
    result.push_back(crc16_bitwise({&byte, 1}, result.back()));
  }
  return result;
}

/// Runs `check` for each kernel that this processor has and names the others.
template <class Check> void for_each_kernel(Check check) {
  check("tables", crc16_kernels::tables);
  check("crc16", crc16);
  for (const auto& kernel : crc16_kernels::vector_kernels()) {
    if (kernel.is_supported()) {
      check(kernel.name, kernel.function);
    } else {
      WARN(kernel.name << " was not run: this processor lacks it");
    }
  }
}

} // namespace

TEST_CASE("crc16 kernels: every length at every alignment agrees with the definition") {
  const auto bytes = random_bytes(longest + 2 * 63, 5);
  const auto aligned = (64 - reinterpret_cast<std::uintptr_t>(bytes.data()) % 64) % 64;
  std::mt19937 random(6);
  for_each_kernel([&](std::string name, crc16_kernels::Function kernel) {
    for (std::size_t alignment = 0; alignment < 64; ++alignment) {
      const auto part = Bytes(bytes).subspan(aligned + alignment, longest);
      const auto initial = static_cast<std::uint16_t>(random());
      const auto expected = crc_of_prefixes(part, initial);
      for (std::size_t length = 0; length <= longest; ++length) {
        if (kernel(part.first(length), initial) != expected[length]) {
          FAIL(name << " at length " << length << ", alignment " << alignment);
        }
      }
    }
  });
}

TEST_CASE("crc16 kernels: nothing is read outside the bytes given") {
  const auto bytes = random_bytes(longest, 7);
  const auto expected = crc_of_prefixes(bytes, 0x1234);
  for_each_kernel([&](std::string name, crc16_kernels::Function kernel) {
    for (std::size_t length = 0; length <= longest; ++length) {
      // Under AddressSanitizer a read on either side of this buffer ends the test.
      const ByteBuffer exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
      if (kernel(exact, 0x1234) != expected[length]) {
        FAIL(name << " at length " << length);
      }
    }
  });
}

TEST_CASE("crc16 kernels: values of two parts combine to the value of the whole") {
  const auto bytes = random_bytes(longest, 8);
  std::mt19937 random(9);
  for_each_kernel([&](std::string name, crc16_kernels::Function kernel) {
    for (std::size_t cut = 0; cut <= longest; ++cut) {
      const auto initial = static_cast<std::uint16_t>(random());
      const auto head = Bytes(bytes).first(cut);
      const auto tail = Bytes(bytes).subspan(cut);
      if (crc16_combine(kernel(head, initial), kernel(tail, 0), tail.size()) !=
          kernel(bytes, initial)) {
        FAIL(name << " cut at " << cut);
      }
    }
  });
}

TEST_CASE("crc16 kernels: long inputs agree with the tables") {
  const auto bytes = random_bytes((1 << 20) + 777, 10);
  const auto expected = crc16_kernels::tables(bytes, 0xBEEF);
  for_each_kernel([&](std::string name, crc16_kernels::Function kernel) {
    INFO(name);
    CHECK(kernel(bytes, 0xBEEF) == expected);
  });
}

namespace {

std::uint16_t one(Bytes, std::uint16_t) { return 1; }
std::uint16_t two(Bytes, std::uint16_t) { return 2; }
bool here() { return true; }
bool elsewhere() { return false; }

} // namespace

TEST_CASE("crc16 kernels: the last one that this processor can run is chosen") {
  using crc16_kernels::best_of;
  using crc16_kernels::Kernel;
  const auto best = [](std::vector<Kernel> kernels) { return best_of(kernels); };
  CHECK(best({}) == crc16_kernels::tables);
  CHECK(best({{"a", one, elsewhere}}) == crc16_kernels::tables);
  CHECK(best({{"a", one, here}, {"b", two, elsewhere}}) == one);
  CHECK(best({{"a", one, elsewhere}, {"b", two, here}}) == two);
  CHECK(best({{"a", one, here}, {"b", two, here}}) == two);

  crc16({});
  CHECK(crc16_kernels::chosen() == best_of(crc16_kernels::vector_kernels()));
}

} // namespace dualcam::crc16_kernels_test
