// Hex text in the shapes people paste -> bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cut_marks.hpp"
#include "common/hex_style.hpp"
#include "common/hex_trial.hpp"
#include "common/text_cleaner.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Whether bytes are text that can be a hex dump: no control bytes but DEL, which JSON does not
/// escape. 4 KiB tell.
bool is_hex_text(Bytes first_bytes);

class HexLines;
class HexTokens;

/// Quoting in front of lines is taken away first. What it understands, told apart by the first
/// 64 KiB (see hex_style.hpp), or by those of the first 512 in which what is looked for begins:
/// - lines with offsets in hex, octal or decimal: xxd, hexdump -C (also `*` for repeated lines),
///   od -t x1, tcpdump -x and -X, Format-Hex, Wireshark's hex dump and its "follow stream", where
///   the other side's lines are indented. Text columns are compared with the bytes and dropped. An
///   offset that jumps ahead tells how many bytes are missing; offset 0 begins another block;
/// - hex digits in pairs or longer groups, parted by blanks, commas, colons, semicolons, dashes or
///   nothing, on one line or many, maybe behind a time, an address or another prefix;
/// - C arrays, strings of `\x`, lists of decimal numbers (also negative ones), Node's
///   `<Buffer ..>`, JSON and YAML with the bytes under "data", "payload" and so on, as hex, base64,
///   characters or numbers.
///
/// What was cut when it was printed is a problem in whatever form.
///
/// Where that reads nothing of what is looked for, other ways are tried: see hex_trial.hpp.
///
/// What cannot be read without guessing is a problem: its line is left out and named. Words in an
/// unknown byte order, lines left out without offsets and the like end the reading. Lines with
/// nothing like hex in them are passed over and counted.
///
/// Memory: 512 KiB of text, 1 MiB for a line, and 64 KiB of bytes. `*` stands for at most 64 MiB in
/// all.
class HexReader {
public:
  class Listener {
  public:
    virtual ~Listener() = default;
    /// `other_side`: from an indented line of "follow stream". Valid during the call.
    virtual void bytes(Bytes bytes, bool other_side) = 0;
    virtual void missing(std::uint64_t count, bool other_side) = 0;
    /// Offsets begin again, at 0 or where they began: another packet.
    virtual void next_block() = 0;
  };

  static constexpr std::size_t sample_size = 64 << 10;
  static constexpr std::size_t most_sampled = 512 << 10;
  static constexpr std::uint64_t most_repeated = 64 << 20;
  static constexpr std::size_t most_problems = 10;

  /// `listener` must outlive the reader. `vouch` tells what is looked for; it may be empty.
  explicit HexReader(Listener& listener, Vouch vouch = {});
  /// Of a text that is cleaned, and of this form, whatever it looks like; `*` stands for at most
  /// `repeated`.
  HexReader(Listener& listener, const HexForm& form, std::uint64_t repeated);
  ~HexReader();

  void feed(std::string_view text);
  void finish();

  /// Of the text: the first one that is not blank.
  std::uint64_t first_line() const { return first_line_; }
  /// Lines that hold something, but no hex.
  std::uint64_t lines_passed_over() const;
  /// The first ones, and how many there were in all.
  const std::vector<HexProblem>& problems() const { return problems_; }
  std::uint64_t problem_count() const { return problem_count_; }
  /// Nothing behind the last problem was read.
  bool has_refused() const;

private:
  void sample(bool goes_on);
  void begin(const HexForm& form, std::string_view text);
  void end_in_refusal(const HexProblem& problem, std::string_view text);
  void set_form(const HexForm& form);
  void cleaned(std::string_view text);
  void problem_at(std::uint64_t line, std::string what);

  Listener& listener_;
  Vouch vouch_;
  std::string sample_;
  bool is_cleaned_ = false; ///< the text that is fed
  TextCleaner cleaner_;
  std::optional<HexForm> form_;
  std::optional<Unwrapper> unwrapper_;
  std::optional<CutMarks> cut_marks_;
  std::unique_ptr<HexTokens> tokens_; ///< for all styles but those of lines
  std::unique_ptr<HexLines> lines_;   ///< for those
  std::uint64_t first_line_ = 1;
  std::vector<HexProblem> problems_;
  std::uint64_t problem_count_ = 0;
  bool refused_ = false;
  std::uint64_t most_repeated_ = most_repeated;
};

} // namespace dualcam::inline tools
