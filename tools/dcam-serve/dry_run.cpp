#include "dcam-serve/dry_run.hpp"

#include <algorithm>

#include <unistd.h>

#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/escape.hpp"
#include "common/json.hpp"
#include "dcam-serve/destination.hpp"
#include "dcam-serve/file_facts.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::serve {
namespace {

constexpr std::uint64_t invented_imei = 350612071913857; // the example of dualcam-protocol(7)

std::uint64_t imei_for(const ServeOptions& options) {
  const auto given =
      std::ranges::find_if(options.imeis, [](const auto& each) { return !each.starts_with('@'); });
  return given != options.imeis.end() ? *parse_imei(*given) : invented_imei;
}

/// One of each kind and family.
std::vector<FileRef> examples(SystemTime time) {
  std::vector<FileRef> files(all_file_kinds.begin(), all_file_kinds.end());
  const auto date = format_compact_time(time); // 20241029T124342Z
  for (const auto* family : {"mdas9", "dsm", "dashcam"}) {
    files.push_back(*FileRef::of_path(
        fmt::format("{}/video/{}/{}.mp4", family, date.substr(2, 6), date.substr(9, 6))));
  }
  return files;
}

} // namespace

ExitCode print_paths(const ServeOptions& options) {
  Console console("dcam-serve", options.common);
  asio::io_context loop;
  Disks disks(loop, Clock::system(), options.output); // which nothing is asked of
  const auto destination = Destination::of(options, disks, Clock::system());
  DirectWriter writer(STDOUT_FILENO); // whose error nobody else is to have
  Product product(writer, options.common);
  for (const auto& file : examples(system_now())) {
    if (!options.wishes.wants(file)) {
      continue;
    }
    const FileFacts facts{imei_for(options), file, system_now(), {}, options.camera};
    const auto name = destination->path_for(facts);
    if (destination->is_refused(facts, name)) {
      console.note(fmt::format("{} exists already: such a file would stay with the camera",
                               escaped(name.string())));
      continue;
    }
    const auto number = number_for(name, options.if_exists);
    if (!number) {
      console.error(escaped(number.error().message));
      return ExitCode::io;
    }
    const auto path = numbered(name, *number).string();
    product.line(options.common.json ? to_line({{"event", "would-store"},
                                                {"time", format_time(system_now())},
                                                {"imei", format_imei(facts.imei)},
                                                {"kind", facts.kind()},
                                                {"path", path}})
                                     : path);
    if (!destination->takes_others()) {
      break;
    }
  }
  if (product.error() != 0) {
    console.error("cannot write to standard output: " + reason_of(product.error()));
    return ExitCode::io;
  }
  console.note("dry run: where files would go if they came now; nothing was made or served");
  return ExitCode::done;
}

} // namespace dualcam::serve
