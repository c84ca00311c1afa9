// What is remembered of a file that was stored, so that it is recognised when its camera offers it
// again: one small file for each, in a StateFolder. Text, one field a line, so that a person can
// read it:
//
//     dualcam file record 1
//     imei 350612071913857
//     kind videof
//     packets 584
//     received 1730205822000
//     metadata 031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6
//     name 44 350612071913857/20241029T124342Z_videof.h265
//     part 49 350612071913857/20241029T124342Z_videof.h265.part
//     data 597102 1024 1a2b
//     tail 581 77e0 3182 995dc9bbdf1939fa
//     check 5a2f3c4d5e6f7081
//     named
//     said
//
// The first fields are those of a checkpoint (checkpoint.hpp). `name`, `part`: what the file was
// about to be called and what it was called until then, relative to the folder that has the state
// folders; first the length. `data`: bytes, bytes of a full packet, CRC-16/KERMIT of all. `tail`:
// the packet where it begins, CRC-16/KERMIT of what is before that, bytes and CRC-64/XZ from there
// to the end. `check`: CRC-64/XZ of all lines above, with their line ends.
//
// These lines are durable before the file gets its name, so a file without a record was never told
// to its camera as stored. `named` is added when the name is durable: from then on the record alone
// is believed, wherever the file has gone. Without it, a cut came between; then the file is what
// counts, under its name if it is there and bears the record out, else as the part that it still
// is. `said` is added when the path was told; without it, it is told when the camera offers the
// file again.
#pragma once

#include <bitset>
#include <filesystem>

#include "dualcam/files/resume_point.hpp"
#include "dualcam/storage/checkpoint.hpp"

namespace dualcam {

struct FileRecord {
  FileIdentity identity;
  std::filesystem::path name; ///< relative, as `part`
  std::filesystem::path part;
  HeldData data{};
  std::uint16_t crc_before_tail = 0;
  FileTail tail{};
  bool named = false;
  bool said = false;
};

/// Larger files are none of ours.
inline constexpr std::size_t longest_file_record = 262'144;

/// The lines up to `check`, that included.
std::string encode_file_record(const FileRecord& record);
inline constexpr std::string_view named_line = "named\n";
inline constexpr std::string_view said_line = "said\n";

/// malformed: no record, or none of this version, or a damaged one, or its paths lead elsewhere.
Result<FileRecord> decode_file_record(Bytes text);

/// Whether what was added tells a file from others: padding does not, whatever it is made of.
class Distinction {
public:
  void add(Bytes bytes);
  bool is_enough() const;

private:
  std::bitset<256> values_;
};

/// A tail has at least so many bytes, unless the file is shorter.
inline constexpr std::size_t shortest_tail = 4096;

} // namespace dualcam
