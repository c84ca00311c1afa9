#include "dcam-crc/extractor.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include "common/sync_anchor.hpp"
#include "common/temporary_file.hpp"
#include "common/units.hpp"
#include "dcam-crc/file_name.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/file_system.hpp"

namespace dualcam::crc {
namespace {

/// 0 or errno.
int write_at(int descriptor, Bytes bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno != EINTR) {
      return errno;
    }
    const auto written = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    bytes = bytes.subspan(written);
    offset += written;
  }
  return 0;
}

std::uint64_t size_of(const CapturedTransfer& transfer) {
  std::uint64_t size = transfer.announced_bytes.value_or(0);
  for (const auto* packet : transfer.best()) {
    size = std::max(size, packet->file_offset + packet->size);
  }
  return size;
}

/// `wanted`, or numbered, so that neither it nor its part is there.
Result<std::filesystem::path> free_name(const std::filesystem::path& wanted) {
  const auto number = free_number(wanted, [&](unsigned each) {
    const auto name = numbered(wanted, each);
    return is_taken(name) || is_taken(part_of(name));
  });
  return number ? Result<std::filesystem::path>(numbered(wanted, *number))
                : std::unexpected(number.error());
}

/// The part of a free name.
Result<PartFile> reserve(const std::filesystem::path& wanted) {
  for (;;) {
    const auto name = free_name(wanted);
    if (!name) {
      return std::unexpected(name.error());
    }
    auto part = PartFile::reserve(part_of(*name));
    if (!part) {
      return std::unexpected(part.error());
    }
    if (*part) {
      (*part)->set_final_name(*name);
      return std::move(**part);
    }
  }
}

/// Gives a part its final name, or another one, if that is taken by now.
Result<void> name(PartFile& part, const std::filesystem::path& wanted) {
  for (;;) {
    const auto named = part.take_name(part.final_name(), IfExists::number);
    if (!named || *named) {
      return named ? Result<void>() : std::unexpected(named.error());
    }
    const auto other = free_name(wanted);
    if (!other) {
      return std::unexpected(other.error());
    }
    part.set_final_name(*other);
  }
}

} // namespace

Result<Extractor> Extractor::open(const std::filesystem::path& folder, std::uint64_t most_bytes) {
  auto root = folder; // of what is there already
  while (!is_taken(root)) {
    root = folder_of(root);
  }
  Barrier folders;
  if (const auto created = create_folders(root, folder, folders); !created) {
    return std::unexpected(created.error());
  }
  auto spool = temporary_file(folder);
  if (spool.get() < 0) {
    return errno_error(errno, folder);
  }
  return Extractor(folder, most_bytes, std::move(spool), Descriptor(open_sync_anchor(folder)),
                   std::move(folders));
}

std::uint64_t Extractor::keep(Bytes payload) {
  if (error_ == 0) {
    error_ = write_at(spool_.get(), payload, kept_);
  }
  return std::exchange(kept_, kept_ + payload.size());
}

/// Holes stay holes of the file system, which read as zeros. By path packets may overlap: then good
/// ones count, and what a damaged one has on both sides of them stays.
Result<void> Extractor::write(const CapturedTransfer& transfer, std::uint64_t size,
                              PartFile& part) const {
  const auto packets = transfer.best();
  const auto end_of = [](const CapturedPacket& packet) { return packet.file_offset + packet.size; };
  const auto is_good = [](const CapturedPacket* packet) {
    return packet->verdict == DumpVerdict::good;
  };
  std::uint64_t end = 0;
  const CapturedPacket* furthest = nullptr; // of those that reach beyond what is written
  const auto take = [&](const CapturedPacket& packet, std::uint64_t stop) -> Result<void> {
    const auto begin = std::max(packet.file_offset, end);
    stop = std::min(stop, end_of(packet));
    if (begin >= stop) {
      return {};
    }
    const auto at_place = begin > end ? part.truncate(begin) : Result<void>();
    end = stop;
    return at_place ? append_kept(packet, begin, stop, part) : at_place;
  };
  auto next_good = packets.begin();
  for (auto packet = packets.begin(); packet != packets.end(); ++packet) {
    next_good = std::find_if(std::max(next_good, packet), packets.end(), is_good);
    const bool before_good = next_good != packets.end() && next_good != packet;
    const auto stop = before_good ? (*next_good)->file_offset : end_of(**packet);
    auto written = furthest != nullptr ? take(*furthest, (*packet)->file_offset) : Result<void>();
    written = written ? take(**packet, stop) : written;
    if (!written) {
      return written;
    }
    const bool reaches = furthest == nullptr || end_of(**packet) > end_of(*furthest);
    furthest = reaches ? *packet : furthest;
  }
  const auto last = furthest != nullptr ? take(*furthest, size) : Result<void>();
  if (!last) {
    return last;
  }
  const auto whole = size > end ? part.truncate(size) : Result<void>();
  return whole && anchor_.get() < 0 ? part.sync() : whole;
}

/// Of the file, as far as its packets follow each other and as they tell more.
ByteBuffer Extractor::first_bytes(const CapturedTransfer& transfer) const {
  ByteBuffer bytes;
  for (const auto* packet : transfer.best()) {
    if (packet->file_offset != bytes.size() || bytes.size() >= extension_sample_size) {
      break;
    }
    const auto end = bytes.size();
    bytes.resize(end + packet->size);
    const auto got = ::pread(spool_.get(), bytes.data() + end, packet->size,
                             static_cast<off_t>(packet->kept_at));
    if (got != packet->size) {
      bytes.resize(end);
      break;
    }
  }
  return bytes;
}

/// These bytes of the file, which the packet has.
Result<void> Extractor::append_kept(const CapturedPacket& packet, std::uint64_t begin,
                                    std::uint64_t end, PartFile& part) const {
  ByteBuffer buffer(static_cast<std::size_t>(end - begin));
  const auto place = packet.kept_at + (begin - packet.file_offset);
  const auto got = ::pread(spool_.get(), buffer.data(), buffer.size(), static_cast<off_t>(place));
  if (got != static_cast<ssize_t>(buffer.size())) {
    return errno_error(got < 0 ? errno : EIO, folder_);
  }
  const Bytes bytes(buffer);
  return part.append(std::span(&bytes, 1));
}

Result<std::optional<Extracted>> Extractor::extract(const CapturedTransfer& transfer) {
  if (error_ != 0 && !std::exchange(error_is_told_, true)) {
    return io_error("keep what is extracted in", folder_, error_);
  }
  if (error_ != 0 || transfer.best().empty()) {
    return std::nullopt;
  }
  const auto size = size_of(transfer);
  if (size > most_bytes_) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, 0,
              fmt::format("not written: the file would have {}, more than {} (--max-file-size)",
                          format_size(size), format_size(most_bytes_))});
  }
  Extracted extracted{{}, transfer.is_complete(), transfer.holes(), transfer.missing_bytes()};
  const auto wanted = folder_ / (stem_of(transfer) + extension_of(transfer, first_bytes(transfer)));
  auto part = reserve(wanted);
  if (!part) {
    return std::unexpected(part.error());
  }
  has_written_ = true;
  if (auto written = write(transfer, size, *part); !written) {
    part->discard();
    return std::unexpected(written.error());
  }
  if (auto named = extracted.complete ? name(*part, wanted) : Result<void>(); !named) {
    return std::unexpected(named.error());
  }
  extracted.path = part->path();
  return extracted;
}

/// At once, where that can be: what others write there is synced, too, but a sync of each of many
/// small files takes a hundred times as long.
Result<void> Extractor::finish() {
  spool_ = Descriptor(); // is not to be written to the disk
  if (!has_written_) {
    return {};
  }
  if (anchor_.get() < 0) {
    folders_.add_folder(folder_);
    return folders_.sync();
  }
  auto& files = FileSystem::current();
  return uninterrupted([&] { return files.syncfs(anchor_.get()); }) == 0
             ? Result<void>()
             : io_error("save the files in", folder_, errno);
}

} // namespace dualcam::crc
