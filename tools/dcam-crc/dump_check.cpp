#include "dcam-crc/dump_check.hpp"

#include <fmt/format.h>

#include "common/escape.hpp"
#include "dcam-crc/progress_meter.hpp"

namespace dualcam::crc {

ExitCode DumpCheck::run() {
  if (!options_.extract_folder.empty()) {
    auto extractor = Extractor::open(options_.extract_folder, options_.max_file_size);
    if (!extractor) {
      console_.error(escaped(extractor.error().message));
      return ExitCode::io;
    }
    extractor_.emplace(std::move(*extractor));
  }
  for (const auto& path : options_.files) {
    if (product_.reader_gone() || product_.error() != 0) {
      break;
    }
    const auto code = check(path); // sets code_, too
    code_ = worse_of(code_, code);
  }
  return code_;
}

ExitCode DumpCheck::check(const std::string& path) {
  auto file = InputFile::open(path);
  if (!file) {
    console_.error(fmt::format("{}: {}", escaped(path), file.error().message));
    return ExitCode::io;
  }
  ProgressMeter meter(console_, path, file->size());
  DumpOptions options;
  options.port = options_.port;
  options.progress = [&](std::uint64_t done) { meter.update(done); };
  TransferLog log;
  if (extractor_) {
    log.spool = [this](Bytes payload) { return extractor_->keep(payload); };
  }
  if (options_.common.verbosity > 0) {
    log.trace = [this](const auto& stream, const auto& event) { report_.trace(stream, event); };
  }
  log.done = [this](const Transfer& transfer) { on_transfer(transfer); };
  log.skipped = [this](const DumpStream&, const DumpSkipped& skipped) {
    report_.skipped(skipped);
    code_ = worse_of(code_, ExitCode::bad_data);
  };
  report_.begin(path);
  DumpFacts facts;
  const auto read = read_dump(*file, options, log, facts);
  log.finish();
  report_.end(facts, log.commands());
  if (!read) {
    console_.error(fmt::format("{}: {}", escaped(path), escaped(read.error().message)));
    return read.error().category == ErrorCategory::io ? ExitCode::io : ExitCode::bad_data;
  }
  return log.commands() == 0 || facts.problem_count != 0 ? ExitCode::bad_data : ExitCode::done;
}

void DumpCheck::on_transfer(const Transfer& transfer) {
  report_.transfer(transfer);
  if (!transfer.is_flawless()) {
    code_ = worse_of(code_, ExitCode::bad_data);
  }
  if (!extractor_) {
    return;
  }
  const auto extracted = extractor_->extract(transfer);
  if (!extracted) {
    report_.not_extracted(extracted.error());
    code_ = worse_of(code_, extracted.error().category == ErrorCategory::io ? ExitCode::io
                                                                            : ExitCode::bad_data);
  } else if (*extracted) {
    report_.extracted(**extracted);
  }
}

} // namespace dualcam::crc
