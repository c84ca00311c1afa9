/// \file
/// What is known of one camera beyond its files: which parts it has, and the last files that were
/// stored of it. The text of `.dcam-serve/IMEI`, a line for each thing that came to be known;
/// dualcam(7), State of a camera, has the format.
///
/// A file has a record before it gets its name, so a file without one was never told to its camera
/// as stored. It is `named` when the name is durable: from then on the record alone is believed,
/// wherever the file has gone. Until then a cut may have come between, and the file is what counts:
/// under its name if it is there and bears the record out, else as the part that it still is. It is
/// `said` when the path was told; until then that is still to be done.
///
/// Pure functions on text, without I/O; they may be called from any thread.
#pragma once

#include <bitset>
#include <filesystem>
#include <optional>
#include <vector>

#include "dualcam/files/resume_point.hpp"
#include "dualcam/storage/checkpoint.hpp"

namespace dualcam {

/// How many files of a camera are remembered; and of older ones those that have to be told.
inline constexpr std::size_t remembered_files = 8;
/// How many parts of a camera are found by their camera; older ones where they are expected.
inline constexpr std::size_t remembered_parts = 64;

/// A part that a file of this camera has. Paths are relative to the folder that `.dcam-serve` is
/// in, and lead nowhere else.
struct PartEntry {
  std::uint64_t id = 0;                ///< as in its checkpoint
  FileRef file{FileKind::front_photo}; ///< which file
  std::uint32_t announced = 0;         ///< as in FileIdentity
  std::optional<std::uint64_t> time;   ///< of its metadata
  std::filesystem::path path;          ///< NAME.part

  bool operator==(const PartEntry&) const = default;
};

/// That of a file which is called `path` now.
PartEntry part_entry(std::uint64_t id, const FileIdentity& identity, std::filesystem::path path);

/// A file that was stored, or is about to be.
struct FileRecord {
  std::uint64_t id = 0;              ///< of the part that it was
  FileIdentity identity;             ///< which file; the metadata as known when it was stored
  std::filesystem::path name;        ///< what it was about to be called
  std::filesystem::path part;        ///< what it was called until then
  HeldData data{};                   ///< the whole file
  std::uint16_t crc_before_tail = 0; ///< CRC-16/KERMIT of what is before `tail`
  FileTail tail{};                   ///< what an offered file is compared with
  bool named = false;                ///< the name is durable
  bool said = false;                 ///< the path was told
};

/// All of it, the oldest first.
struct CameraState {
  std::vector<PartEntry> parts;    ///< `remembered_parts` at most
  std::vector<FileRecord> records; ///< named and not said, or one of the last `remembered_files`
};

/// Larger files are none of ours; in bytes.
inline constexpr std::size_t longest_camera_state = 16'777'216;

/// The first line. No text here has a line end.
inline constexpr std::string_view camera_state_version = "dualcam camera 1";
/// It is there.
std::string part_line(const PartEntry& part);
/// As written before the file gets its name: `named` and `said` are not looked at.
std::string record_line(const FileRecord& record);
/// Of a part: it is none any more.
std::string gone_line(std::uint64_t id);
/// Of a record: its name is durable.
std::string named_line(std::uint64_t id);
/// Of a record: its path was told.
std::string said_line(std::uint64_t id);
/// Of a record: the file did not come to that name.
std::string forgotten_line(std::uint64_t id);

/// Text that says as much, and ends in a summary.
std::string encode_camera_state(const CameraState& state);

/// Lines that say again what parts there are and what the last `remembered_files` records are: who
/// reads only the end of a state begins there. `offset`: where in the state it is to begin;
/// `shortest`: as in Summary.
std::string encode_summary(const CameraState& state, std::uint64_t offset, std::uint64_t shortest);
/// Where in a text there is one, from its first byte to behind its last.
struct Summary {
  std::size_t begin = 0;      ///< in bytes, as `end`
  std::size_t end = 0;        ///< as `begin`
  std::uint64_t shortest = 0; ///< so long was the state when it had nothing else, in bytes
};
/// The last one that is whole. `text` is the end of a state, from `offset` on; nullopt: none is in
/// there.
std::optional<Summary> find_summary(Bytes text, std::uint64_t offset);

/// Reads the text of the state of this camera, all of it or from a summary on: then of older
/// records only those are missing that have not been told. A line that is damaged or unknown is
/// left out. Takes time as the text is long.
CameraState decode_camera_state(Bytes text, std::uint64_t imei);

/// Whether what was added tells a file from others: padding does not, whatever it is made of.
class Distinction {
public:
  /// More bytes of the file, in any order.
  void add(Bytes bytes);
  /// Once true it remains so.
  bool is_enough() const;

private:
  std::bitset<256> values_;
};

/// A tail has at least so many bytes, unless the file is shorter.
inline constexpr std::size_t shortest_tail = 4096;

} // namespace dualcam
