#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "common/unforeseen.hpp"
#include "dcam-convert/contact_sheet.hpp"
#include "dcam-convert/converter.hpp"
#include "dcam-convert/input_list.hpp"
#include "dcam-convert/page/collection.hpp"
#include "dcam-convert/page/page.hpp"
#include "dcam-convert/run_each.hpp"
#include "dcam-convert/stack.hpp"

namespace dualcam::convert {
namespace {

constexpr auto tool_name = "dcam-convert";

std::vector<ListedFile> list(const ConvertOptions& options, const StopSignal& stop,
                             std::vector<std::string>& unread) {
  switch (options.task()) {
  case Task::page:
    return list_for_page(options.inputs, unread);
  case Task::contact_sheet:
  case Task::stack:
    return list_files(options.inputs, Parts::left_out, unread);
  default:
    return list_videos(options, stop, unread);
  }
}

ExitCode run_task(const Workshop& workshop) {
  const auto& options = workshop.options;
  switch (options.task()) {
  case Task::contact_sheet:
    return make_contact_sheet(workshop);
  case Task::page:
    return make_page(workshop);
  case Task::stack:
    return stack(workshop);
  default:
    return run_each(workshop.inputs.size(), options.dry_run ? 1 : options.jobs, workshop.stop,
                    [&](std::size_t number) { return convert(workshop, number); });
  }
}

int run(const ConvertOptions& options) {
  const StopSignal stop;
  hurry_when_readable(stop.descriptor());
  Reporter reporter(options.common, options.inputs.size());
  std::vector<std::string> unread;
  const auto inputs = list(options, stop, unread);
  for (const auto& why : unread) {
    reporter.error(why);
  }
  const auto listed = unread.empty() ? ExitCode::done : ExitCode::io;
  reporter.expect(inputs.size());
  auto files = RunFiles::plan(options, inputs);
  if (!files) {
    reporter.error(files.error());
    return static_cast<int>(ExitCode::usage);
  }
  if (const auto hint = hint_at_output(options, inputs)) {
    reporter.note(*hint);
  }
  const Workshop workshop{options, inputs, *files, reporter, stop};
  if (inputs.empty() && !makes_one(options.task())) {
    reporter.error("no video in what is given");
    return static_cast<int>(worse_of(listed, ExitCode::bad_data));
  }
  auto code = worse_of(listed, run_task(workshop));
  if (stop.requested()) {
    reporter.error(fmt::format("stopped; {}the same command starts again",
                               reporter.has_cut_output() ? "" : "nothing unfinished is left, "));
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
