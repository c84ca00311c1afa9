#include "dcam-serve/teller.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"

namespace dualcam::serve {

Teller::Teller(const Means& means, std::function<void()> hooks_idle) : means_(means) {
  if (means.options.exec.empty()) {
    return;
  }
  const auto failed = [this](const Json& file, const std::string& why) {
    means_.outcome.failed(ExitCode::child_failed);
    means_.reporter.hook_failed(file, why);
  };
  hooks_ = std::make_unique<HookRunner>(means.io, means.options.exec,
                                        HookRunner::Listener{failed, std::move(hooks_idle)});
}

void Teller::tell(const Json& file, Unsaid::Line line, bool runs_hook) {
  if (line.record != 0) {
    line.end = means_.reporter.taken();
    means_.unsaid.queued(std::move(line));
  }
  if (hooks_ && runs_hook) {
    hooks_->run(file);
  }
}

asio::awaitable<void> Teller::tell_untold(const AllowList& allowed, std::function<bool()> is_over) {
  auto files =
      co_await means_.keeper.run([this] { return means_.destination.untold(means_.unsaid); });
  co_await tell_each(files, allowed, is_over);
  means_.keeper.post([rest = std::move(files)] {}); // to let them go may wait for the disk
}

asio::awaitable<void> Teller::tell_each(std::vector<Untold>& files, const AllowList& allowed,
                                        const std::function<bool()>& is_over) {
  const bool wants_sha256 = means_.options.common.json || hooks_;
  for (auto& file : files) {
    if (is_over()) {
      co_return; // another start will
    }
    if (!allowed.allows(file.facts.imei)) {
      continue;
    }
    const auto seen = co_await means_.keeper.run([&] { return look_at(file, wants_sha256); });
    if (!seen) {
      means_.reporter.console().error(escaped(seen.error().message));
      means_.outcome.failed(ExitCode::io);
      continue;
    }
    means_.outcome.stored(file.facts.imei, file.facts.file, true);
    tell(means_.reporter.file_done(file), std::move(file.line), file.is_there);
  }
}

asio::awaitable<void> Teller::note_said() {
  if (means_.unsaid.has_written(means_.reporter.written())) {
    co_await means_.keeper.run([this] { return mark_said(), true; });
  }
}

void Teller::flush(std::optional<TimePoint> deadline) {
  means_.reporter.flush(deadline);
  mark_said();
}

void Teller::mark_said() const {
  means_.unsaid.note_written(means_.reporter.written(), [this](const Unsaid::Line& line) {
    means_.destination.mark_said(line.hold.imei(), line.record);
  });
}

void Teller::stop_hooks() {
  if (!hooks_) {
    return;
  }
  hooks_->stop();
  if (const auto running = hooks_->running(); running != 0) {
    means_.reporter.console().note(fmt::format("waiting for {}; a second signal leaves {} running",
                                               counted(running, "hook"),
                                               running == 1 ? "it" : "them"));
  }
}

} // namespace dualcam::serve
