#include "dualcam/storage/claim_table.hpp"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <utility>

#include <fcntl.h>

#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/state_folder.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_begin = "claims-";

fs::path path_of(const fs::path& root, std::uint64_t id) {
  return root / state_folder_name / (std::string(name_begin) + hex64(id));
}

} // namespace

Result<std::shared_ptr<ClaimTable>> ClaimTable::create(const fs::path& root) {
  const auto id = random_id(root);
  if (!id) {
    return std::unexpected(id.error());
  }
  const auto path = path_of(root, *id);
  auto file = File::open(path, O_RDWR | O_CREAT | O_EXCL);
  if (!file) {
    return io_error("create", path, file.error());
  }
  const auto locked = file->try_lock();
  if (!locked || !*locked) {
    FileSystem::current().unlink(path.c_str());
    return locked ? io_error("lock", path, EBUSY) : std::unexpected(locked.error());
  }
  return std::shared_ptr<ClaimTable>(new ClaimTable(std::move(*file), *id));
}

ClaimTable::~ClaimTable() {
  if (free_.size() == taken_.size()) {
    files_.unlink(file_.path().c_str());
  }
}

std::uint64_t ClaimTable::offset_of(std::uint32_t group, unsigned area) {
  return (std::uint64_t{2} * group + area) * area_size;
}

Result<ByteBuffer> ClaimTable::read(const fs::path& root, const SharedRow& row) {
  const auto path = path_of(root, row.table);
  const auto file = File::open(path, O_RDONLY);
  if (!file) {
    return file.error() == ENOENT || file.error() == ELOOP ? Result<ByteBuffer>()
                                                           : io_error("open", path, file.error());
  }
  ByteBuffer areas(2 * area_size);
  const auto read = file->read(offset_of(row.row / rows_together, 0), areas);
  if (!read) {
    return std::unexpected(read.error());
  }
  areas.resize(read->size());
  return areas;
}

// --- rows ---

SharedRow ClaimTable::take_row() {
  const std::lock_guard lock(rows_mutex_);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(taken_.size()));
    taken_.push_back(false);
  }
  const auto row = free_.back();
  free_.pop_back();
  taken_[row] = true;
  return {id_, row};
}

void ClaimTable::give_back(const SharedRow& row) {
  const std::lock_guard lock(rows_mutex_);
  taken_[row.row] = false;
  free_.push_back(row.row);
}

std::array<bool, ClaimTable::rows_together> ClaimTable::taken_in(std::uint32_t group) {
  std::array<bool, rows_together> taken{};
  const std::lock_guard lock(rows_mutex_);
  for (std::size_t row = 0; row < taken.size(); ++row) {
    const auto index = std::size_t{group} * rows_together + row;
    taken.at(row) = index < taken_.size() && taken_[index];
  }
  return taken;
}

// --- claims ---

Result<void> ClaimTable::write(std::vector<const Entry*> entries) {
  if (!written_.empty()) {
    return io_error("write", file_.path(), EIO); // nobody knows what became of it
  }
  std::ranges::sort(entries, {}, &Entry::row);
  for (std::span<const Entry* const> rest = entries; !rest.empty();) {
    const auto group = rest.front()->row / rows_together;
    const auto end = std::ranges::find_if(
        rest, [&](const Entry* entry) { return entry->row / rows_together != group; });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    if (const auto written = write_group(group, rest.first(count)); !written) {
      return written;
    }
    rest = rest.subspan(count);
  }
  return {};
}

/// What the other rows have claimed comes along, as it is.
Result<void> ClaimTable::write_group(std::uint32_t group, std::span<const Entry* const> entries) {
  static constexpr std::array<std::byte, checkpoint_block> nothing{};
  groups_.resize(std::max<std::size_t>(groups_.size(), group + 1));
  const auto& before = groups_[group];
  const bool are_all = entries.size() == rows_together;
  ByteBuffer others(
      are_all ? 0 : std::accumulate(before.sizes.begin(), before.sizes.end(), std::size_t{0}));
  auto claimed = file_.read(offset_of(group, before.area), others);
  if (!claimed) {
    return std::unexpected(claimed.error());
  }
  const auto is_taken = taken_in(group);
  Group next{.area = 1 - before.area, .sizes = {}};
  std::vector<Bytes> pieces;
  std::size_t total = 0;
  for (std::size_t row = 0; row < rows_together; ++row) {
    const auto begin = total;
    const auto put = [&](Bytes piece) {
      pieces.push_back(piece);
      total += piece.size();
    };
    const auto old = claimed->first(std::min<std::size_t>(before.sizes.at(row), claimed->size()));
    *claimed = claimed->subspan(old.size());
    if (!entries.empty() && entries.front()->row % rows_together == row) {
      const auto& [line, tail] = entries.front()->text;
      put(as_bytes(line));
      put(tail ? Bytes(*tail) : Bytes());
      entries = entries.subspan(1);
    } else if (is_taken.at(row)) {
      put(old);
    }
    next.sizes.at(row) = static_cast<std::uint16_t>(total - begin);
  }
  pieces.push_back(
      Bytes(nothing).first((checkpoint_block - total % checkpoint_block) % checkpoint_block));
  written_.emplace_back(group, next);
  return file_.write(offset_of(group, next.area), pieces);
}

void ClaimTable::confirm() {
  for (const auto& [group, next] : std::exchange(written_, {})) {
    groups_[group] = next;
  }
}

} // namespace dualcam
