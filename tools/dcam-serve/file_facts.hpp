// What a camera told about a file, and what its sidecar and its name are made of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/record.hpp"
#include "common/units.hpp"
#include "dcam-serve/name_template.hpp"
#include "dcam-serve/origin.hpp"
#include "dualcam/files/file_ref.hpp"
#include "dualcam/storage/checkpoint.hpp"

namespace dualcam::serve {

/// When a file was made, and what says so.
struct FileTime {
  enum class Source { metadata, path, received };
  SystemTime time;
  Source source;
};

/// "metadata", "path", "received": the last one is no more than a guess.
std::string_view name_of(FileTime::Source source);

/// The payload of METADATA, which is decoded once, for copies made after that as well. One thread
/// at a time.
class MetadataPayload {
public:
  /// Never null. An error says why it cannot be decoded, or that there is none.
  using Decoded = std::shared_ptr<const Result<Record>>;

  MetadataPayload() = default;
  MetadataPayload(ByteBuffer bytes) : bytes_(std::move(bytes)) {}

  const ByteBuffer& bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  void clear() { *this = {}; }
  /// As that of this camera.
  Decoded decoded(std::optional<Camera> camera) const;

private:
  ByteBuffer bytes_;
  mutable std::optional<Camera> camera_; ///< as whose `decoded_` was read
  mutable Decoded decoded_;
};

/// Its payload outlives the buffer it came in.
struct FileFacts {
  std::uint64_t imei = 0;
  FileRef file = FileKind::front_photo;
  SystemTime received;                     ///< when it was first offered
  MetadataPayload metadata_payload;        ///< empty = not known
  std::optional<Camera> assumed{};         ///< whose it is if nothing else tells
  std::string_view content_extension = {}; ///< what its first bytes speak for; static
  Origin origin{};                         ///< the connection that it comes by
  bool in_packets = false;                 ///< as ServerSession::geometry says

  /// By its path, its metadata, or as assumed.
  std::optional<Camera> camera() const;
  /// `photof` and so on; of other cameras `photo`, `video`, or empty: the path does not tell.
  std::string kind() const;
  MetadataPayload::Decoded metadata() const { return metadata_payload.decoded(camera()); }
  /// From the metadata, as decoded, else the path, else `received`.
  FileTime time(const Result<Record>& known) const;
  /// Adds which file it is: kind, by path also camera and device_path.
  void tell_which(Json& fields) const;
  /// What is known of the file, for events and the sidecar; null: nothing. By path something always
  /// is.
  Json record() const;
  /// What FILE.json says; empty: nothing is known.
  std::string sidecar() const;
  NameValues name_values() const;
  /// Without one, the name may change when the file is whole.
  bool has_extension() const { return !file.extension().empty() || !content_extension.empty(); }
  /// `announced` by START.
  FileIdentity identity(std::uint32_t announced) const;
  /// What was known of it when it was begun, by another connection or another run.
  void begun_as(const FileIdentity& identity);
};

/// What is known of a file that was begun.
FileFacts facts_of(const FileIdentity& identity);

/// FILE.json, where something is known of the file.
Result<void> write_sidecar(const std::filesystem::path& file, const FileFacts& facts);

} // namespace dualcam::serve
