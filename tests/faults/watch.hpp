// Carrying out watched calls: each is traced, and has the fate that DUALCAM_FAULT gives it.
#pragma once

#include <cerrno>
#include <csignal>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <dlfcn.h>
#include <sys/types.h>

#include "fault.hpp"
#include "trace.hpp"

/// The function of this name that would have been called.
#define NEXT(name)                                                                                 \
  static auto* const next = reinterpret_cast<decltype(&::name)>(::dlsym(RTLD_NEXT, #name))

namespace faults {

/// What is known about the process and its open files. Calls that are watched hold the mutex.
struct Shim {
  Shim();

  /// Not in a child between fork and exec, whose other threads are gone with their locks.
  bool active() const;
  bool below(const std::string& path) const { return (path + '/').starts_with(root); }

  std::mutex mutex;
  std::string root;
  bool trace_data = false;
  std::optional<Fault> fault;
  int trace = -1;
  pid_t process = 0;
  std::map<int, std::string> files; // descriptors of files and folders below the root
  long long syncs = 0;              // that have begun
};

Shim& shim();

/// Holds the mutex, and signals off: their handlers may write, too.
class Lock {
public:
  explicit Lock(Shim& shim);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

private:
  Shim& shim_;
  sigset_t before_{};
};

/// Appends to the trace, if there is one.
void tell(const Line& line);
[[noreturn]] void die(Line& line);
/// Of a thread that holds the lock: the others go on.
[[noreturn]] void hang(Line& line);

/// What a descriptor is open on, symbolic links followed.
std::string target_of(int descriptor);
long long inode_of(int descriptor);
/// Where the last component of `path` really is; itself it may be a symbolic link.
std::string resolved(int folder, const char* path);

inline bool is_writing(Kind kind) {
  return (kind & (open_existing_to_read | read_data | list_folder | close_file)) == 0;
}

/// Changes the last byte of a file.
void damage(const std::string& path);

struct Call {
  const char* name;
  Kind kind;
  std::string path;
};

/// Carries out a call as its fate has it. `perform(bool shorten)` does it; `describe(Line&,
/// result)` adds what is worth knowing about one that succeeded.
template <class Perform, class Describe>
auto carry_out(const Call& call, Perform perform, Describe describe) {
  auto& state = shim();
  using Result = decltype(perform(false));
  const bool below = state.below(call.path);
  const auto fate = below && state.fault ? state.fault->next(call.kind) : Fate::none;
  Line line(call.name);
  line.bytes("path", call.path).number("below", below ? 1 : 0);
  if (fate == Fate::kill_before) {
    die(line);
  }
  if (fate == Fate::hang) {
    hang(line);
  }
  if (fate == Fate::fail) {
    if (call.kind == close_file) { // an interrupted or failing close has closed all the same
      perform(false);
    }
    tell(line.number("error", state.fault->error()).bytes("fate", "failed"));
    errno = state.fault->error();
    return static_cast<Result>(-1);
  }
  const auto result = perform(fate == Fate::shorten);
  const int error = errno;
  if (fate == Fate::damage && result > 0) {
    damage(call.path);
  }
  if (result < 0) {
    line.number("error", error);
  } else {
    describe(line, result);
  }
  if (fate == Fate::kill_after) {
    die(line);
  }
  if (fate == Fate::shorten || fate == Fate::damage) {
    line.bytes("fate", fate == Fate::shorten ? "shortened" : "damaged");
  }
  if (below || is_writing(call.kind)) {
    tell(line);
  }
  errno = error;
  return result;
}

template <class Perform> auto carry_out(const Call& call, Perform perform) {
  return carry_out(call, perform, [](Line&, auto) {});
}

/// A call on a descriptor: watched ones are carried out as their fate has it.
template <class Perform, class Describe>
auto on_descriptor(const char* name, Kind kind, int descriptor, Perform perform,
                   Describe describe) {
  auto& state = shim();
  if (state.active()) {
    const Lock lock(state);
    if (const auto file = state.files.find(descriptor); file != state.files.end()) {
      const auto result =
          carry_out({name, kind, file->second}, perform, [&](Line& line, auto outcome) {
            line.number("inode", inode_of(descriptor)).number("result", outcome);
            describe(line, outcome);
          });
      if (kind == close_file) {
        state.files.erase(file);
      }
      return result;
    }
  }
  return perform(false);
}

template <class Perform>
auto on_descriptor(const char* name, Kind kind, int descriptor, Perform perform) {
  return on_descriptor(name, kind, descriptor, perform, [](Line&, auto) {});
}

/// A call that waits for the device: the others go on meanwhile, so it has two lines, when it
/// begins (`sync-begins`) and when it has returned, with one number (`sync`).
int on_sync(const char* name, int descriptor, const std::function<int()>& perform);

/// A call on names.
template <class Perform>
auto on_names(const char* name, Kind kind, int folder, const char* path, Perform perform,
              const std::string& to = "") {
  auto& state = shim();
  if (!state.active()) {
    return perform(false);
  }
  const Lock lock(state);
  return carry_out({name, kind, resolved(folder, path)}, perform, [&](Line& line, auto) {
    if (!to.empty()) {
      line.bytes("to", to);
    }
  });
}

} // namespace faults
