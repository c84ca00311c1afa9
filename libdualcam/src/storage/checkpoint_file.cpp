#include "dualcam/storage/checkpoint_file.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sys/random.h>

#include "dualcam/storage/durable.hpp"
#include "dualcam/wire/crc64.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// Two parts never have the same, wherever and by whomever they were begun.
Result<std::uint64_t> random_part(const fs::path& path) {
  std::uint64_t part = 0;
  return ::getentropy(&part, sizeof part) == 0 ? Result<std::uint64_t>(part)
                                               : io_error("find a random number for", path, errno);
}

} // namespace

Result<std::optional<Checkpoint>> CheckpointFile::read(const fs::path& path) {
  const auto content = read_small_file(path, longest_checkpoint);
  if (!content) {
    return std::unexpected(content.error());
  }
  auto checkpoint = decode_checkpoint(*content);
  return checkpoint ? std::optional(std::move(*checkpoint)) : std::nullopt;
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
  const auto part = random_part(path);
  if (!part) {
    return std::unexpected(part.error());
  }
  auto file = File::open(path, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) {
    return io_error("create", path, file.error());
  }
  CheckpointFile result(std::move(*file), *part, checkpoint_header(*part, identity));
  const std::string empty_slots(2 * checkpoint_block, '\0');
  const std::array pieces{as_bytes(result.header_), as_bytes(empty_slots)};
  result.known_.fill(crc64(pieces[1].first(checkpoint_block)));
  const auto written = result.file_.write(0, pieces);
  return written ? Result<CheckpointFile>(std::move(result)) : std::unexpected(written.error());
}

Result<CheckpointFile> CheckpointFile::go_on(const fs::path& path, const Checkpoint& checkpoint,
                                             std::optional<unsigned> believed) {
  auto file = File::open(path, O_RDWR);
  if (!file) {
    return io_error("open", path, file.error());
  }
  CheckpointFile result(std::move(*file), checkpoint.part,
                        checkpoint_header(checkpoint.part, checkpoint.identity));
  for (unsigned slot = 0; slot < checkpoint.claims.size(); ++slot) {
    const auto content = result.content_of(slot);
    if (!content) {
      return std::unexpected(content.error());
    }
    result.known_.at(slot) = *content;
    const auto& claim = checkpoint.claims.at(slot);
    result.sequence_ = std::max(result.sequence_, claim ? claim->sequence : 0);
  }
  // the kernel may take what is there for durable, though an earlier sync of it has failed
  const std::array header{as_bytes(result.header_)};
  auto written = result.file_.write(0, header);
  if (written && believed) {
    std::array<std::byte, checkpoint_block> block;
    const auto read = result.file_.read(result.offset_of(*believed), block);
    const std::array pieces{read.value_or(Bytes())};
    written = read ? result.file_.write(result.offset_of(*believed), pieces)
                   : std::unexpected(read.error());
  }
  if (!written) {
    return std::unexpected(written.error());
  }
  // what is believed stays until the next claim is durable
  result.slot_ = believed ? 1 - *believed : checkpoint.newest().value_or(1) == 0 ? 1 : 0;
  return result;
}

/// As a CRC-64.
Result<std::uint64_t> CheckpointFile::content_of(unsigned slot) const {
  std::array<std::byte, checkpoint_block> block;
  const auto read = file_.read(offset_of(slot), block);
  return read ? Result<std::uint64_t>(crc64(*read)) : std::unexpected(read.error());
}

Result<void> CheckpointFile::publish(Claim claim) {
  const auto there = content_of(slot_);
  if (!there) {
    return std::unexpected(there.error());
  }
  if (*there != known_.at(slot_)) { // whoever claimed has done it here
    return std::unexpected(Error{ErrorCategory::io, 0,
                                 "somebody else writes to " + file_.path().string() +
                                     "; see that only one program does"});
  }
  claim.sequence = ++sequence_;
  const auto block = claim_block(claim, header_);
  const std::array pieces{as_bytes(block)};
  if (const auto written = file_.write(offset_of(slot_), pieces); !written) {
    return written;
  }
  known_.at(slot_) = crc64(pieces[0]);
  return {};
}

} // namespace dualcam
