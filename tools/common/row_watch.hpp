// Rows of bytes that are all alike, but for one in which something is missing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {

/// Whether rows of nothing but numbers or base64 may have it.
constexpr bool may_be_in_row(char c) {
  return is_letter(c) || is_decimal_digit(c) || c == ' ' || c == '\t' || c == ',' || c == ';' ||
         c == '-' || c == '+' || c == '/' || c == '=';
}

/// Names a row that has one byte more or less than the rows around it, or is longer or shorter than
/// they are though all of them are equally long. Rows end at another line than of bytes, and where
/// a message may begin: what prints messages one by one ends each in a shorter row.
class RowWatch {
public:
  using Report = std::function<void(std::uint64_t line, std::string what)>;

  explicit RowWatch(Report report) : report_(std::move(report)) {}

  /// Of this line, which is not before that of the last byte.
  void byte(std::uint64_t line, unsigned value);
  /// Something else is wrong with the line.
  void is_named(std::uint64_t line) { named_ = line; }
  /// `length`: 0 if it tells nothing.
  void end_of_line(std::uint64_t line, std::uint64_t length);
  void finish();

private:
  struct Row {
    std::uint64_t line = 0; ///< 0: none
    std::uint64_t length = 0;
    std::uint64_t bytes = 0;
    unsigned first = 0;
  };

  void end_row();
  void settle();
  void compare();

  Report report_;
  Row row_;   ///< that which bytes are added to
  Row usual_; ///< the one before, or the one before the suspect
  std::optional<Row> suspect_;
  std::uint64_t alike_ = 0; ///< rows with as many bytes as the usual one, up to it
  std::uint64_t equal_ = 0; ///< as long, too
  bool is_regular_ = true;  ///< no row has had another number of bytes
  std::uint64_t named_ = 0;
  std::uint64_t ended_ = 0; ///< line, and its length
  std::uint64_t ended_length_ = 0;
};

} // namespace dualcam::inline tools
