/// \file
/// What is known of a file that has not arrived whole: the text of `NAME.part.checkpoint`, beside
/// `NAME.part`. dualcam(7), Checkpoints, has the format. A checkpoint only claims: the data must
/// bear it out (resumable_file.hpp).
///
/// Pure functions on text, without I/O; they may be called from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "dualcam/files/file_kind.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

/// Which file of which camera. `same_file` tells whether it is worth asking the camera.
struct FileIdentity {
  std::uint64_t imei = 0;    ///< at most 15 digits
  FileKind kind{};           ///< of the camera's four files
  std::uint32_t packets = 0; ///< as START says
  std::int64_t received = 0; ///< when it was first offered, milliseconds since 1970 UTC
  ByteBuffer metadata;       ///< payload of METADATA; empty = not known
};

/// Camera, kind and number of packets agree, and so do the metadata's timestamps as far as both are
/// known. No proof yet: only equal bytes are (ResumePoint::overlap).
bool same_file(const FileIdentity& a, const FileIdentity& b);

/// What is durable of a file.
struct HeldData {
  std::uint32_t packets = 0;     ///< how many, from the first on
  std::uint64_t bytes = 0;       ///< of these packets
  std::uint32_t packet_size = 0; ///< bytes of a full packet; 0 = none has come
  std::uint16_t crc = 0;         ///< CRC-16/KERMIT of these bytes

  /// The next packet has come.
  void add(Bytes payload);
  bool operator==(const HeldData&) const = default;
};

/// A checkpoint, read.
struct Checkpoint {
  FileIdentity identity;                       ///< which file
  std::array<std::optional<HeldData>, 2> held; ///< by line; of these the larger counts
  bool replaced = false;                       ///< nobody goes on with this part
  std::uint32_t compared = 0;    ///< packets that the camera sent again lately, and were the same
  std::uint32_t compared_of = 0; ///< so many were held then; of another number it proves nothing
};

/// Larger files are none of ours; in bytes.
inline constexpr std::size_t longest_checkpoint = 262'144;
/// Characters of a `held` line, its line end included.
inline constexpr std::size_t held_line_size = 46;

/// The lines up to `check`, that included.
std::string checkpoint_header(const FileIdentity& identity);
/// The line that claims `held`: `held_line_size` characters. `header` as from `checkpoint_header`.
std::string held_line(const HeldData& held, const std::string& header);
/// The line that says that the camera has other bytes, or that the whole file was not what was
/// verified.
std::string replaced_line(const std::string& header);
/// The line that says that of `held` packets those up to `packets` were compared.
std::string compared_line(std::uint32_t packets, std::uint32_t held, const std::string& header);

/// Reads the whole text of a checkpoint file. malformed: no checkpoint, or none of this version, or
/// its identity is damaged. A damaged line below is left out.
Result<Checkpoint> decode_checkpoint(Bytes text);

} // namespace dualcam
