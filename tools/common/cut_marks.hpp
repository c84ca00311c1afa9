// Marks by which programs say that they have not printed all of something.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace dualcam::inline tools {

/// `... 17 more bytes>` and `... 3 more items` of Node, `"\0\4"...` of strace, `0, 4, ...]`,
/// `0x00000005 ... 2e7b1ed9`, and `<repeats 15 times>` of gdb. Memory: two contexts, and what is
/// fed at once.
class CutMarks {
public:
  using Report = std::function<void(std::uint64_t line, std::string what)>;

  /// Dots beside bytes may be some that cannot be shown: then a mark has its own line, or, where
  /// it is not known whether there are such dots, says more.
  enum class Beside { nothing, maybe_text, text };
  CutMarks(Beside beside, Report report) : beside_(beside), report_(std::move(report)) {}

  void feed(std::string_view text);
  void finish();

private:
  void search(std::size_t until);
  void report(const std::string& told);

  Beside beside_;
  Report report_;
  std::string kept_;
  std::size_t searched_ = 0; ///< of it
  std::uint64_t line_ = 1;
};

} // namespace dualcam::inline tools
