// Tells of stored files, each at least once: their lines, what became of those, and the hooks.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <asio/io_context.hpp>

#include "common/coroutine.hpp"
#include "dcam-serve/allow_list.hpp"
#include "dcam-serve/destination.hpp"
#include "dcam-serve/hook.hpp"
#include "dcam-serve/keeper.hpp"
#include "dcam-serve/outcome.hpp"
#include "dcam-serve/reporter.hpp"
#include "dcam-serve/unsaid.hpp"

namespace dualcam::serve {

class Teller {
public:
  /// What it works with; all of it outlives the teller.
  struct Means {
    const ServeOptions& options;
    Destination& destination;
    Reporter& reporter;
    Outcome& outcome;
    Unsaid& unsaid;
    asio::io_context& io;
    Keeper& keeper;
  };

  /// `hooks_idle` is called when the last hook has ended.
  Teller(const Means& means, std::function<void()> hooks_idle);

  /// `file` is the object of a `file-done` event, and its line the last one for standard output.
  /// Nothing waits for that to be written, or for the hook.
  void tell(const Json& file, Unsaid::Line line, bool runs_hook = true);

  /// What earlier runs did not tell, before any other file is told; until `is_over`.
  asio::awaitable<void> tell_untold(const AllowList& allowed, std::function<bool()> is_over);

  /// Notes which lines have been written by now.
  asio::awaitable<void> note_said();
  /// The same when it ends: waits for the readers, until `deadline` at the longest, and for the
  /// disk.
  void flush(std::optional<TimePoint> deadline);

  std::size_t hooks_running() const { return hooks_ ? hooks_->running() : 0; }
  /// Those that run are waited for, the others given up.
  void stop_hooks();

private:
  asio::awaitable<void> tell_each(std::vector<Untold>& files, const AllowList& allowed,
                                  const std::function<bool()>& is_over);
  void mark_said() const;

  Means means_;
  std::unique_ptr<HookRunner> hooks_; ///< null without --exec
};

} // namespace dualcam::serve
