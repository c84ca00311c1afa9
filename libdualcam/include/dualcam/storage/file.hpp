/// \file
/// An open file: the one owner of its descriptor.
///
/// An object is used by one thread at a time. Errors are of category io and name the path; a call
/// that a signal interrupts is made again.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "dualcam/storage/file_system.hpp"
#include "dualcam/storage/kept_path.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

/// Closes itself. Without a descriptor, as default-constructed and when moved from, only
/// assignment, `path` and `is_open` are legal.
class File {
public:
  /// Of nothing.
  File() = default;
  /// Never through a symbolic link, never waiting for a pipe. `flags` as for open(2): what it is
  /// opened for, and O_CREAT and so on. An errno.
  static std::expected<File, int> open(const std::filesystem::path& path, int flags);

  /// Leaves `other` without a descriptor.
  File(File&& other) noexcept;
  /// As the constructor; `other` gets what this object had.
  File& operator=(File&& other) noexcept;
  /// Closes it; what is not synced may be lost in a power cut.
  ~File() { close(); }

  /// Whether there is a descriptor.
  bool is_open() const { return descriptor_ >= 0; }
  /// Ahead of the destructor.
  void close();

  /// What it is called.
  std::filesystem::path path() const { return path_; }
  /// It has been renamed.
  void set_path(const std::filesystem::path& path) { path_ = path; }
  /// Whether it is what has its name: others may rename, replace and remove it.
  Result<bool> is_named() const;

  /// In bytes.
  Result<std::uint64_t> size() const;
  /// As much of `into` as there is from `offset` on: a view into `into`, shorter only at the end.
  Result<Bytes> read(std::uint64_t offset, std::span<std::byte> into) const;
  /// Hands out the bytes from `begin` to before `end`, which must all be there, in pieces that are
  /// valid during the call.
  Result<void> read_each(std::uint64_t begin, std::uint64_t end,
                         const std::function<void(Bytes)>& take) const;

  /// Writes everything there. After an error how much of it was written is unknown.
  Result<void> write(std::uint64_t offset, std::span<const Bytes> pieces);
  /// Writes everything at the end, of a file that was opened with O_APPEND; several writers do not
  /// get mixed up. Errors as of `write`.
  Result<void> append(Bytes bytes);
  /// Drops what comes after `size` bytes.
  Result<void> truncate(std::uint64_t size);

  /// Asks for room from `begin` to before `end`, so that what is written there piece by piece lies
  /// together; its size stays. It may be refused; `truncate` gives back what is not used.
  void make_room(std::uint64_t begin, std::uint64_t end);

  /// Makes the bytes durable; its name is the folder's business.
  Result<void> sync() const;
  /// Once its whole file system was synced: whether that has failed for this file.
  Result<void> was_written() const;
  /// Which file system it is on; nullopt: that cannot be told.
  std::optional<dev_t> device() const;

  /// Whether nobody else has it now (flock), until it is closed or `unlock`.
  Result<bool> try_lock();
  /// Waits for the lock.
  Result<void> lock();
  void unlock(); ///< After `try_lock` or `lock`.

  /// Whether nobody else has this byte, which need not be there, now (fcntl's locks of an open file
  /// description, which `try_lock` knows nothing of), until it is closed or `unlock_byte`.
  Result<bool> try_lock_byte(std::uint64_t at);
  /// The same, but others may share it.
  Result<bool> try_share_byte(std::uint64_t at);
  void unlock_byte(std::uint64_t at); ///< After one of these.
  /// As `try_lock_byte`, of all bytes that there may be.
  Result<bool> try_lock_all_bytes();
  /// Whether somebody else has it, shared or not.
  Result<bool> is_byte_locked(std::uint64_t at) const;

private:
  Result<bool> try_lock_range(struct ::flock range);

  File(FileSystem& files, int descriptor, const std::filesystem::path& path)
      : files_(&files), descriptor_(descriptor), path_(path) {}

  FileSystem* files_ = nullptr;
  int descriptor_ = -1;
  KeptPath path_;
};

} // namespace dualcam
