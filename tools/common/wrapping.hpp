// Text within text: lines of a log that are values of JSON, or cells of a table, with what stands
// there for quotes and ends of lines.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base64.hpp"
#include "common/json_strings.hpp"

namespace dualcam::inline tools {

struct Wrapping {
  enum class Kind {
    none,
    json,  ///< the strings under a name, each a line or more
    cells, ///< quotes around cells, of which two within stand for one
    mail,  ///< parts of a mail in base64
  };

  Kind kind = Kind::none;
  std::string name{}; ///< of JSON; empty: strings that have none
  char quote = '"';   ///< of cells
};

/// Those that may be around `sample`, or much of it.
std::vector<Wrapping> wrappings_in(std::string_view sample);

/// Takes it away. Memory: where the last 65536 lines come from.
class Unwrapper {
public:
  explicit Unwrapper(Wrapping wrapping) : wrapping_(std::move(wrapping)) {}

  std::string text(std::string_view wrapped);
  /// Where a line of what was wrapped stands.
  std::uint64_t source_of(std::uint64_t line) const;

private:
  void take_json(char c, std::string& text);
  void take_cell(char c, std::string& text);
  void take_mail(char c, std::string& text);
  void end_heading_line(std::string& text);
  void add_line(std::string& text);

  Wrapping wrapping_;
  JsonStrings strings_;
  std::uint64_t line_ = 1;          ///< of the wrapped text
  std::deque<std::uint64_t> lines_; ///< that the last lines of the text come from
  std::uint64_t forgotten_ = 0;     ///< lines before these
  bool inside_ = false;             ///< a cell
  bool behind_quote_ = false;       ///< in it: its end, or the first of two
  std::string heading_;             ///< a line of a mail that is not in base64
  bool announced_ = false;          ///< the heading says that the part is
  bool in_part_ = false;
  Base64Decoder base64_;
};

} // namespace dualcam::inline tools
