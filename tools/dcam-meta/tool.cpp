#include "dcam-meta/tool.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "common/coordinate.hpp"
#include "common/counted.hpp"
#include "common/decompressor.hpp"
#include "common/escape.hpp"
#include "common/odd_time.hpp"
#include "common/units.hpp"
#include "dcam-meta/exif.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam::meta {
namespace {

constexpr std::size_t longest_line = 1 << 16;
constexpr std::size_t largest_photo = 64 << 20;

std::string shown(const std::string& path) {
  return path == "-" ? "standard input" : escaped(path);
}

bool is_pair_or_longer(std::string_view value) {
  const auto first = value.find_first_not_of(' ');
  return first != std::string_view::npos && value.find_first_of(" ,;\t", first) < value.size();
}

Result<ByteBuffer> read_all(const std::string& path, std::size_t most) {
  auto file = InputFile::open(path);
  if (!file) {
    return std::unexpected(file.error());
  }
  const auto bytes = file->peek(most + 1);
  if (!bytes) {
    return std::unexpected(bytes.error());
  }
  if (bytes->size() > most) {
    return std::unexpected(Error{ErrorCategory::unsupported, most, "too large for a photo"});
  }
  return ByteBuffer(bytes->begin(), bytes->end());
}

/// In place of `path`, by way of a temporary file with the same permissions.
Result<void> replace_file(const std::filesystem::path& path, Bytes content) {
  auto part = PartFile::create(path);
  if (!part) {
    return std::unexpected(part.error());
  }
  std::error_code error;
  const auto permissions = std::filesystem::status(path, error).permissions();
  if (!error) {
    std::filesystem::permissions(part->path(), permissions, error);
  }
  const std::array pieces{content};
  if (const auto written = part->append(pieces); !written) {
    part->discard();
    return written;
  }
  const auto finished = part->finish(IfExists::replace);
  if (!finished) {
    part->discard();
    return std::unexpected(finished.error());
  }
  return {};
}

} // namespace

ExitCode MetaTool::run() {
  const auto code = options_.coord ? convert() : options_.tag ? tag_photos() : show();
  if (product_.error() != 0) {
    console_.error(fmt::format("cannot write to standard output: {}",
                               std::generic_category().message(product_.error())));
    return worse_of(code, ExitCode::io);
  }
  return code;
}

ExitCode MetaTool::complain(const std::string& name, const Error& error) {
  return complain(name, RecordInput::Complaint{error.category, fmt::format("byte {}", error.offset),
                                               error.message});
}

ExitCode MetaTool::complain(const std::string& name, const RecordInput::Complaint& what) {
  if (what.category == ErrorCategory::io) {
    console_.error(fmt::format("{}: {}", name, escaped(what.message)));
    return ExitCode::io;
  }
  console_.error(fmt::format("{}: {}: {}", name, what.place, escaped(what.message)));
  return ExitCode::bad_data;
}

// --- records ---

ExitCode MetaTool::show() {
  const bool several = options_.files.size() + options_.hex.size() > 1;
  const auto writer = make_record_writer(options_.format, several,
                                         [this](std::string_view line) { product_.line(line); });
  auto code = ExitCode::done;
  writer->begin();
  for (const auto& bytes : options_.hex) {
    code = worse_of(code, show_hex(bytes, *writer));
  }
  for (const auto& path : options_.files) {
    if (output_gone()) {
      break;
    }
    code = worse_of(code, show_input(path, *writer));
  }
  writer->end();
  if (off_the_map_ > 0) {
    console_.warning(counted(off_the_map_, "record") + " without a valid position left out");
  }
  return code;
}

ExitCode MetaTool::show_input(const std::string& path, RecordWriter& writer) {
  auto file = ContentFile::open(path);
  if (!file) {
    return complain(shown(path), file.error());
  }
  auto code = ExitCode::done;
  RecordInput input(
      options_.camera, [&](const Record& record) { show_record(record, path, writer); },
      [&](const auto& what) { code = worse_of(code, complain(shown(path), what)); });
  input.read(file->content());
  if (const auto lines = input.lines_passed_over(); lines != 0) {
    console_.note(
        fmt::format("{}: {} without hex passed over", shown(path), counted(lines, "line")));
  }
  if (const auto whole = file->finish(); !whole) {
    code = worse_of(code, complain(shown(path), whole.error()));
  }
  return code;
}

ExitCode MetaTool::show_hex(Bytes bytes, RecordWriter& writer) {
  auto code = ExitCode::done;
  RecordInput input(
      options_.camera, [&](const Record& record) { show_record(record, "", writer); },
      [&](const auto& what) { code = worse_of(code, complain("--hex", what)); });
  input.read(bytes);
  return code;
}

void MetaTool::show_record(const Record& record, const std::string& input, RecordWriter& writer) {
  const auto name = input.empty() ? "--hex" : shown(input);
  check_clock(name, "time", record.time);
  check_clock(name, "trigger time", record.trigger_time);
  if (!writer.record(record, input)) {
    ++off_the_map_;
  }
}

/// Clocks that were never set are common.
void MetaTool::check_clock(const std::string& name, std::string_view what,
                           std::optional<DeviceTime> time) {
  if (const auto odd = odd_time(time)) {
    console_.warning(
        fmt::format("{}: the {} is years away from now: {}; was the clock set?", name, what, *odd));
  }
}

// --- coordinates ---

ExitCode MetaTool::convert() {
  const auto& values = options_.values;
  if (values.empty() || (values.size() == 1 && values.front() == "-")) {
    return convert_input();
  }
  auto code = ExitCode::done;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string line = values[i];
    line.erase(0, line.find_first_not_of(' '));
    const bool lacks_second = line.find(',') + 1 == line.size(); // of a shell's words 54, 25
    const bool takes_next = lacks_second || !is_pair_or_longer(line);
    if (takes_next && i + 1 < values.size() && !is_pair_or_longer(values[i + 1])) {
      const auto& second = values[++i];
      line += second.starts_with(' ') ? second : ' ' + second;
    }
    code = worse_of(code, convert_one(line, ""));
  }
  return code;
}

ExitCode MetaTool::convert_input() {
  auto file = InputFile::open("-");
  if (!file) {
    return complain("standard input", file.error());
  }
  auto code = ExitCode::done;
  std::string pending;
  ByteBuffer buffer(4096);
  std::uint64_t number = 0;
  const auto take = [&](std::string_view line) {
    code = worse_of(code, convert_one(line, fmt::format("line {}: ", ++number)));
  };
  while (!output_gone()) {
    const auto count = file->read(buffer);
    if (!count) {
      return complain("standard input", count.error());
    }
    if (*count == 0) {
      break;
    }
    pending += as_text(Bytes(buffer).first(*count));
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      take(std::string_view(pending).substr(0, end));
      pending.erase(0, end + 1);
    }
    if (pending.size() > longest_line) {
      console_.error(fmt::format("line {}: longer than 64 KiB", number + 1));
      return ExitCode::bad_data;
    }
  }
  if (!pending.empty()) {
    take(pending);
  }
  return code;
}

ExitCode MetaTool::convert_one(std::string_view line, const std::string& where) {
  const auto converted = convert_line(line);
  if (!converted) {
    for (const auto& error : converted.error()) {
      console_.error(where + error);
    }
    return ExitCode::bad_data;
  }
  const auto note = note_on_range(line);
  if (options_.common.json) {
    Json fields{{"input", std::string(line)}, {"output", *converted}};
    if (!note.empty()) {
      fields["note"] = note;
    }
    product_.line(to_line(fields));
  } else {
    product_.line(*converted);
  }
  if (!note.empty()) {
    console_.note(where + note);
  }
  return ExitCode::done;
}

// --- EXIF ---

ExitCode MetaTool::tag_photos() {
  auto code = ExitCode::done;
  for (const auto& path : options_.files) {
    if (output_gone()) {
      break;
    }
    code = worse_of(code, tag(path));
  }
  return code;
}

ExitCode MetaTool::tag(const std::string& path) {
  const auto sidecar = sidecar_of(path).string();
  std::error_code error;
  const auto photo = std::filesystem::canonical(path, error); // not over a symbolic link
  if (error) {
    return complain(escaped(path), Error{ErrorCategory::io, 0, error.message()});
  }
  const auto jpeg = read_all(photo.string(), largest_photo);
  if (!jpeg) {
    return complain(escaped(path), jpeg.error());
  }
  auto file = InputFile::open(sidecar);
  if (!file) {
    return complain(escaped(sidecar), file.error());
  }
  auto code = ExitCode::done;
  std::optional<Record> record;
  RecordInput input(
      options_.camera, [&](Record found) { record = std::move(found); },
      [&](const auto& wrong) { code = worse_of(code, complain(escaped(sidecar), wrong)); });
  input.read(*file);
  if (code != ExitCode::done || !record) {
    return code;
  }
  check_clock(escaped(path), "time", record->time);
  const auto tagged = with_exif(*jpeg, *record);
  if (!tagged) {
    return complain(escaped(path), tagged.error());
  }
  if (const auto replaced = replace_file(photo, *tagged); !replaced) {
    return complain(escaped(path), replaced.error());
  }
  product_.line(options_.common.json     ? to_line({{"path", path}})
                : options_.common.print0 ? path
                                         : escaped(path));
  return ExitCode::done;
}

} // namespace dualcam::meta
