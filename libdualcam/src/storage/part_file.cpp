#include "dualcam/storage/part_file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/file_names.hpp"
#include "storage/part_names.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// So much room is asked for at a time, in bytes: what grows more in one go needs none.
constexpr std::uint64_t much_room = 131'072;

/// So many bytes from the end of the pieces, which are left without them.
ByteBuffer take_last(std::vector<Bytes>& pieces, std::size_t count) {
  ByteBuffer last(count);
  while (count > 0) {
    auto& piece = pieces.back();
    const auto size = std::min(count, piece.size());
    count -= size;
    std::ranges::copy(piece.last(size), last.begin() + static_cast<std::ptrdiff_t>(count));
    piece = piece.first(piece.size() - size);
    if (piece.empty()) {
      pieces.pop_back();
    }
  }
  return last;
}

/// Locked, and still what has the name: whoever had it locked may have finished it between our
/// opening and our locking it. False: somebody else has locked it, or it has gone.
Result<bool> take(File& file) {
  const auto locked = file.try_lock();
  return locked && *locked ? file.is_named() : locked;
}

/// Opens or creates a part, and locks it. nullopt: somebody else has locked it, or a link has its
/// name.
Result<std::optional<File>> open_or_create(const fs::path& path) {
  auto& files = FileSystem::current();
  struct stat status{};
  while (true) {
    auto file = File::open(path, O_RDWR | O_CREAT);
    if (!file && file.error() == ELOOP && files.lstat(path.c_str(), &status) == 0) {
      return std::nullopt;
    }
    if (!file) {
      return io_error("create", path, file.error());
    }
    const auto locked = file->try_lock();
    if (!locked || !*locked) {
      return locked ? Result<std::optional<File>>() : std::unexpected(locked.error());
    }
    const auto named = file->is_named();
    if (!named) {
      return std::unexpected(named.error());
    }
    if (*named) {
      return std::move(*file);
    }
  }
}

} // namespace

Result<PartFile> PartFile::create(const fs::path& final_name, Leftover leftover,
                                  const std::function<Result<bool>(const fs::path&)>& is_free) {
  for (unsigned number = 0; number < most_numbers; ++number) {
    if (number > 0 && leftover == Leftover::keep) {
      const auto next = free_number(
          final_name, [&](unsigned each) { return is_taken(part_of(numbered(final_name, each))); },
          number);
      if (!next) {
        return std::unexpected(next.error());
      }
      number = *next;
    }
    const auto path = part_of(numbered(final_name, number));
    const auto free = is_free ? is_free(path) : Result<bool>(true);
    if (!free) {
      return std::unexpected(free.error());
    }
    if (!*free) {
      continue;
    }
    auto file = open_or_create(path);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (!*file) {
      continue;
    }
    PartFile part(std::move(**file), final_name);
    const auto size = part.size();
    if (!size) {
      return std::unexpected(size.error());
    }
    if (*size > 0 && leftover == Leftover::keep) {
      continue;
    }
    const auto emptied = *size > 0 ? part.truncate(0) : Result<void>();
    return emptied ? Result<PartFile>(std::move(part)) : std::unexpected(emptied.error());
  }
  return io_error("find a free name for", final_name, EEXIST);
}

Result<std::optional<PartFile>> PartFile::lock(const fs::path& part, const fs::path& final_name) {
  auto file = open_or_create(part);
  if (!file) {
    return std::unexpected(file.error());
  }
  return *file ? std::optional(PartFile(std::move(**file), final_name)) : std::nullopt;
}

Result<std::optional<PartFile>> PartFile::reserve(const fs::path& path) {
  auto file = File::open(path, O_RDWR | O_CREAT | O_EXCL);
  if (!file) {
    return file.error() == EEXIST ? Result<std::optional<PartFile>>()
                                  : io_error("create", path, file.error());
  }
  const auto taken = take(*file);
  if (!taken) {
    return std::unexpected(taken.error());
  }
  return *taken ? std::optional(PartFile(std::move(*file), path)) : std::nullopt;
}

Result<std::optional<PartFile>> PartFile::open(const fs::path& path, const fs::path& final_name,
                                               Access access) {
  auto file = File::open(path, access == Access::read ? O_RDONLY : O_RDWR);
  if (!file) {
    return file.error() == ENOENT || file.error() == ELOOP // a link is no part
               ? Result<std::optional<PartFile>>()
               : io_error("open", path, file.error());
  }
  const auto taken = take(*file);
  if (!taken) {
    return std::unexpected(taken.error());
  }
  return *taken ? std::optional(PartFile(std::move(*file), final_name)) : std::nullopt;
}

Result<void> PartFile::truncate(std::uint64_t size) {
  const auto done = file_->truncate(size);
  if (done) {
    end_ = size;
    room_ = 0;
    tail_.reset();
  }
  return done;
}

Result<std::uint64_t> PartFile::size() const {
  const auto written = file_->size();
  return written ? Result<std::uint64_t>(*written + held_back().size()) : written;
}

Result<Bytes> PartFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  const auto tail = held_back();
  std::size_t count = 0;
  if (tail.empty() || offset < end_) {
    const auto in_file = tail.empty() ? into.size() : std::min(into.size(), end_ - offset);
    const auto read = file_->read(offset, into.first(in_file));
    count = read ? read->size() : 0;
    if (!read || count < in_file) {
      return read;
    }
  }
  if (const auto at = offset + count - end_; at < tail.size()) {
    const auto more = tail.subspan(at, std::min(into.size() - count, tail.size() - at));
    std::ranges::copy(more, into.subspan(count).begin());
    count += more.size();
  }
  return Bytes(into.first(count));
}

Result<void> PartFile::read_each(std::uint64_t begin, std::uint64_t end,
                                 const std::function<void(Bytes)>& take) const {
  const auto in_file = held_back().empty() ? end : std::min(end, std::max(begin, end_));
  const auto read = file_->read_each(begin, in_file, take);
  if (read && in_file < end) {
    take(held_back().subspan(in_file - end_, end - in_file));
  }
  return read;
}

Result<void> PartFile::append(std::span<const Bytes> pieces, Tail tail) {
  std::vector<Bytes> all{held_back()};
  all.insert(all.end(), pieces.begin(), pieces.end());
  std::uint64_t size = 0;
  for (const auto piece : all) {
    size += piece.size();
  }
  const auto beyond_blocks = (end_ + size) % checkpoint_block;
  auto last = tail == Tail::held_back && beyond_blocks <= longest_tail
                  ? take_last(all, std::min(beyond_blocks, size))
                  : ByteBuffer();
  size -= last.size();
  const auto written = size > 0 ? file_->write(end_, all) : Result<void>();
  if (written) {
    end_ += size;
    tail_ = last.empty() ? nullptr : std::make_shared<const ByteBuffer>(std::move(last));
  }
  return written;
}

void PartFile::make_room(std::uint64_t synced, std::uint64_t whole) {
  const auto end = std::min(end_ + much_room, whole);
  if (end_ > room_ && end > end_ && end_ - synced < much_room) {
    file_->make_room(synced, end);
    room_ = end;
  }
}

Result<void> PartFile::give_room_back() {
  const auto given = room_ > end_ ? file_->truncate(end_) : Result<void>();
  room_ = given ? 0 : room_;
  return given;
}

Result<void> PartFile::sync() {
  const auto written = append({});
  return written ? file_->sync() : written;
}

Result<std::optional<fs::path>> PartFile::finish(IfExists if_exists) {
  if (const auto synced = sync(); !synced) {
    return std::unexpected(synced.error());
  }
  while (true) {
    const auto number = number_for(final_name_, if_exists);
    if (!number) {
      return std::unexpected(number.error());
    }
    const auto name = numbered(final_name_, *number);
    const auto named = take_name(name, if_exists);
    if (!named) {
      return std::unexpected(named.error());
    }
    if (*named) {
      const auto synced = sync_folder_of(name);
      return synced ? Result<std::optional<fs::path>>(name) : std::unexpected(synced.error());
    }
    if (if_exists == IfExists::skip) {
      discard();
      return std::nullopt;
    }
    if (if_exists == IfExists::fail) {
      return io_error("create", name, EEXIST);
    }
  }
}

Result<void> PartFile::check_named() const {
  const auto named = file_->is_named();
  if (named && !*named) {
    return std::unexpected(
        Error{ErrorCategory::io, 0,
              path().string() + " is not the file that was written any more: somebody has moved, "
                                "replaced or removed it, or a folder above it"});
  }
  return named ? Result<void>() : std::unexpected(named.error());
}

Result<bool> PartFile::take_name(const fs::path& name, IfExists if_exists) {
  if (const auto named = check_named(); !named) {
    return std::unexpected(named.error());
  }
  const int error = if_exists == IfExists::replace ? rename_over(path(), name)
                                                   : rename_to_free_name(path(), name);
  if (error != 0 && (error != EEXIST || if_exists == IfExists::replace)) {
    return io_error("create", name, error);
  }
  if (error != 0) {
    return false;
  }
  file_->set_path(name);
  if (const auto named = check_named(); !named) {
    return std::unexpected(named.error());
  }
  file_->close();
  return true;
}

void PartFile::discard() {
  FileSystem::current().unlink(path().c_str());
  file_->close();
}

} // namespace dualcam
