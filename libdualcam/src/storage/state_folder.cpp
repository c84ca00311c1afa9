#include "dualcam/storage/state_folder.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/part_file.hpp"
#include "dualcam/wire/crc64.hpp"
#include "dualcam/wire/message.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".record";
constexpr unsigned most_attempts =
    1000; ///< others may create records, and tidy up, at the same time

std::optional<std::uint64_t> number_of(const fs::path& name) {
  const auto& text = name.native();
  return text.ends_with(suffix)
             ? number<std::uint64_t>(std::string_view(text).substr(0, text.size() - suffix.size()))
             : std::nullopt;
}

/// The names in a folder; none if it is not there.
Result<std::vector<fs::path>> names_in(const fs::path& folder) {
  std::vector<fs::path> names;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  while (error == std::errc::interrupted) {
    entry = fs::directory_iterator(folder, error);
  }
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename());
  }
  const bool nothing_there =
      error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  return !error || nothing_there ? Result<std::vector<fs::path>>(std::move(names))
                                 : io_error("read", folder, error.value());
}

Result<std::uint64_t> crc64_of(const PartFile& file, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t crc = 0;
  const auto read = file.read_each(begin, end, [&](Bytes block) { crc = crc64(block, crc); });
  return read ? Result<std::uint64_t>(crc) : std::unexpected(read.error());
}

/// The highest first.
Result<std::vector<std::uint64_t>> numbers_in(const fs::path& folder) {
  const auto names = names_in(folder);
  if (!names) {
    return std::unexpected(names.error());
  }
  std::vector<std::uint64_t> numbers;
  for (const auto& name : *names) {
    if (const auto number = number_of(name)) {
      numbers.push_back(*number);
    }
  }
  std::ranges::sort(numbers, std::greater());
  return numbers;
}

} // namespace

StateFolder::StateFolder(fs::path root, std::uint64_t imei)
    : root_(std::move(root)), folder_(root_ / state_folder_name / format_imei(imei)) {}

fs::path StateFolder::absolute(const fs::path& relative) const { return root_ / relative; }

fs::path StateFolder::relative(const fs::path& path) const {
  return root_.empty() ? path : path.lexically_relative(root_);
}

fs::path StateFolder::path_of(std::uint64_t number) const {
  return folder_ / (std::to_string(number) + std::string(suffix));
}

Result<std::vector<StateFolder::Entry>> StateFolder::entries() const {
  const auto numbers = numbers_in(folder_);
  if (!numbers) {
    return std::unexpected(numbers.error());
  }
  std::vector<Entry> entries;
  for (const auto number : *numbers) {
    const auto text = read_small_file(path_of(number), longest_file_record);
    if (!text) {
      return std::unexpected(text.error());
    }
    auto record = decode_file_record(*text);
    if (record && (entries.size() < remembered_files || !record->said)) {
      entries.push_back({number, std::move(*record)});
    }
  }
  return entries;
}

Result<std::uint64_t> StateFolder::add(const FileRecord& record) {
  const auto text = encode_file_record(record);
  for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
    const auto root = root_.empty() ? fs::path(".") : root_;
    if (const auto created = create_folders(root, folder_); !created) {
      return std::unexpected(created.error());
    }
    const auto numbers = numbers_in(folder_);
    if (!numbers) {
      return std::unexpected(numbers.error());
    }
    const auto number = numbers->empty() ? 1 : numbers->front() + 1;
    const auto path = path_of(number);
    const int descriptor = uninterrupted([&] {
      return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    });
    if (descriptor < 0 && errno != EEXIST && errno != ENOENT) {
      return io_error("create", path, errno);
    }
    if (descriptor < 0) {
      continue; // somebody else was quicker
    }
    if (const auto written = write(descriptor, path, text); !written) {
      ::unlink(path.c_str());
      return std::unexpected(written.error());
    }
    for (auto i = remembered_files - 1; i < numbers->size(); ++i) {
      const auto old = read_small_file(path_of((*numbers)[i]), longest_file_record);
      const auto decoded = old ? decode_file_record(*old) : std::unexpected(old.error());
      if (!decoded || decoded->said || !decoded->named) {
        remove((*numbers)[i]);
      }
    }
    return number;
  }
  return io_error("find a free name in", folder_, EEXIST);
}

/// Closes the descriptor.
Result<void> StateFolder::write(int descriptor, const fs::path& path, std::string_view text) {
  const std::array pieces{as_bytes(text)};
  auto written = write_all(descriptor, pieces, path);
  if (written && uninterrupted([&] { return ::fsync(descriptor); }) != 0) {
    written = io_error("sync", path, errno);
  }
  ::close(descriptor);
  return written ? sync_folder_of(path) : written;
}

void StateFolder::remove(std::uint64_t number) { ::unlink(path_of(number).c_str()); }

Result<void> StateFolder::append_line(std::uint64_t number, std::string_view line) {
  const auto path = path_of(number);
  const int descriptor = uninterrupted(
      [&] { return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW); });
  if (descriptor < 0) {
    return errno == ENOENT ? Result<void>() : io_error("open", path, errno);
  }
  const std::array pieces{as_bytes(line)};
  const auto written = write_all(descriptor, pieces, path);
  ::close(descriptor);
  return written;
}

Result<std::vector<StateFolder::Entry>> StateFolder::known(const FileIdentity& identity) const {
  auto all = entries();
  if (!all) {
    return all;
  }
  std::vector<Entry> result;
  for (auto& entry : *all) {
    const auto& record = entry.record;
    if (!same_file(record.identity, identity)) {
      continue;
    }
    const auto is_stored = record.named ? Result<bool>(true) : bears_out(record);
    if (!is_stored) {
      return std::unexpected(is_stored.error());
    }
    if (*is_stored) {
      result.push_back(std::move(entry));
    }
  }
  return result;
}

/// Whether the file under the record's name ends as the record says.
Result<bool> StateFolder::bears_out(const FileRecord& record) const {
  const auto path = absolute(record.name);
  const auto file = PartFile::open(path, path, Access::read);
  if (!file || !*file) {
    return file ? Result<bool>(false) : std::unexpected(file.error());
  }
  const auto size = (*file)->size();
  if (!size || *size != record.data.bytes) {
    return size ? Result<bool>(false) : std::unexpected(size.error());
  }
  const auto crc = crc64_of(**file, *size - record.tail.bytes, *size);
  return crc ? Result<bool>(*crc == record.tail.crc64) : std::unexpected(crc.error());
}

Result<bool> StateFolder::settle(const Entry& entry) {
  const auto name = absolute(entry.record.name);
  const auto part = absolute(entry.record.part);
  const bool is_there = is_taken(name);
  if (is_there) {
    if (const auto synced = sync_folder_of(name); !synced) {
      return std::unexpected(synced.error());
    }
  }
  if (is_there && part.parent_path() != name.parent_path()) {
    if (const auto synced = sync_folder_of(part); !synced) {
      return std::unexpected(synced.error());
    }
  }
  auto checkpoint = part;
  checkpoint += ".checkpoint";
  if (!is_taken(part) && ::unlink(checkpoint.c_str()) != 0 && errno != ENOENT) {
    return io_error("remove", checkpoint, errno);
  }
  const auto marked = entry.record.named ? Result<void>() : append_line(entry.number, named_line);
  return marked ? Result<bool>(is_there) : std::unexpected(marked.error());
}

Result<void> StateFolder::mark_said(std::uint64_t number) {
  const auto numbers = numbers_in(folder_);
  if (numbers && numbers->size() > remembered_files && number < (*numbers)[remembered_files - 1]) {
    remove(number);
    return {};
  }
  return append_line(number, said_line);
}

ResumePoint resume_point_for(std::span<const StateFolder::Entry> entries) {
  const auto& first = std::ranges::min_element(entries, {}, [](const auto& entry) {
                        return entry.record.tail.packet;
                      })->record;
  ResumePoint from{first.tail.packet,     0,  first.data.bytes - first.tail.bytes,
                   first.crc_before_tail, {}, {}};
  for (const auto& entry : entries) {
    from.known.push_back(entry.record.tail);
  }
  return from;
}

void remove_old_records(const fs::path& root, std::chrono::seconds age) {
  const auto all = root / state_folder_name;
  const auto imeis = names_in(all).value_or(std::vector<fs::path>());
  const auto now = fs::file_time_type::clock::now();
  for (const auto& imei : imeis) {
    const auto folder = all / imei;
    for (const auto& name : names_in(folder).value_or(std::vector<fs::path>())) {
      std::error_code error;
      const auto changed = fs::last_write_time(folder / name, error);
      if (number_of(name) && !error && now - changed >= age) {
        ::unlink((folder / name).c_str());
      }
    }
    ::rmdir(folder.c_str()); // if it is empty
  }
  ::rmdir(all.c_str());
}

} // namespace dualcam
