// A file with captured traffic, whatever its form -> what the device said in it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/hex_style.hpp"
#include "common/input_file.hpp"
#include "common/seen_frames.hpp"
#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam::inline tools {

enum class DumpForm {
  binary,   ///< the device's bytes
  hex_text, ///< the same as text, or packets as tcpdump -x prints them
  capture,  ///< pcap, pcapng
};

std::string_view name_of(DumpForm form);

/// What is not in the events.
struct DumpFacts {
  DumpForm form = DumpForm::binary;
  std::uint64_t streams = 0;
  std::uint64_t other_connections = 0; ///< TCP, but nothing that a camera says
  std::uint64_t encrypted = 0;         ///< of these, with TLS
  std::uint64_t cut_off = 0;           ///< frames of which the capture keeps the beginning only
  std::uint64_t frames = 0;            ///< of a capture, each counted once
  std::uint64_t seen_again = 0;        ///< frames that had come before, at the same time: not used
  std::uint64_t back_in_time = 0;      ///< of these, earlier by a second than one before
  std::uint64_t late = 0;              ///< segments that came too late to be used
  std::uint64_t differing = 0;         ///< segments that came again with other bytes
  std::uint64_t behind_end = 0;        ///< new ones of connections that were over
  std::uint64_t given_up = 0;          ///< connections ended early, for want of room
  std::uint64_t not_read_to_end = 0;   ///< files that are damaged, not all there, or of no use
  /// Frames in which no TCP was found though there may be some, by what they are: the first few
  /// types, then all others as one.
  std::map<std::string, std::uint64_t> not_read;
  std::uint64_t first_line = 0;        ///< of hex text: the first that is not blank
  std::uint64_t lines_passed_over = 0; ///< of hex text: not hex
  std::vector<HexProblem> problems;    ///< of hex text: lines that cannot be read, the first ones
  std::uint64_t problem_count = 0;     ///< all of them
  std::string
      conversion; ///< not empty: text conversion has changed the bytes, and what can be done
};

struct DumpOptions {
  std::optional<std::uint16_t> port; ///< only connections with it at one end
  /// What the first packet's CRC goes on from, in bytes that begin behind START.
  std::optional<std::uint16_t> initial;
  /// Called with the bytes read so far.
  std::function<void(std::uint64_t)> progress = [](std::uint64_t) {};
};

class CaptureStreams;

class DumpListener {
public:
  virtual ~DumpListener() = default;
  virtual void event(const DumpStream& stream, const DumpEvent& event) = 0;
  /// Nothing more comes of this stream.
  virtual void over(const DumpStream& stream) = 0;
};

/// What a file begins like. 4 KiB tell.
DumpForm form_of(Bytes first_bytes);

/// What the readers of a capture's connections hold in all, beside TcpReassembly: beyond this, the
/// connection that has been silent longest is ended.
inline constexpr std::size_t most_reader_memory = 64 << 20;

/// Captures that are one stream in time: connections, segments and fragments go on from one to the
/// next. What it is given must outlive it.
class CaptureReader {
public:
  CaptureReader(const DumpOptions& options, DumpListener& listener, DumpFacts& facts);
  ~CaptureReader();

  /// The next one, to its end. Errors: as `read_dump` has them; what came before has been taken.
  Result<void> read(InputFile& file);
  /// That was the last one.
  void finish();

private:
  const DumpOptions& options_;
  DumpFacts& facts_;
  SeenFrames seen_; ///< so that what is in two captures, or twice in one, is told once
  std::unique_ptr<CaptureStreams> streams_;
  std::uint64_t total_ = 0;
};

/// How many bytes of blocks, as hex_trial.hpp has them, belong to whole commands of a camera or its
/// server, or to packets with such.
std::size_t camera_bytes(std::span<const ByteBuffer> blocks);

/// Reads `file` to its end. `facts` are filled in even when an error comes back: io, or a capture
/// that is damaged or cut off (malformed), or of a link layer that is not known (unsupported).
Result<void> read_dump(InputFile& file, const DumpOptions& options, DumpListener& listener,
                       DumpFacts& facts);

} // namespace dualcam::inline tools
