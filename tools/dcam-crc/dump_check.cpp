#include "dcam-crc/dump_check.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "common/capture_time.hpp"
#include "common/escape.hpp"
#include "common/pcap_reader.hpp"
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
    if (const auto* command = std::get_if<DumpServerCommand>(&event)) {
      talk_.server_said = command->text;
      talk_.answered = false;
    } else if (!std::holds_alternative<DumpSkipped>(event)) {
      ++talk_.commands;
      talk_.answered = true;
    }
    if (const auto* status = std::get_if<DumpStatus>(&event)) {
      talk_.status = status->code;
    }
    streams_ = std::max(streams_, stream.number);
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

  const DumpTalk& talk() const { return talk_; }

  /// Which of several captures what follows is from.
  void reads(const std::string& path) { captures_.push_back({streams_, path}); }

private:
  struct Capture {
    std::uint64_t before; ///< so many streams had begun
    std::string path;
  };

  std::uint64_t place_of(const DumpEvent& event) {
    const auto* packet = std::get_if<DumpPacket>(&event);
    const bool keep = packet != nullptr && packet->verdict != DumpVerdict::cut &&
                      check_.extractor_ && log_.has_room();
    return keep ? check_.extractor_->keep(packet->payload) : 0;
  }
  void tell() {
    while (const auto finding = log_.poll()) {
      const auto& stream =
          std::visit([](const auto& what) -> const DumpStream& { return what.stream; }, *finding);
      const auto behind = std::ranges::lower_bound(captures_, stream.number, {}, &Capture::before);
      if (behind != captures_.begin()) {
        check_.report_.goes_on_in(std::prev(behind)->path);
      }
      std::visit([this](const auto& what) { check_.on(what); }, *finding);
    }
  }

  DumpCheck& check_;
  TransferLog log_;
  std::uint64_t streams_ = 0;     ///< the highest number
  std::vector<Capture> captures_; ///< in which streams began
  DumpTalk talk_;
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
    const auto code = look_at(path); // sets code_, too
    code_ = worse_of(code_, code);
  }
  const auto code = captures_.empty() ? ExitCode::done : check_captures();
  return worse_of(worse_of(code_, code), finish_extracting());
}

ExitCode DumpCheck::finish_extracting() {
  const auto finished = extractor_ ? extractor_->finish() : Result<void>();
  if (!finished) {
    console_.error(fmt::format("{}; what is in them may not be what was extracted",
                               escaped(finished.error().message)));
  }
  return finished ? ExitCode::done : ExitCode::io;
}

ExitCode DumpCheck::failed(const std::string& path, const Error& error) {
  console_.error(fmt::format("{}: {}", escaped(path), escaped(error.message)));
  return error.category == ErrorCategory::io ? ExitCode::io : ExitCode::bad_data;
}

ExitCode DumpCheck::look_at(const std::string& path) {
  auto file = ContentFile::open(path);
  if (!file) {
    return failed(path, file.error());
  }
  const auto sample = file->content().peek(4);
  if (sample && is_capture(*sample)) {
    Waiting capture{captures_.size(), path, first_time_of(file->content()), std::nullopt};
    if (!file->can_be_opened_again()) {
      capture.file.emplace(std::move(*file));
    }
    captures_.push_back(std::move(capture));
    return ExitCode::done;
  }
  return check(path, std::move(*file));
}

ExitCode DumpCheck::verdict(const DumpFacts& facts, const DumpTalk& talk) const {
  const bool is_read = facts.problem_count == 0 && facts.conversion.empty() &&
                       facts.differing == 0 && facts.behind_end == 0;
  return talk.commands == 0 || !is_read ? ExitCode::bad_data : ExitCode::done;
}

/// One that is no capture.
ExitCode DumpCheck::check(const std::string& path, ContentFile file) {
  ProgressMeter meter(console_, path);
  DumpOptions options;
  options.initial = options_.initial;
  options.progress = [&](std::uint64_t done) { meter.update(done, file.content().size()); };
  report_.begin(path);
  Listener listener(*this);
  DumpFacts facts;
  const auto first = file.content().peek(1);
  auto read = first && first->empty()
                  ? std::unexpected(Error{ErrorCategory::truncated, 0, "the input is empty"})
                  : read_dump(file.content(), options, listener, facts);
  listener.finish();
  const auto whole = file.finish();
  if (read || read.error().category == ErrorCategory::truncated) { // that may be why
    read = whole ? read : whole;
  }
  facts.not_read_to_end = read || read.error().category == ErrorCategory::crc ? 0 : 1;
  report_.end(facts, listener.talk());
  return read ? verdict(facts, listener.talk()) : failed(path, read.error());
}

/// Of all that were named, in order of time.
ExitCode DumpCheck::check_captures() {
  std::ranges::sort(captures_, {}, [](const Waiting& each) {
    return std::pair(each.time.value_or(std::numeric_limits<std::uint64_t>::max()), each.position);
  });
  DumpOptions options;
  options.port = options_.port;
  options.initial = options_.initial;
  report_.begin(captures_.front().path);
  Listener listener(*this);
  DumpFacts facts;
  CaptureReader reader(options, listener, facts);
  auto code = ExitCode::done;
  for (auto& [position, path, time, kept] : captures_) {
    auto file = kept ? Result<ContentFile>(std::move(*kept)) : ContentFile::open(path);
    if (!file) {
      code = worse_of(code, failed(path, file.error()));
      continue;
    }
    ProgressMeter meter(console_, path);
    const auto size = file->content().size();
    listener.reads(path);
    options.progress = [&](std::uint64_t done) { meter.update(done, size); };
    const auto read = reader.read(file->content());
    const auto whole = file->finish();
    if (!read || !whole) {
      const bool to_end = read && whole.error().category == ErrorCategory::crc;
      facts.not_read_to_end += to_end ? 0 : 1;
      code = worse_of(code, failed(path, read ? whole.error() : read.error()));
    }
    options.progress = [](std::uint64_t) {};
  }
  reader.finish();
  listener.finish();
  report_.goes_on_in(captures_.front().path);
  report_.end(facts, listener.talk());
  return worse_of(code, verdict(facts, listener.talk()));
}

void DumpCheck::on(const CapturedStray& stray) {
  report_.skipped(stray);
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
