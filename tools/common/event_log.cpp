#include "common/event_log.hpp"

#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace dualcam::inline tools {
namespace {

bool are_one(int a, int b) {
  struct stat first{};
  struct stat second{};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

} // namespace

EventLog::EventLog(Settings settings)
    : output_(STDOUT_FILENO,
              {.folder = settings.folder,
               .dropped_line = settings.dropped_output ? std::move(settings.dropped_output)
                                                       : settings.dropped_errors,
               .whole_lines = true,
               .line_end = settings.line_end}) {
  if (!are_one(STDOUT_FILENO, STDERR_FILENO)) {
    errors_.emplace(STDERR_FILENO,
                    LineQueue::Settings{.folder = std::move(settings.folder),
                                        .dropped_line = std::move(settings.dropped_errors),
                                        .gives_up = false});
  }
}

void EventLog::flush(std::optional<std::chrono::steady_clock::time_point> deadline) {
  output_.flush(deadline);
  if (errors_) {
    errors_->flush(deadline);
  }
}

} // namespace dualcam::inline tools
