#include "dcam-serve/metrics.hpp"

#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "common/escape.hpp"

namespace dualcam::serve {
namespace {

class Exposition {
public:
  void gauge(std::string_view name, std::string_view help, auto value) {
    begin(name, "gauge", help);
    sample(name, "", value);
  }

  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    begin(name, "counter", help);
    sample(name, "", value);
  }

  /// By one label. Without any there is nothing to be said.
  void counter(std::string_view name, std::string_view help, std::string_view label,
               const std::map<std::string, std::uint64_t>& values) {
    if (values.empty()) {
      return;
    }
    begin(name, "counter", help);
    for (const auto& [value, count] : values) {
      sample(name, fmt::format("{{{}=\"{}\"}}", label, quoted(value)), count);
    }
  }

  void histogram(std::string_view name, std::string_view help, const Durations& durations) {
    begin(name, "histogram", help);
    const auto bucket = fmt::format("{}_bucket", name);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < durations.counts().size(); ++i) {
      count += durations.counts()[i];
      const auto bound = i < Durations::bounds.size() ? fmt::format("{}", Durations::bounds[i])
                                                      : std::string("+Inf");
      sample(bucket, fmt::format("{{le=\"{}\"}}", bound), count);
    }
    sample(fmt::format("{}_sum", name), "", durations.seconds());
    sample(fmt::format("{}_count", name), "", count);
  }

  std::string text() && { return std::move(text_); }

private:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }
  void sample(std::string_view name, std::string_view labels, auto value) {
    fmt::format_to(std::back_inserter(text_), "{}{} {}\n", name, labels, value);
  }
  /// Printable ASCII; of that a label's value has backslashes and quotes escaped.
  static std::string quoted(std::string_view text) {
    std::string result;
    for (const char c : escaped(text)) {
      result += c == '\\' || c == '"' ? "\\" : "";
      result += c;
    }
    return result;
  }

  std::string text_;
};

} // namespace

std::string prometheus_text(const Metrics& metrics) {
  Exposition all;
  all.gauge("dualcam_connections", "Open connections, of whoever it is.", metrics.connections);
  all.gauge("dualcam_connections_limit", "How many there may be at once.", metrics.places);
  all.gauge("dualcam_cameras", "Cameras that are being served.", metrics.cameras);
  all.gauge("dualcam_transfers", "Files on their way.", metrics.transfers);
  all.gauge("dualcam_oldest_unsaved_seconds",
            "Age of the oldest received bytes that are not durable yet; 0: all are.",
            metrics.oldest_unsaved);
  all.counter("dualcam_connections_total", "Connections taken.", metrics.connections_so_far);
  all.counter("dualcam_received_bytes_total", "Bytes of files that came and were verified.",
              metrics.received);
  all.counter("dualcam_files_total", "Files stored.", metrics.files);
  all.counter("dualcam_file_bytes_total", "Bytes of the files stored.", metrics.file_bytes);
  all.counter("dualcam_file_failures_total", "Files that could not be stored.", metrics.failures);
  all.counter("dualcam_resumes_total", "Times that a camera was asked to go on with a file.",
              metrics.resumes);
  all.counter("dualcam_refusals_total",
              "Connections refused, by reason; # stands for what differs in each.", "reason",
              metrics.refusals);
  all.counter("dualcam_dropped_lines_total",
              "Lines of output dropped, as they could not be written in time; no path of a file is "
              "among them.",
              metrics.dropped_lines);
  all.histogram("dualcam_commit_duration_seconds",
                "How long a round took that makes what has come durable.", metrics.commits);
  return std::move(all).text();
}

} // namespace dualcam::serve
