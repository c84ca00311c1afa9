// Writes transferred files out of a dump.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "common/descriptor.hpp"
#include "dualcam/capture/captured_transfer.hpp"
#include "dualcam/storage/barrier.hpp"
#include "dualcam/storage/part_file.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::crc {

struct Extracted {
  std::filesystem::path path;
  bool complete;
  std::vector<PacketRange> holes;    ///< packets of which nothing whole came: zeros
  std::vector<ByteRange> byte_holes; ///< the same where files go by path
};

/// Payloads are kept in a temporary file as they come (their places may become known later) and put
/// together when the transfer is over. Names are made of the IMEI, the time in the metadata and the
/// kind, nothing the device could choose freely; a taken name gets `_1`, `_2` ..., never
/// overwritten. A file that is not complete, or not proved right, keeps `.part` in its name. Places
/// come from the device, which may state terabytes: files over `most_bytes` are not written. A
/// capture may have 10,000 small files, so all are made durable together, by `finish`.
class Extractor {
public:
  /// Makes the folder if it is not there.
  static Result<Extractor> open(const std::filesystem::path& folder, std::uint64_t most_bytes);

  /// Returns where the payload is kept. A failure shows in `extract`.
  std::uint64_t keep(Bytes payload);

  /// The transfer's file; nullopt: there is nothing to write, or an error told that nothing more is
  /// kept. Errors: io; unsupported, if it would be too large.
  Result<std::optional<Extracted>> extract(const CapturedTransfer& transfer);

  /// Nothing more comes: makes durable what was written. Errors: io.
  Result<void> finish();

private:
  Extractor(std::filesystem::path folder, std::uint64_t most_bytes, Descriptor spool,
            Descriptor anchor, Barrier folders)
      : folder_(std::move(folder)), most_bytes_(most_bytes), spool_(std::move(spool)),
        anchor_(std::move(anchor)), folders_(std::move(folders)) {}

  Result<void> write(const CapturedTransfer& transfer, std::uint64_t size, PartFile& part) const;
  ByteBuffer first_bytes(const CapturedTransfer& transfer) const;
  Result<void> append_kept(const CapturedPacket& packet, std::uint64_t begin, std::uint64_t end,
                           PartFile& part) const;

  std::filesystem::path folder_;
  std::uint64_t most_bytes_;
  Descriptor spool_;
  Descriptor anchor_; ///< by which all is synced at once; none: each file by itself
  Barrier folders_;   ///< that were made
  std::uint64_t kept_ = 0;
  int error_ = 0; ///< of `keep`
  bool error_is_told_ = false;
  bool has_written_ = false;
};

} // namespace dualcam::crc
