#include "dcam-convert/page/track.hpp"

#include <regex>

#include "testing.hpp"

namespace dualcam::convert::page_track_test {
namespace {

/// A camera with a file an hour at each position.
struct Drive {
  std::vector<Entry> entries;

  explicit Drive(const std::vector<Position>& positions) {
    const auto start = *parse_time("2024-10-28T20:00:00Z");
    for (const auto& position : positions) {
      Entry entry;
      entry.sidecar.position = position;
      entry.sidecar.time = start + std::chrono::hours(entries.size());
      entry.link = std::to_string(entries.size());
      entry.place = "/camera/" + entry.link;
      entries.push_back(entry);
    }
  }

  std::string plot() const { return track_of(group(entries).front(), 0); }

  /// Where its points are, oldest first.
  std::vector<std::pair<double, double>> points() const {
    static const std::regex circle("cx=\"([^\"]*)\" cy=\"([^\"]*)\"");
    const auto text = plot();
    std::vector<std::pair<double, double>> found;
    for (std::sregex_iterator match(text.begin(), text.end(), circle), end; match != end; ++match) {
      found.emplace_back(std::stod((*match)[1]), std::stod((*match)[2]));
    }
    return found;
  }
};

} // namespace

TEST_CASE("page track: north is above, east is right, all is inside, and distances are to scale") {
  const auto points = Drive({{60, 20}, {60.1, 20}, {60.1, 20.2}}).points();
  REQUIRE(points.size() == 3);
  CHECK(points[1].second < points[0].second);
  CHECK(points[2].first > points[1].first);
  const auto north = points[0].second - points[1].second;
  const auto east = points[2].first - points[1].first;
  CHECK(std::abs(east / north - 1) < 0.02); // cos 60 is a half
  for (const auto& [x, y] : points) {
    CHECK((x >= 0 && x <= 640 && y >= 0 && y <= 360));
  }
}

TEST_CASE("page track: one place is in the middle, the 180th meridian no border, poles no limit") {
  CHECK(Drive({{54.7, 25.2}}).points() == std::vector<std::pair<double, double>>{{320, 180}});
  const auto points = Drive({{-17, 179.9}, {-17, -179.9}}).points();
  REQUIRE(points.size() == 2);
  CHECK(points[0].first < points[1].first);
  CHECK(Drive({{90, 0}, {90, 180}, {89, 90}}).points().size() == 3);
  CHECK(Drive({{-90, -180}, {90, 180}}).points().size() == 2);
}

TEST_CASE("page track: each day has a line of its own, and very many points are thinned") {
  const auto plot = Drive({{1, 1}, {1, 2}, {2, 2}, {2, 3}, {3, 3}, {4, 4}}).plot();
  CHECK_THAT(plot, ContainsSubstring("class=\"way\" data-day=\"2024-10-28\""));
  CHECK_THAT(plot, ContainsSubstring("class=\"way\" data-day=\"2024-10-29\""));
  std::vector<Position> many;
  for (int i = 0; i < 20'000; ++i) {
    many.push_back({54 + i % 100 * 0.01, 25 + i % 77 * 0.01});
  }
  CHECK(Drive(many).points().size() <= 1000);
  CHECK(Drive(std::vector<Position>(24, {1, 1})).points().size() == 2); // one a day
}

TEST_CASE("page track: where all is at one place the plot is folded up") {
  CHECK_THAT(Drive({{1, 1}}).plot(), ContainsSubstring("<details class=\"track\"><summary>Track: "
                                                       "1 position</summary>"));
  CHECK_THAT(
      Drive(std::vector<Position>(24, {1, 1})).plot(),
      ContainsSubstring("<details class=\"track\"><summary>Track: 24 positions, one place<"));
  CHECK_THAT(Drive({{1, 1}, {1, 1.001}}).plot(),
             ContainsSubstring("<details class=\"track\" open><summary>Track: 2 positions<"));
}

TEST_CASE("page track: without a position there is none") {
  Drive drive({{1, 1}});
  drive.entries.front().sidecar.position.reset();
  CHECK(drive.plot().empty());
}

} // namespace dualcam::convert::page_track_test
