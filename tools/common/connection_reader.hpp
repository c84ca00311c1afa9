// Both directions of one captured connection -> the device's events.
#pragma once

#include <optional>
#include <vector>

#include "common/proxy_header.hpp"
#include "common/tcp_reassembly.hpp"
#include "dualcam/capture/dump.hpp"

namespace dualcam::inline tools {

/// Which end the device is: the client, where a SYN was captured, or a balancer's PROXY header
/// comes first, which is passed over; the one that has not the given port; else the one whose bytes
/// turn out to be a device's commands. Until that is known bytes are held, up to `most_held`; a
/// connection in which neither end speaks like a device gives no events.
class ConnectionReader {
public:
  static constexpr std::size_t most_held = 256 << 10; ///< 64 for each change of direction included

  /// `device_is_a`: nullopt = to be found out.
  explicit ConnectionReader(std::optional<bool> device_is_a) : device_is_a_(device_is_a) {}

  using Take = std::function<void(const DumpEvent&)>;
  void piece(const TcpPiece& piece, const Take& take);
  void finish(const Take& take);

  bool device_is_a() const { return device_is_a_.value_or(true); }
  /// Events of a device have come.
  bool is_camera() const { return is_camera_; }
  /// What the balancer says who the device is.
  const ProxyHeader* proxy() const { return header_.found(); }
  /// Its first bytes are a handshake of TLS: whatever follows cannot be read.
  bool is_tls() const { return is_tls_; }
  /// About how many bytes it holds.
  std::size_t memory() const { return held_bytes_ + header_.memory() + reader_.memory(); }

private:
  struct Held {
    bool from_a;
    ByteBuffer bytes;
    std::uint64_t missing;
  };

  void own_piece(const TcpPiece& piece, const Take& take);
  bool speaks_like_device(bool from_a, bool at_end) const;
  void find_device(bool at_end, const Take& take);
  void deliver(const TcpPiece& piece, const Take& take);
  void drain(const Take& take);

  std::optional<bool> device_is_a_;
  std::optional<bool> speaks_first_; ///< a does
  ProxyHeaderFinder header_;         ///< of whoever speaks first
  std::vector<Held> held_;
  std::size_t held_bytes_ = 0;
  std::size_t next_try_ = 1;
  bool given_up_ = false;
  DumpReader reader_;
  bool is_camera_ = false;
  bool has_begun_ = false;
  bool is_tls_ = false;
  std::optional<DumpSkipped> first_skipped_; ///< told when a command follows
};

} // namespace dualcam::inline tools
