// --imei: which devices may come, and with which certificates.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dualcam/wire/error.hpp"

namespace dualcam::serve {

class AllowList {
public:
  /// IMEIs, and @FILEs with one a line, behind it perhaps the SHA-256 fingerprint of the one
  /// certificate that it may come with; several lines: of several. None given: everybody may come.
  static Result<AllowList> load(const std::vector<std::string>& given);

  bool allows(std::uint64_t imei) const { return everybody_ || devices_.contains(imei); }
  /// `fingerprint`: of its certificate, as TlsStream has it.
  bool allows(std::uint64_t imei, const std::string& fingerprint) const;
  /// Some device may only come with a certificate.
  bool ties_certificates() const { return ties_certificates_; }

private:
  Result<void> read(const std::string& path);
  bool add(std::string_view line);

  bool everybody_ = true;
  bool ties_certificates_ = false;
  std::map<std::uint64_t, std::set<std::string>> devices_; ///< no fingerprints: any will do
};

} // namespace dualcam::serve
