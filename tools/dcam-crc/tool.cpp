#include "dcam-crc/tool.hpp"

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "common/progress_meter.hpp"
#include "dcam-crc/check_list.hpp"
#include "dcam-crc/checksum.hpp"
#include "dcam-crc/dump_check.hpp"
#include "dcam-crc/scrub.hpp"

namespace dualcam::crc {
namespace {

std::string shown(const std::string& path) {
  return path == "-" ? "standard input" : escaped(path);
}

/// What a terminal would obey is shown as in other lines, but for backslashes: those stay, as
/// sha256sum -c has them.
std::string without_controls(std::string_view name) {
  std::string text;
  for (auto end = name.find('\\'); end != std::string_view::npos; end = name.find('\\')) {
    text += escaped(name.substr(0, end)) + '\\';
    name.remove_prefix(end + 1);
  }
  return text + escaped(name);
}

Result<Checksum> checksum_of(const std::string& path, std::uint16_t initial, Console& console) {
  auto file = InputFile::open(path);
  if (!file) {
    return std::unexpected(file.error());
  }
  ProgressMeter meter(console, path);
  return checksum(*file, initial, [&](std::uint64_t done) { meter.update(done, file->size()); });
}

} // namespace

struct CrcTool::ListTally {
  std::uint64_t well_formed = 0;
  std::uint64_t malformed = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t mismatched = 0;
};

ExitCode CrcTool::run() {
  auto code = ExitCode::done;
  if (options_.dump) {
    code = check_dumps();
  } else {
    for (const auto& file : options_.files) {
      if (product_.reader_gone() || product_.error() != 0) {
        break;
      }
      code = worse_of(code, options_.check ? check_list(file) : print_checksum(file));
    }
  }
  if (product_.error() != 0) {
    console_.error(fmt::format("cannot write to standard output: {}",
                               std::generic_category().message(product_.error())));
    return worse_of(code, ExitCode::io);
  }
  return code;
}

// --- checksums ---

ExitCode CrcTool::print_checksum(const std::string& path) {
  const auto sum = checksum_of(path, options_.initial.value_or(0), console_);
  if (!sum) {
    console_.error(fmt::format("{}: {}", shown(path), sum.error().message));
    return ExitCode::io;
  }
  if (options_.common.json) {
    product_.line(to_line(
        {{"name", path}, {"crc16", fmt::format("{:04x}", sum->crc)}, {"bytes", sum->bytes}}));
  } else {
    product_.line(format_check_line({sum->crc, path}));
  }
  return ExitCode::done;
}

// --- lists ---

ExitCode CrcTool::check_list(const std::string& path) {
  auto file = InputFile::open(path);
  if (!file) {
    console_.error(fmt::format("{}: {}", shown(path), file.error().message));
    return ExitCode::io;
  }
  ListTally tally;
  std::string pending;
  ByteBuffer buffer(65536);
  for (;;) {
    const auto count = file->read(buffer);
    if (!count) {
      console_.error(fmt::format("{}: {}", shown(path), count.error().message));
      return ExitCode::io;
    }
    pending += as_text(Bytes(buffer).first(*count));
    std::size_t start = 0;
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', start)) {
      check_line(std::string_view(pending).substr(start, end - start), tally);
      start = end + 1;
    }
    pending.erase(0, start);
    if (*count == 0) {
      break;
    }
  }
  check_line(pending, tally);
  return summarise(path, tally);
}

void CrcTool::check_line(std::string_view line, ListTally& tally) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  if (line.empty() || line.starts_with('#')) {
    return;
  }
  const auto entry = parse_check_line(line);
  if (!entry) {
    ++tally.malformed;
    return;
  }
  ++tally.well_formed;
  const auto sum = checksum_of(entry->name, options_.initial.value_or(0), console_);
  if (!sum) {
    ++tally.unreadable;
    console_.error(fmt::format("{}: {}", shown(entry->name), sum.error().message));
    result_line(entry->name, "unreadable", "FAILED open or read");
  } else if (sum->crc != entry->crc) {
    ++tally.mismatched;
    result_line(entry->name, "failed", "FAILED");
  } else if (!options_.common.quiet || options_.common.json) {
    result_line(entry->name, "ok", "OK");
  }
}

void CrcTool::result_line(const std::string& name, std::string_view result, std::string_view word) {
  if (options_.common.json) {
    product_.line(to_line({{"name", name}, {"result", result}}));
    return;
  }
  const bool one_line = name.find_first_of("\n\r") == std::string::npos;
  const auto shown_name = one_line ? ListName{false, name} : list_name(name);
  product_.line(fmt::format("{}{}: {}", shown_name.escaped ? "\\" : "",
                            without_controls(shown_name.text), word));
}

ExitCode CrcTool::summarise(const std::string& path, const ListTally& tally) {
  if (tally.well_formed == 0) {
    console_.error(shown(path) + ": no properly formatted checksum lines found");
    return ExitCode::bad_data;
  }
  const auto warn = [&](std::uint64_t count, const std::string& text) {
    if (count != 0) {
      console_.error("WARNING: " + text);
    }
  };
  warn(tally.malformed,
       counted(tally.malformed, "line is improperly formatted", "lines are improperly formatted"));
  warn(tally.unreadable, counted(tally.unreadable, "listed file could not be read",
                                 "listed files could not be read"));
  warn(tally.mismatched, counted(tally.mismatched, "computed checksum did NOT match",
                                 "computed checksums did NOT match"));
  return tally.unreadable + tally.mismatched == 0 ? ExitCode::done : ExitCode::bad_data;
}

// --- dumps ---

ExitCode CrcTool::check_dumps() {
  if (!options_.scrub.empty()) {
    return Scrub(options_, product_, console_).run();
  }
  DumpCheck check(options_, product_, console_);
  return check.run();
}

} // namespace dualcam::crc
