// Writes transferred files out of a dump.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "dcam-crc/transfer_log.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::crc {

struct Extracted {
  std::filesystem::path path;
  bool complete;
  std::vector<NumberRange> holes; ///< packets of which nothing whole came: zeros
};

/// Payloads are kept in a temporary file as they come (their places may become known later) and put
/// together when the transfer is over. Names are made of the IMEI, the time in the metadata and the
/// kind, nothing the device could choose freely; a taken name gets `_1`, `_2` ..., never
/// overwritten. A file that is not complete, or not proved right, keeps `.part` in its name.
class Extractor {
public:
  /// Makes the folder if it is not there.
  static Result<Extractor> open(const std::filesystem::path& folder);
  Extractor(Extractor&& other) noexcept;
  Extractor& operator=(Extractor&&) = delete;
  ~Extractor();

  /// Returns where the payload is kept. A failure shows in `extract`.
  std::uint64_t keep(Bytes payload);

  /// The transfer's file; nullopt: there is nothing to write.
  Result<std::optional<Extracted>> extract(const Transfer& transfer);

private:
  Extractor(std::filesystem::path folder, int spool) : folder_(std::move(folder)), spool_(spool) {}

  Result<void> write(const Transfer& transfer, int descriptor) const;

  std::filesystem::path folder_;
  int spool_;
  std::uint64_t kept_ = 0;
  int error_ = 0;
};

} // namespace dualcam::crc
