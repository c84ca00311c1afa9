#include "dualcam/storage/checkpoint_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>

#include "dualcam/storage/durable.hpp"
#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// What is in the block at `offset`, as a CRC-64.
Result<std::uint64_t> content_at(const File& file, std::uint64_t offset) {
  std::array<std::byte, checkpoint_block> block;
  const auto read = file.read(offset, block);
  return read ? Result<std::uint64_t>(crc64(*read)) : std::unexpected(read.error());
}

/// Writes a claim in place of one whose CRC-64 is `known`.
Result<File> write_claim(const fs::path& path, std::uint64_t offset, std::uint64_t known,
                         const ClaimText& claim) {
  auto file = File::open(path, O_RDWR);
  if (!file) {
    return io_error("open", path, file.error());
  }
  const auto there = content_at(*file, offset);
  if (!there) {
    return std::unexpected(there.error());
  }
  if (*there != known) { // whoever claimed has done it here
    return std::unexpected(
        Error{ErrorCategory::io, 0,
              "somebody else writes to " + path.string() + "; see that only one program does"});
  }
  const auto written = file->write(offset, claim.pieces());
  return written ? Result<File>(std::move(*file)) : std::unexpected(written.error());
}

} // namespace

CheckpointFile::CheckpointFile(const fs::path& path, std::uint64_t part, const std::string& header)
    : path_(path), part_(part), header_(crc64(as_bytes(header))), slots_(header.size()) {}

Result<std::optional<Checkpoint>> CheckpointFile::read(const fs::path& path) {
  const auto content = read_small_file(path, longest_checkpoint);
  if (!content) {
    return std::unexpected(content.error());
  }
  auto checkpoint = decode_checkpoint(*content);
  return checkpoint ? std::optional(std::move(*checkpoint)) : std::nullopt;
}

Result<std::optional<Checkpoint>> CheckpointFile::read(const fs::path& path, const fs::path& root) {
  auto checkpoint = read(path);
  if (!checkpoint || !*checkpoint) {
    return checkpoint;
  }
  const auto newest = (*checkpoint)->newest();
  const auto row = newest ? (*checkpoint)->claims.at(*newest)->shared : std::nullopt;
  const auto claims = row ? ClaimTable::read(root, *row) : Result<ByteBuffer>();
  if (!claims) {
    return std::unexpected(claims.error());
  }
  (*checkpoint)->shared = claims_among(*claims, **checkpoint);
  return checkpoint;
}

Result<bool> CheckpointFile::is_blank(const fs::path& path) {
  if (!is_taken(path)) {
    return false;
  }
  const auto content = read_small_file(path, longest_checkpoint);
  return content ? Result<bool>(std::ranges::all_of(
                       *content, [](std::byte byte) { return byte == std::byte{0}; }))
                 : std::unexpected(content.error());
}

Result<CheckpointFile> CheckpointFile::create(const fs::path& path, const FileIdentity& identity) {
  const auto part = random_id(path);
  if (!part) {
    return std::unexpected(part.error());
  }
  auto file = File::open(path, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) {
    return io_error("create", path, file.error());
  }
  const auto header = checkpoint_header(*part, identity);
  CheckpointFile result(path, *part, header);
  const std::string empty_slots(2 * checkpoint_block, '\0');
  const std::array pieces{as_bytes(header), as_bytes(empty_slots)};
  result.known_.fill(crc64(pieces[1].first(checkpoint_block)));
  const auto written = file->write(0, pieces);
  return written ? Result<CheckpointFile>(std::move(result)) : std::unexpected(written.error());
}

Result<CheckpointFile> CheckpointFile::go_on(const fs::path& path, const Checkpoint& checkpoint,
                                             std::optional<unsigned> believed,
                                             const Claim* shared) {
  auto file = File::open(path, O_RDWR);
  if (!file) {
    return io_error("open", path, file.error());
  }
  const auto header = checkpoint_header(checkpoint.part, checkpoint.identity);
  CheckpointFile result(path, checkpoint.part, header);
  for (unsigned slot = 0; slot < checkpoint.claims.size(); ++slot) {
    const auto content = content_at(*file, result.offset_of(slot));
    if (!content) {
      return std::unexpected(content.error());
    }
    result.known_.at(slot) = *content;
    const auto& claim = checkpoint.claims.at(slot);
    result.sequence_ = std::max(result.sequence_, claim ? claim->sequence : 0);
  }
  for (const auto& claim : checkpoint.shared) {
    result.sequence_ = std::max(result.sequence_, claim.sequence);
  }
  // the kernel may take what is there for durable, though an earlier sync of it has failed
  const std::array whole_header{as_bytes(header)};
  auto written = file->write(0, whole_header);
  if (written && believed) {
    std::array<std::byte, checkpoint_block> block;
    const auto read = file->read(result.offset_of(*believed), block);
    const std::array pieces{read.value_or(Bytes())};
    written =
        read ? file->write(result.offset_of(*believed), pieces) : std::unexpected(read.error());
  }
  if (written && shared != nullptr) { // not in place of what tells its row
    believed = 1 - checkpoint.newest().value_or(0);
    const auto block = claim_block(*shared, result.header_);
    const std::array pieces{as_bytes(block)};
    written = file->write(result.offset_of(*believed), pieces);
    result.known_.at(*believed) = crc64(pieces[0]);
  }
  if (!written) {
    return std::unexpected(written.error());
  }
  // what is believed stays until the next claim is durable
  result.slot_ = believed ? 1 - *believed : checkpoint.newest().value_or(1) == 0 ? 1 : 0;
  return result;
}

void CheckpointFile::publish(Claim claim, std::shared_ptr<const ByteBuffer> tail,
                             Barrier& barrier) {
  claim.sequence = ++sequence_;
  claim.tail = tail ? *tail : ByteBuffer();
  const bool shares = table_ && !is_leaving_ && !table_->is_broken();
  published_ = !shares ? Published::alone : tells_row_ ? Published::in_table : Published::with_row;
  if (published_ == Published::with_row) {
    tell_row(claim, barrier);
  }
  ClaimText text{claim_line(claim, header_), std::move(tail)};
  if (published_ == Published::in_table) {
    barrier.add(Barrier::Shared{table_, {row_->row, std::move(text)}});
    return;
  }
  std::uint64_t content = 0;
  for (const auto piece : text.pieces()) {
    content = crc64(piece, content);
  }
  const auto known = std::exchange(known_.at(slot_), content);
  barrier.add({path_, [path = fs::path(path_), offset = offset_of(slot_), known,
                       text = std::move(text)] { return write_claim(path, offset, known, text); }});
}

/// Whoever finds the row has to find the table.
void CheckpointFile::tell_row(Claim& claim, Barrier& barrier) {
  row_ = row_ ? row_ : table_->take_row();
  claim.shared = row_;
  const auto path = table_->file().path();
  if (!FileSystem::current().is_durable(path)) {
    barrier.add_folder(folder_of(path), path);
  }
}

void CheckpointFile::confirm() {
  if (published_ == Published::in_table) {
    return;
  }
  slot_ = 1 - slot_;
  tells_row_ = published_ == Published::with_row;
  if (!tells_row_) {
    retire();
  }
}

void CheckpointFile::share(std::shared_ptr<ClaimTable> table) {
  if (!table_ && !table->is_broken()) {
    table_ = std::move(table);
  }
}

void CheckpointFile::retire() {
  if (row_) {
    table_->give_back(*row_);
  }
  row_.reset();
  table_.reset();
  tells_row_ = false;
}

} // namespace dualcam
