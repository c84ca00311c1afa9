#include "dualcam/storage/state_folder.hpp"

#include <algorithm>
#include <optional>
#include <ranges>

#include <fcntl.h>
#include <time.h>

#include "dualcam/files/geometry.hpp"
#include "dualcam/storage/camera_locks.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/part_file.hpp"
#include "dualcam/wire/crc64.hpp"
#include "dualcam/wire/message.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// When it is longer than this, and twice as long as when that was done last, it is written anew
/// without what does not count any more.
constexpr std::uint64_t longest_before_shortening = 65'536;

/// So much, and as much as the last summary has, comes before another one: what a START reads.
constexpr std::size_t least_before_summary = 4096;
/// That is in the last so many bytes unless there is much to sum up.
constexpr std::uint64_t usual_recent = 8192;

/// The end of a state, from its last summary on.
struct Recent {
  ByteBuffer buffer;
  Summary summary; ///< of `buffer`; empty: there is none, and the buffer is all

  Bytes text() const { return Bytes(buffer).subspan(summary.begin); }
};

/// The last `length` bytes of `size`, or all.
Result<Recent> end_of(const File& file, std::uint64_t size, std::uint64_t length) {
  Recent end{ByteBuffer(std::min(size, length)), {}};
  const auto read = file.read(size - end.buffer.size(), end.buffer);
  if (!read) {
    return std::unexpected(read.error());
  }
  end.buffer.resize(read->size());
  return end;
}

Result<Recent> whole_of(const File& file, std::uint64_t size) {
  return end_of(file, size, longest_camera_state); // what is newest counts most
}

Result<Recent> recent_of(const File& file, std::uint64_t size) {
  const auto most = std::min<std::uint64_t>(size, longest_camera_state);
  for (auto length = usual_recent;; length *= 2) {
    auto end = end_of(file, size, std::min(length, most));
    if (!end) {
      return end;
    }
    const auto summary = find_summary(end->buffer, size - end->buffer.size());
    if (summary || length >= most) {
      end->summary = summary.value_or(Summary());
      return end;
    }
  }
}

/// What comes before a line: the one that a power cut has torn must not spoil it.
std::string before_line(std::string_view text) {
  return text.empty()           ? std::string(camera_state_version) + '\n'
         : text.ends_with('\n') ? std::string()
                                : std::string("\n");
}

/// Sums up what is there, with what was `added`, if it is time for that and there is room; else a
/// START reads more. Returns the bytes that this adds.
std::uint64_t sum_up(File& file, std::uint64_t size, const Recent& recent, std::string_view added,
                     std::uint64_t imei) {
  const auto before = as_text(recent.text());
  const auto last_size = recent.summary.end - recent.summary.begin;
  if (before.size() + added.size() - last_size <= std::max(least_before_summary, last_size)) {
    return 0;
  }
  const auto text = std::string(before).append(added);
  const auto state = decode_camera_state(as_bytes(text), imei);
  const auto summary = encode_summary(state, size, recent.summary.shortest);
  if (!file.append(as_bytes(summary))) {
    (void)file.truncate(size);
    return 0;
  }
  return summary.size();
}

/// Adds to a file that nobody else writes to. Whether it is to be written anew.
Result<bool> append_line(File& file, const std::string& line, std::uint64_t imei) {
  const auto before = file.size();
  const auto recent = before ? recent_of(file, *before) : std::unexpected(before.error());
  if (!recent) {
    return std::unexpected(recent.error());
  }
  const auto added = before_line(as_text(recent->text())) + line + '\n';
  if (const auto written = file.append(as_bytes(added)); !written) {
    return std::unexpected(written.error());
  }
  auto size = *before + added.size();
  size += sum_up(file, size, *recent, added, imei);
  return size > std::max(longest_before_shortening, 2 * recent->summary.shortest);
}

Result<CameraState> state_in(const fs::path& path, std::uint64_t imei,
                             Result<Recent> (*text_of)(const File&, std::uint64_t)) {
  const auto file = File::open(path, O_RDONLY);
  if (!file) {
    return file.error() == ENOENT ? Result<CameraState>() : io_error("open", path, file.error());
  }
  const auto size = file->size();
  const auto text = size ? text_of(*file, *size) : std::unexpected(size.error());
  return text ? Result<CameraState>(decode_camera_state(text->text(), imei))
              : std::unexpected(text.error());
}

fs::path or_here(const fs::path& root) { return root.empty() ? fs::path(".") : root; }

} // namespace

StateFolder::StateFolder(const fs::path& root, std::uint64_t imei)
    : root_(root), path_(root / state_folder_name / format_imei(imei)), imei_(imei) {}

fs::path StateFolder::absolute(const fs::path& relative) const { return root_ / relative; }

fs::path StateFolder::relative(const fs::path& path) const {
  const auto plain = path.lexically_normal();
  return root_.empty() ? plain : plain.lexically_relative(fs::path(root_).lexically_normal());
}

Result<void> StateFolder::check_below(const fs::path& path) const {
  const auto below = relative(path);
  return !below.empty() && below.is_relative() && below != "." && *below.begin() != ".."
             ? Result<void>()
             : std::unexpected(Error{ErrorCategory::io, 0,
                                     path.string() + " is not below " + or_here(root_).string()});
}

Result<CameraState> StateFolder::read() const { return state_in(path_, imei_, whole_of); }

Result<CameraState> StateFolder::recent() const { return state_in(path_, imei_, recent_of); }

// --- writing ---

/// Nobody else writes to it then. nullopt: there is none.
Result<std::optional<File>> StateFolder::open_locked(int flags) const {
  while (true) {
    auto file = File::open(path_, O_RDWR | O_APPEND | flags);
    if (!file) {
      return file.error() == ENOENT ? Result<std::optional<File>>()
                                    : io_error("open", path_, file.error());
    }
    if (const auto locked = file->lock(); !locked) {
      return std::unexpected(locked.error());
    }
    const auto named = file->is_named();
    if (!named) {
      return std::unexpected(named.error());
    }
    if (*named) { // and has not been replaced meanwhile
      return std::move(*file);
    }
  }
}

Result<void> StateFolder::add(const PartEntry& part, Barrier& barrier) {
  return add_line(part_line(part), barrier);
}

Result<void> StateFolder::add(const FileRecord& record, Barrier& barrier) {
  return add_line(record_line(record), barrier);
}

Result<void> StateFolder::add_line(const std::string& line, Barrier& barrier) {
  auto file =
      open_in_new_folder(or_here(root_), path_, barrier, [this] { return open_locked(O_CREAT); });
  if (!file) {
    return std::unexpected(file.error());
  }
  const auto before = file->size();
  const auto is_long = before ? append_line(*file, line, imei_) : std::unexpected(before.error());
  if (!is_long) {
    return std::unexpected(is_long.error());
  }
  const auto shortened = *is_long ? shorten(*file) : Result<void>();
  if (*before == 0 || !FileSystem::current().is_durable(path_)) { // nor is that of another file
    barrier.add_folder(folder_of(path_), path_);
  }
  barrier.add(Barrier::Late{path_});
  return shortened;
}

/// Puts a shorter one that says as much in its place, if it can: the longer one will do. Whichever
/// of the two a power cut leaves there has what others have added and are about to make durable
/// under this name: that this cannot be made so is an error.
Result<void> StateFolder::shorten(File& file) const {
  const auto size = file.size();
  const auto whole = size ? whole_of(file, *size) : std::unexpected(size.error());
  if (!whole) {
    return {};
  }
  const auto text = encode_camera_state(decode_camera_state(whole->buffer, imei_));
  const auto path = with_suffix(path_, ".new");
  auto shorter = File::open(path, O_RDWR | O_APPEND | O_CREAT | O_TRUNC);
  const bool is_written =
      shorter && shorter->try_lock() && shorter->append(as_bytes(text)) && shorter->sync();
  const auto synced = is_written ? file.sync() : Result<void>();
  if (is_written && synced && rename_over(path, path_) == 0) {
    shorter->set_path(path_);
    file = std::move(*shorter);
  } else {
    (void)FileSystem::current().unlink(path.c_str()); // a full disk can use its room
  }
  return synced;
}

Result<void> StateFolder::mark(const std::string& line) {
  auto file = open_locked(0);
  if (!file || !*file) {
    return file ? Result<void>() : std::unexpected(file.error());
  }
  const auto written = append_line(**file, line, imei_);
  return written ? Result<void>() : std::unexpected(written.error());
}

Result<void> StateFolder::mark_gone(std::uint64_t id) { return mark(gone_line(id)); }
Result<void> StateFolder::mark_named(std::uint64_t id) { return mark(named_line(id)); }
Result<void> StateFolder::mark_said(std::uint64_t id) { return mark(said_line(id)); }
Result<void> StateFolder::forget(std::uint64_t id) { return mark(forgotten_line(id)); }

// --- files that were stored ---

Result<bool> bears_out(const fs::path& path, const FileRecord& record) {
  const auto file = PartFile::open(path, path, Access::read);
  if (!file || !*file) {
    return file ? Result<bool>(false) : std::unexpected(file.error());
  }
  const auto size = (*file)->size();
  if (!size || *size != record.data.bytes) {
    return size ? Result<bool>(false) : std::unexpected(size.error());
  }
  std::uint64_t crc = 0;
  const auto read = (*file)->read_each(*size - record.tail.bytes, *size,
                                       [&](Bytes block) { crc = crc64(block, crc); });
  return read ? Result<bool>(crc == record.tail.crc64) : std::unexpected(read.error());
}

Result<std::vector<FileRecord>> StateFolder::known(const CameraState& state,
                                                   const FileIdentity& identity) const {
  std::vector<FileRecord> result;
  for (const auto& record : std::views::reverse(state.records)) {
    if (!same_file(record.identity, identity)) {
      continue;
    }
    const auto is_stored =
        record.named ? Result<bool>(true) : bears_out(absolute(record.name), record);
    if (!is_stored) {
      return std::unexpected(is_stored.error());
    }
    if (*is_stored) {
      result.push_back(record);
    }
  }
  return result;
}

Result<bool> StateFolder::settle(const FileRecord& record) {
  const auto name = absolute(record.name);
  const auto part = absolute(record.part);
  const bool is_there = is_taken(name);
  Barrier barrier;
  if (is_there && !record.named) {
    barrier.add_folder(folder_of(name));
    barrier.add_folder(folder_of(part));
  }
  const auto checkpoint = checkpoint_of(part);
  if (!is_taken(part) && FileSystem::current().unlink(checkpoint.c_str()) != 0 && errno != ENOENT) {
    return io_error("remove", checkpoint, errno);
  }
  if (const auto synced = barrier.sync(); !synced) {
    return std::unexpected(synced.error());
  }
  const auto marked = record.named ? Result<void>() : mark_named(record.id);
  const auto gone = marked && !record.named ? mark_gone(record.id) : marked;
  return gone ? Result<bool>(is_there) : std::unexpected(gone.error());
}

ResumePoint resume_point_for(std::span<const FileRecord> records) {
  if (records.empty()) {
    return {};
  }
  const auto& identity = records[0].identity;
  const Geometry geometry(identity.file, identity.announced, identity.in_packets);
  const auto& first = *std::ranges::min_element(records, {}, [&](const auto& record) {
    return geometry.behind_all(record.tail.packet, record.tail.offset);
  });
  ResumePoint from{first.tail.packet,  0, first.tail.offset, first.crc_before_tail, {}, {},
                   identity.in_packets};
  for (const auto& record : records) {
    from.known.push_back(record.tail);
  }
  return from;
}

// --- tidying up ---

void remove_old_records(const fs::path& root, std::chrono::seconds age) {
  constexpr std::chrono::seconds time_for_first_file{60};
  auto& files = FileSystem::current();
  const auto all = root / state_folder_name;
  std::vector<std::string> names;
  struct stat folder{};
  const bool is_there = files.lstat(all.c_str(), &folder) == 0; // before what is done here
  (void)files.list(all, names);
  std::erase(names, camera_locks_name);
  const auto now = ::time(nullptr);
  const auto oldest = now - age.count();
  const auto remove = [&](const std::string& name) {
    const auto path = all / name;
    const auto imei = parse_imei(name);
    struct stat status{};
    auto file = File::open(path, O_RDWR);
    if (!file || files.lstat(path.c_str(), &status) != 0 || status.st_mtime > oldest) {
      return false;
    }
    const auto locked = file->try_lock();
    const auto state = StateFolder(root, imei.value_or(0)).recent();
    const bool has_part = imei && (!state || std::ranges::any_of(state->parts, [&](auto& part) {
                            return is_taken(root / part.path);
                          }));
    return locked && *locked && !has_part && file->is_named() == true &&
           files.unlink(path.c_str()) == 0;
  };
  std::erase_if(names, remove);
  if (names.empty()) {
    CameraLocks::remove_unused(root);
  }
  // Whoever has just made it is about to put a file there.
  if (is_there && folder.st_mtime <= now - std::min(age, time_for_first_file).count()) {
    files.rmdir(all.c_str()); // if it is empty
  }
}

} // namespace dualcam
