#include "dualcam/storage/resumable_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view part_suffix = ".part";
constexpr std::string_view checkpoint_suffix = ".part.checkpoint";
/// What proves the camera's file to be this one has at least a full packet (a photo's last packet
/// may be two bytes that every JPEG ends in) and is no padding. So far back it is looked for.
constexpr std::uint32_t longest_overlap = 64;

fs::path with_suffix(fs::path path, std::string_view suffix) {
  path += suffix;
  return path;
}

fs::path without_suffix(const fs::path& path, std::string_view suffix) {
  const auto text = path.string();
  return text.substr(0, text.size() - suffix.size());
}

/// nullopt: there is none, or what is there is no checkpoint.
Result<std::optional<Checkpoint>> read_checkpoint(const fs::path& path) {
  const auto text = read_small_file(path, longest_checkpoint);
  if (!text) {
    return std::unexpected(text.error());
  }
  auto checkpoint = decode_checkpoint(*text);
  return checkpoint ? std::optional(std::move(*checkpoint)) : std::nullopt;
}

Result<void> collect_checkpoints(const FolderTree& tree, std::vector<fs::path>& found) {
  const auto root = tree.root.empty() ? fs::path(".") : tree.root;
  std::error_code error;
  fs::directory_iterator entry(root, error);
  while (error == std::errc::interrupted) {
    entry = fs::directory_iterator(root, error);
  }
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    const auto path = tree.root / entry->path().filename();
    std::error_code ignored;
    if (tree.levels > 0 && path.filename() != state_folder_name &&
        entry->status(ignored).type() == fs::file_type::directory) {
      const auto collected = collect_checkpoints({path, tree.levels - 1}, found);
      if (!collected) {
        return collected;
      }
    } else if (path.native().ends_with(checkpoint_suffix)) {
      found.push_back(path);
    }
  }
  const bool nothing_there =
      error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  return !error || nothing_there ? Result<void>() : io_error("read", root, error.value());
}

Result<std::vector<fs::path>> checkpoints_in(const FolderTree& tree) {
  std::vector<fs::path> found;
  const auto collected = collect_checkpoints(tree, found);
  return collected ? Result<std::vector<fs::path>>(std::move(found))
                   : std::unexpected(collected.error());
}

fs::path part_of(const fs::path& checkpoint) {
  return with_suffix(without_suffix(checkpoint, checkpoint_suffix), part_suffix);
}

/// Moves a part that its caller holds, with its checkpoint, to a name that the caller has reserved.
Result<void> move_part(const fs::path& part, const fs::path& target) {
  const auto checkpoint = with_suffix(part, ".checkpoint");
  const auto target_checkpoint = with_suffix(target, ".checkpoint");
  const auto rename = [](const fs::path& from, const fs::path& to) {
    return uninterrupted([&] { return ::rename(from.c_str(), to.c_str()); }) == 0 ? 0 : errno;
  };
  // First the checkpoint: while the part has its old name, too, nobody else begins one there.
  if (const int error = rename(checkpoint, target_checkpoint); error != 0 && error != ENOENT) {
    return io_error("rename", checkpoint, error);
  }
  if (const int error = rename(part, target); error != 0) {
    (void)rename(target_checkpoint, checkpoint);
    return io_error("rename", part, error);
  }
  return sync_folder_of(target);
}

/// Gives a part that its caller holds a number of its own. Others may look for one at the same
/// time, and begin parts: a name belongs to whoever holds the part of it.
Result<fs::path> set_aside(const fs::path& part, const fs::path& final_name) {
  for (unsigned number = 1; number < most_numbers; ++number) {
    auto target = with_suffix(numbered(final_name, number), part_suffix);
    if (is_taken(target) || is_taken(with_suffix(target, ".checkpoint"))) {
      continue;
    }
    auto reserved = PartFile::reserve(target);
    if (!reserved) {
      return std::unexpected(reserved.error());
    }
    if (!*reserved) {
      continue;
    }
    if (const auto moved = move_part(part, target); !moved) {
      (*reserved)->discard();
      return std::unexpected(moved.error());
    }
    return target;
  }
  return io_error("find a free name for", part, EEXIST);
}

bool is_same_data(const HeldData& a, const HeldData& b) {
  return a.packets == b.packets && a.bytes == b.bytes && a.crc == b.crc;
}

std::unexpected<Error> not_as_verified(const fs::path& path, const HeldData& found,
                                       const HeldData& verified) {
  const auto text = [](const HeldData& data) {
    return std::to_string(data.bytes) + " bytes, CRC " + hex16(data.crc);
  };
  return std::unexpected(Error{ErrorCategory::crc, 0,
                               path.string() + " is not what was verified: " + text(found) +
                                   " instead of " + text(verified)});
}

/// If another file's part has the name, and nobody holds it, it gets another one.
Result<void> keep_other(const fs::path& final_name) {
  const auto path = with_suffix(final_name, part_suffix);
  const auto other = PartFile::open(path, final_name);
  const auto size = other && *other ? (*other)->size() : Result<std::uint64_t>(0);
  if (!other || !size) {
    return std::unexpected(other ? size.error() : other.error());
  }
  const auto kept = *size > 0 ? set_aside(path, final_name) : path;
  return kept ? Result<void>() : std::unexpected(kept.error());
}

} // namespace

// --- beginning and finding ---

Result<ResumableFile> ResumableFile::create(const fs::path& final_name, FileIdentity identity) {
  if (const auto kept = keep_other(final_name); !kept) {
    return std::unexpected(kept.error());
  }
  auto part = PartFile::create(final_name, Leftover::keep);
  if (!part) {
    return std::unexpected(part.error());
  }
  auto checkpoint = with_suffix(part->path(), ".checkpoint");
  ResumableFile file(std::move(*part), std::move(checkpoint), std::move(identity));
  if (const auto begun = file.begin_checkpoint(); !begun) {
    file.discard(); // nothing is in it yet
    return std::unexpected(begun.error());
  }
  return file;
}

Result<void> ResumableFile::begin_checkpoint() {
  checkpoint_ = uninterrupted([&] {
    return ::open(checkpoint_path_.c_str(),
                  O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  });
  if (checkpoint_ < 0) {
    return io_error("create", checkpoint_path_, errno);
  }
  const auto nothing = held_line({}, header_);
  const auto written = write_checkpoint(0, header_ + nothing + nothing);
  return written ? sync_folder_of(checkpoint_path_) : written;
}

Result<std::optional<ResumableFile>> ResumableFile::find(const FolderTree& tree,
                                                         const FileIdentity& identity) {
  const auto paths = checkpoints_in(tree);
  if (!paths) {
    return std::unexpected(paths.error());
  }
  std::optional<ResumableFile> best;
  for (const auto& path : *paths) {
    auto file = adopt(path, identity);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (*file && (!best || (*file)->data_.bytes > best->data_.bytes)) {
      best = std::move(**file);
    }
  }
  if (best) {
    if (const auto continued = best->continue_checkpoint(); !continued) {
      return std::unexpected(continued.error());
    }
  }
  return best;
}

/// The file of this checkpoint, locked, if it is the one asked for.
Result<std::optional<ResumableFile>> ResumableFile::adopt(const fs::path& path,
                                                          const FileIdentity& identity) {
  const auto is_wanted = [&](const Result<std::optional<Checkpoint>>& read) {
    return read && *read && !(*read)->replaced && same_file((*read)->identity, identity);
  };
  auto checkpoint = read_checkpoint(path);
  if (!is_wanted(checkpoint)) {
    return checkpoint ? Result<std::optional<ResumableFile>>()
                      : std::unexpected(checkpoint.error());
  }
  const auto part_path = part_of(path);
  auto part = PartFile::open(part_path, without_suffix(path, checkpoint_suffix));
  if (!part || !*part) {
    return part ? Result<std::optional<ResumableFile>>() : std::unexpected(part.error());
  }
  checkpoint = read_checkpoint(path); // now that nobody else writes it
  if (!is_wanted(checkpoint)) {
    return checkpoint ? Result<std::optional<ResumableFile>>()
                      : std::unexpected(checkpoint.error());
  }
  ResumableFile file(std::move(**part), path, std::move((*checkpoint)->identity));
  const auto trusted = file.trust((*checkpoint)->held);
  file.skip_compared(**checkpoint);
  return trusted ? Result<std::optional<ResumableFile>>(std::move(file))
                 : std::unexpected(trusted.error());
}

/// Takes over the newest claim that the data bears out.
Result<void> ResumableFile::trust(const std::array<std::optional<HeldData>, 2>& lines) {
  const unsigned newest = lines[1] && (!lines[0] || lines[1]->packets > lines[0]->packets) ? 1 : 0;
  for (const auto line : {newest, 1 - newest}) {
    if (!lines[line] || lines[line]->packets == 0) {
      continue;
    }
    const auto borne_out = bears_out(*lines[line]);
    if (!borne_out) {
      return std::unexpected(borne_out.error());
    }
    if (*borne_out) {
      data_ = saved_ = *lines[line];
      next_line_ = 1 - line;
      return {};
    }
  }
  return {};
}

/// What was compared once need not be again: or a link that is often lost gets no further in a long
/// stretch of padding, which proves nothing and so is compared as a whole.
void ResumableFile::skip_compared(const Checkpoint& checkpoint) {
  auto& from = resume_point_;
  if (checkpoint.compared_of != data_.packets || from.held != data_.packets) {
    return;
  }
  while (from.number <= checkpoint.compared && from.number < from.held) {
    const auto packet = Bytes(from.overlap).first(data_.packet_size);
    from.crc = crc16(packet, from.crc);
    from.offset += packet.size();
    ++from.number;
    from.overlap.erase(from.overlap.begin(), from.overlap.begin() + data_.packet_size);
  }
}

/// What the process before us wrote may not be durable yet.
Result<void> ResumableFile::continue_checkpoint() {
  checkpoint_ = uninterrupted(
      [&] { return ::open(checkpoint_path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW); });
  if (checkpoint_ < 0) {
    return io_error("open", checkpoint_path_, errno);
  }
  if (uninterrupted([&] { return ::fdatasync(checkpoint_); }) != 0) {
    return io_error("sync", checkpoint_path_, errno);
  }
  const auto truncated = part_.truncate(data_.bytes);
  return truncated ? sync_folder_of(checkpoint_path_) : truncated;
}

/// Whether the data is what the checkpoint claims; if so the resume point is set.
Result<bool> ResumableFile::bears_out(const HeldData& held) {
  const auto size = part_.size();
  if (!size || *size < held.bytes) {
    return size ? Result<bool>(false) : std::unexpected(size.error());
  }
  ResumePoint from{held.packets + 1, held.packets, 0, 0, {}};
  Distinction distinction;
  std::uint64_t begin = held.bytes;
  for (std::uint32_t count = 0; count < longest_overlap && from.number > 1; ++count) {
    const auto end = begin;
    begin = std::uint64_t{--from.number - 1} * held.packet_size;
    ByteBuffer packet(end - begin);
    const auto read = part_.read(begin, packet);
    if (!read) {
      return std::unexpected(read.error());
    }
    from.overlap.insert(from.overlap.begin(), packet.begin(), packet.end());
    distinction.add(packet);
    if (from.overlap.size() >= held.packet_size && distinction.is_enough()) {
      break;
    }
  }
  const auto add_block = [&from](Bytes block) { from.crc = crc16(block, from.crc); };
  if (const auto read = part_.read_each(0, begin, add_block); !read) {
    return std::unexpected(read.error());
  }
  if (crc16(from.overlap, from.crc) != held.crc) {
    return false;
  }
  from.offset = begin;
  resume_point_ = std::move(from);
  return true;
}

Result<void> ResumableFile::read_back(const std::function<void(Bytes)>& take) const {
  return part_.read_each(0, data_.bytes, take);
}

// --- growing ---

Result<void> ResumableFile::append(std::span<const Bytes> payloads) {
  auto grown = data_;
  for (const auto payload : payloads) {
    grown.add(payload);
  }
  const auto written = part_.append(payloads);
  if (written) {
    data_ = grown;
  }
  return written;
}

Result<void> ResumableFile::save() {
  if (data_ == saved_) {
    return {};
  }
  if (const auto synced = part_.sync(); !synced) {
    return synced;
  }
  const auto written =
      write_checkpoint(header_.size() + next_line_ * held_line_size, held_line(data_, header_));
  if (written) {
    saved_ = data_;
    next_line_ = 1 - next_line_;
  }
  return written;
}

Result<void> ResumableFile::keep_compared(std::uint32_t next) {
  const auto& from = resume_point_;
  if (data_.packets != from.held || from.held == 0 || next <= from.number || next > from.held + 1) {
    return {};
  }
  return write_checkpoint(header_.size() + 2 * held_line_size,
                          compared_line(next - 1, from.held, header_));
}

Result<void> ResumableFile::write_checkpoint(std::uint64_t offset, std::string_view text) {
  while (!text.empty()) {
    const auto written = uninterrupted([&] {
      return ::pwrite(checkpoint_, text.data(), text.size(), static_cast<off_t>(offset));
    });
    if (written < 0) {
      return io_error("write", checkpoint_path_, errno);
    }
    offset += static_cast<std::uint64_t>(written);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return uninterrupted([&] { return ::fdatasync(checkpoint_); }) == 0
             ? Result<void>()
             : io_error("sync", checkpoint_path_, errno);
}

// --- the end ---

Result<std::optional<StoredFile>> ResumableFile::finish(const Finish& how, StateFolder& state) {
  if (!is_same_data(data_, how.verified)) {
    return not_as_verified(part_.path(), data_, how.verified);
  }
  if (const auto saved = save(); !saved) {
    return std::unexpected(saved.error());
  }
  auto record = read_whole(state);
  if (!record) {
    return std::unexpected(record.error());
  }
  record->identity.metadata = how.metadata;
  const auto part = part_.path();
  std::optional<std::uint64_t> number;
  part_.set_final_name(how.name);
  const auto name = part_.take_name(how.if_exists, [&](const fs::path& next) -> Result<void> {
    if (number) {
      state.remove(*number);
    }
    record->name = state.relative(next);
    const auto added = state.add(*record);
    number = added ? std::optional(*added) : std::nullopt;
    return added ? Result<void>() : std::unexpected(added.error());
  });
  if (number && part_.path() == part) {
    state.remove(*number);
  }
  if (!name) {
    return std::unexpected(name.error());
  }
  if (!*name) { // the part was discarded
    ::unlink(checkpoint_path_.c_str());
    return std::nullopt;
  }
  const auto settled = state.settle({*number, std::move(*record)});
  return settled ? Result<std::optional<StoredFile>>(StoredFile{**name, *number})
                 : std::unexpected(settled.error());
}

/// Where the record's tail is to begin: behind what proves nothing.
Result<std::uint64_t> ResumableFile::find_tail(FileRecord& record) const {
  record.tail.packet = 1;
  if (!is_plausible(data_, identity_.packets)) { // packets of several sizes: the whole file
    return 0;
  }
  Distinction distinction;
  auto begin = data_.bytes;
  for (auto packet = data_.packets; packet > 0; --packet) {
    const auto end = begin;
    begin = std::uint64_t{packet - 1} * data_.packet_size;
    const auto read = part_.read_each(begin, end, [&](Bytes block) { distinction.add(block); });
    if (!read) {
      return std::unexpected(read.error());
    }
    record.tail.packet = packet;
    if (data_.bytes - begin >= shortest_tail && distinction.is_enough()) {
      break;
    }
  }
  return begin;
}

/// The record of the whole file, all of it read; an error if it is not what was appended.
Result<FileRecord> ResumableFile::read_whole(const StateFolder& state) const {
  FileRecord record{identity_, {}, state.relative(part_.path()), data_};
  const auto begin = find_tail(record);
  if (!begin) {
    return std::unexpected(begin.error());
  }
  auto crc = std::uint16_t{0};
  auto read = part_.read_each(0, *begin, [&](Bytes block) { crc = crc16(block, crc); });
  record.crc_before_tail = crc;
  record.tail.bytes = data_.bytes - *begin;
  if (read) {
    read = part_.read_each(*begin, data_.bytes, [&](Bytes block) {
      crc = crc16(block, crc);
      record.tail.crc64 = crc64(block, record.tail.crc64);
    });
  }
  const auto size = part_.size();
  if (!read || !size) {
    return std::unexpected(read ? size.error() : read.error());
  }
  const HeldData found{data_.packets, *size, data_.packet_size, crc};
  return found == data_ ? Result<FileRecord>(std::move(record))
                        : not_as_verified(part_.path(), found, data_);
}

Result<fs::path> ResumableFile::set_aside() {
  const auto line = replaced_line(header_);
  if (const auto marked = write_checkpoint(header_.size() + 2 * held_line_size, line); !marked) {
    return std::unexpected(marked.error());
  }
  auto path = dualcam::set_aside(part_.path(), part_.final_name());
  if (path) {
    part_.set_path(*path);
    checkpoint_path_ = with_suffix(*path, ".checkpoint");
  }
  return path;
}

void ResumableFile::discard() {
  part_.discard();
  ::unlink(checkpoint_path_.c_str());
}

ResumableFile::ResumableFile(PartFile part, fs::path checkpoint, FileIdentity identity)
    : part_(std::move(part)), checkpoint_path_(std::move(checkpoint)),
      identity_(std::move(identity)), header_(checkpoint_header(identity_)) {}

ResumableFile::ResumableFile(ResumableFile&& other) noexcept
    : part_(std::move(other.part_)), checkpoint_path_(std::move(other.checkpoint_path_)),
      checkpoint_(std::exchange(other.checkpoint_, -1)), identity_(std::move(other.identity_)),
      header_(std::move(other.header_)), next_line_(other.next_line_), data_(other.data_),
      saved_(other.saved_), resume_point_(std::move(other.resume_point_)) {}

ResumableFile& ResumableFile::operator=(ResumableFile&& other) noexcept {
  std::swap(part_, other.part_);
  std::swap(checkpoint_path_, other.checkpoint_path_);
  std::swap(checkpoint_, other.checkpoint_);
  std::swap(identity_, other.identity_);
  std::swap(header_, other.header_);
  std::swap(next_line_, other.next_line_);
  std::swap(data_, other.data_);
  std::swap(saved_, other.saved_);
  std::swap(resume_point_, other.resume_point_);
  return *this;
}

ResumableFile::~ResumableFile() {
  if (checkpoint_ >= 0) {
    ::close(checkpoint_);
  }
}

// --- tidying up ---

std::vector<fs::path> remove_abandoned(const FolderTree& tree, std::chrono::seconds age) {
  std::vector<fs::path> removed;
  for (const auto& path : checkpoints_in(tree).value_or(std::vector<fs::path>())) {
    std::error_code error;
    const auto changed = fs::last_write_time(path, error);
    const auto checkpoint = read_checkpoint(path);
    if (error || fs::file_time_type::clock::now() - changed < age || !checkpoint || !*checkpoint) {
      continue;
    }
    const auto part_path = part_of(path);
    auto part = PartFile::open(part_path, part_path);
    if (part && *part) {
      (*part)->discard();
      removed.push_back(part_path);
    }
    if (!is_taken(part_path)) {
      ::unlink(path.c_str());
    }
  }
  return removed;
}

} // namespace dualcam
