// One file on its way from a camera to the output folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <openssl/evp.h>

#include "common/json.hpp"
#include "common/units.hpp"
#include "dcam-serve/options.hpp"
#include "dualcam/part_file.hpp"
#include "dualcam/server_session.hpp"

namespace dualcam {

/// What the camera told about a file; its payload outlives the buffer it came in.
struct FileFacts {
  std::uint64_t imei = 0;
  FileKind kind{};
  SystemTime received;
  ByteBuffer metadata_payload; ///< empty = not known

  /// nullopt if there is none or it cannot be decoded. Views into `metadata_payload`.
  std::optional<Metadata> metadata() const;
  /// The record for events and the sidecar; null where nothing is known.
  Json metadata_json() const;
  /// Where the file is to go.
  std::filesystem::path path_for(const ServeOptions& options) const;
};

class Transfer {
public:
  /// Creates the folders and the part file.
  static Result<Transfer> start(const ServeOptions& options, FileFacts facts,
                                std::uint32_t packets);

  const FileFacts& facts() const { return facts_; }
  FileFacts& facts() { return facts_; }
  const std::filesystem::path& part_path() const { return part_.path(); }
  std::uint32_t packets() const { return packets_; }
  std::uint32_t packets_received() const { return packets_received_; }
  std::uint64_t bytes() const { return bytes_; }
  std::chrono::milliseconds duration() const;

  /// Once a RESUME was sent in mid-file.
  void count_resumption() { ++resumptions_; }
  unsigned resumptions() const { return resumptions_; }

  /// The next verified packets, in order.
  Result<void> append(std::span<const Bytes> payloads);

  /// Makes what has arrived durable, as a part.
  Result<void> save() { return part_.sync(); }

  /// Makes the file durable under its final name, then its sidecar; nullopt if --if-exists skipped
  /// it. Blocks on the disk: run it where nothing else waits.
  Result<std::optional<std::filesystem::path>> finish(IfExists if_exists);

  /// Of everything appended; once, behind the last append.
  std::string sha256();

private:
  struct DigestDeleter {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };

  Transfer(FileFacts facts, PartFile part, std::uint32_t packets);
  Result<void> write_sidecar(const std::filesystem::path& file) const;

  FileFacts facts_;
  PartFile part_;
  std::unique_ptr<EVP_MD_CTX, DigestDeleter> digest_;
  std::chrono::steady_clock::time_point started_;
  std::uint32_t packets_;
  std::uint32_t packets_received_ = 0;
  std::uint64_t bytes_ = 0;
  unsigned resumptions_ = 0;
};

} // namespace dualcam
