// What is known of a file that has not arrived whole: `NAME.part.checkpoint`, beside `NAME.part`.
// Text, one field a line, so that a person can read it:
//
//     dualcam checkpoint 1
//     imei 350612071913857
//     kind videof
//     packets 584
//     received 1730205822000
//     metadata 031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6
//     check 5c3d
//     held 0000000338 0000000346112 01024 1a2b 77e0
//     held 0000000337 0000000345088 01024 90c4 0b1e
//     replaced 9d02
//
// `received`: when the file was first offered, milliseconds since 1970 UTC. `metadata`: the payload
// as the camera sent it, `-` if it did not. `check`: CRC-16/KERMIT of all lines above, with their
// line ends. These lines are written once.
//
// `held`: packets and bytes that are durable, bytes of a full packet, CRC-16/KERMIT of these bytes,
// and the CRC-16/KERMIT of all lines up to `check` and this line up to here. The two lines have a
// fixed width and are overwritten in turn, so that one is whole whatever is torn; of those whose
// checksums are right the larger counts. A checkpoint only claims: the data must bear it out
// (resumable_file.hpp).
//
// `replaced`, if it is there: the camera had other bytes where these lines claim some, or the whole
// file was not what was verified, so nobody goes on with this part; checked like `held`.
//
// `compared N of H CHECK` in its place: H packets are held, and the camera has sent those up to N
// again before the link was lost; they were the same. The next comparison begins behind them.
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
  std::uint64_t imei = 0;
  FileKind kind{};
  std::uint32_t packets = 0; ///< as START tells
  std::int64_t received = 0; ///< when it was first offered, milliseconds since 1970 UTC
  ByteBuffer metadata;       ///< payload of METADATA; empty = not known
};

/// Camera, kind and number of packets agree, and so do the metadata's timestamps as far as both are
/// known. No proof yet: only equal bytes are (ResumePoint::overlap).
bool same_file(const FileIdentity& a, const FileIdentity& b);

/// What is durable of a file.
struct HeldData {
  std::uint32_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint32_t packet_size = 0; ///< bytes of a full packet; 0 = none has come
  std::uint16_t crc = 0;         ///< CRC-16/KERMIT of these bytes

  /// The next packet has come.
  void add(Bytes payload);
  bool operator==(const HeldData&) const = default;
};

struct Checkpoint {
  FileIdentity identity;
  std::array<std::optional<HeldData>, 2> held; ///< by line; of these the larger counts
  bool replaced = false;
  std::uint32_t compared = 0; ///< packets; of those that `compared_of` are held
  std::uint32_t compared_of = 0;
};

/// Larger files are none of ours.
inline constexpr std::size_t longest_checkpoint = 262'144;
inline constexpr std::size_t held_line_size = 46;

/// The lines up to `check`, that included.
std::string checkpoint_header(const FileIdentity& identity);
/// `header` as above, `held_line_size` characters.
std::string held_line(const HeldData& held, const std::string& header);
std::string replaced_line(const std::string& header);
std::string compared_line(std::uint32_t packets, std::uint32_t held, const std::string& header);

/// malformed: no checkpoint, or none of this version, or its identity is damaged. A damaged line
/// below is left out.
Result<Checkpoint> decode_checkpoint(Bytes text);

} // namespace dualcam
