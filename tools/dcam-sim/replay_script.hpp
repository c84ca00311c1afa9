// A capture -> what its devices did, to be done again.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/connection_reader.hpp"
#include "common/descriptor.hpp"
#include "common/seen_frames.hpp"
#include "common/segment_finder.hpp"
#include "common/tcp_reassembly.hpp"
#include "dualcam/wire/command.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::sim {

/// Bytes, in a file without a name.
class ReplayStore {
public:
  /// Error: io.
  static Result<ReplayStore> create();

  /// Where they are. A failure shows in `error`.
  std::uint64_t add(Bytes bytes);
  Result<ByteBuffer> read(std::uint64_t place, std::size_t size) const;
  int error() const { return error_; }

private:
  explicit ReplayStore(Descriptor file) : file_(std::move(file)) {}

  Descriptor file_;
  std::uint64_t size_ = 0;
  int error_ = 0;
};

/// Some bytes of a device.
struct ReplayStep {
  std::optional<CommandId> awaited; ///< the command of the server that they answer
  std::chrono::nanoseconds waited;  ///< since what the device had sent before
  std::chrono::nanoseconds delay;   ///< since what came before in the connection, of either side
  std::uint64_t place;              ///< in the store
  std::size_t size;
};

struct ReplayConnection {
  std::string device; ///< its IMEI, or its address where it told none
  std::chrono::nanoseconds start;
  std::vector<ReplayStep> steps;
  std::chrono::nanoseconds end{0}; ///< after the last step
  std::uint64_t bytes = 0;
  std::uint64_t missing = 0;    ///< bytes that the capture does not have
  bool ended_by_server = false; ///< with CLOSE or STATUS
};

/// Made of all frames of a capture, in order. What was captured twice is played once.
class ReplayScript : private TcpReassembly::Listener {
public:
  explicit ReplayScript(ReplayStore& store);
  ~ReplayScript() override;

  void frame(const CapturedFrame& frame);
  /// The connections of cameras, in the order of their starts.
  std::vector<ReplayConnection> finish();

private:
  class Connection;

  void piece(const TcpConnection& connection, const TcpPiece& piece) override;
  void over(const TcpConnection& connection) override;
  Connection& open(const TcpConnection& connection);

  ReplayStore& store_;
  SeenFrames seen_;
  SegmentFinder finder_;
  TcpReassembly reassembly_{*this};
  std::chrono::nanoseconds now_{0};
  std::map<std::uint64_t, std::unique_ptr<Connection>> open_;
  std::vector<ReplayConnection> made_;
};

} // namespace dualcam::sim
