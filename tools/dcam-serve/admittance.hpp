// Who may come, and how: what stands in files and is read again on SIGHUP.
#pragma once

#include <optional>

#include "common/tls_context.hpp"
#include "dcam-serve/allow_list.hpp"
#include "dcam-serve/options.hpp"

namespace dualcam::serve {

struct Admittance {
  AllowList allowed;
  std::optional<TlsContext> tls; ///< none: plain TCP

  static Result<Admittance> load(const ServeOptions& options) {
    auto allowed = AllowList::load(options.imeis);
    if (!allowed) {
      return std::unexpected(allowed.error());
    }
    if (allowed->ties_certificates() && options.tls.authorities.empty()) {
      return std::unexpected(
          Error{ErrorCategory::unsupported, 0,
                "--imei ties devices to certificates, which only --tls-client-ca asks them for"});
    }
    Admittance admittance{std::move(*allowed), {}};
    if (!options.tls.certificate.empty()) {
      auto tls = TlsContext::server(options.tls);
      if (!tls) {
        return std::unexpected(tls.error());
      }
      admittance.tls = std::move(*tls);
    }
    return admittance;
  }
};

} // namespace dualcam::serve
