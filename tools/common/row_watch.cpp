#include "common/row_watch.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/counted.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::uint64_t enough = 8;       ///< rows alike
constexpr std::uint64_t enough_bytes = 4; ///< of a row whose length tells something

} // namespace

void RowWatch::byte(std::uint64_t line, unsigned value) {
  if (line != row_.line) {
    end_row();
    row_ = {line, line == ended_ ? ended_length_ : 0, 0, value};
  }
  ++row_.bytes;
}

void RowWatch::end_of_line(std::uint64_t line, std::uint64_t length) {
  ended_ = line;
  ended_length_ = length;
  if (line == row_.line) {
    row_.length = length;
  }
}

void RowWatch::finish() { end_row(); }

void RowWatch::end_row() {
  if (row_.line == 0) {
    return;
  }
  const auto last = suspect_ ? suspect_->line : usual_.line;
  if (usual_.bytes == 0 || row_.line != last + 1 || row_.first == 0) {
    suspect_.reset();
    usual_ = row_;
    alike_ = equal_ = 1;
    is_regular_ = true;
  } else if (suspect_) {
    settle();
  } else if (row_.line == named_) {
    usual_.line = row_.line;
  } else {
    compare();
  }
}

/// The row behind a suspect one.
void RowWatch::settle() {
  const auto suspect = *std::exchange(suspect_, std::nullopt);
  const bool by_bytes = suspect.bytes != usual_.bytes;
  is_regular_ = row_.bytes == usual_.bytes;
  if (is_regular_ && by_bytes) {
    report_(suspect.line, fmt::format("it has {}, and the lines around it have {}: is something "
                                      "missing, or one too many?",
                                      counted(suspect.bytes, "byte"), usual_.bytes));
  } else if (is_regular_ && row_.length == usual_.length) {
    report_(suspect.line, suspect.length < usual_.length
                              ? "it is shorter than the lines around it: is a digit missing?"
                              : "it is longer than the lines around it: is a digit too many?");
  }
  usual_ = row_;
}

void RowWatch::compare() {
  const auto more = row_.bytes == usual_.bytes + 1;
  const auto fewer = row_.bytes + 1 == usual_.bytes;
  const bool is_equal = row_.length == usual_.length && row_.length != 0;
  if (row_.bytes != usual_.bytes) {
    if (is_regular_ && alike_ >= enough && (more || fewer)) {
      suspect_ = row_;
      return;
    }
    is_regular_ = false;
  } else if (is_regular_ && !is_equal && equal_ == alike_ && alike_ >= enough &&
             row_.bytes >= enough_bytes && row_.length != 0) {
    suspect_ = row_;
    return;
  }
  alike_ = is_regular_ ? alike_ + 1 : 0;
  equal_ += is_equal ? 1 : 0;
  usual_ = row_;
}

} // namespace dualcam::inline tools
