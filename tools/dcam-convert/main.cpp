#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "common/unforeseen.hpp"
#include "dcam-convert/contact_sheet.hpp"
#include "dcam-convert/converter.hpp"
#include "dcam-convert/input_list.hpp"

namespace dualcam::convert {
namespace {

constexpr auto tool_name = "dcam-convert";

/// Takes the inputs one by one, several at once if wanted; the worst outcome.
ExitCode convert_all(const Workshop& workshop) {
  const auto files = workshop.inputs.size();
  std::atomic<std::size_t> next = 0;
  std::atomic<ExitCode> worst = ExitCode::done;
  const auto work = [&] {
    for (auto number = next++; number < files && !workshop.stop.requested(); number = next++) {
      const auto code = static_cast<ExitCode>(
          run_tool(tool_name, [&] { return static_cast<int>(convert(workshop, number)); }));
      for (auto known = worst.load(); known < code && !worst.compare_exchange_weak(known, code);) {
      }
    }
  };
  const auto jobs = workshop.options.dry_run ? 1 : workshop.options.jobs; // shown in their order
  std::vector<std::jthread> helpers;
  for (std::size_t wanted = std::min<std::size_t>(files, jobs); wanted > 1; --wanted) {
    try {
      helpers.emplace_back(work);
    } catch (const std::exception&) {
      break; // no more of them: those that there are do it all
    }
  }
  work();
  helpers.clear();
  return worst;
}

int run(const ConvertOptions& options) {
  const StopSignal stop;
  hurry_when_readable(stop.descriptor());
  Reporter reporter(options.common, options.inputs.size());
  const bool one = options.task() == Task::contact_sheet;
  const auto inputs = one ? list_files(options.inputs) : list_videos(options, stop);
  if (!inputs) {
    reporter.error(inputs.error().message);
    return static_cast<int>(inputs.error().code);
  }
  reporter.expect(inputs->size());
  auto files = RunFiles::plan(options, *inputs);
  if (!files) {
    reporter.error(files.error());
    return static_cast<int>(ExitCode::usage);
  }
  const Workshop workshop{options, *inputs, *files, reporter, stop};
  if (inputs->empty() && !one) {
    reporter.error("no video in what is given");
    return static_cast<int>(ExitCode::bad_data);
  }
  auto code = one ? make_contact_sheet(workshop) : convert_all(workshop);
  if (stop.requested()) {
    reporter.error("stopped; nothing unfinished is left, the same command starts again");
    return 128 + stop.signal();
  }
  if (const int error = reporter.product().error(); error != 0) {
    reporter.error(fmt::format("cannot write to standard output: {}", std::strerror(error)));
    code = worse_of(code, ExitCode::io);
  }
  return static_cast<int>(code);
}

} // namespace
} // namespace dualcam::convert

int main(int count, char** arguments) {
  dualcam::tools::prepare_standard_streams();
  return dualcam::tools::run_tool(dualcam::convert::tool_name, [&] {
    const auto options = dualcam::convert::parse_convert_options(count, arguments);
    return options ? dualcam::convert::run(*options) : static_cast<int>(options.error());
  });
}
