#include "dcam-convert/encoder.hpp"

#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

namespace dualcam::convert {

Command Encoder::command(const FfmpegOutput& output) const {
  const bool with_sound = head_.with_sound && !by_fragments();
  return convert_command(workshop_.options, container_, stream_input(with_sound, head_.codec), {},
                         output, {.live = true, .by_key = by_fragments()});
}

void Encoder::begin(const StreamHead& head) {
  if (pipe() >= 0) {
    return; // ffmpeg makes all pictures as large as the first one
  }
  head_ = head;
  head_.parameter_sets = {};
  auto ends = make_pipe();
  if (!ends) {
    throw std::system_error(ends.error(), std::generic_category(), "cannot make a pipe");
  }
  from_us_ = std::move(ends->read);
  to_ffmpeg_ = std::move(ends->write);
  thread_ = std::jthread([this] { run(); });
  auto shown = head;
  shown.with_sound = head.with_sound && !by_fragments();
  matroska_.begin(shown);
  feed(matroska_.take());
}

void Encoder::run() {
  FfmpegJob job{.command = [this](const FfmpegOutput& output) { return command(output); },
                .feed = {},
                .form = by_fragments() ? ResultForm::fragments : ResultForm::matroska,
                .on_progress = {}};
  job.feed.file = from_us_.get();
  const auto done = attempt([&]() -> Outcome<void> {
    const auto ran =
        run_ffmpeg_through(workshop_, job, [this](Bytes bytes) { return take(bytes); });
    if (!ran) {
      return std::unexpected(ran.error());
    }
    pictures_ = ran->pictures;
    return {};
  });
  if (!done) {
    pictures_ = std::unexpected(done.error());
  }
  from_us_.close(); // whoever writes is told
}

void Encoder::feed(Bytes bytes) {
  (void)write_all(to_ffmpeg_.get(), bytes); // how ffmpeg ended, should it have, is asked later
}

void Encoder::picture(bool key, std::uint64_t time, Bytes unit) {
  {
    const std::scoped_lock lock(mutex_);
    first_time_ = first_time_.value_or(time);
  }
  matroska_.picture(key, time, unit);
  feed(matroska_.take());
}

void Encoder::sound(std::uint64_t time, Bytes a_law) {
  if (!by_fragments()) {
    matroska_.sound(time, a_law);
    feed(matroska_.take());
    return;
  }
  const std::scoped_lock lock(mutex_);
  held_.push_back({time, ByteBuffer(a_law.begin(), a_law.end())});
}

void Encoder::finish() {
  to_ffmpeg_.close();
  if (!thread_.joinable()) {
    return;
  }
  thread_.join();
  if (by_fragments()) {
    if (has_entry_) {
      release_sound(std::numeric_limits<std::uint64_t>::max());
    }
    fragments_.finish();
    (void)hand_out(); // its error is kept
  }
  if (pictures_ && write_error_) {
    pictures_ = failure(ExitCode::io, write_error_->message);
  }
}

/// What ffmpeg gives out.
Result<bool> Encoder::take(Bytes bytes) {
  const std::scoped_lock lock(mutex_);
  if (!by_fragments()) {
    const auto written = sink_.write(bytes);
    return written ? Result<bool>(!sink_.reader_gone()) : std::unexpected(written.error());
  }
  splitter_.feed(bytes);
  while (const auto piece = splitter_.next()) {
    take(*piece);
  }
  return hand_out();
}

void Encoder::take(const FragmentPiece& piece) {
  if (piece.type == "moov" && !has_entry_) {
    has_entry_ = true;
    auto head = head_;
    head.picture_entry = splitter_.picture_entry();
    fragments_.begin(head);
  } else if (piece.facts) {
    facts_ = *piece.facts;
    unit_.clear();
  } else if (piece.type == "mdat") {
    append(unit_, piece.is_head ? Bytes() : piece.bytes);
    if (splitter_.is_between_boxes() && !unit_.empty()) {
      first_begin_ = first_begin_.value_or(facts_.begin);
      const auto since = std::llround((facts_.begin - *first_begin_) * 1e6);
      const auto time = *first_time_ + static_cast<std::uint64_t>(since);
      release_sound(time);
      fragments_.picture(facts_.key, time, unit_);
      unit_.clear();
    }
  }
}

void Encoder::release_sound(std::uint64_t until) {
  while (!held_.empty() && held_.front().time <= until) {
    fragments_.sound(held_.front().time, held_.front().a_law);
    held_.pop_front();
  }
}

/// False: nobody wants more.
Result<bool> Encoder::hand_out() {
  const auto ready = fragments_.take();
  const auto written = ready.empty() || write_error_ ? Result<void>() : sink_.write(ready);
  if (!written) {
    write_error_ = written.error();
  }
  return write_error_ ? Result<bool>(std::unexpected(*write_error_))
                      : Result<bool>(!sink_.reader_gone());
}

} // namespace dualcam::convert
