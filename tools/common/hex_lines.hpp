// Bytes line by line: one reader for each way in which lines have them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/hex_style.hpp"
#include "common/row_watch.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Memory: 1 MiB for a line, and 64 KiB of bytes. A problem costs its line.
class HexLines {
public:
  struct Output {
    std::function<void(Bytes bytes, bool other_side)> bytes;
    std::function<void(std::uint64_t count, bool other_side)> missing;
    std::function<void()> next_block;
    std::function<void(std::uint64_t line, std::string what)> problem;
  };

  /// Of the styles that HexTokens has none for. `*` stands for at most `repeated` bytes in all.
  static std::unique_ptr<HexLines> make(const HexForm& form, Output output, std::uint64_t repeated);
  HexLines(const HexForm& form, Output output) : form_(form), output_(std::move(output)) {}
  virtual ~HexLines() = default;
  HexLines(const HexLines&) = delete;
  HexLines& operator=(const HexLines&) = delete;

  void feed(std::string_view text);
  void finish();

  /// Nothing behind the last problem was read.
  bool has_refused() const { return refused_; }
  /// Lines that hold something, but no hex.
  std::uint64_t passed_over() const { return passed_over_; }

protected:
  /// A line, without its end and the blanks before that.
  virtual void take(std::string_view line) = 0;
  /// A part of a line of more than 1 MiB.
  virtual void take_part(std::string_view part);
  /// A line of more than 1 MiB has ended, or the text has.
  virtual void end() {}

  const HexForm& form() const { return form_; }
  std::uint64_t line_number() const { return line_number_; }
  void emit(Bytes bytes, bool other_side = false) { emit_of(line_number_, bytes, other_side); }
  void emit_of(std::uint64_t line, Bytes bytes, bool other_side = false);
  /// Of two readings of a damaged line what is the same; where they differ, bytes are missing.
  void emit_alike(std::uint64_t line, Bytes one, Bytes other);
  void missing(std::uint64_t count, bool other_side) { output_.missing(count, other_side); }
  void next_block() { output_.next_block(); }
  void problem(std::string what) { problem_at(line_number_, std::move(what)); }
  void problem_at(std::uint64_t line, std::string what) {
    rows_.is_named(line);
    output_.problem(line, std::move(what));
  }
  void refuse(std::string what);
  void pass_over() { ++passed_over_; }

private:
  void end_line();

  HexForm form_;
  Output output_;
  std::string pending_;    ///< a line whose end has not come yet
  bool long_line_ = false; ///< its start has been dealt with
  std::uint64_t line_number_ = 0;
  std::uint64_t passed_over_ = 0;
  bool refused_ = false;
  RowWatch rows_{
      [this](std::uint64_t line, std::string what) { problem_at(line, std::move(what)); }};
};

} // namespace dualcam::inline tools
