// Hex text in the shapes people paste -> bytes.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cut_marks.hpp"
#include "common/hex_line.hpp"
#include "common/hex_style.hpp"
#include "common/hex_trial.hpp"
#include "common/hex_words.hpp"
#include "common/text_cleaner.hpp"
#include "common/yaml_bytes.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Whether bytes are text that can be a hex dump: no control bytes but DEL, which JSON does not
/// escape. 4 KiB tell.
bool is_hex_text(Bytes first_bytes);

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
  std::uint64_t lines_passed_over() const { return passed_over_; }
  /// The first ones, and how many there were in all.
  const std::vector<HexProblem>& problems() const { return problems_; }
  std::uint64_t problem_count() const { return problem_count_; }
  /// Nothing behind the last problem was read.
  bool has_refused() const { return refused_; }

private:
  struct Side {
    std::optional<std::uint64_t> expected; ///< offset of the next line
    std::uint64_t first = 0;               ///< offset of the first one
    ByteBuffer last;                       ///< what `*` repeats
  };

  void sample(bool goes_on);
  void begin(const HexForm& form, std::string_view text);
  void end_in_refusal(const HexProblem& problem, std::string_view text);
  void set_form(const HexForm& form);
  void cleaned(std::string_view text);
  void text(std::string_view text);
  void finish_text();
  void line(std::string_view line);
  void offset_line(std::string_view line);
  std::optional<OffsetLine> parsed_offset_line(std::string_view line) const;
  std::optional<OffsetLine> offset_behind_prefix(std::string_view line) const;
  void place(const OffsetLine& line);
  static bool is_last(const Side& side, const OffsetLine& line);
  void report_gap(std::uint64_t count);
  bool go_back(Side& side, const OffsetLine& line);
  void repeat_last(Side& side, std::uint64_t until, bool other_side);
  void digit_line(std::string_view line);
  void words_line(std::string_view line);
  bool is_next_offset(const FoundLine& found) const;
  void look_at_other_hex(const FoundLine& found);
  void end_other_hex();
  void yaml_line(std::string_view line);
  void run(std::string_view digits);
  void end_run();
  void long_line(std::string_view part);
  void emit(Bytes bytes);
  void problem(std::string what);
  void problem_at(std::uint64_t line, std::string what);
  void refuse(std::string what);

  Listener& listener_;
  Vouch vouch_;
  std::string sample_;
  bool is_cleaned_ = false; ///< the text that is fed
  TextCleaner cleaner_;
  std::optional<HexForm> form_;
  std::optional<Unwrapper> unwrapper_;
  std::optional<CutMarks> cut_marks_;
  std::unique_ptr<HexTokens> tokens_; ///< for all styles but those of lines
  std::string pending_;               ///< a line whose end has not come yet
  bool long_line_ = false;            ///< its start has been dealt with
  std::uint64_t line_number_ = 0;
  std::uint64_t first_line_ = 1;
  std::uint64_t passed_over_ = 0;
  std::vector<HexProblem> problems_;
  std::uint64_t problem_count_ = 0;
  bool refused_ = false;

  std::optional<std::size_t> indent_;
  Side sides_[2];
  bool repeated_ = false; ///< the line before was `*`
  bool named_ = false;    ///< it was a problem
  std::uint64_t most_repeated_ = most_repeated;
  std::uint64_t repeated_bytes_ = 0;

  std::optional<std::string> before_words_; ///< in front of the bytes, if the line before had such
  std::size_t words_size_ = 0;              ///< how many bytes that one had
  /// Long words of hex in lines that came before any with bytes: what stands beside these, too, is
  /// the name of something.
  std::vector<std::pair<std::uint64_t, std::string>> other_hex_;
  std::string beside_; ///< the bytes of the last line

  YamlBytes yaml_;

  std::uint64_t short_line_ = 0; ///< one with fewer bytes than others
  std::string before_;           ///< the word before the bytes of the last line

  std::size_t run_length_ = 0;    ///< of odd lines of digits that go on in the next one
  std::optional<unsigned> digit_; ///< the first of two
};

} // namespace dualcam::inline tools
