// --proxy-protocol: a balancer stands before the server, and says for whom it connects.
#pragma once

#include "common/clock.hpp"
#include "common/link.hpp"
#include "dcam-serve/origin.hpp"

namespace dualcam::serve {

/// What came of it.
struct ProxiedPeer {
  bool is_served;
  Refusal refusal{}; ///< why not; empty: the balancer only looked whether anybody listens
};

/// Reads the header that stands before everything else, TLS too. Whom it names is the link's peer
/// from then on.
asio::awaitable<ProxiedPeer> take_proxy_header(Link& link, Clock& clock);

} // namespace dualcam::serve
