#include "dualcam/storage/checkpoint_file.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sys/random.h>

#include "dualcam/storage/durable.hpp"

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
  for (const auto& claim : checkpoint.claims) {
    result.newest_ = std::max(result.newest_, claim ? claim->sequence : 0);
  }
  result.sequence_ = result.newest_;
  // what is believed stays until the next claim is durable
  result.slot_ = believed ? 1 - *believed : checkpoint.newest().value_or(1) == 0 ? 1 : 0;
  return result;
}

Result<void> CheckpointFile::publish(Claim claim) {
  ByteBuffer content(header_.size() + 2 * checkpoint_block);
  const auto read = file_.read(0, content);
  if (!read) {
    return std::unexpected(read.error());
  }
  const auto there = decode_checkpoint(*read);
  const auto newest = there ? there->newest() : std::nullopt;
  if (!there || there->part != part_ ||
      (newest ? there->claims.at(*newest)->sequence : 0) != newest_) {
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
  newest_ = sequence_;
  slot_ = 1 - slot_;
  return {};
}

} // namespace dualcam
