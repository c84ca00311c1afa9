#include "dcam-serve/exporter.hpp"

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "common/coroutine.hpp"
#include "common/escape.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::seconds export_interval{10};
constexpr std::chrono::seconds disk_patience{1}; ///< with a disk that may hang
constexpr std::chrono::milliseconds outcome_glance{10};
constexpr std::chrono::milliseconds time_to_settle{100};

} // namespace

Exporter::Exporter(const std::filesystem::path& file, asio::io_context& loop, Clock& clock,
                   Console& console, std::function<Metrics()> collect)
    : clock_(clock), console_(console), collect_(std::move(collect)), path_(file),
      file_(std::make_unique<ReplacedFile>(file)), timer_(loop) {}

asio::awaitable<void> Exporter::run() {
  while (!stopping_) {
    is_due_ = false;
    const auto next = clock_.now() + export_interval;
    write();
    co_await wait_for_outcome();
    while (!stopping_ && !is_due_ && clock_.now() < next) {
      co_await clock_.wait(timer_, next);
    }
  }
}

void Exporter::stop() {
  stopping_ = true;
  timer_.cancel();
}

void Exporter::reopen(const std::filesystem::path& file) {
  if (path_ != file) {
    path_ = file;
    file_ = std::make_unique<ReplacedFile>(file);
    failing_ = false;
  }
  is_due_ = true;
  timer_.cancel();
}

asio::awaitable<void> Exporter::wait_for_outcome() {
  const auto until = clock_.now() + disk_patience;
  while (!stopping_ && !file_->is_idle() && clock_.now() < until) {
    timer_.expires_after(outcome_glance);
    co_await timer_.async_wait(as_values);
  }
  if (file_->is_idle()) {
    warn_of_failure();
  }
}

void Exporter::write() { file_->write(prometheus_text(collect_())); }

/// What was stored last may be a moment from being done with.
void Exporter::finish() {
  const auto until = std::chrono::steady_clock::now() + time_to_settle;
  while (collect_().oldest_unsaved > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  write();
  if (file_->flush(disk_patience)) {
    warn_of_failure();
  }
}

/// Once, until it works again.
void Exporter::warn_of_failure() {
  const auto why = file_->outcome().value_or("");
  if (!std::exchange(failing_, !why.empty()) && failing_) {
    console_.warning(fmt::format("cannot write to --metrics {}: {}; cameras are served all the "
                                 "same",
                                 escaped(path_.string()), escaped(why)));
  }
}

} // namespace dualcam::serve
