// What a camera told about a file, and what its sidecar and its name are made of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/json.hpp"
#include "common/units.hpp"
#include "dcam-serve/name_template.hpp"
#include "dualcam/files/file_ref.hpp"
#include "dualcam/files/metadata.hpp"
#include "dualcam/storage/checkpoint.hpp"

namespace dualcam::serve {

/// Its payload outlives the buffer it came in.
struct FileFacts {
  std::uint64_t imei = 0;
  FileRef file = FileKind::front_photo;
  SystemTime received;         ///< when it was first offered
  ByteBuffer metadata_payload; ///< empty = not known

  /// nullopt if there is none or it cannot be decoded. Views into `metadata_payload`.
  std::optional<Metadata> metadata() const;
  /// The record for events and the sidecar; null where nothing is known.
  Json metadata_json() const;
  /// What FILE.json says; empty: nothing is known.
  std::string sidecar() const;
  NameValues name_values() const;
  /// `announced`: by START.
  FileIdentity identity(std::uint32_t announced) const;
  /// What was known of it when it was begun, by another connection or another run.
  void begun_as(const FileIdentity& identity);
};

/// What is known of a file that was begun.
FileFacts facts_of(const FileIdentity& identity);

/// FILE.json, where something is known of the file.
Result<void> write_sidecar(const std::filesystem::path& file, const FileFacts& facts);

} // namespace dualcam::serve
