#include "dcam-crc/dump_check.hpp"

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/progress_meter.hpp"

namespace dualcam::crc {

/// Hands the events of one dump to a TransferLog, and what that finds to the check.
class DumpCheck::Listener : public DumpListener {
public:
  explicit Listener(DumpCheck& check) : check_(check) {}

  void event(const DumpStream& stream, const DumpEvent& event) override {
    if (check_.options_.common.verbosity > 0) {
      check_.report_.trace(stream, event);
    }
    commands_ += !std::holds_alternative<DumpSkipped>(event);
    log_.event(stream, event, place_of(event));
    tell();
  }
  void over(const DumpStream& stream) override {
    log_.over(stream);
    tell();
  }
  void finish() {
    log_.finish();
    tell();
  }

  std::uint64_t commands() const { return commands_; }

private:
  std::uint64_t place_of(const DumpEvent& event) {
    const auto* packet = std::get_if<DumpPacket>(&event);
    const bool keep = packet != nullptr && packet->verdict != DumpVerdict::cut &&
                      check_.extractor_ && log_.has_room();
    return keep ? check_.extractor_->keep(packet->payload) : 0;
  }
  void tell() {
    while (const auto finding = log_.poll()) {
      std::visit([this](const auto& what) { check_.on(what); }, *finding);
    }
  }

  DumpCheck& check_;
  TransferLog log_;
  std::uint64_t commands_ = 0;
};

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
  ProgressMeter meter(console_, path);
  const auto size = file->size();
  DumpOptions options;
  options.port = options_.port;
  options.initial = options_.initial;
  options.progress = [&](std::uint64_t done) { meter.update(done, size); };
  report_.begin(path);
  Listener listener(*this);
  DumpFacts facts;
  const auto read = read_dump(*file, options, listener, facts);
  listener.finish();
  report_.end(facts, listener.commands());
  if (!read) {
    console_.error(fmt::format("{}: {}", escaped(path), escaped(read.error().message)));
    return read.error().category == ErrorCategory::io ? ExitCode::io : ExitCode::bad_data;
  }
  return listener.commands() == 0 || facts.problem_count != 0 ? ExitCode::bad_data : ExitCode::done;
}

void DumpCheck::on(const CapturedStray& stray) {
  report_.skipped(stray.skipped);
  code_ = worse_of(code_, ExitCode::bad_data);
}

void DumpCheck::on(const CapturedTransfer& transfer) {
  report_.transfer(transfer);
  if (!transfer.is_flawless()) {
    code_ = worse_of(code_, ExitCode::bad_data);
  }
  if (extractor_) {
    extract(transfer);
  }
}

void DumpCheck::extract(const CapturedTransfer& transfer) {
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
