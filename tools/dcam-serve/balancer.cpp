#include "dcam-serve/balancer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/proxy_header.hpp"
#include "dualcam/wire/opener.hpp"

namespace dualcam::serve {
namespace {

// A balancer sends it at once; a packet of it may be lost, though.
constexpr std::chrono::seconds time_for_header{5};

/// Why what came is no header, and who it is instead.
Refusal refusal_of(const Error& error, Bytes first_bytes) {
  if (error.offset > 0) {
    return {error.message + " (--proxy-protocol)"};
  }
  const auto opening = first_bytes.first(std::min<std::size_t>(first_bytes.size(), longest_opener));
  return {error.message + " (--proxy-protocol): " + describe(recognise(opening), opening),
          tracker_imei(opening)};
}

} // namespace

asio::awaitable<ProxiedPeer> take_proxy_header(Link& link, Clock& clock) {
  const auto until = clock.now() + time_for_header;
  std::optional<ProxyHeader> header;
  for (std::size_t seen = 0; !header;) {
    const auto bytes = co_await link.first_bytes(seen + 1, longest_proxy_header, until);
    const auto parsed = parse_proxy_header(bytes);
    if (!parsed) {
      co_return ProxiedPeer{false, refusal_of(parsed.error(), bytes)};
    }
    if (!*parsed && bytes.size() <= seen) { // that is all
      co_return ProxiedPeer{false,
                            {seen == 0 ? "it sent no PROXY header (--proxy-protocol)"
                                       : "its PROXY header is incomplete (--proxy-protocol)"}};
    }
    seen = bytes.size();
    header = *parsed;
  }
  link.skip(header->size);
  if (header->ends) {
    link.speaks_for(header->ends->source, header->ends->destination);
  }
  if (header->is_own) {
    const auto more = co_await link.first_bytes(1, 1, until);
    if (more.empty()) {
      co_return ProxiedPeer{false};
    }
  }
  co_return ProxiedPeer{true};
}

} // namespace dualcam::serve
