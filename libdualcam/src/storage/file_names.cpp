#include "dualcam/storage/file_names.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include <stdio.h>
#include <sys/stat.h>

#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file_system.hpp"
#include "dualcam/storage/name_length.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr unsigned few = 8; ///< so many numbers are looked at one by one

} // namespace

fs::path numbered(const fs::path& path, unsigned number) {
  if (number == 0) {
    return path;
  }
  const auto tail = '_' + std::to_string(number) + path.extension().string();
  const auto room = longest_name - std::min(longest_name, tail.size());
  return path.parent_path() / (cut_name(path.stem().string(), room) + tail);
}

Result<unsigned> free_number(const fs::path& name, const std::function<bool(unsigned)>& is_taken,
                             unsigned first) {
  auto free = first;
  auto taken = first; // all numbers up to here are, or nearly
  for (unsigned step = 1; is_taken(free); step = free - first < few ? 1 : step * 2) {
    if (free == most_numbers) { // maybe there is a gap
      free = first;
      while (free < most_numbers && is_taken(free)) {
        ++free;
      }
      return free < most_numbers ? Result<unsigned>(free)
                                 : io_error("find a free name for", name, EEXIST);
    }
    taken = free;
    free = std::min(free + step, most_numbers);
  }
  while (free > taken + 1) {
    const auto middle = taken + (free - taken) / 2;
    (is_taken(middle) ? taken : free) = middle;
  }
  return free;
}

bool is_taken(const fs::path& path) {
  struct stat status{};
  return FileSystem::current().lstat(path.c_str(), &status) == 0 ||
         (errno != ENOENT && errno != ENAMETOOLONG);
}

bool are_one_file(const fs::path& a, const fs::path& b) {
  auto& files = FileSystem::current();
  struct stat status_a{};
  struct stat status_b{};
  return files.lstat(a.c_str(), &status_a) == 0 && files.lstat(b.c_str(), &status_b) == 0 &&
         status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino;
}

int rename_to_free_name(const fs::path& from, const fs::path& to) {
  auto& files = FileSystem::current();
  const int renamed =
      uninterrupted([&] { return files.rename(from.c_str(), to.c_str(), RENAME_NOREPLACE); });
  if (renamed == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  // this file system knows no RENAME_NOREPLACE; an earlier attempt may have got as far as the link
  if (files.link(from.c_str(), to.c_str()) != 0 && (errno != EEXIST || !are_one_file(from, to))) {
    return errno;
  }
  if (!sync_folder_of(to)) { // or a power cut might take both
    return EIO;
  }
  return files.unlink(from.c_str()) == 0 ? 0 : errno;
}

int rename_over(const fs::path& from, const fs::path& to) {
  auto& files = FileSystem::current();
  return uninterrupted([&] { return files.rename(from.c_str(), to.c_str(), 0); }) == 0 ? 0 : errno;
}

fs::path with_suffix(fs::path path, std::string_view suffix) {
  path += suffix;
  return path;
}

} // namespace dualcam
