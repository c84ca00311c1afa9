#include "dcam-convert/page/view.hpp"

#include <algorithm>
#include <ranges>
#include <set>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/escape.hpp"
#include "dcam-convert/page/assets.hpp"
#include "dcam-convert/page/groups.hpp"
#include "dcam-convert/page/known_facts.hpp"
#include "dcam-convert/page/text.hpp"
#include "dcam-convert/page/track.hpp"

namespace dualcam::convert {
namespace {

/// "2024-10-29 12:43:42 UTC"
std::string utc(SystemTime time) {
  return format_time(time).substr(0, 19).replace(10, 1, " ") + " UTC";
}

std::string time_element(SystemTime time) {
  return fmt::format("<time datetime=\"{}\">{}</time>", format_time(time), utc(time));
}

/// The same moment by the clock of the place where the camera is.
std::string local_time_element(SystemTime time, int zone) {
  const auto local = format_time(time + std::chrono::minutes(zone));
  const auto offset =
      fmt::format("{}{:02}:{:02}", zone < 0 ? '-' : '+', std::abs(zone) / 60, std::abs(zone) % 60);
  return fmt::format("<time datetime=\"{}{}\">{} UTC{}</time>", local.substr(0, 19), offset,
                     local.substr(0, 19).replace(10, 1, " "), offset);
}

std::string duration_text(const Facts& facts) {
  return format_duration(std::chrono::milliseconds(facts.duration / 1000));
}

/// On one line.
std::string size_text(std::uint64_t bytes) {
  auto text = format_size(bytes);
  return text.replace(text.find(' '), 1, "&nbsp;");
}

/// As text where there are scripts, which make it an image once it is looked at: thousands of them,
/// though lazy, take a second.
std::string image(std::string_view link, std::string_view alternative) {
  return fmt::format("<noscript><img loading=\"lazy\" src=\"{}\" alt=\"{}\"></noscript>", link,
                     alternative);
}

/// What is to be seen of a file. Where there are scripts, they make the players that are looked at,
/// too.
std::string look(const Entry& entry) {
  const auto what = html(fmt::format("{}, {}", entry.kind(), utc(entry.time())));
  if (entry.incomplete) {
    const auto all = entry.announced > entry.stamp.size ? " of about " + size_text(entry.announced)
                                                        : std::string();
    return fmt::format("<div class=\"look none\">Incomplete: {}{} so far</div>\n",
                       size_text(entry.stamp.size), all);
  }
  if (!entry.facts.error.empty()) {
    return "<div class=\"look none\">It cannot be shown</div>\n";
  }
  if (entry.facts.format == VideoFormat::jpeg) {
    return fmt::format("<a class=\"look\" href=\"{0}\">{1}</a>\n", entry.link,
                       image(entry.link, what));
  }
  const auto picture = entry.thumbnail.empty() ? std::string() : image(entry.thumbnail, "");
  const auto poster = entry.thumbnail.empty() ? "" : fmt::format(" poster=\"{}\"", entry.thumbnail);
  return fmt::format(
      "<div class=\"look\"><button type=\"button\" class=\"play\" data-video=\"{2}\" "
      "aria-label=\"Play: {0}\">{1}</button><noscript><video controls preload=\"none\" "
      "src=\"{2}\"{4} "
      "aria-label=\"{0}\"></video></noscript><span class=\"length\">{3}</span></div>\n",
      what, picture, entry.video, duration_text(entry.facts), poster);
}

std::string state(const Entry& entry) {
  return entry.incomplete                        ? R"( <span class="state open">incomplete</span>)"
         : entry.facts.code == ExitCode::done    ? ""
         : entry.facts.code > ExitCode::bad_data ? R"( <span class="state bad">failed</span>)"
                                                 : R"( <span class="state bad">damaged</span>)";
}

std::string times(const Entry& entry) {
  const auto time = entry.time();
  const auto* word = entry.time_source() == TimeSource::received ? "received " : "";
  const auto& zone = entry.sidecar.time_zone;
  return fmt::format("<p>{}{}{}</p>\n", word, time_element(time),
                     zone ? "<br>camera " + local_time_element(time, *zone) : "");
}

std::string line_of(std::string_view label, const std::optional<std::string>& value) {
  return value ? fmt::format("<p><span class=\"quiet\">{}</span> <bdi>{}</bdi></p>\n", label,
                             html(*value))
               : "";
}

/// To a centimetre, which is more than a receiver knows.
std::string degrees(double value) {
  auto text = fmt::format("{:.7f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  text.erase(text.find_last_not_of('.') + 1);
  return text == "-0" ? "0" : text;
}

std::string place_line(const std::optional<Position>& position) {
  return position ? fmt::format("<p><a href=\"geo:{0},{1}\">{0}, {1}</a></p>\n",
                                degrees(position->latitude), degrees(position->longitude))
                  : "";
}

std::string links(const Entry& entry) {
  auto text = fmt::format("<p class=\"links\"><a href=\"{}\" download>{}</a> {}", entry.link,
                          html_of_any(entry.path.filename().string()), size_text(entry.stamp.size));
  if (!entry.video.empty() && entry.video != entry.link) {
    text += fmt::format(" <a href=\"{}\" download>MP4</a>", entry.video);
  }
  if (entry.has_sidecar) {
    text += fmt::format(" <a href=\"{}.json\" download>metadata</a>", entry.link);
  }
  return text + "</p>\n";
}

std::string card(const Entry& entry, std::size_t id) {
  auto text = fmt::format("<li id=\"f{}\">{}<h4>{}{}</h4>\n", id, look(entry), html(entry.kind()),
                          state(entry));
  text += times(entry);
  text += line_of("events", entry.sidecar.events);
  text += line_of("driver", entry.sidecar.driver);
  text += line_of("the camera's trigger", entry.sidecar.camera_trigger);
  text += place_line(entry.sidecar.position);
  for (const auto* why : {&entry.facts.damage, &entry.facts.error}) {
    text += why->empty() ? "" : fmt::format("<p class=\"why\">{}</p>\n", html(*why));
  }
  return text + links(entry) + "</li>\n";
}

std::string event_section(const PageEvent& event, std::size_t first_id) {
  const auto& sidecar = event.newest().sidecar;
  const auto trigger = html(event.trigger());
  auto text = fmt::format(
      "<article class=\"event\" data-day=\"{0}\" data-trigger=\"{1}\" data-files=\"{2}\">\n"
      "<h3>{3} <span class=\"trigger\"><span class=\"quiet\">trigger</span> "
      "<bdi>{1}</bdi></span>{4}"
      "</h3>\n<ul>\n",
      event.day(), trigger, event.entries.size(), time_element(event.newest().time()),
      sidecar.trigger_time ? fmt::format(" <span class=\"moment\">triggered {}</span>",
                                         time_element(*sidecar.trigger_time))
                           : "");
  for (const auto* entry : event.entries) {
    text += card(*entry, first_id++);
  }
  return text + "</ul>\n</article>\n";
}

std::string camera_section(const PageCamera& camera, std::size_t number, std::size_t first_id) {
  auto text =
      fmt::format("<section class=\"camera\" data-camera=\"{0}\" aria-labelledby=\"c{0}\">\n"
                  "<h2 id=\"c{0}\"><bdi>{1}</bdi><small>{2}{3}</small></h2>\n{4}",
                  number, html(camera.name), camera.family,
                  (camera.family.empty() ? "" : ", ") + counted(camera.files(), "file"),
                  track_of(camera, first_id));
  text += "<div class=\"events\">\n";
  for (const auto& event : camera.events) {
    text += event_section(event, first_id);
    first_id += event.entries.size();
  }
  return text + "</div>\n</section>\n";
}

std::string option(std::string_view value, std::string_view text) {
  return fmt::format("<option value=\"{}\">{}</option>", html(value), html(text));
}

std::string camera_options(const std::vector<PageCamera>& cameras) {
  auto text = option("", "All cameras");
  std::size_t number = 0;
  for (const auto& camera : cameras) {
    text += option(std::to_string(number++),
                   fmt::format("{}{}{} ({})", camera.name, camera.family.empty() ? "" : " ",
                               camera.family, camera.files()));
  }
  return text;
}

/// `value_of` an event, in rising order.
template <class ValueOf>
std::set<std::string> values(const std::vector<PageCamera>& cameras, ValueOf value_of) {
  std::set<std::string> found;
  for (const auto& camera : cameras) {
    for (const auto& event : camera.events) {
      found.insert(value_of(event));
    }
  }
  return found;
}

std::string day_options(const std::vector<PageCamera>& cameras) {
  const auto days = values(cameras, [](const PageEvent& event) { return event.day(); });
  auto text = option("", "All days");
  for (const auto& day : std::views::reverse(days)) {
    text += option(day, day);
  }
  return text;
}

std::string trigger_options(const std::vector<PageCamera>& cameras) {
  auto text = option("", "All triggers");
  for (const auto& trigger :
       values(cameras, [](const PageEvent& event) { return event.trigger(); })) {
    text += option(trigger, trigger);
  }
  return text;
}

/// "2 cameras, 20 files, 1 incomplete, 1 damaged; newest 2024-10-29 12:43:42 UTC"
std::string summary(const std::vector<Entry>& entries, const std::vector<PageCamera>& cameras) {
  const auto incomplete = std::ranges::count_if(entries, &Entry::incomplete);
  const auto bad = std::ranges::count_if(
      entries, [](const Entry& entry) { return entry.facts.code != ExitCode::done; });
  auto text =
      fmt::format("{}, {}", counted(cameras.size(), "camera"), counted(entries.size(), "file"));
  text += incomplete == 0 ? "" : fmt::format(", {} incomplete", incomplete);
  text += bad == 0 ? "" : fmt::format(", {} damaged", bad);
  if (!cameras.empty()) {
    text += "; newest " + utc(cameras.front().events.front().newest().time());
  }
  return text;
}

} // namespace

std::string page_of(const std::vector<Entry>& entries, const std::string& title) {
  const auto cameras = group(entries);
  std::string files;
  std::size_t id = 0;
  std::size_t number = 0;
  for (const auto& camera : cameras) {
    files += camera_section(camera, number++, id);
    id += camera.files();
  }
  if (entries.empty()) {
    files = "<p class=\"empty\">No photo and no video yet.</p>\n";
  }
  using fmt::arg;
  return fmt::format(
      fmt::runtime(page_frame), arg("title", html(title)), arg("generator", "dcam-convert"),
      arg("style", page_style), arg("style_hash", page_style_hash), arg("script", page_script),
      arg("script_hash", page_script_hash), arg("summary", summary(entries, cameras)),
      arg("cameras", camera_options(cameras)), arg("days", day_options(cameras)),
      arg("triggers", trigger_options(cameras)), arg("files", files),
      arg("known", script_json(known_facts(entries))));
}

} // namespace dualcam::convert
