#include "dualcam/storage/claim_table.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>

#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/state_folder.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_begin = "claims-";

// Blocks 0 of so many rows, then their blocks 1: parts that grow together claim side by side.
constexpr std::uint64_t rows_together = 1024;

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
  if (free_.size() == rows_) {
    files_.unlink(file_.path().c_str());
  }
}

Result<std::array<ByteBuffer, 2>> ClaimTable::read(const fs::path& root, const SharedRow& row) {
  const auto path = path_of(root, row.table);
  const auto file = File::open(path, O_RDONLY);
  if (!file) {
    return file.error() == ENOENT || file.error() == ELOOP ? Result<std::array<ByteBuffer, 2>>()
                                                           : io_error("open", path, file.error());
  }
  std::array<ByteBuffer, 2> blocks;
  for (unsigned block = 0; block < blocks.size(); ++block) {
    blocks.at(block).resize(checkpoint_block);
    const auto read = file->read(offset_of(row, block), blocks.at(block));
    if (!read) {
      return std::unexpected(read.error());
    }
    blocks.at(block).resize(read->size());
  }
  return blocks;
}

SharedRow ClaimTable::take_row() {
  const std::lock_guard lock(rows_mutex_);
  if (free_.empty()) {
    return {id_, rows_++};
  }
  const auto row = free_.back();
  free_.pop_back();
  return {id_, row};
}

void ClaimTable::give_back(const SharedRow& row) {
  const std::lock_guard lock(rows_mutex_);
  free_.push_back(row.row);
}

std::uint64_t ClaimTable::offset_of(const SharedRow& row, unsigned block) {
  const auto group = row.row / rows_together;
  return ((2 * group + block) * rows_together + row.row % rows_together) * checkpoint_block;
}

Result<void> ClaimTable::write(std::vector<const Block*> blocks) {
  std::ranges::sort(blocks, {}, &Block::offset);
  for (std::size_t begin = 0; begin < blocks.size();) {
    std::vector<Bytes> pieces;
    auto end = begin;
    do {
      const auto block = blocks[end++]->text.pieces();
      pieces.insert(pieces.end(), block.begin(), block.end());
    } while (end < blocks.size() &&
             blocks[end]->offset == blocks[end - 1]->offset + checkpoint_block);
    if (const auto written = file_.write(blocks[begin]->offset, pieces); !written) {
      return written;
    }
    begin = end;
  }
  return {};
}

} // namespace dualcam
