#include "dcam-convert/reporter.hpp"

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "common/progress_meter.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t most_lines = 20; // about the damage of one file

double seconds(std::uint64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

/// "3 of 60 frames lost (0.150 s): 1 missing, 2 undecodable without it; ..."
std::string summary_of(const Record& record) {
  const auto& losses = record.losses;
  std::string text =
      fmt::format("{} of {} lost ({:.3f} s)", losses.pictures(),
                  counted(record.frames + losses.pictures(), "frame"), seconds(record.lost_time));
  if (losses.undecodable != 0) {
    text += fmt::format(": {} missing, {} that cannot be decoded without the key picture",
                        losses.missing, losses.undecodable);
  }
  if (losses.disturbed != 0) {
    text += fmt::format("; {} after a lost one may show errors", losses.disturbed);
  }
  if (losses.sounds != 0) {
    text += fmt::format("; {} of sound lost ({:.3f} s)", counted(losses.sounds, "chunk"),
                        seconds(losses.sound_time));
  }
  if (losses.mended_times != 0) {
    text += fmt::format("; {} mended", counted(losses.mended_times, "impossible time"));
  }
  return text;
}

Json damage_of(const Losses& losses) {
  auto list = Json::array();
  for (const auto& damage : losses.damage) {
    list.push_back({{"kind", name_of(damage.kind)},
                    {"offset", damage.offset},
                    {"length", damage.length},
                    {"frames", damage.pictures},
                    {"sound_chunks", damage.sounds},
                    {"message", damage.message}});
  }
  return list;
}

std::string text_of(const PictureSize& size) {
  return fmt::format("{}x{}", size.width, size.height);
}

Json size_changes_of(const Record& record) {
  auto list = Json::array();
  for (const auto& change : record.size_changes) {
    list.push_back({{"frame", change.picture},
                    {"seconds", seconds(change.time)},
                    {"from", text_of(change.from)},
                    {"to", text_of(change.to)}});
  }
  return list;
}

Json json_of(const Record& record) {
  auto json = Json::object();
  json["input"] = record.input;
  json["output"] = record.output.empty() ? Json() : Json(record.output);
  json["format"] = record.format.empty() ? Json() : Json(record.format);
  if (record.has_clip) {
    json["frames"] = record.frames;
    json["seconds"] = seconds(record.duration);
    json["sound_seconds"] = seconds(record.sound_time);
    json["frames_lost"] = record.losses.pictures();
    json["frames_missing"] = record.losses.missing;
    json["frames_undecodable"] = record.losses.undecodable;
    json["frames_disturbed"] = record.losses.disturbed;
    json["seconds_lost"] = seconds(record.lost_time);
    json["sound_seconds_lost"] = seconds(record.losses.sound_time);
    json["times_mended"] = record.losses.mended_times;
  }
  if (record.has_clip || !record.losses.none()) {
    json["damage"] = damage_of(record.losses);
  }
  if (!record.size_changes.empty()) {
    json["size_changes"] = size_changes_of(record);
  }
  if (!record.error.empty()) {
    json["error"] = record.error;
  }
  json["exit"] = static_cast<int>(record.code);
  return json;
}

} // namespace

std::string damage_summary(const Record& record) {
  return record.has_clip ? summary_of(record) : record.losses.damage.front().message;
}

void Reporter::detail(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  console_.detail(text);
}

void Reporter::note(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  console_.note(text);
}

void Reporter::warning(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  if (warned_of_.emplace(text).second) {
    console_.warning(text);
  }
}

void Reporter::error(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  console_.error(text);
}

void Reporter::damage(const Record& record) {
  const std::scoped_lock lock(mutex_);
  const auto name = escaped(record.input);
  console_.error(fmt::format("{}: damaged{}", name,
                             record.has_clip ? ": " + summary_of(record) : std::string()));
  std::size_t lines = 0;
  for (const auto& damage : record.losses.damage) {
    const auto text = fmt::format("{}: byte {}: {}", name, damage.offset, damage.message);
    ++lines <= most_lines ? console_.warning(text) : console_.detail(text);
  }
  const auto all = record.losses.damage.size() + record.losses.unlisted;
  if (all > most_lines) {
    console_.warning(fmt::format("{}: and {}; -v or --json lists the first {}", name,
                                 counted(all - most_lines, "more place"), Losses::most_listed));
  }
}

void Reporter::size_changes(const Record& record) {
  const std::scoped_lock lock(mutex_);
  std::size_t lines = 0;
  for (const auto& change : record.size_changes) {
    const auto text =
        fmt::format("{}: from frame {} ({:.3f} s) on pictures are {}, before {}: all are kept",
                    escaped(record.input), change.picture, seconds(change.time), text_of(change.to),
                    text_of(change.from));
    ++lines <= most_lines ? console_.warning(text) : console_.detail(text);
  }
}

void Reporter::command(const std::string& input, const std::string& command) {
  const std::scoped_lock lock(mutex_);
  console_.clear_progress();
  product_.line(json_ ? to_line({{"input", input}, {"command", command}}) : command);
}

void Reporter::finished(const Record& record) {
  const std::scoped_lock lock(mutex_);
  if (!record.error.empty()) {
    console_.error(fmt::format("{}: {}", escaped(record.input), record.error));
  }
  has_cut_output_ =
      has_cut_output_ || (record.code == ExitCode::incomplete && !record.output.empty());
  console_.clear_progress();
  if (json_) {
    product_.line(to_line(json_of(record)));
  } else if (!record.output.empty() && record.output != "-") {
    product_.line(record.output);
  }
}

void Reporter::expect(std::size_t files) {
  const std::scoped_lock lock(mutex_);
  files_ = files;
}

void Reporter::progress(std::size_t file, std::uint64_t frames, std::uint64_t of) {
  const std::scoped_lock lock(mutex_);
  frames_[file] = {frames, of};
  const auto now = std::chrono::steady_clock::now();
  if (console_.shows_progress() && now - shown_ >= progress_interval) {
    shown_ = now;
    show_progress();
  }
}

void Reporter::show_progress() {
  Frames sum;
  double share = 0;
  for (const auto& [file, frames] : frames_) {
    sum.done += frames.done;
    sum.all += frames.all;
    if (frames.all != 0) {
      share +=
          static_cast<double>(std::min(frames.done, frames.all)) / static_cast<double>(frames.all);
    }
  }
  console_.progress(fmt::format("file {} of {}  {:3.0f}%  {} of {} frames", frames_.size(), files_,
                                100 * share / static_cast<double>(files_), sum.done, sum.all));
}

} // namespace dualcam::convert
