// Which call is to go wrong, and how: DUALCAM_FAULT.
#pragma once

#include <optional>
#include <string_view>

namespace faults {

/// What a call does to the file system; a fault names the kinds that it can hit.
enum Kind : unsigned {
  open_existing_to_read = 1,
  open_existing_to_write = 1 << 1,
  create = 1 << 2,
  write_data = 1 << 3,
  read_data = 1 << 4,
  sync_data = 1 << 5,
  truncate_file = 1 << 6,
  add_name = 1 << 7, // rename, link
  remove_name = 1 << 8,
  make_folder = 1 << 9,
  close_file = 1 << 10,
  lock_file = 1 << 11,
  ask_space = 1 << 12,
  list_folder = 1 << 13,
  make_room = 1 << 14,
};

enum class Fate {
  none,
  fail,    ///< with `Fault::error()`, nothing done
  shorten, ///< half of the bytes are written or read
  damage,  ///< what is written is not what was given
  kill_before,
  kill_after,
  hang, ///< it never returns
};

/// Read from `NAME:N` (the N-th call that NAME can hit, from 1) or `NAME:N+` (it and all later
/// ones). NAME is an errno that the table in fault.cpp has, or
///   short          the write or read is one of half the bytes, and says so
///   flip           behind the write the file's last byte is another, and nothing says so
///   short-ENOSPC   the same, and the next write (`+`: all later ones) has no space
///   kill-before, kill-after   SIGKILL at that call, of any kind
///   hang           the call never returns; hang-sync: of those that sync
class Fault {
public:
  /// nullopt if `text` is none of these.
  static std::optional<Fault> parse(std::string_view text);

  /// What becomes of the next call, which is of this kind.
  Fate next(Kind kind);
  int error() const { return error_; }

private:
  unsigned kinds_ = 0;
  Fate first_ = Fate::none;
  Fate later_ = Fate::none;
  int error_ = 0;
  unsigned long from_ = 0;
  unsigned long until_ = 0;
  unsigned long seen_ = 0;
};

} // namespace faults
