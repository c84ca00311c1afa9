// What the tests of ResumableFile share: a file of ten packets, and ways to leave it half-way.
#pragma once

#include "dualcam/storage/resumable_file.hpp"
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/message.hpp"
#include "storage/record_testing.hpp"
#include "temporary_folder.hpp"

namespace dualcam::resumable {

using recorded::read;

inline constexpr std::uint32_t packets = 10;

inline const ByteBuffer& content() {
  static const auto bytes = random_bytes(packets * full_packet - 100, 1);
  return bytes;
}

inline FileIdentity identity() { return {1, FileKind::front_photo, packets, 1730205822000, {}}; }

inline StateFolder state_in(const fs::path& folder, std::uint64_t imei = identity().imei) {
  return {folder, imei};
}

/// Whether what is claimed is there, and is what the camera has.
inline bool is_true(const Claim& claim, std::string_view part, std::string_view whole) {
  const auto in_part = claim.held.bytes - claim.tail.size();
  return claim.held.bytes <= whole.size() && in_part <= part.size() &&
         part.substr(0, in_part) == whole.substr(0, in_part) &&
         as_text(claim.tail) == whole.substr(in_part, claim.tail.size());
}

/// Begun in a folder that has the state, too.
inline Result<ResumableFile> begin(const fs::path& name, const FileIdentity& who = identity()) {
  return ResumableFile::create(name, who, state_in(name.parent_path(), who.imei));
}

/// Packets `first` to `last` of `bytes`.
inline void add(ResumableFile& file, Bytes bytes, std::uint32_t first, std::uint32_t last) {
  std::vector<Bytes> pieces;
  for (auto packet = first; packet <= last; ++packet) {
    const auto rest = bytes.subspan((packet - 1) * full_packet);
    pieces.push_back(rest.first(std::min(rest.size(), full_packet)));
  }
  REQUIRE(file.append(pieces));
}

/// A part that was left behind with the first `saved` packets saved, `unsaved` more only written.
inline void leave_part(const fs::path& name, Bytes bytes, std::uint32_t saved,
                       std::uint32_t unsaved = 0) {
  auto file = begin(name);
  REQUIRE(file);
  add(*file, bytes, 1, saved);
  REQUIRE(file->save());
  add(*file, bytes, saved + 1, saved + unsaved);
}

/// Gives it its name.
inline Result<std::optional<StoredFile>> finish(ResumableFile& file, const fs::path& name,
                                                Bytes bytes, IfExists if_exists = IfExists::fail) {
  return file.finish({.name = name,
                      .if_exists = if_exists,
                      .bytes = bytes.size(),
                      .crc = crc16(bytes),
                      .metadata = file.identity().metadata});
}

/// A whole file.
inline StateFolder store(const fs::path& name, Bytes bytes, const FileIdentity& who = identity()) {
  auto file = begin(name, who);
  REQUIRE(file);
  add(*file, bytes, 1, packets);
  REQUIRE(finish(*file, name, bytes, IfExists::number));
  return state_in(name.parent_path(), who.imei);
}

/// Those that an offered file may be.
inline std::vector<FileRecord> known(const StateFolder& state,
                                     const FileIdentity& who = identity()) {
  const auto known = state.known(read(state), who);
  REQUIRE(known);
  return *known;
}

/// As its camera's next START finds it.
inline Result<std::optional<ResumableFile>> find(const fs::path& folder,
                                                 const FileIdentity& wanted = identity(),
                                                 const fs::path& expected = "expected.jpg") {
  const auto state = state_in(folder, wanted.imei);
  const auto known = state.read();
  REQUIRE(known);
  return ResumableFile::find(state, *known, wanted, folder / expected);
}

inline std::optional<ResumableFile> found(const fs::path& folder,
                                          const FileIdentity& wanted = identity(),
                                          const fs::path& expected = "expected.jpg") {
  auto file = find(folder, wanted, expected);
  REQUIRE(file);
  return std::move(*file);
}

inline std::string text_of_file(Bytes bytes) { return std::string(as_text(bytes)); }

} // namespace dualcam::resumable
