#include "dcam-meta/input.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/blanks.hpp"
#include "common/camera_document.hpp"
#include "common/digit_line.hpp"
#include "common/document.hpp"
#include "common/dump_source.hpp"
#include "common/hex_digits.hpp"
#include "common/hex_reader.hpp"
#include "common/pcap_reader.hpp"
#include "common/text_cleaner.hpp"
#include "common/wide_text.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/wire/hex_value.hpp"

namespace dualcam::meta {
namespace {

constexpr std::size_t sample_size = longest_document + 1;

/// Hex text that is one run of bytes.
class HexBytes : public HexReader::Listener {
public:
  void bytes(Bytes bytes, bool other_side) override {
    append(bytes_, bytes);
    plain_ = plain_ && !other_side;
  }
  void missing(std::uint64_t, bool) override { plain_ = false; }
  void next_block() override { plain_ = plain_ && bytes_.empty(); }

  std::optional<ByteBuffer> result() && {
    return plain_ ? std::optional(std::move(bytes_)) : std::nullopt;
  }

private:
  ByteBuffer bytes_;
  bool plain_ = true;
};

/// Each stream of a dump has its own INIT.
class DumpRecords : public DumpListener {
public:
  explicit DumpRecords(std::function<RecordCollector()> make) : make_(std::move(make)) {}

  void event(const DumpStream& stream, const DumpEvent& event) override {
    collectors_.try_emplace(stream.number, make_()).first->second.event(event);
  }
  void over(const DumpStream& stream) override {
    if (const auto found = collectors_.find(stream.number); found != collectors_.end()) {
      found->second.finish();
      collectors_.erase(found);
    }
  }

private:
  std::function<RecordCollector()> make_;
  std::map<std::uint64_t, RecordCollector> collectors_;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool begins_like_json(std::string_view text) {
  text = without_byte_order_mark(text);
  const auto first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const bool braced_hex = first + 1 < text.size() && is_hex_digit(text[first + 1]);
  return text.substr(first).starts_with('{') && !braced_hex;
}

/// The bytes of a text that is one run of them, if nothing in it is in doubt. A text in whose bytes
/// `vouch` finds nothing is read by its looks.
std::optional<ByteBuffer> run_of(std::string_view text, const Vouch& vouch) {
  HexBytes bytes;
  HexReader reader(bytes, vouch);
  reader.feed(text);
  reader.finish();
  return reader.problem_count() == 0 ? std::move(bytes).result() : std::nullopt;
}

/// Lines of a dump may look like records.
bool is_dump(std::span<const ByteBuffer> blocks) {
  return 2 * camera_bytes(blocks) > blocks.front().size();
}
bool is_dump_text(std::string_view text) {
  const auto run = run_of(text, camera_bytes);
  return run && is_dump(std::span(&*run, 1));
}

std::unexpected<Error> nothing_in_line(bool hex) {
  return std::unexpected(
      Error{ErrorCategory::malformed, 0,
            hex ? "no metadata and no INIT: a payload or a message on each line was expected"
                : "this is no hex: pairs of digits were expected"});
}

/// "JPEG", "PTMF" and so on, by the first bytes alone: traffic has such files in it. Empty: none.
std::string_view media_in(Bytes sample) {
  constexpr std::size_t undamaged = 8;
  const auto format = detect(sample.first(std::min(sample.size(), undamaged)));
  return format == VideoFormat::unknown ? std::string_view() : name_of(format);
}

/// Calls `take` with each line and its offset.
template <class Take> void for_each_line(std::string_view text, const Take& take) {
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = std::min(text.find('\n', start), text.size());
    take(text.substr(start, end - start), start);
    start = end + 1;
  }
}

/// A record that is there is one for certain, and no other software's document with a version.
bool is_told(const Json& document) {
  return document.contains("event") || document.contains("raw") ||
         document.contains("device_path") || is_camera_document(document);
}

/// Lines of JSON, at least two, of which none is a record: their strings may be bytes.
bool is_foreign_log(std::string_view text) {
  std::size_t lines = 0;
  bool foreign = true;
  for_each_line(text, [&](std::string_view line, std::size_t) {
    const auto document = foreign && !is_blank(line) ? parse_document(line) : Result<Json>(Json());
    foreign = foreign && document &&
              (document->is_null() ||
               (document->is_object() && !is_told(*document) && !tells_version(*document)));
    lines += is_blank(line) ? 0 : 1;
  });
  return foreign && lines >= 2;
}

} // namespace

RecordInput::RecordInput(std::optional<Camera> camera, Take take, Complain complain)
    : camera_(camera), take_(std::move(take)), complain_(std::move(complain)) {}

void RecordInput::take(Result<Record> record) {
  if (!record) {
    fail(record.error());
    return;
  }
  said_something_ = true;
  take_(std::move(*record));
}

void RecordInput::fail(const Error& error) {
  said_something_ = true;
  complain_({error.category, fmt::format("byte {}", error.offset), error.message});
}

void RecordInput::fail_line(std::uint64_t line, const std::string& what) {
  said_something_ = true;
  complain_({ErrorCategory::malformed, fmt::format("line {}", line), what});
}

void RecordInput::nothing_found(std::uint64_t bytes) {
  if (!said_something_) {
    passed_over_ = 0; // that is no news
    fail({bytes == 0 ? ErrorCategory::truncated : ErrorCategory::unsupported, 0,
          fmt::format("{}; {}", bytes == 0 ? "the input is empty" : "no metadata and no INIT in it",
                      expected_inputs)});
  }
}

void RecordInput::read(InputFile& file) {
  said_something_ = false;
  const auto sample = file.peek(sample_size);
  if (!sample) {
    fail(sample.error());
    return;
  }
  const bool whole = sample->size() < sample_size;
  if (const auto what = media_in(*sample); !what.empty()) {
    fail({ErrorCategory::unsupported, 0,
          fmt::format("this is {}, not what is known of it: its sidecar is meant, the file of the "
                      "same name with .json after it",
                      what)});
    return;
  }
  const auto text = as_text(*sample);
  if (!is_capture(*sample)) {
    const auto lines = whole ? text : text.substr(0, text.rfind('\n') + 1); // npos + 1 is 0
    if (begins_like_json(text) && !is_foreign_log(lines)) {
      if (!whole || !read_whole_document(text, file)) {
        read_json_lines(file);
      }
      return;
    }
    if (form_of(*sample) == DumpForm::hex_text) {
      auto wide = WideText::of(*sample);
      if (whole && (wide ? read_hex_text(wide->text(*sample)) : read_hex_text(text))) {
        return;
      }
    } else if (auto single = whole ? read_single(*sample, camera_) : std::nullopt) {
      take(std::move(*single));
      return;
    }
  }
  const auto size = sample->size();
  read_capture(file);
  nothing_found(size);
}

void RecordInput::read(Bytes bytes) {
  said_something_ = false;
  if (auto single = read_single(bytes, camera_)) {
    take(std::move(*single));
    return;
  }
  RecordCollector collector(
      camera_, [this](Record record) { take(std::move(record)); },
      [this](const Error& error) { fail(error); });
  read_dump_bytes(bytes, collector);
  nothing_found(bytes.size());
}

// --- dumps ---

void RecordInput::read_capture(InputFile& file) {
  DumpRecords records([this] {
    return RecordCollector(
        camera_, [this](Record record) { take(std::move(record)); },
        [this](const Error& error) { fail(error); });
  });
  DumpFacts facts;
  if (const auto read = read_dump(file, {}, records, facts); !read) {
    fail(read.error());
  }
  passed_over_ += facts.lines_passed_over;
  for (const auto& problem : facts.problems) {
    fail_line(problem.line, problem.what);
  }
  if (!facts.conversion.empty()) {
    fail({ErrorCategory::malformed, 0, facts.conversion});
  }
}

// --- hex text ---

/// False: it is a dump.
bool RecordInput::read_hex_text(std::string_view text) {
  if (read_hex_lines(text)) {
    return true;
  }
  const auto run = run_of(text, [this](auto blocks) { return bytes_of_record(blocks); });
  auto single = run ? read_single(*run, camera_) : std::nullopt;
  if (single) {
    take(std::move(*single));
  }
  return single.has_value();
}

/// Those of a text that is a record and nothing else. What is behind its fields may be a number
/// beside it.
std::size_t RecordInput::certain_bytes(std::span<const ByteBuffer> blocks) const {
  if (blocks.size() != 1 || !is_certain_single(blocks.front(), camera_)) {
    return 0;
  }
  const auto record = read_single(blocks.front(), camera_);
  return blocks.front().size() - (record && *record ? (*record)->rest.size() / 2 : 0);
}

/// Or, if there is none, those of commands.
std::size_t RecordInput::bytes_of_record(std::span<const ByteBuffer> blocks) const {
  const auto certain = certain_bytes(blocks);
  return certain != 0 ? certain : camera_bytes(blocks);
}

/// What is on a line. `prefixed`: maybe behind a time, an address or something else.
RecordInput::Line RecordInput::read_hex_line(std::string_view text, bool prefixed) const {
  auto bytes = parse_hex(text);
  Line line{bytes.has_value() || parse_digit_line(text).has_hex(),
            bytes && is_certain_single(*bytes, camera_),
            {},
            nothing_in_line(bytes.has_value())};
  if (prefixed && !line.certain) {
    const auto found = run_of(text, [this](auto blocks) { return bytes_of_record(blocks); });
    line.certain = found && is_certain_single(*found, camera_);
    line.has_hex = line.has_hex || (found && camera_bytes(std::span(&*found, 1)) != 0);
    bytes = line.certain ? found : bytes;
  }
  if (auto record = bytes ? read_single(*bytes, camera_) : std::nullopt) {
    line.record = std::move(*record);
  }
  line.bytes = std::move(bytes).value_or(ByteBuffer());
  return line;
}

/// A record on each line, or on most: then the others are wrong. Also some among lines without
/// anything like hex. False: it is something else.
bool RecordInput::read_hex_lines(std::string_view text) {
  constexpr std::size_t most_at_first = 64;
  constexpr std::size_t most_prefixed = 2000;
  std::vector<std::pair<std::uint64_t, Line>> lines;
  std::size_t good = 0;
  std::size_t certain = 0;
  std::vector<ByteBuffer> all(1);
  std::uint64_t number = 0;
  for_each_line(TextCleaner(text).clean(text), [&](std::string_view line, std::size_t) {
    ++number;
    if (is_blank(line) || line.starts_with("```")) { // a fence around code
      return;
    }
    // That takes time: a text without any record in its beginning is a dump.
    const bool prefixed = lines.size() < (certain == 0 ? most_at_first : most_prefixed);
    auto& found = lines.emplace_back(number, read_hex_line(line, prefixed)).second;
    found.is_prompt = line.find_first_of("$#%>") != std::string_view::npos;
    good += found.record.has_value() && !found.record->init;
    certain += found.certain && !found.record->init;
    append(all.front(), found.bytes);
  });
  const bool inits =
      std::ranges::all_of(lines, [](auto& line) { return line.second.record.has_value(); });
  const bool all_certain =
      std::ranges::all_of(lines, [](auto& line) { return line.second.certain; });
  const bool others = std::ranges::any_of(
      lines, [](auto& line) { return line.second.has_hex && !line.second.record; });
  const bool most = 2 * certain >= lines.size() || all_certain ||
                    ((2 * good >= lines.size() || inits) && !is_dump(all) && !is_dump_text(text));
  if (lines.size() < 2 || (!most && (certain == 0 || others))) {
    return false;
  }
  const auto has_record = [](const auto& line) { return line.second.record.has_value(); };
  const auto last = std::find_if(lines.rbegin(), lines.rend(), has_record).base();
  bool between = false; // before and behind them people write; not right behind them
  std::uint64_t before = 0;
  for (auto i = lines.begin(); i != lines.end(); ++i) {
    auto& [at, line] = *i;
    if (line.record) {
      take(std::move(line.record));
      between = most;
    } else if (line.has_hex || (between && (i < last || (at == before + 1 && !line.is_prompt)))) {
      fail_line(at, line.record.error().message);
    } else {
      ++passed_over_;
      between = between && i < last;
    }
    before = at;
  }
  return true;
}

// --- JSON ---

/// False: it is not one document; lines may be.
bool RecordInput::read_whole_document(std::string_view text, InputFile& file) {
  const auto document = parse_document(text);
  if (!document) {
    const auto end = text.find('\n', text.find('{')); // blank lines may stand in front
    const bool lines = end != std::string_view::npos && !is_blank(text.substr(end)) &&
                       parse_document(text.substr(0, end)).has_value();
    if (!lines) {
      fail(document.error());
    }
    return !lines;
  }
  auto record = read_document(*document, text, camera_);
  const bool told = record && *record && is_told(*document);
  const bool foreign = !told && !document->contains("raw");
  if (foreign && !read_hex_text(text)) { // its strings or lists may be bytes
    read_capture(file);
  }
  if (!record) {
    nothing_found(text.size());
  } else if (told || !said_something_) {
    take(std::move(*record));
  }
  return true;
}

void RecordInput::read_json_lines(InputFile& file) {
  std::string pending;
  ByteBuffer buffer(1 << 16);
  std::uint64_t offset = 0; // of `pending`
  for (;;) {
    const auto count = file.read(buffer);
    if (!count) {
      fail(count.error());
      return;
    }
    if (*count == 0) {
      break;
    }
    pending += as_text(Bytes(buffer).first(*count));
    const auto end = pending.rfind('\n');
    if (end != std::string::npos) {
      for_each_line(std::string_view(pending).substr(0, end + 1),
                    [&](std::string_view line, std::size_t at) { json_line(line, offset + at); });
      pending.erase(0, end + 1);
      offset += end + 1;
    } else if (pending.size() > longest_document) {
      break; // what is wrong with it is said below
    }
  }
  json_line(pending, offset);
  nothing_found(offset);
}

void RecordInput::json_line(std::string_view line, std::uint64_t offset) {
  if (is_blank(line)) {
    return;
  }
  const auto document = parse_document(line);
  auto record = document ? read_document(*document, line, camera_)
                         : std::optional<Result<Record>>(std::unexpected(document.error()));
  if (record) {
    if (!*record) {
      record->error().offset += offset;
    }
    take(std::move(*record));
  }
}

} // namespace dualcam::meta
