#include "dcam-serve/metrics.hpp"

#include <set>
#include <sstream>

#include "testing.hpp"

namespace dualcam::serve::metrics_test {
namespace {

std::string line_of(const std::string& text, const std::string& begin) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(begin)) {
      return line;
    }
  }
  return "";
}

} // namespace

TEST_CASE("metrics: each has a help, a type and a value") {
  Metrics metrics;
  metrics.received = 18'446'744'073'709'551'615U;
  metrics.oldest_unsaved = 1.25;
  metrics.refusals = {{"no", 1}};
  const auto text = prometheus_text(metrics);
  CHECK(line_of(text, "dualcam_received_bytes_total") ==
        "dualcam_received_bytes_total 18446744073709551615");
  CHECK(line_of(text, "dualcam_oldest_unsaved_seconds") == "dualcam_oldest_unsaved_seconds 1.25");
  std::istringstream lines(text);
  std::string name;
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string third;
    words >> first >> second >> third;
    if (second == "HELP") {
      name = third;
      CHECK(seen.insert(name).second);
      CHECK(line_of(text, "# TYPE " + name + " ") != "");
    } else if (first != "#") {
      CHECK(first.starts_with(name));
      CHECK(second.find_first_not_of("0123456789.") == std::string::npos);
    }
  }
  CHECK(text.ends_with('\n'));
  CHECK(seen.size() == 14);
}

TEST_CASE("metrics: reasons are labels, whatever is in them") {
  Metrics metrics;
  CHECK(prometheus_text(metrics).find("refusals") == std::string::npos);
  metrics.refusals = {{"not a camera: \"HTTP\"\n\\", 3}, {"it has gone", 1}};
  const auto text = prometheus_text(metrics);
  CHECK(text.find(
            "dualcam_refusals_total{reason=\"not a camera: \\\"HTTP\\\"\\\\x0a\\\\x5c\"} 3\n") !=
        std::string::npos);
  CHECK(text.find("dualcam_refusals_total{reason=\"it has gone\"} 1\n") != std::string::npos);
}

TEST_CASE("metrics: the buckets of a histogram add up") {
  Metrics metrics;
  using namespace std::chrono_literals;
  for (const auto took : {500'000ns, 1'000'000ns, 1'000'001ns, 2'000'000'000ns, 9'000'000'000ns}) {
    metrics.commits.add(took);
  }
  const auto text = prometheus_text(metrics);
  const auto bucket = [&](const std::string& bound) {
    const auto name = "dualcam_commit_duration_seconds_bucket{le=\"" + bound + "\"} ";
    return line_of(text, name).substr(name.size());
  };
  CHECK(bucket("0.001") == "2");
  CHECK(bucket("0.0025") == "3");
  CHECK(bucket("1") == "3");
  CHECK(bucket("2.5") == "4");
  CHECK(bucket("5") == "4");
  CHECK(bucket("+Inf") == "5");
  CHECK(line_of(text, "dualcam_commit_duration_seconds_count") ==
        "dualcam_commit_duration_seconds_count 5");
  CHECK(line_of(text, "dualcam_commit_duration_seconds_sum")
            .starts_with("dualcam_commit_duration_seconds_sum 11.00250"));
}

} // namespace dualcam::serve::metrics_test
