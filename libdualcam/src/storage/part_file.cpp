#include "dualcam/storage/part_file.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "storage/part_names.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// Locked, and still what has the name: its last holder may have finished it between our opening
/// and our locking it. False: somebody else holds it, or it has gone.
Result<bool> take(File& file) {
  const auto locked = file.try_lock();
  return locked && *locked ? Result<bool>(file.is_named()) : locked;
}

/// Opens or creates a part, and locks it. nullopt: somebody else holds it.
Result<std::optional<File>> open_or_create(const fs::path& path) {
  while (true) {
    auto file = File::open(path, O_RDWR | O_CREAT);
    if (!file) {
      return io_error("create", path, file.error());
    }
    const auto locked = file->try_lock();
    if (!locked || !*locked) {
      return locked ? Result<std::optional<File>>() : std::unexpected(locked.error());
    }
    if (file->is_named()) {
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
          final_name,
          [&](unsigned each) { return is_taken(with_suffix(numbered(final_name, each), ".part")); },
          number);
      if (!next) {
        return std::unexpected(next.error());
      }
      number = *next;
    }
    const auto path = with_suffix(numbered(final_name, number), ".part");
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
    return file.error() == ENOENT ? Result<std::optional<PartFile>>()
                                  : io_error("open", path, file.error());
  }
  const auto taken = take(*file);
  if (!taken) {
    return std::unexpected(taken.error());
  }
  return *taken ? std::optional(PartFile(std::move(*file), final_name)) : std::nullopt;
}

Result<void> PartFile::truncate(std::uint64_t size) {
  const auto done = file_.truncate(size);
  end_ = done ? size : end_;
  return done;
}

Result<void> PartFile::append(std::span<const Bytes> pieces) {
  const auto written = file_.write(end_, pieces);
  for (const auto piece : pieces) {
    end_ += written ? piece.size() : 0;
  }
  return written;
}

Result<void> PartFile::sync() { return file_.sync(); }

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

Result<bool> PartFile::take_name(const fs::path& name, IfExists if_exists) {
  const int error = if_exists == IfExists::replace ? rename_over(path(), name)
                                                   : rename_to_free_name(path(), name);
  if (error != 0 && (error != EEXIST || if_exists == IfExists::replace)) {
    return io_error("create", name, error);
  }
  if (error == 0) {
    file_.set_path(name);
    file_.close();
  }
  return error == 0;
}

void PartFile::discard() {
  FileSystem::current().unlink(path().c_str());
  file_.close();
}

} // namespace dualcam
