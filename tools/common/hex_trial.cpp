#include "common/hex_trial.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/hex_candidates.hpp"
#include "common/hex_digits.hpp"
#include "common/hex_reader.hpp"
#include "common/other_encoding.hpp"

namespace dualcam::inline tools {
namespace {

/// How many lines hold something.
std::uint64_t filled_lines(std::string_view text) {
  std::uint64_t lines = 0;
  bool filled = false;
  for (const char c : text) {
    lines += !filled && c > ' ' ? 1 : 0;
    filled = c != '\n' && (filled || c > ' ');
  }
  return lines;
}

/// The bytes of a text, and what was wrong with them.
class Trial : private HexReader::Listener {
public:
  /// `text`: `sample`, or what is wrapped in it. `word`: bytes that are turned round.
  Trial(const HexSample& sample, std::string_view text, const HexForm& form, const Vouch& vouch,
        std::size_t word = 1) {
    constexpr std::uint64_t most_repeated = 64 << 10;
    HexReader reader(*this, form, most_repeated);
    feed(reader, text);
    if (sample.goes_on) {
      take_problems(reader, form);
    }
    reader.finish();
    if (!sample.goes_on) {
      take_problems(reader, form);
    }
    goes_on_ = sample.goes_on;
    passed_over_ = reader.lines_passed_over();
    for (std::size_t at = 0; word > 1 && at + word <= blocks_.back().size(); at += word) {
      std::ranges::reverse(std::span(blocks_.back()).subspan(at, word));
    }
    text_ = sample.text.size();
    named_ = form.style == HexStyle::json || form.style == HexStyle::yaml || form.single;
    for (const auto& block : blocks_) {
      bytes_ += block.size();
    }
    vouched_ = vouch(blocks_);
    std::vector<ByteBuffer>().swap(blocks_);
  }

  /// Most of it is what is looked for, and it is not little of the text, unless names tell it, or
  /// each line has one byte.
  bool is_convincing() const {
    return vouched_ >= least && 2 * vouched_ > bytes_ && (named_ || 40 * vouched_ > text_);
  }
  /// Nothing speaks against it, either. A bad line in many is one that has to be named; in a few
  /// bytes a number before them may be taken for some.
  bool is_enough(std::string_view sample, HexStyle style) const {
    constexpr std::size_t few = 512;
    if (bytes_ < few && vouched_ < bytes_) {
      return false;
    }
    const auto filled = filled_lines(sample);
    const auto lines = filled - std::min(filled, passed_over_);
    const bool by_lines = style == HexStyle::lines || style == HexStyle::offsets;
    return is_convincing() && (problems_ == 0 || (by_lines && 10 * problems_ < lines));
  }
  /// Without a problem bytes are read that are not what is looked for: damage, or, in such a style,
  /// numbers beside the bytes, or quotes around them, that are taken for some.
  bool has_doubtful_bytes(HexStyle style) const {
    const bool may_be_others = style == HexStyle::lines || style == HexStyle::decimal ||
                               style == HexStyle::c_array || style == HexStyle::escapes;
    return may_be_others && is_silent();
  }
  bool is_much_better_than(const Trial& other) const {
    return problems_ == 0 && vouched_ >= other.vouched_ + least;
  }
  bool is_better_than(const Trial& other) const {
    if (explains(other) || other.explains(*this)) {
      return explains(other);
    }
    const auto lost = problems_ + not_read_of(other);
    const auto other_lost = other.problems_ + other.not_read_of(*this);
    const bool tells_more =
        problems_ != other.problems_ ? problems_ > other.problems_ : bytes_ < other.bytes_;
    return vouched_ > other.vouched_ + other.little() ||
           (vouched_ + other.little() >= other.vouched_ && lost < other_lost) ||
           (vouched_ > other.vouched_ && lost == other_lost) ||
           (vouched_ == other.vouched_ && lost == other_lost && tells_more);
  }

private:
  static constexpr std::size_t least = 16; ///< one INIT

  /// Line by line, which tells of which nothing was read.
  void feed(HexReader& reader, std::string_view text) {
    while (!text.empty()) {
      const auto size = std::min(text.find('\n'), text.size() - 1) + 1;
      unread_lines_.insert(++line_);
      reader.feed(text.substr(0, size));
      text.remove_prefix(size);
    }
  }
  /// What escapes without quotes complain of once is said of the whole text.
  void take_problems(const HexReader& reader, const HexForm& form) {
    problems_ = reader.problem_count();
    const bool of_text = form.style == HexStyle::escapes && !form.quoted && !form.whole_lines;
    for (const auto& problem : reader.problems()) {
      if (!of_text) {
        named_lines_.insert(problem.line);
      }
    }
  }
  /// Bad lines are few: of many a form is wrong.
  bool names_many() const {
    return named_lines_.size() > 1 && 2 * named_lines_.size() > line_ - unread_lines_.size();
  }
  /// Lines that the other one names, of which this one reads nothing and says nothing.
  std::uint64_t not_read_of(const Trial& other) const {
    if (other.names_many()) {
      return 0;
    }
    return static_cast<std::uint64_t>(std::ranges::count_if(other.named_lines_, [this](auto line) {
      return unread_lines_.contains(line) && !named_lines_.contains(line);
    }));
  }
  /// Of damage that costs both, or the other one more, this one names the lines.
  bool explains(const Trial& other) const {
    constexpr std::size_t clear = 64; // bytes of a line
    return problems_ != 0 && !names_many() && other.is_silent() &&
           vouched_ + other.little() >= other.vouched_ &&
           (others() + problems_ <= other.others() || clear * problems_ <= other.others());
  }
  /// Of what is looked for, as much as a line or so has.
  std::size_t little() const { return vouched_ / 16; }
  /// Bytes that are not what is looked for.
  std::size_t others() const { return bytes_ - vouched_; }
  /// Not all is what is looked for, and nothing says why.
  bool is_silent() const {
    constexpr std::size_t cut_packet = 1100;
    return problems_ == 0 && others() > (goes_on_ ? cut_packet : 0);
  }

  void bytes(Bytes bytes, bool other_side) override {
    unread_lines_.erase(line_);
    if (!other_side) {
      append(blocks_.back(), bytes);
    }
  }
  /// What lacks of a line that is named keeps the rest of its message in place.
  void missing(std::uint64_t count, bool other_side) override {
    constexpr std::uint64_t most = 8;
    if (!other_side && count <= most) {
      blocks_.back().resize(blocks_.back().size() + count);
    }
  }
  void next_block() override {
    if (!blocks_.back().empty()) {
      blocks_.emplace_back();
    }
  }

  std::vector<ByteBuffer> blocks_{1};
  std::size_t bytes_ = 0;
  std::size_t text_ = 0;
  bool named_ = false;
  bool goes_on_ = false;
  std::size_t vouched_ = 0;
  std::uint64_t problems_ = 0;
  std::set<std::uint64_t> named_lines_; ///< the first ones with problems
  std::set<std::uint64_t> unread_lines_;
  std::uint64_t line_ = 0;
  std::uint64_t passed_over_ = 0; ///< lines
};

/// For the form that reads most.
class Search {
public:
  Search(const HexSample& sample, const Vouch& vouch) : sample_(sample), vouch_(vouch) {}

  /// With what `form` reads, the others are compared. True: it is the one.
  bool begin(const HexForm& form) {
    best_.emplace(sample_, sample_.text, form, vouch_);
    if (best_->is_convincing()) {
      found_ = form;
    }
    is_enough_ = best_->is_enough(sample_.text, form.style);
    return is_enough_ && !best_->has_doubtful_bytes(form.style);
  }
  /// `text`: what is within `wrapping`.
  void go_on(std::string_view text, Forms forms, const Wrapping& wrapping) {
    for (auto& form : forms) {
      Trial trial(sample_, text, form, vouch_);
      if (trial.is_convincing() && (!best_ || (is_enough_ ? trial.is_much_better_than(*best_)
                                                          : trial.is_better_than(*best_)))) {
        best_ = std::move(trial);
        found_ = std::move(form);
        found_->wrapping = wrapping;
      }
    }
  }
  const std::optional<HexForm>& found() const { return found_; }

private:
  const HexSample& sample_;
  const Vouch& vouch_;
  std::optional<Trial> best_;
  std::optional<HexForm> found_;
  bool is_enough_ = false; ///< unless another form reads more
};

/// Words, whose bytes a camera says in the other order.
std::optional<HexProblem> turned_words(const HexSample& sample, const HexForm& form,
                                       const Vouch& vouch) {
  for (const std::size_t word : {2U, 4U, 8U}) {
    if (Trial(sample, sample.text, form, vouch, word).is_convincing()) {
      const auto start = sample.text.find_first_not_of(" \t\r\n");
      return HexProblem{
          1 + static_cast<std::uint64_t>(std::ranges::count(sample.text.substr(0, start), '\n')),
          fmt::format("words of {} bytes, in which the last byte stands first: print it with "
                      "'xxd', 'hexdump -C' or 'od -t x1'",
                      word)};
    }
  }
  return std::nullopt;
}

} // namespace

std::string_view without_cut_end(std::string_view text) {
  constexpr std::size_t longest = 4096; // a longer line is cut, rather than missed
  constexpr std::string_view between = " \t,;:";
  const auto from = text.size() - std::min(text.size(), longest);
  const auto end = text.rfind('\n') + 1; // npos + 1 is 0
  if (end > from) {
    return text.substr(0, end);
  }
  const auto blank = text.find_last_of(between) + 1;
  if (blank > from) {
    return text.substr(0, blank);
  }
  const auto digits = std::ranges::find_if_not(text.rbegin(), text.rend(), is_hex_digit);
  return text.substr(0, text.size() - static_cast<std::size_t>(digits - text.rbegin()) % 2);
}

std::optional<HexForm> proven_form(const HexSample& sample,
                                   const std::expected<HexForm, HexProblem>& judged,
                                   const Vouch& vouch) {
  Search search(sample, vouch);
  if (judged && search.begin(*judged)) {
    return search.found();
  }
  search.go_on(sample.text, other_forms(sample.text), {});
  for (const auto& wrapping : wrappings_in(sample.text)) {
    const auto text = Unwrapper(wrapping).text(sample.text);
    auto forms = other_forms(text);
    if (auto looks = judge_hex(text)) {
      forms.push_back(std::move(*looks));
    }
    search.go_on(text, std::move(forms), wrapping);
  }
  return search.found();
}

std::optional<HexProblem> known_otherwise(const HexSample& sample,
                                          const std::expected<HexForm, HexProblem>& judged,
                                          const Vouch& vouch) {
  const auto turned = judged ? turned_words(sample, *judged, vouch) : std::nullopt;
  return turned ? turned : other_encoding(sample.text);
}

} // namespace dualcam::inline tools
