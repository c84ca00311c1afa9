/// \file
/// What is remembered of a file that was stored, so that it is recognised when its camera offers it
/// again: the text of `NUMBER.record`, one for each file, in a StateFolder. dualcam(7), File
/// records, has the format.
///
/// A record is durable before the file gets its name, so a file without one was never told to its
/// camera as stored. It is `named` when the name is durable: from then on the record alone is
/// believed, wherever the file has gone. Until then a cut may have come between, and the file is
/// what counts: under its name if it is there and bears the record out, else as the part that it
/// still is. It is `said` when the path was told; until then that is made up for when the camera
/// offers the file again.
///
/// Pure functions on text, without I/O; they may be called from any thread.
#pragma once

#include <bitset>
#include <filesystem>

#include "dualcam/files/resume_point.hpp"
#include "dualcam/storage/checkpoint.hpp"

namespace dualcam {

/// A file record, read or to be written. Its paths are relative to the folder that has the state
/// folders, and lead nowhere else.
struct FileRecord {
  FileIdentity identity;             ///< which file; the metadata as known when it was stored
  std::filesystem::path name;        ///< what it was about to be called
  std::filesystem::path part;        ///< what it was called until then
  HeldData data{};                   ///< the whole file
  std::uint16_t crc_before_tail = 0; ///< CRC-16/KERMIT of what is before `tail`
  FileTail tail{};                   ///< what an offered file is compared with
  bool named = false;                ///< the name is durable
  bool said = false;                 ///< the path was told
};

/// Larger files are none of ours; in bytes.
inline constexpr std::size_t longest_file_record = 262'144;

/// The lines up to `check`, that included: `named` and `said` are not looked at.
std::string encode_file_record(const FileRecord& record);
/// Added when the name is durable.
inline constexpr std::string_view named_line = "named\n";
/// Added when the path was told, after `named_line`.
inline constexpr std::string_view said_line = "said\n";

/// Reads the whole text of a record file. malformed: no record, or none of this version, or a
/// damaged one, or its paths lead elsewhere.
Result<FileRecord> decode_file_record(Bytes text);

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
