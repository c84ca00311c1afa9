#include "watch.hpp"

#include <climits>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace faults {
namespace {

namespace fs = std::filesystem;

[[gnu::constructor]] void start() { shim(); }

} // namespace

Shim::Shim() {
  const auto* folder = std::getenv("DUALCAM_FAULT_FOLDER");
  const auto* fault_text = std::getenv("DUALCAM_FAULT");
  const auto* trace_path = std::getenv("DUALCAM_FAULT_TRACE");
  const auto* data = std::getenv("DUALCAM_FAULT_TRACE_DATA");
  if (folder == nullptr) {
    return;
  }
  root = fs::canonical(folder).string() + '/';
  trace_data = data != nullptr && *data != '\0';
  if (fault_text != nullptr) {
    fault = Fault::parse(fault_text);
  }
  if (trace_path != nullptr) {
    NEXT(openat);
    trace = next(AT_FDCWD, trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  }
  if ((fault_text != nullptr && !fault) || (trace_path != nullptr && trace < 0)) {
    ::_exit(99);
  }
  if (std::getenv("DUALCAM_FAULT_FORKED") == nullptr) {
    process = ::getpid();
  } else {
    ::pthread_atfork(nullptr, nullptr, [] { shim().process = ::getpid(); });
  }
  ::unsetenv("LD_PRELOAD"); // hooks are no part of this
}

bool Shim::active() const { return process != 0 && process == ::getpid(); }

Shim& shim() {
  static auto* const only = new Shim; // outlives whatever still writes at exit
  return *only;
}

Lock::Lock(Shim& shim) : shim_(shim) {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  shim_.mutex.lock();
}

Lock::~Lock() {
  shim_.mutex.unlock();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void tell(const Line& line) {
  if (shim().trace >= 0) {
    append(shim().trace, line);
  }
}

[[noreturn]] void die(Line& line) {
  tell(line.bytes("fate", "killed"));
  ::kill(::getpid(), SIGKILL);
  ::_exit(99);
}

[[noreturn]] void hang(Line& line) {
  tell(line.bytes("fate", "hangs"));
  shim().mutex.unlock();
  for (;;) {
    ::pause();
  }
}

int on_sync(const char* name, int descriptor, const std::function<int()>& perform) {
  auto& state = shim();
  Line line(name);
  auto fate = Fate::none;
  bool watched = false;
  if (state.active()) {
    const Lock lock(state);
    const auto file = state.files.find(descriptor);
    watched = file != state.files.end();
    if (watched) {
      fate = state.fault ? state.fault->next(sync_data) : Fate::none;
      const auto describe = [&](Line& each) -> Line& {
        return each.bytes("path", file->second)
            .number("below", 1)
            .number("inode", inode_of(descriptor));
      };
      describe(line);
      if (fate == Fate::kill_before) {
        die(line);
      }
      if (fate == Fate::hang) {
        hang(line);
      }
      if (fate == Fate::fail) {
        tell(line.number("error", state.fault->error()).bytes("fate", "failed"));
        errno = state.fault->error();
        return -1;
      }
      line.number("sync", ++state.syncs);
      Line begins("sync-begins");
      begins.number("whole", std::string_view(name) == "syncfs");
      tell(describe(begins).number("sync", state.syncs));
    }
  }
  const int result = perform();
  if (!watched) {
    return result;
  }
  const int error = errno;
  const Lock lock(state);
  line.number(result < 0 ? "error" : "result", result < 0 ? error : result);
  if (fate == Fate::kill_after) {
    die(line);
  }
  tell(line);
  errno = error;
  return result;
}

std::string target_of(int descriptor) {
  char path[PATH_MAX];
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto size = ::readlink(link.c_str(), path, sizeof path);
  return size < 0 ? "" : std::string(path, static_cast<std::size_t>(size));
}

/// Where the last component of `path` really is; itself it may be a symbolic link.
std::string resolved(int folder, const char* path) {
  fs::path whole(path);
  if (whole.is_relative() && folder != AT_FDCWD) {
    whole = target_of(folder) / whole;
  }
  std::error_code error;
  whole = fs::absolute(whole, error);
  if (!whole.has_filename()) {
    whole = whole.parent_path();
  }
  return (fs::weakly_canonical(whole.parent_path(), error) / whole.filename()).string();
}

void damage(const std::string& path) {
  NEXT(open);
  const int file = next(path.c_str(), O_RDWR | O_CLOEXEC);
  const auto last = ::lseek(file, -1, SEEK_END);
  char byte = 0;
  // not ::pread and ::pwrite: these are watched
  if (last < 0 || ::syscall(SYS_pread64, file, &byte, 1, last) != 1) {
    ::_exit(99);
  }
  byte = static_cast<char>(byte ^ 1);
  if (::syscall(SYS_pwrite64, file, &byte, 1, last) != 1) {
    ::_exit(99);
  }
  ::syscall(SYS_close, file);
}

long long inode_of(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 ? static_cast<long long>(status.st_ino) : -1;
}

} // namespace faults
