/// \file
/// What is known of a file that has not arrived whole: the text of `NAME.part.checkpoint`, beside
/// `NAME.part`. dualcam(7), Checkpoints, has the format and the reasons for it.
///
/// Pure functions on text, without I/O; they may be called from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dualcam/files/file_ref.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

/// Which file of which camera. `same_file` tells whether it is worth asking the camera.
struct FileIdentity {
  std::uint64_t imei = 0;              ///< at most 15 digits
  FileRef file{FileKind::front_photo}; ///< of the camera's files
  std::uint32_t announced = 0;         ///< by START: packets, of a file by path bytes
  std::int64_t received = 0;           ///< when it was first offered, milliseconds since 1970 UTC
  ByteBuffer metadata;                 ///< payload of METADATA; empty = not known
  bool in_packets = false;             ///< as ResumePoint::in_packets; no part of `same_file`
};

/// Camera, file and what START announced agree, and so do the metadata's timestamps as far as both
/// are known. No proof yet: only equal bytes are (ResumePoint::overlap).
bool same_file(const FileIdentity& a, const FileIdentity& b);

/// Bytes that the whole file has, as START lets expect them where packets have `packet_size` bytes;
/// 0 where that counts and is 0. For people and for room on the disk: packets may have any size.
std::uint64_t expected_size(const FileIdentity& identity, std::uint32_t packet_size);

/// The metadata's timestamp by the layout of the file's camera, milliseconds since 1970 UTC; of a
/// JSON document the last number that is called file_timestamp. nullopt: not known.
std::optional<std::uint64_t> timestamp_of(const FileRef& file, Bytes metadata);

/// What has come of a file.
struct HeldData {
  std::uint32_t packets = 0;     ///< how many, from the first on; of files by path, of any size
  std::uint64_t bytes = 0;       ///< of these packets
  std::uint32_t packet_size = 0; ///< bytes of the first one, for display; 0 = none has come
  std::uint16_t crc = 0;         ///< CRC-16/KERMIT of these bytes

  /// The next packet has come.
  void add(Bytes payload);
  bool operator==(const HeldData&) const = default;
};

/// Where a packet begins in its file, in both counts that a device may have (ResumePoint). Of files
/// by path a packet may begin anywhere.
struct Place {
  std::uint32_t packet = 1; ///< its number, from 1 on
  std::uint64_t offset = 0; ///< bytes of the file before it
  std::uint16_t crc = 0;    ///< CRC-16/KERMIT of these
  std::uint64_t crc64 = 0;  ///< CRC-64/XZ of these

  bool operator==(const Place&) const = default;
};

/// Where claims of a part stand beside those of others (claim_table.hpp).
struct SharedRow {
  std::uint64_t table = 0; ///< its random number
  std::uint32_t row = 0;   ///< from 0 on

  bool operator==(const SharedRow&) const = default;
};

/// What a checkpoint says is durable. It is true by order, not by reading: it was written when the
/// bytes were durable.
struct Claim {
  std::uint64_t sequence = 0;        ///< one more than that of the claim before it
  HeldData held{};                   ///< which bytes
  std::uint64_t crc64 = 0;           ///< CRC-64/XZ of these
  Place from{};                      ///< where comparing them with the camera's file has to begin
  std::optional<Place> proved;       ///< up to here that was done since
  bool replaced = false;             ///< nobody goes on with this part; the rest tells nothing
  std::optional<SharedRow> shared{}; ///< where later ones may be
  /// The last of these bytes, if they are kept here until they fill a block of the part: at most
  /// `longest_tail`.
  ByteBuffer tail{};

  bool operator==(const Claim&) const = default;
};

/// So far back comparing begins at most, in packets; in a part that was gone on with and whose
/// packets are of several sizes twice as far.
inline constexpr std::uint32_t longest_overlap = 64;

/// A checkpoint, read.
struct Checkpoint {
  unsigned version = 2;   ///< of the format; 1: claims without crc64, `from` and `proved`
  std::uint64_t part = 0; ///< a random number of its own; version 1 has none
  FileIdentity identity;  ///< which file
  std::array<std::optional<Claim>, 2> claims; ///< by slot
  std::vector<Claim> shared{};                ///< what was found where the newest of these says

  /// The slot of the newer claim; nullopt: there is none.
  std::optional<unsigned> newest() const;
  /// Whether that says so.
  bool is_replaced() const;
};

/// The header and each of the two slots behind it are whole blocks of so many bytes, so that
/// writing one touches no other.
inline constexpr std::size_t checkpoint_block = 4096;
/// What of that a claim has to spare, in bytes.
inline constexpr std::size_t longest_tail = 3584;
/// Larger files are none of ours; in bytes.
inline constexpr std::size_t longest_checkpoint = 524'288;

/// Text, filled up with NUL to whole blocks. Two empty blocks come behind it.
std::string checkpoint_header(std::uint64_t part, const FileIdentity& identity);
/// What a slot begins with; the rest of its block is NUL. Thousands of them may wait for a barrier.
struct ClaimText {
  std::string line;                       ///< of `claim_line`
  std::shared_ptr<const ByteBuffer> tail; ///< nullptr: there is none

  /// The whole block. Valid as long as this object.
  std::array<Bytes, 3> pieces() const;
};
/// A claim without its tail. `header`: CRC-64/XZ of `checkpoint_header`.
std::string claim_line(const Claim& claim, std::uint64_t header);
/// The content of a slot: one block.
std::string claim_block(const Claim& claim, std::uint64_t header);
/// What is claimed of the part of this checkpoint, anywhere between claims of others.
std::vector<Claim> claims_among(Bytes claims, const Checkpoint& checkpoint);

/// Reads the whole content of a checkpoint file. malformed: no checkpoint, or none of these
/// versions, or its header is damaged. A damaged slot is left out.
Result<Checkpoint> decode_checkpoint(Bytes content);

} // namespace dualcam
