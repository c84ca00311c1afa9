#include "dcam-convert/page/making.hpp"

#include <array>

#include <fcntl.h>
#include <sys/stat.h>

#include "dcam-convert/page/collection.hpp"
#include "dcam-convert/page/product_names.hpp"
#include "dualcam/storage/file_names.hpp"

namespace dualcam::convert {
namespace {

namespace fs = std::filesystem;

constexpr unsigned thumbnail_width = 640;

bool is_of(const fs::path& product, const Stamp& stamp) {
  const auto made = stamp_of(product);
  return made && made->size != 0 && made->modified == stamp.modified;
}

/// A product that cannot be stamped is made again each time, which is no reason to fail.
void set_time(const fs::path& product, const Stamp& stamp) {
  constexpr std::int64_t second = 1'000'000'000;
  const timespec time{.tv_sec = stamp.modified / second, .tv_nsec = stamp.modified % second};
  const std::array times{time, time};
  (void)::utimensat(AT_FDCWD, product.c_str(), times.data(), 0);
}

Facts facts_of(const Source& source, const Record& record) {
  const auto format = source.file.format();
  return {.format = format,
          .duration = record.duration,
          .plays_as_it_is = source.mp4.h264 && record.losses.none(),
          .damage = record.losses.none() ? "" : damage_summary(record),
          .error = "",
          .code = record.code};
}

/// It need not be encoded again.
bool is_h264(const Source& source) {
  return source.is_stream() ? source.clip->codec == VideoCodec::h264 : source.mp4.h264;
}

} // namespace

PageMaker::PageMaker(const Workshop& workshop)
    : workshop_(workshop), video_options_(workshop.options), thumbnail_options_(workshop.options) {
  video_options_.page.clear();
  video_options_.codec = Codec::h264;
  video_options_.if_exists = IfExists::replace;
  thumbnail_options_.page.clear();
  thumbnail_options_.thumbnail = ".";
  thumbnail_options_.thumbnail_width = thumbnail_width;
  thumbnail_options_.if_exists = IfExists::replace;
}

bool PageMaker::take_what_is_there(Entry& entry) {
  if (!entry.facts.is_video()) {
    return true;
  }
  if (entry.facts.plays_as_it_is) {
    entry.video = entry.link;
  } else if (is_of(with_suffix(entry.path, web_video), entry.stamp)) {
    entry.video = entry.link + std::string(web_video);
  }
  if (is_of(with_suffix(entry.path, web_thumbnail), entry.stamp)) {
    entry.thumbnail = entry.link + std::string(web_thumbnail);
  }
  return !entry.video.empty() && !entry.thumbnail.empty();
}

bool PageMaker::make(Entry& entry, std::size_t number) const {
  Record record;
  record.input = entry.path.string();
  const auto done = attempt([&]() -> Outcome<void> {
    auto source = open_source(workshop_, record.input, record);
    if (!source) {
      return std::unexpected(source.error());
    }
    entry.facts = facts_of(*source, record);
    if (take_what_is_there(entry)) {
      return {};
    }
    if (const auto code = given_up_.load(); code != ExitCode::done) {
      entry.facts.error = "no video was made of it: that of another file failed before it";
      entry.facts.code = worse_of(entry.facts.code, code);
      return {};
    }
    for (const auto task : {Task::convert, Task::thumbnail}) {
      if ((task == Task::convert ? entry.video : entry.thumbnail).empty()) {
        if (const auto made = make_product(entry, *source, record, task, number); !made) {
          return made;
        }
      }
    }
    return {};
  });
  if (done || workshop_.stop.requested()) {
    return true;
  }
  if (record.format == name_of(VideoFormat::unknown) && !entry.has_sidecar &&
      !has_media_name(entry.path)) {
    return false;
  }
  entry.facts.error = done.error().message;
  entry.facts.code = record.code = worse_of(record.code, done.error().code);
  record.error = done.error().message;
  workshop_.reporter.finished(record);
  return true;
}

Outcome<void> PageMaker::make_product(Entry& entry, Source& source, const Record& seen, Task task,
                                      std::size_t number) const {
  const bool thumbnail = task == Task::thumbnail;
  const auto suffix = thumbnail ? web_thumbnail : web_video;
  const auto target = with_suffix(entry.path, suffix);
  auto options = thumbnail ? thumbnail_options_ : video_options_;
  options.codec = is_h264(source) ? Codec::copy : options.codec;
  const Workshop workshop{options, workshop_.inputs, workshop_.files, workshop_.reporter,
                          workshop_.stop};
  auto record = seen;
  if (const auto made = convert_source(workshop, source, target, number, record); !made) {
    if (made.error().meets_all) {
      given_up_ = made.error().code;
    }
    return made;
  }
  if (record.output.empty()) { // a dry run
    return {};
  }
  set_time(target, entry.stamp);
  (thumbnail ? entry.thumbnail : entry.video) = entry.link + std::string(suffix);
  workshop_.reporter.finished(record);
  return {};
}

} // namespace dualcam::convert
