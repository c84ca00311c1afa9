// A library to preload (LD_PRELOAD) into a server: it sees every call that touches the output
// folder, writes down what happened, and can make any of them go wrong.
//
// Why preloaded and not a file layer inside the program that tests replace: what is tested is the
// very executable that users run, with nothing added to it; and every call is reached, those that
// the standard library and others make on its behalf too. It works under ASan as well: there the
// program's own interceptors come first and find these as the next ones.
//
// Environment:
//   DUALCAM_FAULT_FOLDER       the folder that is watched; needed
//   DUALCAM_FAULT              what goes wrong, see fault.hpp
//   DUALCAM_FAULT_TRACE        file that the trace is appended to, see trace.hpp
//   DUALCAM_FAULT_TRACE_DATA   not empty: the trace has the bytes written to files, too
//   DUALCAM_FAULT_FORKED       set: the processes that it forks are watched instead, each by itself
//
// Calls are carried out one at a time, so the trace has their order, but for syncs: these have a
// line when they begin and one when they have returned, and others may be between. What is sent to
// a socket is traced before it leaves, what is received after it came: a device can never know more
// than the trace says. Calls that write outside the folder are traced (and never fail).
#include <cstdarg>
#include <cstdio>
#include <span>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "watch.hpp"

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

namespace faults {
namespace {

int open_at(const char* name, int folder, const char* path, int flags, mode_t mode) {
  NEXT(openat);
  auto& state = shim();
  if (!state.active()) {
    return next(folder, path, flags, mode);
  }
  const Lock lock(state);
  const auto where = resolved(folder, path);
  struct stat status{};
  const bool creates = (flags & O_TMPFILE) == O_TMPFILE ||
                       ((flags & O_CREAT) != 0 && ::lstat(where.c_str(), &status) != 0);
  const auto kind = creates                           ? create
                    : (flags & O_ACCMODE) == O_RDONLY ? open_existing_to_read
                                                      : open_existing_to_write;
  return carry_out(
      {name, kind, where}, [&](bool) { return next(folder, path, flags, mode); },
      [&](Line& line, int descriptor) {
        const auto target = target_of(descriptor); // symbolic links followed
        if (state.below(target)) {
          state.files[descriptor] = target;
        }
        line.bytes("target", target).number("inode", inode_of(descriptor));
        line.number("creates", creates ? 1 : 0).number("truncates", (flags & O_TRUNC) != 0);
        line.number("writes", kind != open_existing_to_read);
      });
}

std::size_t half(std::size_t count) { return count > 1 ? count / 2 : count; }

std::size_t size_of(std::span<const iovec> pieces) {
  std::size_t total = 0;
  for (const auto& piece : pieces) {
    total += piece.iov_len;
  }
  return total;
}

/// The first half of the bytes.
std::vector<iovec> halved(std::span<const iovec> pieces) {
  std::vector<iovec> result;
  for (auto left = half(size_of(pieces)); const auto& piece : pieces) {
    result.push_back({piece.iov_base, std::min(left, piece.iov_len)});
    left -= result.back().iov_len;
  }
  return result;
}

/// Where write() puts the next byte.
off_t write_position(int descriptor) {
  const bool appends = (::fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
  return ::lseek(descriptor, 0, appends ? SEEK_END : SEEK_CUR);
}

/// `next(pieces, count)` writes at `offset`, or where the file stands if that is negative.
template <class Next>
ssize_t write_pieces(const char* name, int descriptor, std::span<const iovec> pieces, off_t offset,
                     Next next) {
  off_t at = offset;
  return on_descriptor(
      name, write_data, descriptor,
      [&](bool shorten) {
        if (offset < 0) {
          at = write_position(descriptor);
        }
        const auto half_of_it = shorten ? halved(pieces) : std::vector<iovec>();
        const auto chosen = shorten ? std::span<const iovec>(half_of_it) : pieces;
        return next(chosen.data(), static_cast<int>(chosen.size()));
      },
      [&](Line& line, ssize_t written) {
        line.number("offset", at);
        if (shim().trace_data) {
          line.bytes("data", pieces, static_cast<std::size_t>(written));
        }
      });
}

template <class Send> ssize_t send_traced(int socket, std::span<const iovec> pieces, Send send) {
  if (auto& state = shim(); state.active()) {
    const Lock lock(state);
    const auto size = static_cast<long long>(size_of(pieces));
    tell(Line("send").number("socket", socket).number("size", size).bytes("data", pieces, 64));
  }
  return send();
}

ssize_t receive_traced(int socket, std::span<const iovec> pieces, ssize_t count) {
  const int error = errno;
  if (auto& state = shim(); count >= 0 && state.active()) {
    const Lock lock(state);
    const auto shown = std::min(static_cast<std::size_t>(count), std::size_t{16}); // an INIT's IMEI
    tell(
        Line("recv").number("socket", socket).number("result", count).bytes("data", pieces, shown));
  }
  errno = error;
  return count;
}

} // namespace
} // namespace faults

using namespace faults; // NOLINT(google-build-using-namespace)

extern "C" {

// --- opening and closing ---

int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_at("openat", folder, path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_at("open", AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) __attribute__((alias("open")));
int openat64(int folder, const char* path, int flags, ...) __attribute__((alias("openat")));

int creat(const char* path, mode_t mode) {
  return open_at("creat", AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int descriptor) {
  NEXT(close);
  return on_descriptor("close", close_file, descriptor, [&](bool) { return next(descriptor); });
}

DIR* opendir(const char* path) {
  NEXT(opendir);
  DIR* folder = nullptr;
  on_names("opendir", open_existing_to_read, AT_FDCWD, path, [&](bool) {
    folder = next(path);
    if (const auto target = folder != nullptr ? target_of(::dirfd(folder)) : "";
        shim().below(target)) {
      shim().files[::dirfd(folder)] = target;
    }
    return folder != nullptr ? 0 : -1;
  });
  return folder;
}

dirent* readdir(DIR* folder) {
  NEXT(readdir);
  dirent* entry = nullptr;
  on_descriptor("readdir", list_folder, ::dirfd(folder), [&](bool) {
    errno = 0;
    entry = next(folder);
    return entry != nullptr || errno == 0 ? 0 : -1;
  });
  return entry;
}

dirent64* readdir64(DIR* folder) __attribute__((alias("readdir")));

int closedir(DIR* folder) {
  NEXT(closedir);
  return on_descriptor("closedir", close_file, ::dirfd(folder), [&](bool) { return next(folder); });
}

// --- data ---

ssize_t write(int descriptor, const void* data, std::size_t count) {
  NEXT(write);
  const iovec piece{const_cast<void*>(data), count};
  return write_pieces("write", descriptor, {&piece, 1}, -1, [&](const iovec* pieces, int) {
    return next(descriptor, pieces->iov_base, pieces->iov_len);
  });
}

ssize_t pwrite(int descriptor, const void* data, std::size_t count, off_t offset) {
  NEXT(pwrite);
  const iovec piece{const_cast<void*>(data), count};
  return write_pieces("pwrite", descriptor, {&piece, 1}, offset, [&](const iovec* pieces, int) {
    return next(descriptor, pieces->iov_base, pieces->iov_len, offset);
  });
}

ssize_t writev(int descriptor, const iovec* pieces, int count) {
  NEXT(writev);
  return write_pieces("writev", descriptor, {pieces, static_cast<std::size_t>(count)}, -1,
                      [&](const iovec* chosen, int n) { return next(descriptor, chosen, n); });
}

ssize_t pwritev(int descriptor, const iovec* pieces, int count, off_t offset) {
  NEXT(pwritev);
  return write_pieces(
      "pwritev", descriptor, {pieces, static_cast<std::size_t>(count)}, offset,
      [&](const iovec* chosen, int n) { return next(descriptor, chosen, n, offset); });
}

ssize_t read(int descriptor, void* buffer, std::size_t count) {
  NEXT(read);
  return on_descriptor("read", read_data, descriptor, [&](bool shorten) {
    return next(descriptor, buffer, shorten ? half(count) : count);
  });
}

ssize_t pread(int descriptor, void* buffer, std::size_t count, off_t offset) {
  NEXT(pread);
  return on_descriptor("pread", read_data, descriptor, [&](bool shorten) {
    return next(descriptor, buffer, shorten ? half(count) : count, offset);
  });
}

ssize_t pwrite64(int descriptor, const void* data, std::size_t count, off_t offset)
    __attribute__((alias("pwrite")));
ssize_t pwritev64(int descriptor, const iovec* pieces, int count, off_t offset)
    __attribute__((alias("pwritev")));
ssize_t pread64(int descriptor, void* buffer, std::size_t count, off_t offset)
    __attribute__((alias("pread")));

int fsync(int descriptor) {
  NEXT(fsync);
  return on_sync("fsync", descriptor, [&] { return next(descriptor); });
}

int fdatasync(int descriptor) {
  NEXT(fdatasync);
  return on_sync("fdatasync", descriptor, [&] { return next(descriptor); });
}

int syncfs(int descriptor) noexcept {
  NEXT(syncfs);
  return on_sync("syncfs", descriptor, [&] { return next(descriptor); });
}

int ftruncate(int descriptor, off_t size) noexcept {
  NEXT(ftruncate);
  return on_descriptor(
      "ftruncate", truncate_file, descriptor, [&](bool) { return next(descriptor, size); },
      [&](Line& line, int) { line.number("size", size); });
}

int ftruncate64(int descriptor, off_t size) noexcept __attribute__((alias("ftruncate")));

int fallocate(int descriptor, int mode, off_t offset, off_t count) {
  NEXT(fallocate);
  return on_descriptor("fallocate", make_room, descriptor,
                       [&](bool) { return next(descriptor, mode, offset, count); });
}

int fallocate64(int descriptor, int mode, off_t offset, off_t count)
    __attribute__((alias("fallocate")));

int sync_file_range(int descriptor, off_t offset, off_t count, unsigned flags) {
  NEXT(sync_file_range);
  return on_descriptor("sync_file_range", sync_data, descriptor,
                       [&](bool) { return next(descriptor, offset, count, flags); });
}

int flock(int descriptor, int operation) noexcept {
  NEXT(flock);
  return on_descriptor("flock", lock_file, descriptor,
                       [&](bool) { return next(descriptor, operation); });
}

// --- names ---

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  NEXT(renameat2);
  return on_names(
      "rename", add_name, from_folder, from,
      [&](bool) { return next(from_folder, from, to_folder, to, flags); }, resolved(to_folder, to));
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return renameat2(from_folder, from, to_folder, to, 0);
}

int rename(const char* from, const char* to) noexcept {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  NEXT(linkat);
  return on_names(
      "link", add_name, from_folder, from,
      [&](bool) { return next(from_folder, from, to_folder, to, flags); }, resolved(to_folder, to));
}

int link(const char* from, const char* to) noexcept {
  return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  NEXT(unlinkat);
  return on_names((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", remove_name, folder, path,
                  [&](bool) { return next(folder, path, flags); });
}

int unlink(const char* path) noexcept { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char* path) noexcept { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int remove(const char* path) noexcept {
  const int result = unlink(path);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}

int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  NEXT(mkdirat);
  return on_names("mkdir", make_folder, folder, path,
                  [&](bool) { return next(folder, path, mode); });
}

int mkdir(const char* path, mode_t mode) noexcept { return mkdirat(AT_FDCWD, path, mode); }

int statvfs(const char* path, struct statvfs* status) noexcept {
  NEXT(statvfs);
  return on_names("statvfs", ask_space, AT_FDCWD, path, [&](bool) { return next(path, status); });
}

int fstatvfs(int descriptor, struct statvfs* status) noexcept {
  NEXT(fstatvfs);
  return on_descriptor("fstatvfs", ask_space, descriptor,
                       [&](bool) { return next(descriptor, status); });
}

int statvfs64(const char* path, struct statvfs64* status) noexcept
    __attribute__((alias("statvfs")));
int fstatvfs64(int descriptor, struct statvfs64* status) noexcept
    __attribute__((alias("fstatvfs")));

// --- what the device hears and says ---

ssize_t send(int socket, const void* data, std::size_t count, int flags) {
  NEXT(send);
  const iovec piece{const_cast<void*>(data), count};
  return send_traced(socket, {&piece, 1}, [&] { return next(socket, data, count, flags); });
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  NEXT(sendmsg);
  return send_traced(socket, {message->msg_iov, message->msg_iovlen},
                     [&] { return next(socket, message, flags); });
}

ssize_t recv(int socket, void* buffer, std::size_t count, int flags) {
  NEXT(recv);
  const iovec piece{buffer, count};
  return receive_traced(socket, {&piece, 1}, next(socket, buffer, count, flags));
}

ssize_t recvmsg(int socket, msghdr* message, int flags) {
  NEXT(recvmsg);
  const auto count = next(socket, message, flags);
  return receive_traced(socket, {message->msg_iov, message->msg_iovlen}, count);
}

} // extern "C"

// NOLINTEND(readability-inconsistent-declaration-parameter-name)
