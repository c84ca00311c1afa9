// What a balancer sends before a connection's own bytes, so that its server knows who it is: the
// PROXY protocol, versions 1 and 2.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "common/tcp_segment.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::inline tools {

struct ProxyHeader {
  struct Ends {
    Endpoint source;      ///< who has connected to the balancer
    Endpoint destination; ///< to which of its addresses
  };
  unsigned version;         ///< 1 or 2
  std::size_t size;         ///< bytes of the header
  bool is_own = false;      ///< the balancer speaks for itself: it looks whether anybody listens
  std::optional<Ends> ends; ///< nothing: it does not say, or not in addresses of IP
};

/// Longer ones are refused. What balancers send has some hundred bytes.
inline constexpr std::size_t longest_proxy_header = 4096;

/// What the first bytes of a connection say. Nothing: they are the beginning of a header, as far as
/// they go. An error as soon as they cannot become one.
Result<std::optional<ProxyHeader>> parse_proxy_header(Bytes bytes);

/// Another one of the same version and size, in which nobody's addresses are.
ByteBuffer nameless(const ProxyHeader& header);

/// Takes the header, if there is one, away from a stream that comes in pieces of any size.
class ProxyHeaderFinder {
public:
  /// The stream's own bytes, of these and of those that were kept: none as long as they may be the
  /// beginning of a header. Valid until the next call.
  Bytes bytes(Bytes piece);
  /// No more come: what was kept is the stream's own.
  Bytes finish();

  const ProxyHeader* found() const { return seen_ && seen_->header ? &*seen_->header : nullptr; }
  std::size_t memory() const { return seen_ ? seen_->kept.capacity() : 0; }

private:
  struct Seen {
    ByteBuffer kept;
    std::optional<ProxyHeader> header;
  };

  std::unique_ptr<Seen> seen_; ///< of most streams, of which there may be many, nothing is
  bool is_done_ = false;
};

} // namespace dualcam::inline tools
