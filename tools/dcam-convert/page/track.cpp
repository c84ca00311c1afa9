#include "dcam-convert/page/track.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "dcam-convert/page/text.hpp"

namespace dualcam::convert {
namespace {

constexpr double plot_width = 640;
constexpr double plot_height = 360;
constexpr double plot_margin = 28;
constexpr double meters_a_degree = 111'320;
constexpr double least_span = 0.002; ///< degrees: 200 m
constexpr double least_distance = 3; ///< between two points that are drawn
constexpr std::size_t most_points = 1000;

struct Point {
  double x;
  double y;
  std::size_t id;
  std::string day;
  std::string trigger;
  SystemTime time;
};

/// Oldest first; x and y are degrees.
std::vector<Point> points_of(const PageCamera& camera, std::size_t first_id) {
  std::vector<Point> points;
  auto id = first_id;
  for (const auto& event : camera.events) {
    for (const auto* entry : event.entries) {
      if (const auto& position = entry->sidecar.position) {
        points.push_back({position->longitude, position->latitude, id, event.day(), event.trigger(),
                          entry->time()});
      }
      ++id;
    }
  }
  std::ranges::reverse(points);
  return points;
}

/// Onto the drawing: equal scales in both directions, north above. Returns pixels a degree.
double project(std::vector<Point>& points) {
  const auto first = points.front().x;
  for (auto& point : points) { // across the 180th meridian, too
    point.x = first + std::remainder(point.x - first, 360);
  }
  const auto [south, north] = std::ranges::minmax(points, {}, &Point::y);
  const auto middle = (south.y + north.y) / 2;
  const auto narrowing = std::max(std::cos(middle * std::numbers::pi / 180), 0.01);
  for (auto& point : points) {
    point.x *= narrowing;
  }
  const auto [west, east] = std::ranges::minmax(points, {}, &Point::x);
  const auto center = (west.x + east.x) / 2;
  const auto scale =
      std::min((plot_width - 2 * plot_margin) / std::max(east.x - west.x, least_span),
               (plot_height - 2 * plot_margin) / std::max(north.y - south.y, least_span));
  for (auto& point : points) {
    point.x = plot_width / 2 + (point.x - center) * scale;
    point.y = plot_height / 2 - (point.y - middle) * scale;
  }
  return scale;
}

/// Whether they are drawn at different places.
bool is_spread(const std::vector<Point>& points) {
  return std::ranges::any_of(points, [&](const Point& point) {
    return std::hypot(point.x - points.front().x, point.y - points.front().y) >= least_distance;
  });
}

/// Without those that would hide one another.
std::vector<Point> thinned(const std::vector<Point>& points) {
  std::vector<Point> kept;
  for (const auto& point : points) {
    const bool hides =
        !kept.empty() && kept.back().day == point.day && kept.back().trigger == point.trigger &&
        std::hypot(kept.back().x - point.x, kept.back().y - point.y) < least_distance;
    if (!hides) {
      kept.push_back(point);
    }
  }
  const auto step = (kept.size() + most_points - 1) / most_points;
  std::vector<Point> few;
  for (std::size_t i = 0; i < kept.size(); i += std::max<std::size_t>(step, 1)) {
    few.push_back(kept[i]);
  }
  return few;
}

std::string ruler(double scale) {
  constexpr double longest = 160;
  double meters = 1;
  for (double unit = 1; unit <= 1e7; unit *= 10) {
    for (const double step : {1, 2, 5}) {
      const auto wanted = unit * step;
      meters = wanted / meters_a_degree * scale <= longest ? wanted : meters;
    }
  }
  const auto length = meters / meters_a_degree * scale;
  constexpr double kilometer = 1000;
  const auto text =
      meters < kilometer ? fmt::format("{} m", meters) : fmt::format("{} km", meters / kilometer);
  return fmt::format("<path class=\"ruler\" d=\"M{0} {2}v6h{1:.1f}v-6\"/>"
                     "<text x=\"{3:.1f}\" y=\"{4}\">{5}</text>"
                     "<path class=\"ruler\" d=\"M{6} 32v-20m-5 7l5 -7l5 7\"/>"
                     "<text x=\"{6}\" y=\"46\" text-anchor=\"middle\">N</text>",
                     10, length, plot_height - 16, 18 + length, plot_height - 8, text,
                     plot_width - 16);
}

std::string ways(const std::vector<Point>& points) {
  std::map<std::string, std::string> days;
  for (const auto& point : points) {
    auto& way = days[point.day];
    way += fmt::format("{}{:.1f} {:.1f}", way.empty() ? "M" : "L", point.x, point.y);
  }
  std::string text;
  for (const auto& [day, way] : days) {
    text += fmt::format("<path class=\"way\" data-day=\"{}\" d=\"{}\"/>", day, way);
  }
  return text;
}

} // namespace

std::string track_of(const PageCamera& camera, std::size_t first_id) {
  auto points = points_of(camera, first_id);
  if (points.empty()) {
    return "";
  }
  const auto count = points.size();
  const auto scale = project(points);
  const auto drawn = thinned(points);
  const bool spread = is_spread(drawn);
  auto text = fmt::format(
      "<details class=\"track\"{}><summary>Track: {}{}</summary>"
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Plot of {} of {}, north above\">{}{}",
      spread ? " open" : "", counted(count, "position"), spread || count == 1 ? "" : ", one place",
      plot_width, plot_height, counted(count, "position"), html(camera.name), ruler(scale),
      ways(drawn));
  for (const auto& point : drawn) {
    const auto trigger = html(point.trigger);
    text +=
        fmt::format("<circle data-file=\"f{}\" data-day=\"{}\" data-trigger=\"{}\" cx=\"{:.1f}\" "
                    "cy=\"{:.1f}\" r=\"5\"><title>{} UTC, {}</title></circle>",
                    point.id, point.day, trigger, point.x, point.y,
                    format_time(point.time).substr(0, 19).replace(10, 1, " "), trigger);
  }
  return text + "</svg></details>\n";
}

} // namespace dualcam::convert
