#include "dualcam/storage/resumable_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view part_suffix = ".part";
constexpr std::string_view checkpoint_suffix = ".part.checkpoint";
constexpr std::size_t block_size = 262'144;
/// What proves the camera's file to be this one has at least a full packet (a photo's last packet
/// may be two bytes that every JPEG ends in) and is not one repeated byte (padding). So far back it
/// is looked for.
constexpr std::uint32_t longest_overlap = 64;

fs::path with_suffix(fs::path path, std::string_view suffix) {
  path += suffix;
  return path;
}

fs::path without_suffix(const fs::path& path, std::string_view suffix) {
  const auto text = path.string();
  return text.substr(0, text.size() - suffix.size());
}

bool is_uniform(Bytes bytes) {
  return std::ranges::all_of(bytes, [&](std::byte byte) { return byte == bytes.front(); });
}

/// nullopt: there is none, or what is there is no checkpoint.
Result<std::optional<Checkpoint>> read_checkpoint(const fs::path& path) {
  const int descriptor = uninterrupted(
      [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); });
  if (descriptor < 0) {
    return errno == ENOENT || errno == ELOOP ? Result<std::optional<Checkpoint>>()
                                             : io_error("open", path, errno);
  }
  ByteBuffer text(longest_checkpoint);
  std::size_t size = 0;
  ssize_t count = 0;
  do {
    count =
        uninterrupted([&] { return ::read(descriptor, text.data() + size, text.size() - size); });
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
  } while (count > 0 && size < text.size());
  const int error = count < 0 ? errno : 0;
  ::close(descriptor);
  if (error != 0) {
    return io_error("read", path, error);
  }
  auto checkpoint = decode_checkpoint(Bytes(text).first(size));
  return checkpoint ? std::optional(std::move(*checkpoint)) : std::nullopt;
}

Result<void> collect_checkpoints(const FolderTree& tree, std::vector<fs::path>& found) {
  std::error_code error;
  fs::directory_iterator entry(tree.root, error);
  while (error == std::errc::interrupted) {
    entry = fs::directory_iterator(tree.root, error);
  }
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (tree.levels > 0 && entry->status(ignored).type() == fs::file_type::directory) {
      const auto collected = collect_checkpoints({entry->path(), tree.levels - 1}, found);
      if (!collected) {
        return collected;
      }
    } else if (entry->path().native().ends_with(checkpoint_suffix)) {
      found.push_back(entry->path());
    }
  }
  const bool nothing_there =
      error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  return !error || nothing_there ? Result<void>() : io_error("read", tree.root, error.value());
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

/// Checkpoints are files that anybody may have put there.
bool is_below(const fs::path& path, const fs::path& root) {
  const auto relative = path.lexically_relative(root.lexically_normal());
  return !relative.empty() && relative.is_relative() && *relative.begin() != "..";
}

/// Gives a part that its caller holds a number of its own, its checkpoint first: a part without
/// checkpoint is kept, a checkpoint without part is nothing.
Result<fs::path> set_aside(const fs::path& part, const fs::path& final_name) {
  for (unsigned number = 1; number < most_numbers; ++number) {
    const auto target = with_suffix(numbered(final_name, number), part_suffix);
    const auto checkpoint = with_suffix(part, ".checkpoint");
    if (is_taken(target) || is_taken(with_suffix(target, ".checkpoint"))) {
      continue;
    }
    const auto moved = uninterrupted(
        [&] { return ::rename(checkpoint.c_str(), with_suffix(target, ".checkpoint").c_str()); });
    if (moved != 0 && errno != ENOENT) {
      return io_error("rename", checkpoint, errno);
    }
    const int error = rename_to_free_name(part, target);
    if (error == 0) {
      const auto synced = sync_folder_of(target);
      return synced ? Result<fs::path>(target) : std::unexpected(synced.error());
    }
    if (error != EEXIST) {
      return io_error("rename", part, error);
    }
  }
  return io_error("find a free name for", part, EEXIST);
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
  const auto is_free = [](const fs::path& part_path) -> Result<bool> {
    const auto checkpoint = read_checkpoint(with_suffix(part_path, ".checkpoint"));
    if (!checkpoint) {
      return std::unexpected(checkpoint.error());
    }
    return !*checkpoint || !(*checkpoint)->stored_as; // else the record of a stored file
  };
  auto part = PartFile::create(final_name, Leftover::keep, is_free);
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
    auto file = adopt(tree, path, identity);
    if (!file) {
      return std::unexpected(file.error());
    }
    if (*file && (!best || (*file)->data_.bytes > best->data_.bytes)) {
      best = std::move(**file);
    }
  }
  if (best && !best->stored_) {
    if (const auto continued = best->continue_checkpoint(); !continued) {
      return std::unexpected(continued.error());
    }
  }
  return best;
}

/// The file of this checkpoint, locked, if it is the one asked for.
Result<std::optional<ResumableFile>>
ResumableFile::adopt(const FolderTree& tree, const fs::path& path, const FileIdentity& identity) {
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
  const auto& stored_as = (*checkpoint)->stored_as;
  const bool stored = part && !*part && stored_as && !is_taken(part_path);
  if (stored) {
    const auto name = (path.parent_path() / *stored_as).lexically_normal();
    part = is_below(name, tree.root) ? PartFile::open(name, name, Access::read)
                                     : std::optional<PartFile>();
  }
  if (!part || !*part) {
    return part ? Result<std::optional<ResumableFile>>() : std::unexpected(part.error());
  }
  checkpoint = read_checkpoint(path); // now that nobody else writes it
  if (!is_wanted(checkpoint)) {
    return checkpoint ? Result<std::optional<ResumableFile>>()
                      : std::unexpected(checkpoint.error());
  }
  ResumableFile file(std::move(**part), path, std::move((*checkpoint)->identity));
  file.stored_ = stored;
  if (const auto trusted = file.trust((*checkpoint)->held); !trusted) {
    return std::unexpected(trusted.error());
  }
  const auto size = file.part_.size();
  const bool whole = file.data_.packets == file.identity_.packets && size == file.data_.bytes;
  return !stored || whole ? std::optional(std::move(file)) : std::nullopt;
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
  std::uint64_t begin = held.bytes;
  for (std::uint32_t count = 0; count < longest_overlap && from.packet > 1; ++count) {
    const auto end = begin;
    begin = std::uint64_t{--from.packet - 1} * held.packet_size;
    ByteBuffer packet(end - begin);
    const auto read = part_.read(begin, packet);
    if (!read) {
      return std::unexpected(read.error());
    }
    from.overlap.insert(from.overlap.begin(), packet.begin(), packet.end());
    if (from.overlap.size() >= held.packet_size && !is_uniform(from.overlap)) {
      break;
    }
  }
  const auto add_block = [&from](Bytes block) { from.crc = crc16(block, from.crc); };
  if (const auto read = each_block(0, begin, add_block); !read) {
    return std::unexpected(read.error());
  }
  if (crc16(from.overlap, from.crc) != held.crc) {
    return false;
  }
  from.offset = begin;
  resume_point_ = std::move(from);
  return true;
}

Result<void> ResumableFile::each_block(std::uint64_t begin, std::uint64_t end,
                                       const std::function<void(Bytes)>& take) const {
  ByteBuffer buffer(static_cast<std::size_t>(std::min<std::uint64_t>(block_size, end - begin)));
  while (begin < end) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - begin));
    const auto block = part_.read(begin, std::span(buffer).first(wanted));
    if (!block) {
      return std::unexpected(block.error());
    }
    if (block->size() != wanted) {
      return io_error("read", part_.path(), EIO);
    }
    take(*block);
    begin += wanted;
  }
  return {};
}

Result<void> ResumableFile::read_back(const std::function<void(Bytes)>& take) const {
  return each_block(0, data_.bytes, take);
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

Result<std::optional<fs::path>> ResumableFile::finish(const fs::path& final_name,
                                                      IfExists if_exists) {
  if (stored_) {
    const auto synced = sync_folder_of(path());
    return synced ? Result<std::optional<fs::path>>(path()) : std::unexpected(synced.error());
  }
  if (const auto saved = save(); !saved) {
    return std::unexpected(saved.error());
  }
  part_.set_final_name(final_name);
  const auto part = part_.path();
  auto name = part_.finish(if_exists, [this](const fs::path& next) { return announce(next); });
  if (name && *name && (*name)->parent_path() != part.parent_path()) {
    if (const auto synced = sync_folder_of(part); !synced) {
      return std::unexpected(synced.error());
    }
  }
  if (name && !*name) { // the part was discarded
    ::unlink(checkpoint_path_.c_str());
  }
  return name;
}

/// If the process dies behind this and the name is given, it is known what became of the part.
Result<void> ResumableFile::announce(const fs::path& name) {
  const auto relative = name.lexically_relative(checkpoint_path_.parent_path()).string();
  return write_last_line(stored_line(relative, header_));
}

Result<void> ResumableFile::write_last_line(const std::string& line) {
  const auto offset = header_.size() + 2 * held_line_size;
  if (const auto written = write_checkpoint(offset, line); !written) {
    return written;
  }
  const auto end = static_cast<off_t>(offset + line.size()); // an earlier line was longer
  return uninterrupted([&] { return ::ftruncate(checkpoint_, end); }) == 0
             ? Result<void>()
             : io_error("truncate", checkpoint_path_, errno);
}

Result<fs::path> ResumableFile::set_aside() {
  if (stored_) {
    return ::unlink(checkpoint_path_.c_str()) == 0 ? Result<fs::path>(path())
                                                   : io_error("remove", checkpoint_path_, errno);
  }
  if (const auto marked = write_last_line(replaced_line(header_)); !marked) {
    return std::unexpected(marked.error());
  }
  return dualcam::set_aside(part_.path(), part_.final_name());
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
      saved_(other.saved_), resume_point_(std::move(other.resume_point_)), stored_(other.stored_) {}

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
  std::swap(stored_, other.stored_);
  return *this;
}

ResumableFile::~ResumableFile() {
  if (checkpoint_ >= 0) {
    ::close(checkpoint_);
  }
}

// --- tidying up ---

void forget_stored(const FolderTree& tree, std::uint64_t imei, FileKinds kinds) {
  for (const auto& path : checkpoints_in(tree).value_or(std::vector<fs::path>())) {
    const auto checkpoint = read_checkpoint(path);
    if (checkpoint && *checkpoint && (*checkpoint)->identity.imei == imei &&
        kinds.contains((*checkpoint)->identity.kind) && (*checkpoint)->stored_as &&
        !is_taken(part_of(path))) {
      ::unlink(path.c_str());
    }
  }
}

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
