#include "dcam-crc/extractor.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/units.hpp"
#include "dualcam/files/metadata.hpp"
#include "dualcam/wire/message.hpp"

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

std::string extension(const CapturedTransfer& transfer) {
  if (transfer.kind) {
    return std::string(extension_of(*transfer.kind));
  }
  const auto suffix = std::string_view(transfer.path)
                          .substr(std::min(transfer.path.rfind('.'), transfer.path.size()));
  for (const std::string_view known : {".jpg", ".mp4", ".h265"}) {
    if (suffix == known) {
      return std::string(known);
    }
  }
  return ".bin";
}

std::string stem(const CapturedTransfer& transfer) {
  const auto metadata = decode_metadata(transfer.metadata);
  const auto time = metadata ? metadata->timestamp.time_point() : std::nullopt;
  return fmt::format("{}_{}_{}", transfer.imei ? format_imei(*transfer.imei) : "unknown",
                     time && metadata->timestamp.is_known() ? format_compact_time(*time)
                                                            : "unknown",
                     transfer.kind ? name_of(*transfer.kind) : "file");
}

std::uint64_t size_of(const CapturedTransfer& transfer) {
  std::uint64_t size = transfer.announced_bytes.value_or(0);
  for (const auto* packet : transfer.best()) {
    size = std::max(size, packet->file_offset + packet->size);
  }
  return size;
}

} // namespace

Result<Extractor> Extractor::open(const std::filesystem::path& folder, std::uint64_t most_bytes) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return errno_error(error.value(), folder);
  }
  auto spool = (folder / ".dcam-crc.XXXXXX").string();
  const int descriptor = ::mkostemp(spool.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return errno_error(errno, folder);
  }
  ::unlink(spool.c_str());
  return Extractor(folder, most_bytes, descriptor);
}

Extractor::Extractor(Extractor&& other) noexcept
    : folder_(std::move(other.folder_)), most_bytes_(other.most_bytes_),
      spool_(std::exchange(other.spool_, -1)), kept_(other.kept_), error_(other.error_) {}

Extractor::~Extractor() {
  if (spool_ >= 0) {
    ::close(spool_);
  }
}

std::uint64_t Extractor::keep(Bytes payload) {
  if (error_ == 0) {
    error_ = write_at(spool_, payload, kept_);
  }
  return std::exchange(kept_, kept_ + payload.size());
}

/// Holes stay holes of the file system, which read as zeros.
Result<void> Extractor::write(const CapturedTransfer& transfer, std::uint64_t size,
                              int descriptor) const {
  const auto packets = transfer.best();
  for (const bool good : {false, true}) { // by path they may overlap: then good ones count
    for (const auto* packet : packets) {
      if ((packet->verdict == DumpVerdict::good) != good) {
        continue;
      }
      if (auto written = write(*packet, descriptor); !written) {
        return written;
      }
    }
  }
  if (::ftruncate(descriptor, static_cast<off_t>(size)) != 0 || ::fsync(descriptor) != 0) {
    return errno_error(errno, folder_);
  }
  return {};
}

Result<void> Extractor::write(const CapturedPacket& packet, int descriptor) const {
  ByteBuffer buffer(packet.size);
  const auto got = ::pread(spool_, buffer.data(), buffer.size(), static_cast<off_t>(packet.place));
  if (got != static_cast<ssize_t>(buffer.size())) {
    return errno_error(got < 0 ? errno : EIO, folder_);
  }
  const int error = write_at(descriptor, buffer, packet.file_offset);
  return error != 0 ? errno_error(error, folder_) : Result<void>();
}

Result<std::optional<Extracted>> Extractor::extract(const CapturedTransfer& transfer) {
  if (error_ != 0) {
    return errno_error(error_, folder_);
  }
  if (transfer.best().empty()) {
    return std::nullopt;
  }
  const auto size = size_of(transfer);
  if (size > most_bytes_) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, 0,
              fmt::format("not written: the file would have {}, more than {} (--max-file-size)",
                          format_size(size), format_size(most_bytes_))});
  }
  Extracted extracted{{}, transfer.is_complete(), transfer.holes()};
  const auto name = stem(transfer);
  for (unsigned i = name == std::exchange(last_stem_, name) ? next_suffix_ : 0;; ++i) {
    next_suffix_ = i;
    const auto base =
        fmt::format("{}{}{}", name, i == 0 ? "" : fmt::format("_{}", i), extension(transfer));
    const auto part = folder_ / (base + ".part");
    const auto final = folder_ / base;
    struct stat status{};
    if (::lstat(final.c_str(), &status) == 0) {
      continue;
    }
    const int descriptor =
        ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0) {
      if (errno == EEXIST) {
        continue;
      }
      return errno_error(errno, part);
    }
    auto written = write(transfer, size, descriptor);
    if (::close(descriptor) != 0 && written) {
      written = errno_error(errno, part);
    }
    if (!written) {
      ::unlink(part.c_str());
      return std::unexpected(written.error());
    }
    extracted.path = part;
    if (extracted.complete) {
      if (::link(part.c_str(), final.c_str()) != 0) {
        const int error = errno;
        if (error != EEXIST) {
          return errno_error(error, final);
        }
        ::unlink(part.c_str());
        continue; // taken meanwhile
      }
      ::unlink(part.c_str());
      extracted.path = final;
    }
    return extracted;
  }
}

} // namespace dualcam::crc
