#include "dualcam/storage/state_folder.hpp"

#include <algorithm>
#include <array>
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

/// Then it is written anew, without what does not count any more.
constexpr std::uint64_t longest_before_shortening = 65'536;

/// What a power cut has torn before it spoils no other line.
Result<void> append_line(File& file, const std::string& line) {
  const auto size = file.size();
  if (!size) {
    return std::unexpected(size.error());
  }
  std::array<std::byte, 1> last{};
  const auto read = file.read(*size - std::min<std::uint64_t>(*size, 1), last);
  if (!read) {
    return std::unexpected(read.error());
  }
  const auto before = *size == 0               ? std::string(camera_state_version) + '\n'
                      : as_text(*read) == "\n" ? std::string()
                                               : std::string("\n");
  return file.append(as_bytes(before + line + '\n'));
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

Result<CameraState> StateFolder::read() const {
  const auto file = File::open(path_, O_RDONLY);
  if (!file) {
    return file.error() == ENOENT ? Result<CameraState>() : io_error("open", path_, file.error());
  }
  const auto size = file->size();
  if (!size) {
    return std::unexpected(size.error());
  }
  ByteBuffer text(std::min<std::uint64_t>(*size, longest_camera_state));
  const auto read = file->read(*size - text.size(), text); // what is newest counts most
  return read ? Result<CameraState>(decode_camera_state(*read, imei_))
              : std::unexpected(read.error());
}

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
  auto size = file->size();
  if (size && *size > longest_before_shortening) {
    const auto done = shorten(*file, barrier);
    size = done ? file->size() : std::unexpected(done.error());
  }
  if (!size) {
    return std::unexpected(size.error());
  }
  if (const auto written = append_line(*file, line); !written) {
    return written;
  }
  if (*size == 0 || !FileSystem::current().is_durable(path_)) {
    barrier.add_folder(folder_of(path_), path_);
  }
  barrier.add(Barrier::Late{path_});
  return {};
}

/// Puts a shorter one that says as much in its place.
Result<void> StateFolder::shorten(File& file, Barrier& barrier) const {
  const auto state = read();
  if (!state) {
    return std::unexpected(state.error());
  }
  const auto text = encode_camera_state(*state);
  if (const auto size = file.size(); !size || text.size() > *size / 2) { // not worth it
    return size ? Result<void>() : std::unexpected(size.error());
  }
  const auto path = with_suffix(path_, ".new");
  auto shorter = File::open(path, O_RDWR | O_APPEND | O_CREAT | O_TRUNC);
  if (!shorter) {
    return io_error("create", path, shorter.error());
  }
  const auto locked = shorter->try_lock();
  const auto written = locked ? shorter->append(as_bytes(text)) : std::unexpected(locked.error());
  const auto synced = written ? shorter->sync() : written;
  if (!synced) {
    return synced;
  }
  if (const int error = rename_over(path, path_); error != 0) {
    return io_error("rename", path, error);
  }
  barrier.add_folder(folder_of(path_), path_);
  shorter->set_path(path_);
  file = std::move(*shorter);
  return {};
}

Result<void> StateFolder::mark(const std::string& line) {
  auto file = open_locked(0);
  if (!file || !*file) {
    return file ? Result<void>() : std::unexpected(file.error());
  }
  return append_line(**file, line);
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
    const auto state = StateFolder(root, imei.value_or(0)).read();
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
